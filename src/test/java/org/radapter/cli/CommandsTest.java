package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.adapter.AdapterConfig;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SummaryFile;
import org.radapter.clip.ClipModel;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.train.ZeroShotHead;
import org.radapter.weights.AdapterDescription;
import org.radapter.weights.AdapterFile;
import org.radapter.weights.ClipFile;
import org.radapter.weights.HostTensors;
import org.radapter.weights.Json;
import org.radapter.weights.Safetensors;
import picocli.CommandLine;

/** Every command from the outside: what it prints, and its status. */
class CommandsTest {
    private static final String GOLDEN = "src/test/resources/golden/hf_clip_gelu";

    @TempDir
    static Path folder;

    private static String model = "";
    private static String adapter = "";
    private static String red = "";
    private static String blue = "";

    private record Outcome(int status, String out, String err) {}

    @BeforeAll
    static void aSmallModel() throws IOException {
        Path directory = folder.resolve("model");
        SmallModel.write(directory);
        model = directory.toString();
        adapter = folder.resolve("adapter.safetensors").toString();
        try (ClipFile base = ClipFile.open(directory)) {
            AdapterDescription description = new AdapterDescription(
                    base.sha256(), AdapterConfig.FULL, ClipModel.adapterSites(SmallModel.CONFIG), .5, Map.of());
            Map<String, Tensor> tensors = new HashMap<>();
            description.shapes().forEach((name, shape) -> {
                Tensor tensor = HostTensors.allocate(DType.F32, shape);
                for (long i = 0; i < tensor.size(); i++) {
                    tensor.set(i, .3 * Math.sin(i + name.length()));
                }
                tensors.put(name, tensor);
            });
            AdapterFile.write(Path.of(adapter), description, tensors, null);
        }
        red = image("red", Color.RED);
        blue = image("blue", Color.BLUE);
    }

    private static String image(String name, Color color) throws IOException {
        return image(folder.resolve("classes"), name, "one", color);
    }

    private static String image(Path classes, String className, String name, Color color) throws IOException {
        return SmallModel.image(classes.resolve(className).resolve(name + ".png"), color, 0)
                .toString();
    }

