package org.radapter.distributed.gloo;

import java.time.Duration;
import org.radapter.distributed.CollectivePeers;
import org.radapter.distributed.Collectives;
import org.radapter.distributed.Rendezvous;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.train.Peers;
import org.radapter.train.PeersProvider;

/** Ranks that meet by Gloo: what {@code finetune --world} finds. */
public final class GlooPeersProvider implements PeersProvider {
    /** {@inheritDoc} Sums are formed by one thread: they are a small part of a step. */
    @Override
    public Meeting meet(String rendezvous, String token, int rank, int world, Duration timeout) {
        Kernels host = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(1));
        try {
            return new GlooMeeting(host, GlooCollectives.join(Rendezvous.of(rendezvous, token, timeout), rank, world));
        } catch (RuntimeException e) {
            host.close();
            throw e;
        }
    }

    private static final class GlooMeeting implements Meeting {
        private final Kernels host;
        private final Collectives collectives;
        private final CollectivePeers peers;

        GlooMeeting(Kernels host, Collectives collectives) {
            this.host = host;
            this.collectives = collectives;
            this.peers = new CollectivePeers(collectives, host);
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
}
