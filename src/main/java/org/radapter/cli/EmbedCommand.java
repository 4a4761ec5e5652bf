package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TaskProgress;
import org.radapter.clip.ClipModel;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.train.BulkWork;
import org.radapter.train.LoadedModel;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.HostTensors;
import org.radapter.weights.SafetensorsWriter;
import org.radapter.weights.TensorSources;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints unit vectors of images or texts. */
@Command(
        name = "embed",
        mixinStandardHelpOptions = true,
        description = {
            "Unit vectors of images, or of the lines of a text file; the cosine of two is their dot product.",
            "One line each: name and numbers."
        },
        footer = {
            "",
            "Examples:",
            "  radapter embed cat.png dog.jpg",
            "  radapter embed --texts captions.txt --format json --out captions.jsonl",
            "  radapter embed images/*.png --out images.safetensors   tensor \"embeddings\" [N, d]",
            "  radapter embed --folder photos --out photos.csv        goes on where it was stopped",
            "  radapter embed --spark local[2,4] --folder photos --out vectors   Parquet, by Apache Spark"
        })
final class EmbedCommand implements Callable<Integer> {
    private static final int TEXTS_AT_ONCE = 512;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private AdapterOptions adapterOptions = new AdapterOptions();

    @Mixin
    private SparkOptions sparkOptions = new SparkOptions();

    @Parameters(paramLabel = "IMAGE", arity = "0..*", description = "Image files: PNG, JPEG, GIF, BMP, TIFF.")
    private List<Path> images = List.of();

    @Option(names = "--texts", paramLabel = "FILE", description = "A file of texts, one a line, UTF-8.")
    private @Nullable Path texts;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "All images in a folder and below, in order of their names. Needs --out, to which it goes on"
                            + " adding when it was stopped and is started again; images that cannot be read are told and left out.")
    private @Nullable String folder;

    @Option(names = "--format", defaultValue = "csv", description = "csv or json (one object a line; default: csv).")
    private EmbeddingLines format = EmbeddingLines.CSV;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Written to instead of standard output; as safetensors if the name ends so.")
    private @Nullable String outName;

    @Override
    public Integer call() throws IOException {
        Path out = outName == null ? null : Path.of(outName);
        int sources = (texts == null ? 0 : 1) + (images.isEmpty() ? 0 : 1) + (folder == null ? 0 : 1);
        if (sources != 1) {
            throw Commands.usage(spec, "name either images, --folder DIR or --texts FILE");
        }
        if (folder != null && out == null) {
            throw Commands.usage(spec, "--folder needs --out");
        }
        if (sparkOptions.isUsed()) {
            embedOnCluster();
            return 0;
        }
        try (LoadedModel model = adapterOptions.open(modelOptions)) {
            if (folder != null) {
                embedFolder(model, Path.of(folder), Objects.requireNonNull(out));
            } else if (texts == null) {
                write(out, images.stream().map(Path::toString).toList(), ImageFiles.embed(model.model(), images));
            } else {
                List<String> lines = lines(texts);
                write(out, lines, embed(model.model(), model.tokenizer(), lines));
            }
        }
        return 0;
    }

    private void embedOnCluster() throws IOException {
        if (folder == null || outName == null) {
            throw Commands.usage(spec, "--spark embeds a --folder into an --out");
        }
        try (BulkWork work = sparkOptions.connect()) {
            BulkWork.Outcome outcome = work.embed(adapterOptions.choice(modelOptions), folder, outName);
            Commands.tell(Commands.out(spec), outcome, outName);
        }
    }

    private void embedFolder(LoadedModel model, Path images, Path target) throws IOException {
        PrintWriter console = Commands.out(spec);
        boolean asTensor = isSafetensors(target);
        Path lines = asTensor ? target.resolveSibling(target.getFileName() + ".csv") : target;
        EmbeddingLines written = asTensor ? EmbeddingLines.CSV : format;
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            FolderEmbedding.Outcome outcome =
                    new FolderEmbedding(model.model(), written, progress).run(images, lines, model.fingerprint());
            outcome.failures().forEach(failure -> console.println("left out: " + failure));
            console.println(outcome.embedded() + " images embedded"
                    + (outcome.found() == 0 ? "" : ", " + outcome.found() + " of them before"));
        }
        if (asTensor) {
            List<EmbeddingLines.Row> rows = new ArrayList<>();
            for (String line : Files.readAllLines(lines)) {
                rows.add(EmbeddingLines.CSV.parse(line));
            }
            writeTensor(
                    target,
                    rows.stream().map(EmbeddingLines.Row::name).toList(),
                    rows.stream().map(EmbeddingLines.Row::embedding).toArray(float[][]::new));
            Files.delete(lines);
        }
        console.println("wrote " + target);
        console.flush();
    }

    private static boolean isSafetensors(Path file) {
        return file.toString().endsWith(".safetensors");
    }

    private static List<String> lines(Path texts) throws IOException {
        try {
            List<String> lines = Files.readAllLines(texts).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
            if (lines.isEmpty()) {
                throw new IllegalArgumentException(texts + " holds no text; write one a line");
            }
            return lines;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(texts + " is not UTF-8; save it as UTF-8 and try again", e);
        }
    }

    /** Unit vectors of texts, [lines][embedDim]. */
    static float[][] embed(ClipModel model, Tokenizer tokenizer, List<String> lines) {
        float[][] rows = new float[lines.size()][];
        for (int from = 0; from < rows.length; from += TEXTS_AT_ONCE) {
            int count = Math.min(TEXTS_AT_ONCE, rows.length - from);
            int[] ids = lines.subList(from, from + count).stream()
                    .flatMapToInt(line -> Arrays.stream(tokenizer.encode(line)))
                    .toArray();
            System.arraycopy(model.embedTexts(ids), 0, rows, from, count);
        }
        return rows;
    }

    private void write(@Nullable Path out, List<String> names, float[][] rows) throws IOException {
        if (out != null && isSafetensors(out)) {
            writeTensor(out, names, rows);
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < rows.length; i++) {
            lines.append(format.line(names.get(i), rows[i])).append('\n');
        }
        if (out != null) {
            AtomicFiles.writeString(out, lines.toString());
        } else {
            PrintWriter console = Commands.out(spec);
            console.print(lines);
            console.flush();
        }
    }

    private static void writeTensor(Path file, List<String> names, float[][] rows) throws IOException {
        Tensor all = HostTensors.allocate(DType.F32, rows.length, rows.length == 0 ? 0 : rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            all.rows(i, i + 1).copyFrom(rows[i]);
        }
        String list = names.stream().map(EmbeddingLines::quotedJson).collect(Collectors.joining(",", "[", "]"));
        SafetensorsWriter.write(file, TensorSources.of(Map.of("embeddings", all)), Map.of("names", list));
    }
}
