package org.radapter.train;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Runs a trainer to the end of its schedule, from its newest checkpoint on. */
public final class TrainingLoop {
    private final Trainer trainer;
    private final BatchSource batches;
    private final int steps;
    private final @Nullable Checkpoint checkpoint;
    private final int checkpointEvery;

    /**
     * A loop.
     *
     * @param steps of the whole run
     * @param checkpoint null for none
     * @param checkpointEvery steps between checkpoints, at least 1; one is also written at the end
     */
    public TrainingLoop(
            Trainer trainer, BatchSource batches, int steps, @Nullable Checkpoint checkpoint, int checkpointEvery) {
        if (checkpointEvery < 1) {
            throw new IllegalArgumentException("checkpoints are at least one step apart, not " + checkpointEvery);
        }
        this.trainer = trainer;
        this.batches = batches;
        this.steps = steps;
        this.checkpoint = checkpoint;
        this.checkpointEvery = checkpointEvery;
    }

    /**
     * Trains to the end. Of several ranks the first alone reads and writes checkpoints, so that the folder need not be
     * shared, and a run may go on with another number of ranks. Returns when all ranks are through.
     *
     * @throws IOException if a checkpoint cannot be read or written
     */
    public void run(TrainingListener listener) throws IOException {
        boolean first = trainer.peers().rank() == 0;
        if (checkpoint != null && first) {
            checkpoint.restore(trainer).forEach(listener::notice);
        }
        trainer.takeFromFirst();
        try (Prefetcher ahead = new Prefetcher(batches, trainer::announce)) {
            while (trainer.nextStep() < steps) {
                listener.stepped(trainer.step(ahead.batch(trainer.nextStep())));
                boolean due = trainer.nextStep() % checkpointEvery == 0 || trainer.nextStep() == steps;
                if (checkpoint != null && first && due) {
                    checkpoint.save(trainer);
                }
            }
        }
        trainer.peers().await();
    }
}
