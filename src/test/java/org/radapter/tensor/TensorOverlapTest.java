package org.radapter.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** When two views share a byte. */
final class TensorOverlapTest {
    private final Storage storage = Storage.host(ByteBuffer.allocateDirect(4096), 0);
    private final Tensor matrix = new Tensor(storage, 0, DType.F32, 4, 6);

    private static void assertOverlap(Tensor a, Tensor b, boolean expected) {
        assertThat(a.overlaps(b)).isEqualTo(expected);
        assertThat(b.overlaps(a)).isEqualTo(expected);
    }

    @Test
    void columnsBesideOneAnotherAreDisjoint() {
        assertOverlap(matrix.columns(0, 3), matrix.columns(3, 6), false);
        assertOverlap(matrix.columns(0, 3), matrix.columns(2, 6), true);
        assertOverlap(matrix.columns(4, 6), matrix.columns(0, 5), true);
        assertOverlap(matrix.columns(2, 4).rows(1, 3), matrix.columns(4, 6), false);
    }

    @Test
    void rowsBelowOneAnotherAreDisjoint() {
        assertOverlap(matrix.rows(0, 2), matrix.rows(2, 4), false);
        assertOverlap(matrix.rows(0, 3), matrix.rows(2, 4), true);
        assertOverlap(matrix.rows(0, 1), matrix.columns(3, 6), true);
    }

    @Test
    void otherTypesAndOtherStorageAreSeen() {
        Tensor halves = new Tensor(storage, 0, DType.BF16, 4, 12);
        assertOverlap(matrix.columns(0, 3), halves.columns(6, 12), false);
        assertOverlap(matrix.columns(0, 3), halves.columns(5, 12), true);
        Tensor otherPitch = new Tensor(storage, 0, DType.F32, 3, 8);
        assertOverlap(matrix.columns(0, 3), otherPitch.columns(4, 8), true);
        Storage elsewhere = Storage.host(ByteBuffer.allocateDirect(4096), 0);
        assertOverlap(matrix, new Tensor(elsewhere, 0, DType.F32, 4, 6), false);
        assertOverlap(matrix, new Tensor(storage, 0, DType.F32, 0, 6), false);
    }
}
