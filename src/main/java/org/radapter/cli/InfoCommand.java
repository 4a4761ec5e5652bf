package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.data.DataOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.StepMemory;
import org.radapter.weights.ClipFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what is there to work with. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        description =
                "Tells version, Java, processor, which backends work here (and why the others do not), where data and model"
                        + " are looked for, and how much memory fine-tuning a model takes.",
        footer = {"", "Examples:", "  radapter info", "  radapter info --model CLIP --batch 256 --precision bf16"})
final class InfoCommand implements Callable<Integer> {
    private static final long MEBIBYTE = 1 << 20;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private FineTuneOptions fineTuneOptions = new FineTuneOptions();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = Commands.out(spec);
        out.println(BuildInfo.line());
        line(out, "Java", System.getProperty("java.version") + ", " + System.getProperty("java.vm.name"));
        line(
                out,
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", " + BuildInfo.processor()
                        + ", " + Runtime.getRuntime().availableProcessors() + " processors to use");
        for (String name : Backends.names()) {
            line(out, "backend " + name, backend(name));
        }
        line(out, "auto means", Backends.resolve(Backends.AUTO));
        Path cache = DataOptions.defaults().cache();
        line(out, "data cache", cache + (Files.isDirectory(cache) ? "" : " (empty; radapter data fetch fills it)"));
        Path model = modelOptions.path().toAbsolutePath();
        line(out, "model", model + (Files.exists(model) ? "" : " (not there; name one with --model)"));
        if (Files.exists(model) && Backends.isAvailable("cpu")) {
            memory(out);
        }
        out.flush();
        return 0;
    }

    /** What a step takes at most, with activations kept and computed again. */
    private void memory(PrintWriter out) throws IOException {
        try (ClipFile file = ClipFile.open(modelOptions.path())) {
            FineTuneSettings settings = fineTuneOptions.settings(1);
            StepMemory memory = new StepMemory(file.config(), modelOptions.threads());
            long kept = memory.peakBytes(
                    settings.toBuilder().activationBytes(Long.MAX_VALUE).build());
            long again =
                    memory.peakBytes(settings.toBuilder().activationBytes(0).build());
            line(
                    out,
                    "fine-tuning it",
                    "at most " + mebibytes(kept) + " MiB with "
                            + settings.method().label() + " in batches of "
                            + settings.batch() + ", " + mebibytes(again)
                            + " MiB with activations computed again (--memory-limit)");
        }
    }

    private static long mebibytes(long bytes) {
        return (bytes + MEBIBYTE - 1) / MEBIBYTE;
    }

    private static void line(PrintWriter out, String what, String value) {
        out.println("  " + what + " ".repeat(Math.max(1, 19 - what.length())) + value);
    }

    private static String backend(String name) {
        String cause = Backends.unavailabilityCause(name);
        if (cause != null) {
            return "not available: " + cause;
        }
        try (Kernels kernels = Backends.open(name)) {
            return kernels.description();
        }
    }
}
