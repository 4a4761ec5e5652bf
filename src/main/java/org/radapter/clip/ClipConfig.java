package org.radapter.clip;

import java.util.List;

/**
 * The geometry and conventions of a CLIP with two transformer towers: everything needed to build the graph and to know
 * the shape of every weight.
 *
 * @param embedDim width of the common embedding space
 * @param image the vision transformer
 * @param text the causal text transformer
 * @param quickGelu whether the MLPs use {@code v · sigmoid(1.702 v)} (OpenAI's models) rather than the exact GELU
 * @param layerNormEpsilon added to the variance in every LayerNorm
 * @param normalization what is subtracted from pixels, and what they are divided by
 */
public record ClipConfig(
        int embedDim,
        ImageTower image,
        TextTower text,
        boolean quickGelu,
        double layerNormEpsilon,
        ImageNormalization normalization) {
    /** Epsilon of LayerNorm in every CLIP published so far. */
    public static final double DEFAULT_LAYER_NORM_EPSILON = 1e-5;

    /** Far beyond any model; larger values in a file are mistakes or attacks. */
    private static final int LARGEST = 1 << 24;

    private static final int MOST_LAYERS = 1024;
    private static final int LARGEST_IMAGE = 1 << 14;

    /**
     * Checks every value.
     *
     * @throws IllegalArgumentException naming the value that cannot be
     */
    public ClipConfig {
        positive("embedDim", embedDim);
        if (!(layerNormEpsilon > 0 && layerNormEpsilon < 1)) {
            throw new IllegalArgumentException("layerNormEpsilon must lie between 0 and 1, not " + layerNormEpsilon);
        }
    }

    /**
     * The vision transformer: patches of the image and one class token.
     *
     * @param width of the residual stream
     * @param layers number of blocks
     * @param heads of each attention; they share {@code width} equally
     * @param mlpWidth hidden width of each MLP
     * @param patchSize side of a patch in pixels
     * @param imageSize side of the square image in pixels, a multiple of {@code patchSize}
     */
    public record ImageTower(int width, int layers, int heads, int mlpWidth, int patchSize, int imageSize) {
        /**
         * Checks every value.
         *
         * @throws IllegalArgumentException naming the value that cannot be
         */
        public ImageTower {
            checkTransformer("image", width, layers, heads, mlpWidth);
            positive("image.patchSize", patchSize);
            atMost("image.imageSize", imageSize, LARGEST_IMAGE);
            if (imageSize % patchSize != 0) {
                throw new IllegalArgumentException(
                        "image.imageSize " + imageSize + " is not a multiple of image.patchSize " + patchSize);
            }
        }

        /** Patches along one side. */
        public int grid() {
            return imageSize / patchSize;
        }

        /** Tokens of one image: the class token and all patches. */
        public int tokens() {
            return 1 + grid() * grid();
        }

        /** Width of one head. */
        public int headWidth() {
            return width / heads;
        }
    }

    /**
     * The text transformer, with causal attention.
     *
     * @param width of the residual stream
     * @param layers number of blocks
     * @param heads of each attention; they share {@code width} equally
     * @param mlpWidth hidden width of each MLP
     * @param contextLength most tokens of one text
     * @param vocabularySize number of token ids
     * @param pooling which token's output stands for the text
     */
    public record TextTower(
            int width, int layers, int heads, int mlpWidth, int contextLength, int vocabularySize, EotPooling pooling) {
        /**
         * Checks every value.
         *
         * @throws IllegalArgumentException naming the value that cannot be
         */
        public TextTower {
            checkTransformer("text", width, layers, heads, mlpWidth);
            positive("text.contextLength", contextLength);
            positive("text.vocabularySize", vocabularySize);
            if (pooling.rule() == EotPooling.Rule.FIRST && pooling.eotTokenId() >= vocabularySize) {
                throw new IllegalArgumentException("the end-of-text token " + pooling.eotTokenId()
                        + " lies outside the vocabulary of " + vocabularySize + " tokens");
            }
        }

        /** Width of one head. */
        public int headWidth() {
            return width / heads;
        }

        /**
         * Whether pooling is at the highest id whichever rule is named: the first end-of-text token is the first
         * highest id if no id is higher.
         */
        public boolean poolsAtHighestId() {
            return pooling.rule() == EotPooling.Rule.ARGMAX || pooling.eotTokenId() == vocabularySize - 1;
        }
    }

    /**
     * Where the end of a text is.
     *
     * @param rule how it is found
     * @param eotTokenId the id {@link Rule#FIRST} looks for; -1 with {@link Rule#ARGMAX}
     */
    public record EotPooling(Rule rule, int eotTokenId) {
        /** How the end of a text is found. */
        public enum Rule {
            /** At the first of the highest ids: OpenAI's and OpenCLIP's rule. */
            ARGMAX,
            /** At the first end-of-text token: Hugging Face's rule. */
            FIRST
        }

        /**
         * Checks the id.
         *
         * @throws IllegalArgumentException if the id does not go with the rule
         */
        public EotPooling {
            if (rule == Rule.FIRST ? eotTokenId < 0 : eotTokenId != -1) {
                throw new IllegalArgumentException("pooling " + rule + " with end-of-text token " + eotTokenId);
            }
        }

        /** Pools at the first of the highest ids. */
        public static EotPooling argmax() {
            return new EotPooling(Rule.ARGMAX, -1);
        }

        /** Pools at the first {@code eotTokenId}. */
        public static EotPooling first(int eotTokenId) {
            return new EotPooling(Rule.FIRST, eotTokenId);
        }

        /**
         * The position of the end of one text, counted from {@code from}.
         *
         * @param ids token ids of one or many texts
         * @param from first id of the text
         * @param length number of ids of the text, padding included
         * @throws IllegalArgumentException if the text is empty or has no end-of-text token
         */
        public int position(int[] ids, int from, int length) {
            if (length <= 0) {
                throw new IllegalArgumentException("a text without any token");
            }
            return rule == Rule.ARGMAX ? highest(ids, from, length) : firstEnd(ids, from, length);
        }

        private int firstEnd(int[] ids, int from, int length) {
            for (int i = 0; i < length; i++) {
                if (ids[from + i] == eotTokenId) {
                    return i;
                }
            }
            throw new IllegalArgumentException("a text without the end-of-text token " + eotTokenId
                    + "; the tokenizer does not belong to this model");
        }

        private static int highest(int[] ids, int from, int length) {
            int best = 0;
            for (int i = 1; i < length; i++) {
                if (ids[from + i] > ids[from + best]) {
                    best = i;
                }
            }
            return best;
        }
    }

    /**
     * Normalisation of pixels in [0, 1]: {@code (pixel − mean) / std}, for red, green and blue.
     *
     * @param mean three means
     * @param std three positive divisors
     */
    public record ImageNormalization(List<Double> mean, List<Double> std) {
        /** The values of OpenAI's CLIP and most others. */
        public static final ImageNormalization OPENAI = new ImageNormalization(
                List.of(0.48145466, 0.4578275, 0.40821073), List.of(0.26862954, 0.26130258, 0.27577711));

        /**
         * Copies the lists.
         *
         * @throws IllegalArgumentException unless both hold three finite numbers, the divisors positive
         */
        public ImageNormalization {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
            boolean three = mean.size() == 3 && std.size() == 3;
            if (!three
                    || !mean.stream().allMatch(v -> Double.isFinite(v))
                    || !std.stream().allMatch(v -> v > 0 && v < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("image normalisation needs three means and three positive"
                        + " divisors, not mean " + mean + " and std " + std);
            }
        }
    }

    private static void checkTransformer(String tower, int width, int layers, int heads, int mlpWidth) {
        positive(tower + ".width", width);
        atMost(tower + ".layers", layers, MOST_LAYERS);
        positive(tower + ".heads", heads);
        positive(tower + ".mlpWidth", mlpWidth);
        if (width % heads != 0) {
            throw new IllegalArgumentException(
                    tower + ".width " + width + " cannot be shared equally by " + heads + " heads");
        }
    }

    private static void positive(String name, int value) {
        atMost(name, value, LARGEST);
    }

    private static void atMost(String name, int value, int limit) {
        if (value <= 0 || value > limit) {
            throw new IllegalArgumentException(name + " must be between 1 and " + limit + ", not " + value);
        }
    }
}
