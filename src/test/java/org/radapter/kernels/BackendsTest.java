package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.radapter.JavaProcess;
import org.radapter.kernels.reference.Precision;

class BackendsTest {
    private final String processor = System.getProperty("os.arch");

    @AfterEach
    void restore() {
        System.setProperty("os.arch", processor);
        System.clearProperty("radapter.backend");
    }

    @Test
    void everyNameIsAvailableOrSaysWhyNot() {
        for (String name : Backends.names()) {
            assertThat(Backends.isAvailable(name)).isEqualTo(Backends.unavailabilityCause(name) == null);
        }
        assertThat(Backends.isAvailable("reference")).isTrue();
        assertThat(Backends.isAvailable("cpu")).isTrue();
    }

    @Test
    void opensWhatIsAskedFor() {
        try (Kernels cpu =
                Backends.open("cpu", BackendOptions.DEFAULT.withThreads(1).withIsa("baseline"))) {
            assertThat(cpu.description()).isEqualTo("cpu, baseline, 1 thread");
            assertThat(cpu.device().name()).isEqualTo("cpu");
        }
        try (Kernels reference = Backends.open("reference", BackendOptions.DEFAULT.withPrecision(Precision.F64))) {
            assertThat(reference.device().name()).isEqualTo("reference");
        }
    }

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> Backends.open("tpu"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tpu")
                .hasMessageContaining("reference");
    }

    @Test
    void aGpuIsNamedByItsNumber() {
        assertThat(Backends.resolve("cuda:3")).isEqualTo("cuda:3");
        for (String wrong : new String[] {"cuda:", "cuda:-1", "cuda:x", "cuda:123456"}) {
            assertThatThrownBy(() -> Backends.resolve(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong);
        }
    }

    @Test
    void anUnavailableBackendSaysWhy() {
        assertThatThrownBy(() -> Backends.open("cuda"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining(Backends.unavailabilityCause("cuda"));
    }

    @Test
    @DisabledIfEnvironmentVariable(named = "RADAPTER_BACKEND", matches = ".+")
    void anotherProcessorGetsTheReference() {
        assertThat(Backends.resolve("auto")).isEqualTo("cpu");
        System.setProperty("os.arch", "riscv64");
        assertThat(Backends.unavailabilityCause("cpu")).contains("riscv64").contains("linux-x86_64");
        assertThat(Backends.resolve("auto")).isEqualTo("reference");
        try (Kernels kernels = Backends.open("auto")) {
            assertThat(kernels.device().name()).isEqualTo("reference");
        }
        assertThatThrownBy(() -> Backends.open("cpu"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("riscv64");
    }

    /** Prints what {@code auto} means. */
    static final class Resolve {
        public static void main(String[] arguments) {
            try {
                System.out.print(Backends.resolve("auto"));
            } catch (IllegalArgumentException e) {
                System.out.print(e.getMessage());
            }
        }
    }

    private static String resolved(String variable) throws IOException, InterruptedException {
        ProcessBuilder java = JavaProcess.of(List.of("-Xmx128m"), Resolve.class, List.of());
        java.environment().put("RADAPTER_BACKEND", variable);
        return JavaProcess.output(java);
    }

    @Test
    void theEnvironmentVariableChoosesForAuto() throws IOException, InterruptedException {
        assertThat(resolved("reference")).isEqualTo("reference");
        assertThat(resolved("abacus"))
                .contains("RADAPTER_BACKEND")
                .contains("abacus")
                .contains("reference");
    }

    @Test
    void thePropertyChoosesForAuto() {
        System.setProperty("radapter.backend", "reference");
        assertThat(Backends.resolve("auto")).isEqualTo("reference");
        assertThat(Backends.resolve("cpu")).isEqualTo("cpu");
        System.setProperty("radapter.backend", "abacus");
        assertThatThrownBy(() -> Backends.resolve("auto"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("abacus");
    }
}
