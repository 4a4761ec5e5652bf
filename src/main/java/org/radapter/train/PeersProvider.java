package org.radapter.train;

import java.time.Duration;

/**
 * Lets the processes of a run find one another. A command looks for one on the class path, by {@link
 * java.util.ServiceLoader}.
 */
public interface PeersProvider {
    /** Ranks that have met; closing it leaves them. */
    interface Meeting extends AutoCloseable {
        /** What a trainer needs of them. */
        Peers peers();

        @Override
        void close();
    }

    /**
     * Meets the other ranks; returns when all are there.
     *
     * @param rendezvous HOST:PORT, where rank 0 listens
     * @param token what the ranks of this run share and those of no other
     * @param rank this process, from 0
     * @param world number of processes
     * @param timeout longest wait for another rank, here and later
     * @param summation how gradients are added
     * @throws IllegalArgumentException if an argument is out of range
     * @throws RuntimeException naming the ranks that did not come, if any
     */
    Meeting meet(String rendezvous, String token, int rank, int world, Duration timeout, Summation summation);
}
