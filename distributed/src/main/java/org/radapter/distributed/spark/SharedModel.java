package org.radapter.distributed.spark;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.radapter.clip.ClipModel;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;

/**
 * A model of which a JVM holds the weights once, for all tasks that run in it. A task on a CPU has native threads for as
 * many cores as Spark gave it, {@code spark.task.cpus}; on a GPU all tasks share one backend, which takes their calls in
 * turn. When no task uses a model, it stays until another one is asked for.
 */
final class SharedModel {
    private static final Map<ModelChoice, SharedModel> MODELS = new HashMap<>();

    private final ModelChoice choice;
    private final int threads;
    private final LoadedModel loaded;
    private final boolean onProcessor;
    private final Deque<Lane> idle = new ArrayDeque<>();
    private int users;

    private SharedModel(ModelChoice choice, int threads, LoadedModel loaded) {
        this.choice = choice;
        this.threads = threads;
        this.loaded = loaded;
        this.onProcessor = Backends.resolve(choice.backend()).equals("cpu");
        idle.add(Lane.of(loaded.model(), null, threads));
    }

    /**
     * Takes part in a model, which is opened if this JVM has not got it.
     *
     * @param fingerprint {@link LoadedModel#fingerprint} of the weights that are meant
     * @param threads of the CPU backend, for this task
     * @throws IOException if the model cannot be read here, or is another one
     */
    static Lease lease(ModelChoice choice, String fingerprint, int threads) throws IOException {
        synchronized (MODELS) {
            SharedModel model = MODELS.get(choice);
            if (model == null) {
                closeIdle();
                model = open(choice, fingerprint, threads);
                MODELS.put(choice, model);
            }
            model.users++;
            return new Lease(model, model.take());
        }
    }

    private static SharedModel open(ModelChoice choice, String fingerprint, int threads) throws IOException {
        LoadedModel loaded = LoadedModel.open(choice, threads);
        try {
            if (!loaded.fingerprint().equals(fingerprint)) {
                throw new IOException(
                        "the model at " + choice.model() + " on this executor is not the driver's; put the"
                                + " same files at the same path on every machine");
            }
            return new SharedModel(choice, threads, loaded);
        } catch (IOException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /** Closes the models that no task uses. */
    static void closeIdle() throws IOException {
        synchronized (MODELS) {
            for (SharedModel model : MODELS.values().toArray(SharedModel[]::new)) {
                if (model.users == 0) {
                    MODELS.remove(model.choice);
                    model.idle.forEach(Lane::close);
                    model.loaded.close();
                }
            }
        }
    }

    private Lane take() {
        if (!onProcessor) {
            return idle.getFirst();
        }
        Lane free = idle.poll();
        if (free != null) {
            return free;
        }
        Kernels kernels = Backends.open(choice.backend(), BackendOptions.DEFAULT.withThreads(threads));
        return Lane.of(new ClipModel(kernels, loaded.weights(), DType.F32, null), kernels, threads);
    }

    private void giveBack(Lane lane) {
        synchronized (MODELS) {
            users--;
            if (onProcessor) {
                idle.push(lane);
            }
        }
    }

    /** One task's part in a model, until it is closed. */
    static final class Lease implements AutoCloseable {
        private final SharedModel model;
        private final Lane lane;

        private Lease(SharedModel model, Lane lane) {
            this.model = model;
            this.lane = lane;
        }

        Lane lane() {
            return lane;
        }

        @Override
        public void close() {
            model.giveBack(lane);
        }
    }
}
