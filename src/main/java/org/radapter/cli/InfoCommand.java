package org.radapter.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.data.DataOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what is there to work with. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        description =
                "Tells version, Java, processor, which backends work here (and why the others do not), and where data and"
                        + " model are looked for.",
        footer = {"", "Example:", "  radapter info"})
final class InfoCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
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
        Path model = ModelOptions.defaultModel().toAbsolutePath();
        line(out, "default model", model + (Files.exists(model) ? "" : " (not there; name one with --model)"));
        out.flush();
        return 0;
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
