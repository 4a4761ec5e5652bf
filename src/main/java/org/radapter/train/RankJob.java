package org.radapter.train;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;

/** What every rank of a run does, wherever a cluster runs it: what is sent there. */
public interface RankJob extends Serializable {
    /**
     * Opens what is trained and learned from, on the machine of the rank.
     *
     * @param threads of the CPU backend, as many as the cluster gives a rank
     * @throws IOException if something is missing there, or is not what the job was made with
     * @throws IllegalArgumentException if what is there does not fit the settings
     */
    Opened open(int threads) throws IOException;

    /** Model and data of one rank. */
    interface Opened extends AutoCloseable {
        /**
         * Trains from the newest checkpoint up to a step, and leaves a checkpoint there; see {@link FineTuner#advance}.
         *
         * @param until number of the step that is not taken any more
         * @return the steps that were taken
         * @throws IOException if images cannot be read, or a checkpoint cannot be read or written
         */
        List<StepReport> advance(Peers peers, int until) throws IOException;

        @Override
        void close() throws IOException;
    }
}
