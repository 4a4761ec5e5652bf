package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.TextTable;
import org.radapter.train.BulkWork;
import org.radapter.train.LoadedModel;
import org.radapter.train.ZeroShotHead;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says which of some labels fit an image best. */
@Command(
        name = "classify",
        mixinStandardHelpOptions = true,
        description = {
            "Zero-shot classification: which of the labels fits an image best.",
            "The probability is the softmax of cosine / temperature over the labels given."
        },
        footer = {
            "",
            "Examples:",
            "  radapter classify pet.png --labels cat,dog,horse",
            "  radapter classify *.png --labels cat,dog --template \"an emoji of a {}\" --template \"a {} icon\"",
            "  radapter classify --spark local[2,4] --folder photos --labels cat,dog --out classes"
        })
final class ClassifyCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private AdapterOptions adapterOptions = new AdapterOptions();

    @Mixin
    private SparkOptions sparkOptions = new SparkOptions();

    @Option(names = "--folder", paramLabel = "DIR", description = "With --spark: all images in a folder and below.")
    private @Nullable String folder;

    @Option(names = "--out", paramLabel = "DIR", description = "With --spark: the folder that is written to.")
    private @Nullable String out;

    @Parameters(paramLabel = "IMAGE", arity = "0..*", description = "Image files: PNG, JPEG, GIF, BMP, TIFF.")
    private List<Path> images = List.of();

    @Option(
            names = "--labels",
            required = true,
            split = ",",
            paramLabel = "LABEL",
            description = "With commas between.")
    private List<String> labels = List.of();

    @Option(
            names = "--template",
            defaultValue = "a photo of a {}",
            paramLabel = "TEXT",
            description = "A sentence with {} for the label; several are averaged (default: ${DEFAULT-VALUE}).")
    private List<String> templates = List.of();

    @Option(
            names = "--top",
            defaultValue = "5",
            description = "Labels shown of each image (default: ${DEFAULT-VALUE}).")
    private int top;

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw Commands.usage(spec, "--top is at least 1");
        }
        List<String> names = labels.stream().map(String::strip).toList();
        if (sparkOptions.isUsed()) {
            classifyOnCluster(names);
            return 0;
        }
        if (images.isEmpty() || folder != null || out != null) {
            throw Commands.usage(spec, "name images; --folder and --out go with --spark");
        }
        TextTable table = new TextTable("image", "label", "probability", "cosine");
        try (LoadedModel model = adapterOptions.open(modelOptions)) {
            ZeroShotHead head = ZeroShotHead.of(model.model(), model.tokenizer(), names, templates);
            float[][] features = ImageFiles.embed(model.model(), images);
            for (int i = 0; i < features.length; i++) {
                rows(
                        table,
                        images.get(i),
                        names,
                        head.scores(features[i]),
                        model.weights().logitScale());
            }
        }
        PrintWriter console = Commands.out(spec);
        console.print(table);
        console.flush();
        return 0;
    }

    private void classifyOnCluster(List<String> names) throws IOException {
        if (folder == null || out == null || !images.isEmpty()) {
            throw Commands.usage(spec, "--spark classifies a --folder into an --out");
        }
        try (BulkWork work = sparkOptions.connect()) {
            BulkWork.Outcome outcome =
                    work.classify(adapterOptions.choice(modelOptions), names, templates, folder, out);
            Commands.tell(Commands.out(spec), outcome, out);
        }
    }

    private void rows(TextTable table, Path image, List<String> names, double[] cosines, double logitScale) {
        double[] probabilities = ZeroShotHead.probabilities(cosines, logitScale);
        List<Integer> order = IntStream.range(0, cosines.length)
                .boxed()
                .sorted(Comparator.comparingDouble(c -> -cosines[c]))
                .limit(top)
                .toList();
        for (int c : order) {
            table.row(
                    image.toString(),
                    names.get(c),
                    String.format(Locale.ROOT, "%.1f%%", 100 * probabilities[c]),
                    String.format(Locale.ROOT, "%.4f", cosines[c]));
        }
    }
}