    private static Outcome run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int status = line.execute(arguments);
        return new Outcome(status, out.toString(), err.toString());
    }

    private static Outcome ok(String... arguments) {
        Outcome outcome = run(arguments);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.status()).isZero();
        return outcome;
    }

    @Test
    void everyCommandHasHelpWithAnExample() {
        for (String name :
                List.of("info", "data", "embed", "classify", "evaluate", "merge", "export", "finetune", "tune")) {
            assertThat(ok(name, "--help").out()).contains("Example").contains("radapter " + name);
        }
    }

    @Test
    void infoNamesEveryBackend() {
        String out = ok("info").out();
        assertThat(out)
                .startsWith("radapter ")
                .contains("backend cuda")
                .contains("backend cpu")
                .contains("data cache");
        assertThat(ok("info", "--model", model, "--batch", "64").out())
                .containsPattern("fine-tuning it +at most [0-9]+ MiB with r-adapter in batches of 64, [0-9]+ MiB");
    }

    @Test
    void aMemoryLimitIsKeptOrRefusedBeforeTheRunBegins() throws IOException {
        String classes = folder.resolve("classes").toString();
        Path free = folder.resolve("free");
        Path limited = folder.resolve("limited");
        fineTune(free, "--folder", classes);
        fineTune(limited, "--folder", classes, "--memory-limit", "512");
        assertThat(limited.resolve("adapter.safetensors")).hasSameBinaryContentAs(free.resolve("adapter.safetensors"));
        Path refused = folder.resolve("refused");
        Outcome outcome = run(
                "finetune", "--model", model, "--folder", classes, "--run", refused.toString(), "--memory-limit", "0");
        assertThat(outcome.status()).isNotZero();
        assertThat(outcome.err()).contains("the limit is 0 MiB").hasLineCount(1);
        assertThat(refused.resolve("metrics.csv")).doesNotExist();
    }

    @Test
    void embeddingsAreUnitVectorsAlikeInEveryFormat() throws IOException {
        String csv = ok("embed", "--model", model, "--backend", "reference", red, blue)
                .out();
        List<String> lines = csv.lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).startsWith("\"" + red + "\",");
        String[] cells = lines.get(0).split(",");
        double squares = 0;
        for (int i = 1; i < cells.length; i++) {
            squares += Math.pow(Double.parseDouble(cells[i]), 2);
        }
        assertThat(cells).hasSize(1 + 6);
        assertThat(squares).isBetween(1 - 1e-5, 1 + 1e-5);
        assertThat(lines.get(0).substring(red.length()))
                .isNotEqualTo(lines.get(1).substring(blue.length()));
        Path file = folder.resolve("all.safetensors");
        ok("embed", "--model", model, "--backend", "reference", red, blue, "--out", file.toString());
        try (Safetensors read = Safetensors.open(file)) {
            Tensor all = HostTensors.read(read, "embeddings");
            assertThat(all.shape()).containsExactly(2, 6);
            assertThat((float) all.get(0)).isEqualTo(Float.parseFloat(cells[1]));
        }
        assertThat(ok("embed", "--model", model, "--backend", "reference", red, "--format", "json")
                        .out())
                .startsWith("{\"name\":\"")
                .contains("\"embedding\":[" + cells[1] + ",");
    }

    @Test
    void aFolderIsEmbeddedAsItsImagesAre() throws IOException {
        String classes = folder.resolve("classes").toString();
        Path file = folder.resolve("classes.csv");
        assertThat(ok("embed", "--model", model, "--folder", classes, "--out", file.toString())
                        .out())
                .contains("2 images embedded", "wrote " + file);
        String alone = ok("embed", "--model", model, blue, red).out().replace(classes + "/", "");
        assertThat(file).hasContent(alone);
        Path tensor = folder.resolve("classes.safetensors");
        ok("embed", "--model", model, "--folder", classes, "--out", tensor.toString());
        try (Safetensors read = Safetensors.open(tensor)) {
            assertThat(read.metadata()).containsEntry("names", "[\"blue/one.png\",\"red/one.png\"]");
        }
        fails(2, "--folder needs --out", "embed", "--model", model, "--folder", classes);
    }

    @Test
    void textsAreEmbeddedLineByLine() throws IOException {
        Path texts = folder.resolve("texts");
        Files.writeString(texts, "a cat\n\na \"dog\"\n");
        assertThat(ok("embed", "--model", model, "--texts", texts.toString())
                        .out()
                        .lines())
                .hasSize(2)
                .element(1)
                .asString()
                .startsWith("\"a \"\"dog\"\"\",");
    }

    @Test
    void probabilitiesOfAllLabelsAddUpToOne() {
        String out = ok("classify", "--model", model, red, "--labels", "cat, dog", "--template", "a {}")
                .out();
        double sum = out.lines()
                .skip(2)
                .mapToDouble(row -> Double.parseDouble(row.replaceAll(".* ([0-9.]+)%.*", "$1")))
                .sum();
        assertThat(out).contains("cat").contains("dog");
        assertThat(sum).isBetween(99.8, 100.2);
        assertThat(ZeroShotHead.probabilities(new double[] {.3, .1}, 10)[0]).isEqualTo(1 / (1 + Math.exp(-2)));
    }

    @Test
    void aFolderIsEvaluatedAsFoundAndMerged() {
        String classes = folder.resolve("classes").toString();
        String out = ok("evaluate", "--model", model, "--folder", classes).out();
        assertThat(out).containsPattern("classes +2 +2 +(0|50|100)\\.00% +");
        ok("evaluate", "--model", model, "--folder", classes, "--adapter", adapter, "--alpha", "1");
    }

    @Test
    void imagesAndCaptionsWithoutClassesLookForEachOther() throws IOException {
        Path captioned = folder.resolve("captioned-images");
        image(captioned, "a", "one", Color.RED);
        image(captioned, "a", "two", Color.GREEN);
        Files.writeString(
                captioned.resolve("captions.csv"),
                "file,caption\na/one.png,a cat\na/one.png,cats\na/two.png,a cat\na/two.png,a dog\n");
        String[] lines = ok("evaluate", "--model", model, "--folder", captioned.toString())
                .out()
                .split("\n");
        assertThat(lines[0]).contains("looking for", "R@1", "R@5", "R@10");
        assertThat(lines[2]).containsPattern("captions +2 +3 +(0|50|100)\\.00% +100\\.00% +100\\.00%");
        assertThat(lines[3]).containsPattern("images +2 +3 +(33\\.33|66\\.67|100\\.00)% +100\\.00% +100\\.00%");
    }

    @Test
    void aMergedModelEmbedsAsItsBaseWithTheAdapters() {
        String zero = folder.resolve("zero").toString();
        String half = folder.resolve("half").toString();
        String[] naming = {"open_clip", "hugging_face"};
        for (int i = 0; i < 2; i++) {
            String alpha = i == 0 ? "0" : "0.5";
            ok(
                    "merge",
                    "--model",
                    model,
                    "--adapter",
                    adapter,
                    "--alpha",
                    alpha,
                    "--naming",
                    naming[i],
                    "--out",
                    i == 0 ? zero : half);
        }
        String base = embed(model);
        assertThat(embed(zero)).isEqualTo(base);
        assertThat(embed(half)).isNotEqualTo(base).isEqualTo(embed(model, "--adapter", adapter));
    }

    @Test
    void bothTowersAreExportedWithTheAdaptersFoldedIn() throws IOException {
        Path base = folder.resolve("onnx");
        Path tuned = folder.resolve("onnx-tuned");
        ok("export", "--model", model, "--out", base.toString());
        ok("export", "--model", model, "--adapter", adapter, "--alpha", "0.5", "--out", tuned.toString());
        for (String tower : List.of("image_tower.onnx", "text_tower.onnx")) {
            byte[] bytes = Files.readAllBytes(base.resolve(tower));
            assertThat(bytes).startsWith(8, 8).hasSameSizeAs(Files.readAllBytes(tuned.resolve(tower)));
            assertThat(bytes).isNotEqualTo(Files.readAllBytes(tuned.resolve(tower)));
        }
        fails(2, "--alpha needs --adapter", "export", "--model", model, "--alpha", "1", "--out", base.toString());
    }

    @Test
    void fineTuningWritesAnAdapterAndTheModelItMergesInto() throws IOException {
        Path run = folder.resolve("run");
        fineTune(run, "--folder", folder.resolve("classes").toString(), "--alpha", "0.5");
        assertThat(Files.readAllLines(run.resolve("metrics.csv"))).hasSize(1 + 3);
        assertThat(Json.readObject(run.resolve("settings.json")))
                .containsEntry("method", "r-adapter")
                .containsEntry("steps", 3L)
                .containsEntry("alpha", .5);
        String separate =
                embed(model, "--adapter", run.resolve("adapter.safetensors").toString());
        String merged = embed(run.resolve("merged.safetensors").toString());
        assertThat(merged).isEqualTo(separate).isNotEqualTo(embed(model));
        // nothing could be held out of one image a class
        assertThat(SummaryFile.read(run.resolve("summary.json")).rows()).isEmpty();
        assertThat(run.resolve("report.html")).content().contains("<!DOCTYPE html>");
    }

    @Test
    void fineTuningMeasuresWhatItHeldOutAndWhatLooksOtherwise() throws IOException {
        Path many = folder.resolve("many");
        for (int i = 0; i < 12; i++) {
            image(many, "red", "red" + i, new Color(255 - i, i, 0));
            image(many, "blue", "blue" + i, new Color(0, i, 255 - i));
        }
        Path run = folder.resolve("measured");
        String out = fineTune(
                        run,
                        "--folder",
                        many.toString(),
                        "--shifted",
                        "others=" + folder.resolve("classes"),
                        "--seeds",
                        "4,5",
                        "--rank",
                        "2",
                        "--precision",
                        "bf16")
                .out();
        assertThat(out).contains("R-Adapter").contains("others").contains("report.html");
        RunResults results = SummaryFile.read(run.resolve("summary.json"));
        assertThat(results.rows())
                .extracting(row -> row.method() + " " + row.split() + " " + row.seed() + " " + row.n())
                .containsExactlyInAnyOrder(
                        "zero-shot id 0 2",
                        "zero-shot others 0 2",
                        "r-adapter id 4 2",
                        "r-adapter others 4 2",
                        "r-adapter id 5 2",
                        "r-adapter others 5 2");
        assertThat(results.difference("r-adapter", "zero-shot", "others")).isPresent();
        assertThat(results.curve()).hasSize(4 * 2);
        assertThat(Files.readAllLines(run.resolve("metrics.csv"))).hasSize(1 + 2 * 3);
        String again = fineTune(
                        run, "--folder", many.toString(), "--seeds", "4,5", "--rank", "2", "--precision", "bf16")
                .out();
        assertThat(again).contains("R-Adapter");
        assertThat(Files.readAllLines(run.resolve("metrics.csv"))).hasSize(1 + 2 * 3);
    }

    @Test
    void fineTuningLearnsFromCaptionsWithoutClasses() throws IOException {
        Path run = folder.resolve("captioned");
        Path captions = folder.resolve("captions.csv");
        Files.writeString(captions, "file,caption\nred/one.png,a cat\nred/one.png,cats\nblue/one.png,\"a dog, two\"\n");
        String classes = folder.resolve("classes").toString();
        String out = fineTune(run, "--folder", classes, "--captions", captions.toString(), "--method", "full")
                .out();
        assertThat(out).contains("merged.safetensors").doesNotContain("accuracy");
        assertThat(run.resolve("adapter.safetensors")).doesNotExist();
        assertThat(embed(run.resolve("merged.safetensors").toString())).isNotEqualTo(embed(model));
    }

    @Test
    void tuningHoldsEachImageOutOnceAndRanksWhatItTried() throws IOException {
        Path images = folder.resolve("tuned");
        for (int i = 0; i < 4; i++) {
            image(images, "red", "r" + i, new Color(255, 9 * i, 0));
            image(images, "blue", "b" + i, new Color(0, 9 * i, 255));
        }
        Path run = folder.resolve("tune");
        String out = ok(
                        "tune",
                        "--model",
                        model,
                        "--folder",
                        images.toString(),
                        "--run",
                        run.toString(),
                        "--steps",
                        "2,3",
                        "--alphas",
                        "0,1",
                        "--folds",
                        "2",
                        "--seeds",
                        "4,5")
                .out();
        assertThat(out).contains("8 images, each held out once").contains("learning rate");
        List<String> rows = Files.readAllLines(run.resolve("tune.csv"));
        assertThat(rows).hasSize(1 + 2 * 2);
        assertThat(rows.get(0)).startsWith("steps,learning_rate,drop,margin,alpha,accuracy,change");
        assertThat(rows.get(1)).startsWith("2,5.0E-4,0.2,0.05,0.0,").endsWith(",8,2,2");
        // merged at nothing, a model is what it was before
        assertThat(rows.get(1)).contains(",0.00000,0.00000,");
        assertThat(rows.get(3)).startsWith("3,");
        fails(
                1,
                "too few for 9 folds",
                "tune",
                "--model",
                model,
                "--folder",
                images.toString(),
                "--run",
                run.toString(),
                "--folds",
                "9");
    }

    private static Outcome fineTune(Path run, String... more) {
        List<String> all = new ArrayList<>(
                List.of("finetune", "--model", model, "--run", run.toString(), "--steps", "3", "--batch", "8"));
        all.addAll(List.of(more));
        return ok(all.toArray(String[]::new));
    }

    private static String embed(String directory, String... more) {
        String[] first = {"embed", "--model", directory, "--backend", "reference", red};
        String[] all = java.util.Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return ok(all).out();
    }

    @Test
    void mistakesAreToldInOneSentenceWithTheirStatus() throws IOException {
        Path text = Files.writeString(folder.resolve("no.png"), "hello");
        fails(1, "check the path", "embed", "--model", folder.resolve("none").toString(), red);
        fails(1, "expected a PNG", "embed", "--model", model, text.toString());
        fails(1, "there is no image", "embed", "--model", model, "absent.png");
        fails(1, "no vocabulary", "classify", "--model", GOLDEN, red, "--labels", "a");
        fails(1, "no {}", "classify", "--model", model, red, "--labels", "a", "--template", "b");
        fails(1, "trained on another model", "merge", "--model", GOLDEN, "--adapter", adapter, "--out", "x");
        fails(
                1,
                "no adapter file",
                "merge",
                "--model",
                model,
                "--adapter",
                GOLDEN + "/model.safetensors",
                "--out",
                "x");
        fails(1, "no backend 'x'", "embed", "--model", model, "--backend", "x", red);
        fails(1, "only with --adapter", "embed", "--model", model, "--alpha", "1", red);
        fails(1, "no split", "evaluate", "--model", model, "--emoji", "x");
        fails(1, "no split", "data", "sheet", "--split", "x", "--out", "x.png");
        fails(1, "no folder", "evaluate", "--model", model, "--folder", text.toString());
        fails(2, "name either", "embed", "--model", model);
        fails(2, "name either", "evaluate", "--model", model);
        fails(2, "--dtype is", "merge", "--model", model, "--adapter", adapter, "--out", "x", "--dtype", "i32");
        String classes = folder.resolve("classes").toString();
        String run = folder.resolve("failed").toString();
        fails(1, "unknown method", "finetune", "--model", model, "--folder", classes, "--run", run, "--method", "x");
        fails(1, "--drop-mode is", "finetune", "--model", model, "--folder", classes, "--run", run, "--drop-mode", "x");
        fails(1, "no {}", "finetune", "--model", model, "--folder", classes, "--run", run, "--template", "x");
        fails(1, "at least one pair", "finetune", "--model", model, "--folder", classes, "--run", run, "--batch", "0");
        fails(2, "--labels", "classify", "--model", model, red);
    }

    private static void fails(int status, String sentence, String... arguments) {
        Outcome outcome = run(arguments);
        assertThat(outcome.err()).contains(sentence).doesNotContain("\tat ");
        assertThat(outcome.status()).isEqualTo(status);
        if (status == 1) {
            assertThat(outcome.err().lines()).hasSize(1);
        }
    }

    @Test
    void aStackTraceIsShownOnRequest() {
        Outcome outcome = run("embed", "--debug", "--model", "absent", red);
        assertThat(outcome.err()).contains("\tat org.radapter");
        assertThat(outcome.status()).isEqualTo(1);
    }
}
