package org.radapter.distributed;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterConfig;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.Augmentation;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.distributed.gloo.GlooCollectives;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.AdapterFiles;
import org.radapter.train.Checkpoint;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.Peers;
import org.radapter.train.StepReport;
import org.radapter.train.Summation;
import org.radapter.weights.ClipFile;

/**
 * Fine-tunes the committed model as one of several ranks and writes the adapters: {@code TuneProgram RANK WORLD PORT FILE
 * ADAPTER_RANK SEED CHECKPOINT HALT_AT SHARDS SUMMATION}, where a checkpoint of "-" is none and a step of -1 never comes.
 */
public final class TuneProgram {
    /** The committed model. */
    public static final Path MODEL = Path.of("..", "models", "emoji-clip");

    private static final int TIMEOUT = 60_000;
    /** Steps of a run. */
    public static final int STEPS = 6;
    /** Steps between checkpoints. */
    public static final int CHECKPOINT_EVERY = 2;

    private TuneProgram() {}

    public static void main(String[] arguments) throws IOException {
        int rank = Integer.parseInt(arguments[0]);
        int world = Integer.parseInt(arguments[1]);
        Rendezvous at = Loopback.at(Integer.parseInt(arguments[2]), "tune", TIMEOUT);
        int haltAt = Integer.parseInt(arguments[7]);
        Checkpoint checkpoint =
                arguments[6].equals("-") ? null : new Checkpoint(Path.of(arguments[6]), Map.of("test", "squares"));
        try (Kernels kernels = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(1));
                Collectives collectives = GlooCollectives.join(at, rank, world);
                CollectivePeers peers = new CollectivePeers(collectives, kernels, Summation.valueOf(arguments[9]))) {
            FineTuneSettings settings =
                    settings(Integer.parseInt(arguments[4]), Long.parseLong(arguments[5])).toBuilder()
                            .shards(Integer.parseInt(arguments[8]))
                            .build();
            tune(kernels, peers, settings, Path.of(arguments[3]), checkpoint, haltAt);
        } catch (CollectiveException e) {
            System.out.println(e.getMessage());
            System.exit(3);
        }
    }

    /** Settings of a short run. */
    public static FineTuneSettings settings(int adapterRank, long seed) {
        FineTuneSettings own = FineTuneSettings.rAdapter(STEPS, seed);
        return own.toBuilder()
                .batch(18)
                .shards(4)
                .adapter(new AdapterConfig(adapterRank, own.adapter().scale(), adapterRank > 0))
                .build();
    }

    /** Trains to the end, from the newest checkpoint on, and writes the adapters. */
    public static void tune(
            Kernels kernels,
            Peers peers,
            FineTuneSettings settings,
            Path adapters,
            @Nullable Checkpoint checkpoint,
            int haltAt)
            throws IOException {
        try (ClipFile file = ClipFile.open(MODEL);
                ClipParameters base = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors());
                FineTuned tuned = new FineTuner(kernels, base, tokenizer(file), peers)
                        .run(
                                settings,
                                data(file.config(), settings),
                                checkpoint,
                                CHECKPOINT_EVERY,
                                report -> halt(report, haltAt))) {
            AdapterFiles.save(adapters, file, tuned, settings);
        }
    }

    /** Noisy squares, whose captions say their colours. */
    public static FineTuner.Data data(ClipConfig config, FineTuneSettings settings) {
        Squares squares = new Squares();
        return new FineTuner.Data(
                squares,
                (index, step, sample) -> squares.captions(index).get(0),
                DrawingPreparation.augmented(config, Augmentation.LIGHT, 0, settings.seed()),
                List.of("a photo of a {}"));
    }

    private static Tokenizer tokenizer(ClipFile file) throws IOException {
        return Tokenizers.load(MODEL, file.config().text().contextLength());
    }

    private static void halt(StepReport report, int at) {
        if (report.step() == at) {
            Runtime.getRuntime().halt(9);
        }
    }
}
