package org.radapter.train;

import java.io.IOException;

/** Fine-tuning by ranks that a cluster starts, watches and, after a failure, starts again. */
public interface ClusterTuner extends AutoCloseable {
    /**
     * Trains to the end of the schedule, from the newest checkpoint on; {@link FineTuner#run} with the same checkpoints
     * then finds nothing left to do, and gives the result.
     *
     * @param job what each rank does; rank 0 reads and writes {@code checkpoint}
     * @param checkpoint as this process sees the job's: both must be one folder, wherever rank 0 runs
     * @param listener hears of steps when the checkpoint after them is there, and of failures
     * @throws IOException if a rank could not open its part of the job, or checkpoints do not appear here
     * @throws RuntimeException if the same steps fail again and again; the message says how
     */
    void run(RankJob job, ClusterRun run, Checkpoint checkpoint, TrainingListener listener) throws IOException;

    /** Leaves the cluster. */
    @Override
    void close();
}
