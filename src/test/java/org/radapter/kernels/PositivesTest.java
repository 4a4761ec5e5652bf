package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.tensor.Arena;

class PositivesTest {
    private final Kernels kernels = new ReferenceKernels(Precision.F64);
    private final Arena arena = kernels.device().arena("test");

    @AfterEach
    void close() {
        arena.close();
        kernels.close();
    }

    @Test
    void bothDirectionsOfExplicitPairsAreAscending() {
        Positives.Lists lists =
                Positives.lists(arena, new int[][] {{2, 0}, {2}, {1, 2}}, 3).lists();
        assertThat(lists).isNotNull();
        assertThat(lists.rowOffsets().toDoubles()).containsExactly(0, 2, 3, 5);
        assertThat(lists.rowColumns().toDoubles()).containsExactly(0, 2, 2, 1, 2);
        assertThat(lists.columnOffsets().toDoubles()).containsExactly(0, 1, 2, 5);
        assertThat(lists.columnRows().toDoubles()).containsExactly(0, 2, 0, 1, 2);
    }

    @Test
    void aRowOrColumnWithoutAPositiveIsNamed() {
        refused(() -> Positives.labels(arena, new int[] {1, 7}, new int[] {1, 1}), "row 1 (label 7) has no positive");
        refused(
                () -> Positives.labels(arena, new int[] {1, 1}, new int[] {1, 1, -4}),
                "column 2 (label -4) has no positive; every label must occur");
        refused(() -> Positives.lists(arena, new int[][] {{0, 1}, {}}, 2), "row 1 has no positive; name at least one");
        refused(() -> Positives.lists(arena, new int[][] {{0}, {0}}, 2), "column 1 has no positive; name it");
    }

    @Test
    void anEmptyBatchIsRefused() {
        refused(() -> Positives.labels(arena, new int[0], new int[0]), "empty batch");
        refused(() -> Positives.lists(arena, new int[0][], 3), "empty batch: 0 rows, 3 columns");
        refused(() -> Positives.lists(arena, new int[][] {{}}, 0), "empty batch: 1 rows, 0 columns");
        refused(() -> Positives.identity(arena, 0), "empty batch");
    }

    @Test
    void aPairThatIsNoneOrTwiceIsNamed() {
        refused(() -> Positives.lists(arena, new int[][] {{0, 3}}, 3), "row 0 names column 3 of 3");
        refused(() -> Positives.lists(arena, new int[][] {{-1}}, 1), "row 0 names column -1");
        refused(() -> Positives.lists(arena, new int[][] {{1, 0, 1}}, 2), "row 0 names column 1 twice");
    }

    private static void refused(Runnable call, String sentence) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(sentence);
    }
}
