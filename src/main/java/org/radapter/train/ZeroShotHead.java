package org.radapter.train;

import java.util.Arrays;
import java.util.List;
import org.radapter.clip.ClipModel;
import org.radapter.clip.tokenizer.Tokenizer;

/**
 * A classifier made of words: for each class the mean of its prompts' unit vectors, normalised again.
 *
 * @param rows [classes][embedDim] unit vectors
 */
public record ZeroShotHead(float[][] rows) {
    private static final int TEXTS_AT_ONCE = 512;

    /**
     * The head of a model.
     *
     * @param templates prompts with {@code {}} for the class name
     * @throws IllegalArgumentException if there is no class or no template, or a template lacks {@code {}}
     */
    public static ZeroShotHead of(
            ClipModel model, Tokenizer tokenizer, List<String> classNames, List<String> templates) {
        if (classNames.isEmpty() || templates.isEmpty()) {
            throw new IllegalArgumentException("a text head needs at least one class name and one template");
        }
        float[][] rows = new float[classNames.size()][];
        int classesAtOnce = Math.max(1, TEXTS_AT_ONCE / templates.size());
        for (int from = 0; from < rows.length; from += classesAtOnce) {
            List<String> names = classNames.subList(from, Math.min(rows.length, from + classesAtOnce));
            float[][] prompts = embed(model, tokenizer, names, templates);
            for (int i = 0; i < names.size(); i++) {
                rows[from + i] =
                        meanDirection(Arrays.copyOfRange(prompts, i * templates.size(), (i + 1) * templates.size()));
            }
        }
        return new ZeroShotHead(rows);
    }

    private static float[][] embed(ClipModel model, Tokenizer tokenizer, List<String> names, List<String> templates) {
        int context = tokenizer.contextLength();
        int[] ids = new int[names.size() * templates.size() * context];
        int at = 0;
        for (String name : names) {
            for (String template : templates) {
                if (!template.contains("{}")) {
                    throw new IllegalArgumentException(
                            "the template \"" + template + "\" has no {} for the class name");
                }
                System.arraycopy(tokenizer.encode(template.replace("{}", name)), 0, ids, at, context);
                at += context;
            }
        }
        return model.embedTexts(ids);
    }

    private static float[] meanDirection(float[][] unitVectors) {
        double[] sum = new double[unitVectors[0].length];
        for (float[] vector : unitVectors) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += vector[i];
            }
        }
        double norm = Math.sqrt(Arrays.stream(sum).map(v -> v * v).sum());
        float[] direction = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            direction[i] = (float) (sum[i] / Math.max(norm, 1e-12));
        }
        return direction;
    }

    /** Number of classes. */
    public int classes() {
        return rows.length;
    }

    /**
     * Cosines with every class.
     *
     * @param feature unit vector [embedDim]
     */
    public double[] scores(float[] feature) {
        double[] scores = new double[rows.length];
        for (int c = 0; c < rows.length; c++) {
            for (int i = 0; i < feature.length; i++) {
                scores[c] += (double) feature[i] * rows[c][i];
            }
        }
        return scores;
    }

    /** The class of the highest score, the first of several. */
    public static int best(double[] scores) {
        int best = 0;
        for (int c = 1; c < scores.length; c++) {
            if (scores[c] > scores[best]) {
                best = c;
            }
        }
        return best;
    }

    /** Softmax of {@code logitScale · cosines}. */
    public static double[] probabilities(double[] cosines, double logitScale) {
        double largest = Arrays.stream(cosines).max().orElse(0);
        double[] all = Arrays.stream(cosines)
                .map(cosine -> Math.exp(logitScale * (cosine - largest)))
                .toArray();
        double sum = Arrays.stream(all).sum();
        return Arrays.stream(all).map(each -> each / sum).toArray();
    }
}
