package org.radapter.train;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Prepares the next batch while the present one is trained on. Not thread-safe. */
public final class Prefetcher implements BatchSource, AutoCloseable {
    private final BatchSource source;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "radapter-batches");
        thread.setDaemon(true);
        return thread;
    });
    private long nextStep = -1;
    private @Nullable Future<Batch> next;

    /** Looks one step ahead in {@code source}. */
    public Prefetcher(BatchSource source) {
        this(source, batch -> {});
    }

    /**
     * The same.
     *
     * @param ready is told each batch by the thread that prepares it, before anybody gets it
     */
    public Prefetcher(BatchSource source, Consumer<Batch> ready) {
        this.source = step -> {
            Batch batch = source.batch(step);
            ready.accept(batch);
            return batch;
        };
    }

    @Override
    public Batch batch(long step) {
        Future<Batch> wanted = next != null && nextStep == step ? next : worker.submit(() -> source.batch(step));
        Batch batch = await(wanted);
        nextStep = step + 1;
        next = worker.submit(() -> source.batch(step + 1));
        return batch;
    }

    private static Batch await(Future<Batch> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            CancellationException cancelled = new CancellationException("interrupted while waiting for a batch");
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
