package org.radapter.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.CounterRandom;

/**
 * A whole training step of R-Adapter on a frozen ViT-B/16: full-rank adapters with learned scales in every layer of both
 * towers, a fifth of them dropped, MPM-NCE, clip, AdamW, moving average. Prompts have 10 tokens.
 */
public class Step extends OperatorBenchmark {
    static final double RATE = 5e-4;
    static final double SCALE = .1;
    static final double DECAY = .999;
    static final long SEED = 7;

    /** Pairs. */
    @Param({"batch8", "batch32"})
    public String shape;

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "small";
    }

    /** The same code on a small model. */
    @Override
    String checkedShape() {
        return smallShape();
    }

    /** The second and third step see what the first has changed. */
    @Override
    int checkedRuns() {
        return 3;
    }

    @Override
    int iterations(String shape, boolean quick) {
        return quick ? 1 : batch(shape) > 8 ? 2 : 3;
    }

    static int batch(String shape) {
        return (int) Product.extents(shape.replace("batch", ""))[0];
    }

    /** Model and batch of a shape: {@code batch8}, or with towers of so many layers {@code batch8x3}. */
    ClipCase model(String shape) {
        if (shape.equals(smallShape())) {
            return ClipCase.small(true);
        }
        long[] extents = Product.extents(shape.replace("batch", ""));
        return ClipCase.vitB16(batch(shape), extents.length == 1 ? 12 : (int) extents[1]);
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        return side.equals(OURS) ? new NativeStep(model(shape), precision) : new TorchStep(model(shape), precision);
    }

    /** γ/(1−p) of an adapter in a step, as the trainer draws it. */
    static double gate(AdapterSite site, long step) {
        long place = CounterRandom.site("gate." + site.name());
        return Dropping.PAPER.factor(new CounterRandom(SEED).uniform(step, place, 0));
    }

    /**
     * Products alone: the frozen weights both ways, adapters absorbed as far as that is less, four of five open, and
     * attention; no token after the end of a text.
     */
    @Override
    Cost cost(String shape, Precision precision) {
        ClipCase model = model(shape);
        ClipConfig.ImageTower image = model.config().image();
        ClipConfig.TextTower text = model.config().text();
        return Cost.ofFlops(tower(model.batch(), image.tokens(), image.width(), image.layers())
                + tower(model.batch(), ClipCase.PROMPT, text.width(), text.layers()));
    }

    private static double tower(double batch, double length, double d, double layers) {
        double rows = batch * length;
        double frozen = 48 * rows * d * d;
        double adapters = .8 * 6 * rows * d * d;
        double attention = 14 * rows * length * d;
        return layers * (frozen + adapters + attention);
    }
}
