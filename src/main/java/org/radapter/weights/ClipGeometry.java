package org.radapter.weights;

import java.util.Arrays;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.TensorSource;

/** The configuration of a bare file with OpenAI's names, from the extents of its tensors. */
final class ClipGeometry {
    private static final int HEAD_WIDTH = 64;
    /** Wider towers have heads of other widths, and OpenAI published none. */
    private static final int WIDEST = 1024;

    private final TensorSource tensors;

    private ClipGeometry(TensorSource tensors) {
        this.tensors = tensors;
    }

    /**
     * Infers the configuration: QuickGELU, heads of width 64, the text's end at the highest id.
     *
     * @throws WeightsFormatException if the extents do not tell it
     */
    static ClipConfig infer(TensorSource tensors) throws WeightsFormatException {
        ClipGeometry geometry = new ClipGeometry(tensors);
        try {
            return new ClipConfig(
                    geometry.extent("text_projection", 2, 1),
                    geometry.image(),
                    geometry.text(),
                    true,
                    ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                    ClipConfig.ImageNormalization.OPENAI);
        } catch (IllegalArgumentException e) {
            throw geometry.unknown(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Checks that a file without a configuration would be read as this one.
     *
     * @throws IllegalArgumentException naming what would be lost
     */
    static void requireInferable(ClipConfig config) {
        ClipConfig.ImageTower image = config.image();
        ClipConfig.TextTower text = config.text();
        require(config.quickGelu(), "GELU instead of QuickGELU");
        require(isUsual(image.width(), image.headWidth()), "image heads of width " + image.headWidth());
        require(isUsual(text.width(), text.headWidth()), "text heads of width " + text.headWidth());
        require(
                text.poolsAtHighestId(),
                "the end-of-text token " + text.pooling().eotTokenId());
        require(
                config.layerNormEpsilon() == ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                "an epsilon of LayerNorm of " + config.layerNormEpsilon());
        require(
                config.normalization().equals(ClipConfig.ImageNormalization.OPENAI),
                "an image normalisation other than OpenAI's");
    }

    private static boolean isUsual(int width, int headWidth) {
        return headWidth == HEAD_WIDTH && width <= WIDEST;
    }

    private static void require(boolean fits, String what) {
        if (!fits) {
            throw new IllegalArgumentException("OpenAI's naming has no configuration and so no place for " + what
                    + "; write the model in OpenCLIP's or Hugging Face's naming");
        }
    }

    private ClipConfig.ImageTower image() throws WeightsFormatException {
        int width = extent("visual.conv1.weight", 4, 0);
        int patch = extent("visual.conv1.weight", 4, 3);
        int patches = extent("visual.positional_embedding", 2, 0) - 1;
        int grid = (int) Math.round(Math.sqrt(Math.max(0, patches)));
        if (grid * grid != patches) {
            throw unknown("visual.positional_embedding has " + patches + " patches, which is no square");
        }
        String blocks = "visual.transformer.resblocks.";
        return new ClipConfig.ImageTower(
                width, layers(blocks), heads("image", width), mlpWidth(blocks), patch, Math.multiplyExact(grid, patch));
    }

    private ClipConfig.TextTower text() throws WeightsFormatException {
        int width = extent("token_embedding.weight", 2, 1);
        String blocks = "transformer.resblocks.";
        return new ClipConfig.TextTower(
                width,
                layers(blocks),
                heads("text", width),
                mlpWidth(blocks),
                extent("positional_embedding", 2, 0),
                extent("token_embedding.weight", 2, 0),
                ClipConfig.EotPooling.argmax());
    }

    private int mlpWidth(String blocks) throws WeightsFormatException {
        return extent(blocks + "0.mlp.c_fc.weight", 2, 0);
    }

    private int layers(String blocks) {
        int layers = 0;
        while (tensors.contains(blocks + layers + ".ln_1.weight")) {
            layers++;
        }
        return layers;
    }

    private int heads(String tower, int width) throws WeightsFormatException {
        if (width % HEAD_WIDTH != 0 || width > WIDEST) {
            throw unknown("the number of attention heads of the " + tower + " tower of width " + width);
        }
        return width / HEAD_WIDTH;
    }

    private int extent(String name, int rank, int which) throws WeightsFormatException {
        if (!tensors.contains(name)) {
            throw unknown("tensor '" + name + "' is missing");
        }
        long[] shape = tensors.shape(name);
        if (shape.length != rank || shape[which] > Integer.MAX_VALUE) {
            throw unknown("tensor '" + name + "' is " + Arrays.toString(shape));
        }
        return (int) shape[which];
    }

    private WeightsFormatException unknown(String what) {
        return new WeightsFormatException("the geometry of " + tensors + " cannot be told from its tensors (" + what
                + "); put the model's config.json or open_clip_config.json beside it");
    }
}
