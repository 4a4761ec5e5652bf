package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

class LeakReportTest {
    /** Forgets one arena and closes another. */
    static final class Forget {
        public static void main(String[] arguments) throws InterruptedException {
            NativeKernels kernels = NativeKernels.cpu(1, "auto");
            try (Arena closed = kernels.device().arena("the careful one")) {
                closed.allocate(DType.F32, 1000);
            }
            forget(kernels);
            for (int i = 0; i < 20; i++) {
                System.gc();
                Thread.sleep(50);
            }
            System.out.println(kernels.description());
        }

        private static void forget(NativeKernels kernels) {
            kernels.device().arena("the forgotten one").allocate(DType.F32, 1000);
        }
    }

    /** What the extension of all tests says of one that forgets an arena. */
    static final class ForgetInTest {
        public static void main(String[] arguments) throws InterruptedException {
            // it cannot be closed while an arena is open
            NativeKernels kernels = NativeKernels.cpu(1, "auto");
            Forget.forget(kernels);
            try {
                LeakExtension.requireNoLeak("ForgetfulTest");
            } catch (AssertionError e) {
                System.out.println(e.getMessage());
            }
            LeakExtension.requireNoLeak("CarefulTest");
            System.out.println("and CarefulTest nothing on " + kernels.description());
        }
    }

    @Test
    void aTestThatForgetsFails() throws Exception {
        assertThat(Probe.start(ForgetInTest.class, List.of(), List.of()).output())
                .contains("ForgetfulTest left 1 things unclosed")
                .contains("and CarefulTest nothing on ");
    }

    @Test
    void onlyWhatWasForgottenIsReported() throws Exception {
        String output = Probe.start(Forget.class, List.of(), List.of()).output();
        assertThat(output)
                .contains("the arena 'the forgotten one' was never closed")
                .contains("-Dradapter.debug=true")
                .doesNotContain("the careful one");
    }

    @Test
    void debugModeShowsWhereItWasMade() throws Exception {
        String output = Probe.start(Forget.class, List.of(), List.of("-Dradapter.debug=true"))
                .output();
        assertThat(output).contains("was never closed").contains("LeakReportTest$Forget.forget");
    }
}
