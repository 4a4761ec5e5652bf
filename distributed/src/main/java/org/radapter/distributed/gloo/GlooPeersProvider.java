package org.radapter.distributed.gloo;

import java.time.Duration;
import org.radapter.distributed.Rendezvous;
import org.radapter.train.PeersProvider;
import org.radapter.train.Summation;

/** Ranks that meet by Gloo: what {@code finetune --world} finds. */
public final class GlooPeersProvider implements PeersProvider {
    @Override
    public Meeting meet(String rendezvous, String token, int rank, int world, Duration timeout, Summation summation) {
        return GlooPeers.meet(Rendezvous.of(rendezvous, token, timeout), rank, world, summation);
    }
}
