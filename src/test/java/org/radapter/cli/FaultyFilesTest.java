package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.JavaProcess;
import org.radapter.cli.report.MetricsFile;
import picocli.CommandLine;

/**
 * Whole commands where no read and no write moves all that it was asked to, and where the disk is full after any number
 * of bytes.
 */
class FaultyFilesTest {
    private static final Path FAULTS =
            Path.of("target/native/libfaulty_files.so").toAbsolutePath();

    @Test
    void piecesArriveWholeAndAFullDiskCostsNothingThatWasThere(@TempDir Path folder) throws Exception {
        assumeTrue(Files.exists(FAULTS), "built without native tests");
        Path real = folder.toRealPath();
        List<String> options =
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true");
        ProcessBuilder program = JavaProcess.of(options, Program.class, List.of(real.toString()));
        program.environment().put("LD_PRELOAD", FAULTS.toString());
        program.environment().put("FAULTY_FILES", real.resolve("faulty").toString());
        System.out.println(JavaProcess.output(program).strip());
    }

    /** Runs every command in a folder whose files are sound, and in one whose files are not. */
    static final class Program {
        private static final String STEPS = "60";
        private static final int IMAGES = 3;
        private static final int FULL_DISKS = 6;
        private static final long ENOUGH = Long.MAX_VALUE;

        private final Path sound;
        private final Path faulty;
        private final LongPointer bytesLeft;
        private final LongPointer shortCalls;

        private record Outcome(int status, String err) {}

        private Program(Path folder) {
            sound = folder.resolve("sound");
            faulty = folder.resolve("faulty");
            bytesLeft = global("faulty_files_bytes_left");
            shortCalls = global("faulty_files_short_calls");
        }

        private static LongPointer global(String name) {
            Pointer address = Loader.addressof(name);
            assertThat(address).as(name).isNotNull();
            return new LongPointer(address);
        }

        public static void main(String[] arguments) throws IOException {
            Program program = new Program(Path.of(arguments[0]));
            program.piecesArriveWhole();
            program.aFullDiskIsSaid();
        }

        private void piecesArriveWhole() throws IOException {
            everything(sound);
            assertThat(shortCalls.get()).isZero();
            everything(faulty);
            assertThat(shortCalls.get()).isGreaterThan(1000);
            assertThat(names(faulty)).isEqualTo(names(sound));
            for (String file : names(sound)) {
                if (!tellsOfTimesOrPlaces(file)) {
                    assertThat(faulty.resolve(file)).hasSameBinaryContentAs(sound.resolve(file));
                }
            }
            assertThat(losses(faulty)).isEqualTo(losses(sound)).hasSize(Integer.parseInt(STEPS));
            System.out.println(shortCalls.get() + " calls moved less than they were asked to");
        }

        private static boolean tellsOfTimesOrPlaces(String file) {
            return file.startsWith("run/tensorboard")
                    || List.of("run/metrics.csv", "run/report.html", "run/summary.json", "run/settings.json")
                            .contains(file);
        }

        private static void everything(Path root) throws IOException {
            SmallModel.write(root.resolve("model"));
            List<Color> colors = List.of(Color.RED, Color.GREEN, Color.BLUE);
            for (int c = 0; c < colors.size(); c++) {
                for (int i = 0; i < IMAGES; i++) {
                    SmallModel.image(root.resolve("classes/c" + c + "/" + i + ".png"), colors.get(c), i);
                }
            }
            for (List<String> command : commands(root, "run")) {
                ok(command);
            }
        }

        /** One of each that writes files; the first makes what the others read. */
        private static List<List<String>> commands(Path root, String run) {
            String model = root.resolve("model").toString();
            String adapter = root.resolve("run/adapter.safetensors").toString();
            String out = root.resolve(run).toString();
            return List.of(
                    List.of(
                            "finetune",
                            "--model",
                            model,
                            "--folder",
                            "" + root.resolve("classes"),
                            "--run",
                            out,
                            "--steps",
                            STEPS,
                            "--batch",
                            "8"),
                    List.of(
                            "merge",
                            "--model",
                            model,
                            "--adapter",
                            adapter,
                            "--alpha",
                            "0.5",
                            "--naming",
                            "open_clip",
                            "--out",
                            out + "/open_clip.safetensors"),
                    List.of("export", "--model", model, "--adapter", adapter, "--out", out + "/onnx"),
                    List.of(
                            "embed",
                            "--model",
                            model,
                            "--folder",
                            "" + root.resolve("classes"),
                            "--out",
                            out + "/embedded.csv"));
        }

        private void aFullDiskIsSaid() throws IOException {
            List<List<String>> whole = commands(faulty, "whole");
            for (int i = 0; i < whole.size(); i++) {
                bytesLeft.put(1L << 40);
                ok(whole.get(i));
                long bytes = (1L << 40) - bytesLeft.get();
                assertThat(bytes).isPositive();
                int disks = i == 0 ? FULL_DISKS : 1;
                Random random = new Random(i);
                for (int disk = 0; disk < disks; disk++) {
                    refusedThenWhole(commands(faulty, "full" + disk).get(i), random.nextLong(bytes));
                }
            }
            for (int disk = 0; disk < FULL_DISKS; disk++) {
                Path full = faulty.resolve("full" + disk);
                for (String file : List.of("adapter.safetensors", "merged.safetensors")) {
                    assertThat(full.resolve(file))
                            .hasSameBinaryContentAs(sound.resolve("run").resolve(file));
                }
            }
            Path full = faulty.resolve("full0");
            assertThat(names(full)).isEqualTo(names(sound.resolve("run")));
            for (String file : List.of("open_clip.safetensors", "onnx/image_tower.onnx", "embedded.csv")) {
                assertThat(full.resolve(file))
                        .hasSameBinaryContentAs(sound.resolve("run").resolve(file));
            }
        }

        /** A command on a disk that takes some bytes, then on one with room: the first says so, the second makes it good. */
        private void refusedThenWhole(List<String> command, long bytes) {
            bytesLeft.put(bytes);
            Outcome refused = run(command);
            bytesLeft.put(ENOUGH);
            String which = command + " with room for " + bytes + " bytes";
            assertThat(refused.status()).as(which).isNotZero();
            assertThat(refused.err()).as(which).contains("cannot write ", "the disk is full", "free some space");
            ok(command);
        }

        private static Outcome run(List<String> command) {
            StringWriter err = new StringWriter();
            CommandLine line = Main.commandLine()
                    .setOut(new PrintWriter(new StringWriter()))
                    .setErr(new PrintWriter(err));
            return new Outcome(Main.execute(line, command.toArray(String[]::new)), err.toString());
        }

        private static void ok(List<String> command) {
            assertThat(run(command)).as("%s", command).isEqualTo(new Outcome(0, ""));
        }

        private static List<Double> losses(Path root) throws IOException {
            return MetricsFile.read(root.resolve("run/metrics.csv")).stream()
                    .map(MetricsFile.Line::loss)
                    .toList();
        }

        /** Of all files, those of TensorBoard's events without their time. */
        private static Set<String> names(Path root) throws IOException {
            try (Stream<Path> all = Files.walk(root)) {
                return all.filter(Files::isRegularFile)
                        .map(file -> root.relativize(file).toString().replaceAll("tfevents.*", "tfevents"))
                        .collect(Collectors.toCollection(TreeSet::new));
            }
        }
    }
}
