package org.radapter.distributed.gloo;

import org.radapter.distributed.CollectivePeers;
import org.radapter.distributed.Rendezvous;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.train.Peers;
import org.radapter.train.PeersProvider;
import org.radapter.train.Summation;

/** Ranks that have met by Gloo. Sums are formed by one thread: they are a small part of a step. */
public final class GlooPeers implements PeersProvider.Meeting {
    private final Kernels host;
    private final GlooCollectives collectives;
    private final CollectivePeers peers;

    private GlooPeers(Kernels host, GlooCollectives collectives, Summation summation) {
        this.host = host;
        this.collectives = collectives;
        this.peers = new CollectivePeers(collectives, host, summation);
    }

    /**
     * Meets the other ranks.
     *
     * @param summation how they add gradients
     * @throws org.radapter.distributed.CollectiveException if a rank does not come in time, or contradicts this one
     * @throws IllegalArgumentException if {@code rank} does not lie below {@code world}
     * @throws UnsupportedOperationException if PyTorch's libraries cannot be loaded
     */
    public static GlooPeers meet(Rendezvous at, int rank, int world, Summation summation) {
        Kernels host = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(1));
        try {
            return new GlooPeers(host, GlooCollectives.join(at, rank, world), summation);
        } catch (RuntimeException e) {
            host.close();
            throw e;
        }
    }

    @Override
    public Peers peers() {
        return peers;
    }

    @Override
    public void close() {
        peers.close();
        collectives.close();
        host.close();
    }
}
