package org.radapter.data;

import java.util.List;
import java.util.stream.IntStream;

/** Searches near-copies between two lists of images, all pairs. */
public final class NearCopies {
    private NearCopies() {}

    /**
     * A near-copy.
     *
     * @param test index in the first list
     * @param training index in the second list
     */
    public record Pair(int test, int training) {}

    /** All pairs of near-copies, by test, then training index. Uses several threads. */
    public static List<Pair> find(List<PerceptualHash> tests, List<PerceptualHash> training) {
        return IntStream.range(0, tests.size())
                .parallel()
                .boxed()
                .flatMap(test -> IntStream.range(0, training.size())
                        .filter(index -> tests.get(test).nearCopyOf(training.get(index)))
                        .mapToObj(index -> new Pair(test, index)))
                .toList();
    }
}
