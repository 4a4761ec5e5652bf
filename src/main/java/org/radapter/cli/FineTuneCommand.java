package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.study.FolderJob;
import org.radapter.cli.study.FolderTask;
import org.radapter.cli.study.RunFolder;
import org.radapter.cli.study.Study;
import org.radapter.cli.study.StudyTask;
import org.radapter.tensor.DType;
import org.radapter.train.ClusterTuner;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.LoadedModel;
import org.radapter.train.PeersProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fine-tunes a CLIP on a user's own images. */
@Command(
        name = "finetune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Fine-tunes a CLIP on a folder of images, measures it before and after, and writes a run folder:",
            "settings.json, metrics.csv, tensorboard/, checkpoint/, adapter.safetensors, merged.safetensors",
            "(OpenCLIP's names, no adapters left), summary.json and report.html.",
            "Started again with the same --run folder, it goes on from its last checkpoint."
        },
        footer = {
            "",
            "Examples:",
            "  radapter finetune --model clip --folder photos --run runs/photos",
            "      photos/ holds one folder a class, named as the class; a tenth is held out to measure with",
            "  radapter finetune --model clip --folder photos --test more --shifted sketches=drawn --run runs/photos",
            "      measures on more/ and, as another distribution, on drawn/",
            "  radapter finetune --spark local[2,4] --world 2 --folder photos --run runs/photos   two ranks, by Spark",
            "  radapter finetune --model clip --folder photos --captions photos.csv --run runs/photos",
            "      photos.csv has the columns file,caption or file,caption,label"
        })
final class FineTuneCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(
            names = "--folder",
            required = true,
            paramLabel = "DIR",
            description = "Images: one folder a class, or see --captions.")
    private Path folder = Path.of("");

    @Option(names = "--captions", paramLabel = "CSV", description = "file,caption[,label] for the images in --folder.")
    private @Nullable Path captions;

    @Option(
            names = "--test",
            paramLabel = "DIR",
            description = "Images to measure with, one folder a class. Default: some of --folder are held out.")
    private @Nullable Path test;

    @Option(
            names = "--hold-out",
            defaultValue = "0.1",
            paramLabel = "SHARE",
            description = "Share of each class to hold out where there is no --test (${DEFAULT-VALUE}).")
    private double holdOut;

    @Option(
            names = "--shifted",
            paramLabel = "NAME=DIR",
            description = "Images of the same classes but another look, to measure with; may be repeated.")
    private Map<String, Path> shifted = new LinkedHashMap<>();

    @Option(
            names = "--template",
            paramLabel = "TEXT",
            description = "A sentence with {} for the class name; may be repeated (a photo of a {}).")
    private List<String> templates = List.of("a photo of a {}");

    @Option(names = "--run", required = true, paramLabel = "DIR", description = "Folder the run is written to.")
    private Path run = Path.of("");

    @Option(
            names = {"--seed", "--seeds"},
            split = ",",
            defaultValue = "1",
            paramLabel = "N",
            description = "Of every random choice; several are run one after the other, the first gives the files"
                    + " (${DEFAULT-VALUE}).")
    private List<Long> seeds = List.of();

    @Mixin
    private FineTuneOptions options = new FineTuneOptions();

    @Mixin
    private PeerOptions peerOptions = new PeerOptions();

    @Override
    public Integer call() throws IOException {
        // a mistake in the options is told before data and model are read
        options.settings(seeds.get(0));
        peerOptions.check(seeds.size());
        FolderTask folders = new FolderTask(folder, captions, test, holdOut, shifted, templates);
        StudyTask task = folders.open();
        try (LoadedModel model = modelOptions.open()) {
            boolean recording = !model.kernels().device().isHost() && peerOptions.alone();
            FineTuneSettings settings = options.settings(seeds.get(0), model.config(), modelOptions, recording);
            if (peerOptions.follows()) {
                follow(model, settings, task);
                return 0;
            }
            RunFolder files = RunFolder.at(run);
            files.writeSettings(described(settings, task));
            run(model, settings, folders, task, files);
        }
        return 0;
    }

    private void follow(LoadedModel model, FineTuneSettings settings, StudyTask task) throws IOException {
        try (PeersProvider.Meeting meeting = peerOptions.meet()) {
            Study.follow(model.kernels(), model.weights(), model.tokenizer(), task, settings, meeting.peers());
        }
    }

    private void run(LoadedModel model, FineTuneSettings settings, FolderTask folders, StudyTask task, RunFolder files)
            throws IOException {
        StudyReport report = new StudyReport(Commands.out(spec));
        try (Study study =
                new Study(model.kernels(), model.weights(), model.tokenizer(), task, settings.method(), files)) {
            study.zeroShot();
            try (Tuning tuning = peerOptions.isOnCluster() ? onCluster(model, folders) : here()) {
                for (long seed : seeds) {
                    FineTuneSettings seeded = settings.withSeed(seed);
                    try (FineTuned tuned = tuning.tune(study, seeded)) {
                        if (seed == settings.seed()) {
                            files.writeModel(model.file(), tuned, seeded, settings.alpha(), DType.F32);
                        }
                    }
                }
            }
            RunResults results = study.results(
                    report.description(task.title(), modelOptions.path(), model.kernels(), List.of(settings), seeds),
                    settings.alpha(),
                    List.of(StudyReport.before(), methodInfo(settings)));
            files.writeResults(results);
            report.print(results, files);
        }
    }

    /** By whom steps are taken. */
    private interface Tuning extends AutoCloseable {
        FineTuned tune(Study study, FineTuneSettings settings) throws IOException;

        @Override
        void close();
    }

    private Tuning here() {
        PeersProvider.Meeting meeting = peerOptions.meet();
        return new Tuning() {
            @Override
            public FineTuned tune(Study study, FineTuneSettings settings) throws IOException {
                return study.tune(settings, meeting.peers());
            }

            @Override
            public void close() {
                meeting.close();
            }
        };
    }

    private Tuning onCluster(LoadedModel model, FolderTask folders) throws IOException {
        String fingerprint = model.fingerprint();
        ClusterTuner cluster = peerOptions.connect();
        return new Tuning() {
            @Override
            public FineTuned tune(Study study, FineTuneSettings settings) throws IOException {
                FolderJob job = FolderJob.of(modelOptions.choice(null, null), fingerprint, folders, settings, run);
                return study.tune(settings, cluster, job, peerOptions.ranks());
            }

            @Override
            public void close() {
                cluster.close();
            }
        };
    }

    private static MethodInfo methodInfo(FineTuneSettings settings) {
        return new MethodInfo(settings.method().label(), settings.method().title(), "α = " + settings.alpha());
    }

    private Map<String, @Nullable Object> described(FineTuneSettings settings, StudyTask task) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("model", modelOptions.path().toString());
        all.put("folder", folder.toString());
        all.put("captions", captions == null ? null : captions.toString());
        all.put("images", (long) task.train().size());
        all.put("classes", (long) task.train().classNames().size());
        all.put("templates", templates);
        all.put("seeds", seeds);
        all.putAll(settings.described());
        all.remove("seed");
        return all;
    }
}
