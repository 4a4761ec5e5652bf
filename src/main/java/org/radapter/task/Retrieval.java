package org.radapter.task;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.radapter.train.ZeroShotHead;

/**
 * Cross-modal retrieval between images and captions, where an image may have several captions and a caption several
 * images: R@k is the share of queries with at least one of their own among the k nearest by cosine. Among equals those
 * that are not the query's own come first, so that a model that tells nothing apart gains nothing.
 *
 * @param imageToText R@k of images that look for captions, in [0, 1], one for each of {@link #DEPTHS}
 * @param textToImage R@k of captions that look for images
 */
public record Retrieval(List<Double> imageToText, List<Double> textToImage) {
    /** k. */
    public static final List<Integer> DEPTHS = List.of(1, 5, 10);

    /**
     * Captions without repetition, and which image has which.
     *
     * @param texts each caption once, in the order of their first image
     * @param ofImage numbers of each image's captions
     */
    public record Captions(List<String> texts, List<List<Integer>> ofImage) {
        /** Equal captions are one. */
        public static Captions of(List<List<String>> captionsOfImage) {
            Map<String, Integer> numbers = new LinkedHashMap<>();
            List<List<Integer>> ofImage = new ArrayList<>();
            for (List<String> captions : captionsOfImage) {
                List<Integer> own = new ArrayList<>();
                for (String caption : captions) {
                    int number = numbers.computeIfAbsent(caption, key -> numbers.size());
                    if (!own.contains(number)) {
                        own.add(number);
                    }
                }
                ofImage.add(List.copyOf(own));
            }
            return new Captions(List.copyOf(numbers.keySet()), List.copyOf(ofImage));
        }
    }

    /**
     * Measures.
     *
     * @param images [n][d] unit vectors
     * @param texts [m][d] unit vectors
     * @param textsOfImage numbers of each image's captions
     * @throws IllegalArgumentException if there is no image or caption, an image without caption, or a caption that is no
     *     image's
     */
    public static Retrieval of(float[][] images, float[][] texts, List<List<Integer>> textsOfImage) {
        if (images.length == 0 || texts.length == 0 || images.length != textsOfImage.size()) {
            throw new IllegalArgumentException(
                    "retrieval needs images and captions, and the captions of each image; there"
                            + " are " + images.length + " images, " + texts.length + " captions and captions of "
                            + textsOfImage.size() + " images");
        }
        boolean[][] own = new boolean[images.length][texts.length];
        for (int i = 0; i < images.length; i++) {
            for (int text : textsOfImage.get(i)) {
                own[i][text] = true;
            }
        }
        return new Retrieval(recalls(images, texts, own), recalls(texts, images, transposed(own)));
    }

    private static boolean[][] transposed(boolean[][] own) {
        boolean[][] transposed = new boolean[own[0].length][own.length];
        for (int i = 0; i < own.length; i++) {
            for (int j = 0; j < own[i].length; j++) {
                transposed[j][i] = own[i][j];
            }
        }
        return transposed;
    }

    private static List<Double> recalls(float[][] queries, float[][] gallery, boolean[][] own) {
        ZeroShotHead head = new ZeroShotHead(gallery);
        long[] hits = new long[DEPTHS.size()];
        for (int q = 0; q < queries.length; q++) {
            int rank = rank(head.scores(queries[q]), own[q], q);
            for (int k = 0; k < hits.length; k++) {
                hits[k] += rank < DEPTHS.get(k) ? 1 : 0;
            }
        }
        List<Double> recalls = new ArrayList<>();
        for (long each : hits) {
            recalls.add((double) each / queries.length);
        }
        return List.copyOf(recalls);
    }

    /** How many of others are at least as near as the nearest of the query's own. */
    private static int rank(double[] cosines, boolean[] own, int number) {
        double nearest = IntStream.range(0, cosines.length)
                .filter(j -> own[j])
                .mapToDouble(j -> cosines[j])
                .max()
                .orElseThrow(() -> new IllegalArgumentException("query " + number
                        + " has nothing to find: each image needs a caption, and each caption an image"));
        return (int) IntStream.range(0, cosines.length)
                .filter(j -> !own[j] && cosines[j] >= nearest)
                .count();
    }
}
