package org.radapter.clip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.kernels.Kernels;
import org.radapter.nn.Pass;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * A CLIP: two towers over one set of weights, with or without adapters.
 *
 * <p>The model does not own its weights or adapters. Embedding is thread-safe while nothing is trained.
 */
public final class ClipModel implements AutoCloseable {
    private final Kernels kernels;
    private final ClipParameters weights;
    private final DType dtype;
    private final InferenceArenas arenas;
    private final ImageTower imageTower;
    private final TextTower textTower;

    /**
     * A model over existing weights.
     *
     * @param dtype type of activations: F32, BF16, or F64 with the reference backend
     * @param adapters from {@link #adapterSites}; null for none
     */
    public ClipModel(Kernels kernels, ClipParameters weights, DType dtype, @Nullable AdapterParameters adapters) {
        if (weights.dtype() != dtype.master()) {
            throw new IllegalArgumentException(
                    "activations of " + dtype + " need weights of " + dtype.master() + ", not " + weights.dtype());
        }
        this.kernels = kernels;
        this.weights = weights;
        this.dtype = dtype;
        this.arenas = new InferenceArenas(kernels);
        this.imageTower = new ImageTower(kernels, weights, adapters);
        this.textTower = new TextTower(kernels, weights, adapters);
    }

    /** Where R-Adapter puts its adapters: two in every layer of both towers. */
    public static List<AdapterSite> adapterSites(ClipConfig config) {
        List<AdapterSite> sites = new ArrayList<>();
        for (AdapterSite.Tower tower : AdapterSite.Tower.values()) {
            boolean visual = tower == AdapterSite.Tower.VISUAL;
            int layers = visual ? config.image().layers() : config.text().layers();
            int width = visual ? config.image().width() : config.text().width();
            for (int layer = 0; layer < layers; layer++) {
                for (AdapterSite.Position position : AdapterSite.Position.values()) {
                    sites.add(new AdapterSite(tower, layer, position, width));
                }
            }
        }
        return sites;
    }

    /** Where adapters of a kind go: as {@link #adapterSites(ClipConfig)}, but beside the MLPs alone if that is their place. */
    public static List<AdapterSite> adapterSites(ClipConfig config, AdapterConfig.Kind kind) {
        return adapterSites(config).stream()
                .filter(site ->
                        kind != AdapterConfig.Kind.PARALLEL_BOTTLENECK || site.position() == AdapterSite.Position.MLP)
                .toList();
    }

    /** Geometry. */
    public ClipConfig config() {
        return weights.config();
    }

    /** Weights of both towers. */
    public ClipParameters weights() {
        return weights;
    }

    /** Type of activations. */
    public DType dtype() {
        return dtype;
    }

    /** The image tower, for training. */
    public ImageTower imageTower() {
        return imageTower;
    }

    /** The text tower, for training. */
    public TextTower textTower() {
        return textTower;
    }

    /**
     * Unit vectors of images, without dropping.
     *
     * @param images [batch·3·imageSize²] normalised pixels, planar
     * @return [batch][embedDim]
     */
    public float[][] embedImages(float[] images) {
        int size = config().image().imageSize();
        int one = 3 * size * size;
        if (images.length == 0 || images.length % one != 0) {
            throw new IllegalArgumentException(
                    "pixels of whole images of " + one + " numbers are needed, not " + images.length + " numbers");
        }
        int batch = images.length / one;
        Arena arena = arenas.take();
        try {
            Tensor pixels = arena.allocate(dtype.master(), batch, 3, size, size).copyFrom(images);
            Pass pass = Pass.inference(kernels, arena, dtype, batch);
            return rows(imageTower.forward(pass, pixels).features());
        } finally {
            arenas.giveBack(arena);
        }
    }

    /**
     * Unit vectors of texts, without dropping.
     *
     * @param ids [batch·contextLength] token ids
     * @return [batch][embedDim]
     */
    public float[][] embedTexts(int[] ids) {
        int context = config().text().contextLength();
        if (ids.length == 0 || ids.length % context != 0) {
            throw new IllegalArgumentException(
                    "token ids of whole texts of " + context + " ids are needed, not " + ids.length + " ids");
        }
        Arena arena = arenas.take();
        try {
            Pass pass = Pass.inference(kernels, arena, dtype, ids.length / context);
            return rows(textTower.forward(pass, ids).features());
        } finally {
            arenas.giveBack(arena);
        }
    }

    private static float[][] rows(Tensor features) {
        Tensor host = features.toHost();
        float[][] rows = new float[Math.toIntExact(features.rows())][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = host.rows(i, i + 1).toFloats();
        }
        return rows;
    }

    @Override
    public void close() {
        arenas.close();
        imageTower.close();
        textTower.close();
    }
}
