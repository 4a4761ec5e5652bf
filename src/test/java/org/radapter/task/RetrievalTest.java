package org.radapter.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetrievalTest {
    private static float[][] rows(Random random, int count, int width, boolean coarse) {
        float[][] rows = new float[count][width];
        for (float[] row : rows) {
            for (int i = 0; i < width; i++) {
                row[i] = coarse ? random.nextInt(3) - 1 : (float) random.nextGaussian();
            }
        }
        return rows;
    }

    private static double dot(float[] x, float[] y) {
        return IntStream.range(0, x.length)
                .mapToDouble(i -> (double) x[i] * y[i])
                .sum();
    }

    /** Sorts the whole gallery, others before own where they are equal, and looks at the first k. */
    private static double bruteForce(float[][] queries, float[][] gallery, boolean[][] own, int k) {
        int hits = 0;
        for (int q = 0; q < queries.length; q++) {
            int query = q;
            List<Integer> order = IntStream.range(0, gallery.length)
                    .boxed()
                    .sorted((a, b) -> {
                        int nearer = Double.compare(dot(queries[query], gallery[b]), dot(queries[query], gallery[a]));
                        return nearer != 0 ? nearer : Boolean.compare(own[query][a], own[query][b]);
                    })
                    .toList();
            hits += order.stream().limit(k).anyMatch(j -> own[query][j]) ? 1 : 0;
        }
        return (double) hits / queries.length;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recallIsWhatSortingTheGalleryGives(boolean coarse) {
        Random random = new Random(5);
        for (int trial = 0; trial < 20; trial++) {
            int n = 5 + random.nextInt(20);
            int m = 5 + random.nextInt(30);
            float[][] images = rows(random, n, 3, coarse);
            float[][] texts = rows(random, m, 3, coarse);
            List<List<Integer>> textsOfImage = new ArrayList<>();
            boolean[][] own = new boolean[n][m];
            boolean[][] back = new boolean[m][n];
            for (int i = 0; i < n; i++) {
                textsOfImage.add(new ArrayList<>(List.of(random.nextInt(m), random.nextInt(m))));
            }
            for (int j = 0; j < m; j++) {
                textsOfImage.get(random.nextInt(n)).add(j);
            }
            for (int i = 0; i < n; i++) {
                for (int j : textsOfImage.get(i)) {
                    own[i][j] = back[j][i] = true;
                }
            }
            Retrieval found = Retrieval.of(images, texts, textsOfImage);
            for (int k = 0; k < Retrieval.DEPTHS.size(); k++) {
                int depth = Retrieval.DEPTHS.get(k);
                assertThat(found.imageToText().get(k)).isEqualTo(bruteForce(images, texts, own, depth));
                assertThat(found.textToImage().get(k)).isEqualTo(bruteForce(texts, images, back, depth));
            }
        }
    }

    @Test
    void aModelThatTellsNothingApartFindsNothing() {
        float[][] same = new float[20][2];
        List<List<Integer>> own =
                IntStream.range(0, 20).mapToObj(List::of).map(List::copyOf).toList();
        assertThat(Retrieval.of(same, same, own).imageToText()).containsExactly(0.0, 0.0, 0.0);
    }

    @Test
    void equalCaptionsAreOne() {
        Retrieval.Captions captions =
                Retrieval.Captions.of(List.of(List.of("a", "b", "a"), List.of("b"), List.of("c")));
        assertThat(captions.texts()).containsExactly("a", "b", "c");
        assertThat(captions.ofImage()).containsExactly(List.of(0, 1), List.of(1), List.of(2));
    }

    @Test
    void whatCannotBeFoundIsRefused() {
        float[][] two = {{1, 0}, {0, 1}};
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Retrieval.of(two, two, List.of(List.of(0), List.of(0))))
                .withMessageContaining("query 1");
        assertThatIllegalArgumentException().isThrownBy(() -> Retrieval.of(new float[0][], two, List.of()));
    }
}
