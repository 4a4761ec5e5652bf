package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.SmallDisk;
import picocli.CommandLine;

/** What commands say of models, images and tables that are not what they should be: one line, and what to do. */
class BadInputTest {
    @TempDir
    Path folder;

    private Path model = Path.of("");
    private Path weights = Path.of("");
    private Path image = Path.of("");

    @BeforeEach
    void aGoodModelAndImage() throws IOException {
        model = folder.resolve("model");
        weights = model.resolve("model.safetensors");
        SmallModel.write(model);
        image = SmallModel.image(folder.resolve("photos/cat/a.png"), Color.RED, 0);
        assertThat(told("embed", "--model", model, image)).isEmpty();
    }

    /** The lines a command prints to standard error. */
    private static String told(Object... arguments) {
        StringWriter err = new StringWriter();
        CommandLine line =
                Main.commandLine().setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(err));
        int status = line.execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        assertThat(status).as(err.toString()).isEqualTo(err.toString().isEmpty() ? 0 : 1);
        return err.toString();
    }

    private static void refused(String[] parts, Object... arguments) {
        assertThat(told(arguments).lines()).singleElement().asString().contains(parts);
    }

    private void refusedModel(String... parts) {
        refused(parts, "embed", "--model", model, image);
    }

    private static String[] saying(String... parts) {
        return parts;
    }

    // models

    @Test
    void aMissingModelIsNamed() throws IOException {
        Files.delete(weights);
        refusedModel(model.toString(), "holds no weights");
        refused(saying("none", "check the path"), "embed", "--model", folder.resolve("none"), image);
    }

    @Test
    void aTruncatedModelIsToBeGotAgain() throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        for (int length : new int[] {whole.length - 1, whole.length / 2, 1000, 9}) {
            Files.write(weights, Arrays.copyOf(whole, length));
            refusedModel("model.safetensors", "download, copy or convert it again");
        }
        Files.write(weights, new byte[0]);
        refusedModel("model.safetensors", "it has only 0 bytes", "again");
    }

    /** Rewrites the header, padded or cut to its length. */
    private void damageHeader(UnaryOperator<String> change) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) bytes.getLong(0)];
        bytes.get(8, header);
        String before = new String(header, StandardCharsets.UTF_8);
        String changed = change.apply(before.strip());
        assertThat(changed).isNotEqualTo(before.strip()).hasSizeLessThanOrEqualTo(header.length);
        bytes.put(8, (changed + " ".repeat(header.length - changed.length())).getBytes(StandardCharsets.UTF_8));
        Files.write(weights, bytes.array());
    }

    @Test
    void offsetsThatLieAreNamed() throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        damageHeader(header -> header.replaceFirst("\"data_offsets\":\\[4,\\d+", "\"data_offsets\":[4,8"));
        refusedModel("data_offsets", "[4, 8]", "again");
        Files.write(weights, whole);
        damageHeader(header -> header.replaceFirst("\"data_offsets\":\\[(\\d)\\d+,", "\"data_offsets\":[$1,"));
        refusedModel("data_offsets", "again");
    }

    @Test
    void tensorsThatOverlapAreNamed() throws IOException {
        Files.write(
                weights,
                file(
                        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
                                + "'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}",
                        8));
        refusedModel("tensor 'b' begins at byte 4", "inside the tensor before it", "again");
    }

    private static byte[] file(String header, int dataBytes) {
        byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }

    @Test
    void aShapeThatDoesNotFitTheConfigurationIsNamed() throws IOException {
        Path config = model.resolve("config.json");
        String text = Files.readString(config);
        String wider = text.replaceFirst("(\"projection_dim\"\\s*:\\s*)6", "$17");
        assertThat(wider).isNotEqualTo(text);
        Files.writeString(config, wider);
        refusedModel("[16, 6]", "[16, 7]", "check that weights and configuration belong together");
    }

    @Test
    void notANumberInTheWeightsIsNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(weights);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 8, Float.NaN);
        Files.write(weights, bytes);
        refusedModel("tensor '", "holds NaN at element", "take another file");
    }

    // images and tables

    @Test
    void anImageThatIsNoneIsNamed() throws IOException {
        Path bad = Files.writeString(folder.resolve("photos/cat/b.png"), "no image");
        refused(saying("b.png", "expected a PNG"), "embed", "--model", model, bad);
        Object[] onFolder = {"--model", model, "--folder", folder.resolve("photos")};
        refused(saying("b.png", "expected a PNG"), with(onFolder, "evaluate"));
        refused(saying("b.png", "expected a PNG"), with(onFolder, "finetune", "--run", folder.resolve("run")));
    }

    private static Object[] with(Object[] rest, Object... first) {
        return Stream.concat(Arrays.stream(first), Arrays.stream(rest)).toArray();
    }

    @Test
    void aClassWithoutImagesIsNamed() throws IOException {
        Files.createDirectory(folder.resolve("photos/tame_dog"));
        for (String command : new String[] {"evaluate", "finetune"}) {
            Object[] run = command.equals("finetune") ? new Object[] {"--run", folder.resolve("run")} : new Object[0];
            refused(
                    saying("The class \"tame dog\" has no image", "holds no PNG"),
                    with(run, command, "--model", model, "--folder", folder.resolve("photos")));
        }
    }

    private Path captions(String text) throws IOException {
        return Files.write(folder.resolve("photos/captions.csv"), text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void textsThatAreNotUtf8AreNamed() throws IOException {
        Path captions = captions("file,caption\ncat/a.png,a t\u00fcrkis cat\n");
        Object[] rest = {"--model", model, "--folder", folder.resolve("photos")};
        refused(
                saying("captions.csv, line 2", "save the file as UTF-8"),
                with(rest, "finetune", "--captions", captions, "--run", folder.resolve("run")));
        refused(saying("captions.csv, line 2", "save the file as UTF-8"), with(rest, "evaluate"));
        refused(saying("captions.csv", "save it as UTF-8"), "embed", "--model", model, "--texts", captions);
    }

    @Test
    void aFolderWithoutClassesCannotBeLearnedAsClasses() throws IOException {
        Path captions = captions("file,caption\ncat/a.png,a cat\n");
        Object[] rest = {"--model", model, "--folder", folder.resolve("photos")};
        Object[] tune = with(rest, "finetune", "--captions", captions, "--run", folder.resolve("run"));
        refused(saying("no classes", "give its images labels", "r-adapter"), append(tune, "--method=plain-adapter"));
        refused(saying("unknown method \"coop\"", "there are r-adapter"), append(tune, "--method=coop"));
    }

    @Test
    void methodsThatAreNotComparedAreRefusedByName() {
        refused(saying("there is no method \"magic\"", "r-adapter-low-rank"), "reproduce", "--methods=magic");
    }

    @Test
    void methodsWithoutSettingsToTryAreRefusedByName() {
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setErr(new PrintWriter(err));
        assertThat(line.execute("search", "--methods=model-soup")).isEqualTo(2);
        assertThat(err.toString()).contains("\"model-soup\"", "r-adapter-low-rank");
    }

    private static Object[] append(Object[] arguments, Object last) {
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = last;
        return all;
    }

    @Test
    void aRunWithoutStepsIsRefused() {
        refused(
                saying("a run has at least 1 step"),
                "finetune",
                "--model",
                model,
                "--folder",
                folder.resolve("photos"),
                "--run",
                folder.resolve("run"),
                "--steps",
                "0");
    }

    // disks

    @Test
    void aFullDiskIsSaidAndWhatWasThereIsUnchanged() throws IOException, InterruptedException {
        try (SmallDisk disk = new SmallDisk(folder.resolve("small"), 1024)) {
            Path run = disk.directory().resolve("run");
            Object[] tune = {"finetune", "--model", model, "--folder", folder.resolve("photos"), "--run", run};
            assertThat(told(append(tune, "--steps=1"))).isEmpty();
            byte[] adapter = Files.readAllBytes(run.resolve("adapter.safetensors"));
            byte[] merged = Files.readAllBytes(run.resolve("merged.safetensors"));
            disk.fill();
            refused(
                    saying(run.toString(), "the disk is full", "free some space", "is unchanged"),
                    append(tune, "--steps=2"));
            refused(
                    saying(run.toString(), "the disk is full", "free some space", "is unchanged"),
                    "merge",
                    "--model",
                    model,
                    "--adapter",
                    run.resolve("adapter.safetensors"),
                    "--alpha",
                    "1",
                    "--naming",
                    "open_clip",
                    "--out",
                    run.resolve("merged.safetensors"));
            assertThat(run.resolve("adapter.safetensors")).hasBinaryContent(adapter);
            assertThat(run.resolve("merged.safetensors")).hasBinaryContent(merged);
            Files.delete(disk.directory().resolve("ballast"));
            assertThat(told(append(tune, "--steps=2"))).isEmpty();
        }
    }
}
