package org.radapter.cli;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipModel;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
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
            "  radapter embed images/*.png --out images.safetensors   tensor \"embeddings\" [N, d]"
        })
final class EmbedCommand implements Callable<Integer> {
    private static final int TEXTS_AT_ONCE = 512;

    /** How lines are written. */
    enum Format {
        CSV,
        JSON
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private AdapterOptions adapterOptions = new AdapterOptions();

    @Parameters(paramLabel = "IMAGE", arity = "0..*", description = "Image files: PNG, JPEG, GIF, BMP, TIFF.")
    private List<Path> images = List.of();

    @Option(names = "--texts", paramLabel = "FILE", description = "A file of texts, one a line, UTF-8.")
    private @Nullable Path texts;

    @Option(names = "--format", defaultValue = "csv", description = "csv or json (one object a line; default: csv).")
    private Format format = Format.CSV;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Written to instead of standard output; as safetensors if the name ends so.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        if ((texts == null) == images.isEmpty()) {
            throw Commands.usage(spec, "name either images or --texts FILE");
        }
        try (LoadedModel model = adapterOptions.open(modelOptions)) {
            if (texts == null) {
                write(images.stream().map(Path::toString).toList(), ImageFiles.embed(model.model(), images));
            } else {
                List<String> lines = lines(texts);
                write(lines, embed(model.model(), model.tokenizer(), lines));
            }
        }
        return 0;
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

    private static float[][] embed(ClipModel model, Tokenizer tokenizer, List<String> lines) {
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

    private void write(List<String> names, float[][] rows) throws IOException {
        if (out != null && out.toString().endsWith(".safetensors")) {
            Tensor all = HostTensors.allocate(DType.F32, rows.length, rows[0].length);
            for (int i = 0; i < rows.length; i++) {
                all.rows(i, i + 1).copyFrom(rows[i]);
            }
            String list = names.stream().map(EmbedCommand::quotedJson).collect(Collectors.joining(",", "[", "]"));
            SafetensorsWriter.write(out, TensorSources.of(Map.of("embeddings", all)), Map.of("names", list));
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < rows.length; i++) {
            lines.append(line(names.get(i), rows[i])).append('\n');
        }
        if (out != null) {
            AtomicFiles.writeString(out, lines.toString());
        } else {
            PrintWriter console = Commands.out(spec);
            console.print(lines);
            console.flush();
        }
    }

    private String line(String name, float[] row) {
        String numbers = IntStream.range(0, row.length)
                .mapToObj(i -> Float.toString(row[i]))
                .collect(Collectors.joining(","));
        return format == Format.CSV
                ? '"' + name.replace("\"", "\"\"") + "\"," + numbers
                : "{\"name\":" + quotedJson(name) + ",\"embedding\":[" + numbers + "]}";
    }

    private static String quotedJson(String text) {
        return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
