package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.JavaProcess;
import org.radapter.train.TinyTraining;

/** Training whose memory is refused, at every place where it asks for some. */
class RefusedMemoryTest {
    private static final Path ALLOCATOR =
            Path.of("target/native/librefusing_allocator.so").toAbsolutePath();

    @Test
    void whateverIsRefusedIsSaidAndNothingStays(@TempDir Path folder) throws Exception {
        assumeTrue(Files.exists(ALLOCATOR), "built without native tests");
        List<String> options = List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        ProcessBuilder program = JavaProcess.of(options, Training.class, List.of(folder.toString()));
        program.environment().put("LD_PRELOAD", ALLOCATOR.toString());
        String out = JavaProcess.output(program);
        System.out.println(out.strip());
        assertThat(out).containsPattern("refused at [1-9]\\d+ places, [1-9]\\d* of them within steps");
    }

    /**
     * Trains with less memory than it takes, one block more each time, until it is enough; then so that a step that was
     * refused memory is taken again.
     */
    static final class Training {
        private static final long ENOUGH = Long.MAX_VALUE;

        public static void main(String[] arguments) throws IOException {
            Pointer left = Loader.addressof("refusing_allocator_aligned_left");
            require(left != null, "the allocator is not loaded");
            try (LongPointer blocks = new LongPointer(left)) {
                new Training(Path.of(arguments[0]), blocks).run();
            }
        }

        private final Path folder;
        private final LongPointer blocks;
        private int refusals;

        private Training(Path folder, LongPointer blocks) {
            this.folder = folder;
            this.blocks = blocks;
        }

        private void run() throws IOException {
            double[] expected = TinyTraining.run(folder);
            long live = NativeContext.liveBytes();
            int places = 0;
            while (isRefused(places)) {
                require(NativeContext.liveBytes() == live, "memory stays after block " + places);
                places++;
            }
            require(Arrays.equals(TinyTraining.run(folder), expected), "what follows is disturbed");

            int before;
            int inSteps = 0;
            do {
                before = refusals;
                long granted = inSteps++;
                double[] losses = TinyTraining.run(folder, step -> takenTwice(step, granted));
                require(Arrays.equals(losses, expected), "a step taken again is another after block " + granted);
                require(NativeContext.liveBytes() == live, "memory stays after steps with " + granted + " blocks");
            } while (refusals > before);
            System.out.println("refused at " + places + " places, " + (inSteps - 1) + " of them within steps");
        }

        /** Whether all of a training takes more than some blocks. */
        private boolean isRefused(long granted) throws IOException {
            blocks.put(granted);
            try {
                TinyTraining.run(folder);
                return false;
            } catch (OutOfMemoryError e) {
                saysHowMuch(e);
                return true;
            } finally {
                blocks.put(ENOUGH);
            }
        }

        /** A step's loss, after a first try with some blocks alone. */
        private double takenTwice(DoubleSupplier step, long granted) {
            blocks.put(granted);
            try {
                return step.getAsDouble();
            } catch (OutOfMemoryError e) {
                saysHowMuch(e);
                refusals++;
                blocks.put(ENOUGH);
                return step.getAsDouble();
            } finally {
                blocks.put(ENOUGH);
            }
        }

        private static void saysHowMuch(OutOfMemoryError e) {
            String message = String.valueOf(e.getMessage());
            require(message.matches("(?s).*\\d+ bytes.* refused.*"), message);
        }

        private static void require(boolean condition, String what) {
            if (!condition) {
                throw new AssertionError(what);
            }
        }
    }
}
