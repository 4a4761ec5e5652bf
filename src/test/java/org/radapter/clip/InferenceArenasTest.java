package org.radapter.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

class InferenceArenasTest {
    private static final int MOST_FLOATS = 16 << 20;

    private final Kernels kernels = Backends.open("cpu");
    private final InferenceArenas arenas = new InferenceArenas(kernels);

    @AfterEach
    void close() {
        arenas.close();
        kernels.close();
    }

    private static void assertClosed(Arena arena) {
        assertThatThrownBy(() -> arena.allocate(DType.F32, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theNextPassHasTheMemoryOfTheLastAndNothingOfItsTensors() {
        Arena first = arenas.take();
        first.allocate(DType.F32, 1000);
        arenas.giveBack(first);
        Arena second = arenas.take();
        assertThat(second).isSameAs(first);
        assertThat(second.bytes()).isZero();
        arenas.giveBack(second);
    }

    @Test
    void passesAtOnceHaveMemoryOfTheirOwn() {
        Arena first = arenas.take();
        Arena second = arenas.take();
        assertThat(second).isNotSameAs(first);
        arenas.giveBack(first);
        arenas.giveBack(second);
    }

    @Test
    void noMoreIsKeptThanIsSaid() {
        Arena large = arenas.take();
        Arena small = arenas.take();
        large.allocate(DType.F32, MOST_FLOATS);
        small.allocate(DType.F32, 1000);
        arenas.giveBack(large);
        arenas.giveBack(small);
        assertClosed(small);
        assertThat(arenas.take()).isSameAs(large);
        large.allocate(DType.F32, 2 * MOST_FLOATS);
        arenas.giveBack(large);
        assertClosed(large);
    }

    @Test
    void nothingIsKeptAfterTheEnd() {
        Arena used = arenas.take();
        Arena idle = arenas.take();
        arenas.giveBack(idle);
        arenas.close();
        assertClosed(idle);
        arenas.giveBack(used);
        assertClosed(used);
    }
}
