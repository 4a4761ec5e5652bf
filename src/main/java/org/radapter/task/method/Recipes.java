package org.radapter.task.method;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.Dropping;
import org.radapter.optim.Schedule;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.Loss;

/** Every method there is, by the name it has in tables. */
public final class Recipes {
    /** The method that others are compared with. */
    public static final String R_ADAPTER = "r-adapter";

    private static final double PAPER_ALPHA = .5;
    private static final int LOW_RANK = 4;

    /** Numbers between the two layers of an adapter with a non-linearity: an eighth of the committed model's width. */
    private static final int BOTTLENECK = 16;

    private static final LinearProbe PROBE = new LinearProbe(.003, 0);
    private static final double CROSS_ENTROPY_RATE = 3e-5;
    private static final double R_ADAPTER_RATE = 1e-3;

    private static final List<Searched> SEARCHED = searched();

    private static final List<Recipe> ALL = all();

    private Recipes() {}

    /** All methods, in the order of tables: baselines, R-Adapter, other ways to choose its α, its ablations. */
    public static List<Recipe> list() {
        return ALL;
    }

    /** All names, in the order of tables. */
    public static List<String> names() {
        return names(ALL);
    }

    /**
     * The method of this name.
     *
     * @throws IllegalArgumentException naming all, if there is none
     */
    public static Recipe of(String name) {
        return ALL.stream()
                .filter(recipe -> recipe.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no method \"" + name + "\"; the methods are " + String.join(", ", names())));
    }

    /**
     * Every setting that the search tries, method by method, as many for each. Not searched are the model soup, which
     * takes rates around those of its ingredient, and the ablations, which are R-Adapter but for one thing.
     */
    public static List<Trial> trials() {
        return SEARCHED.stream().flatMap(each -> each.trials().stream()).toList();
    }

    private static List<Recipe> all() {
        List<Recipe> all = new ArrayList<>();
        all.add(new ZeroShot());
        SEARCHED.forEach(each -> all.add(each.chosen()));
        all.add(
                1 + names(all).indexOf("wise-ft"),
                new ModelSoup(
                        single("soup ingredient", Recipes::crossEntropyOfAll),
                        List.of(CROSS_ENTROPY_RATE / 3, CROSS_ENTROPY_RATE, 3 * CROSS_ENTROPY_RATE)));
        TowerRecipe rAdapter = line(R_ADAPTER, Recipes::rAdapter, PAPER_ALPHA);
        all.add(new AlphaPerTower("r-adapter-alpha-per-tower", rAdapter));
        all.add(new AlphaPerLayer("r-adapter-alpha-per-layer", rAdapter));
        all.add(new AlphaPerImage("r-adapter-alpha-per-image", rAdapter));
        all.addAll(ablations());
        return List.copyOf(all);
    }

    private static List<String> names(List<Recipe> recipes) {
        return recipes.stream().map(Recipe::name).toList();
    }

    private static List<Searched> searched() {
        TowerRecipe fullFineTuning = single("full-fine-tuning", Recipes::crossEntropyOfAll);
        TowerRecipe flyp = line("flyp", Recipes::flyp, 1);
        TowerRecipe wiseFt = line("wise-ft", Recipes::crossEntropyOfAll, PAPER_ALPHA);
        TowerRecipe lora = line("lora", FineTuneSettings::lora, 1);
        TowerRecipe plainAdapter = single("plain-adapter", FineTuneSettings::plainAdapter);
        TowerRecipe houlsby = single(
                "houlsby-adapter", (steps, seed) -> bottleneck(AdapterConfig.Kind.SERIAL_BOTTLENECK, steps, seed));
        TowerRecipe adaptFormer =
                single("adaptformer", (steps, seed) -> bottleneck(AdapterConfig.Kind.PARALLEL_BOTTLENECK, steps, seed));
        TowerRecipe rAdapter = line(R_ADAPTER, FineTuneSettings::rAdapter, PAPER_ALPHA);
        TowerRecipe lowRank = ablation("r-adapter-low-rank", own -> own.adapter(new AdapterConfig(LOW_RANK, 1, false)));
        return List.of(
                Searched.pairs(
                        "learning rate",
                        new double[] {.003, .01},
                        "weight decay",
                        new double[] {0, .1},
                        new double[] {PROBE.learningRate(), PROBE.weightDecay()},
                        LinearProbe::new),
                Searched.pairs(
                        "a", new double[] {.3, 1}, "b", new double[] {2, 5.5}, new double[] {.3, 5.5}, TipAdapter::new),
                Searched.pairs(
                        "β",
                        new double[] {.2, .6},
                        "learning rate",
                        new double[] {1e-3, 3e-3},
                        new double[] {.2, 3e-3},
                        ClipAdapter::new),
                Searched.rates(2e-4, rate -> new ContextPrompts("an emoji of a", rate), 2e-4, 6e-4, 2e-3, 6e-3),
                Searched.rates(CROSS_ENTROPY_RATE, fullFineTuning::withRate, 1e-5, 3e-5, 1e-4, 3e-4),
                Searched.rates(
                        3e-4, rate -> new ProbeThenTower(PROBE, fullFineTuning.withRate(rate)), 1e-5, 3e-5, 1e-4, 3e-4),
                Searched.rates(3e-4, flyp::withRate, 3e-5, 1e-4, 3e-4, 1e-3),
                Searched.rates(3e-4, wiseFt::withRate, 1e-5, 3e-5, 1e-4, 3e-4),
                Searched.rates(1.5e-3, lora::withRate, 5e-5, 1.5e-4, 5e-4, 1.5e-3),
                Searched.rates(3e-4, houlsby::withRate, 3e-5, 1e-4, 3e-4, 1e-3),
                Searched.rates(1e-3, adaptFormer::withRate, 3e-5, 1e-4, 3e-4, 1e-3),
                Searched.rates(1e-4, plainAdapter::withRate, 3e-5, 1e-4, 3e-4, 1e-3),
                Searched.rates(R_ADAPTER_RATE, rAdapter::withRate, 2.5e-4, 5e-4, 1e-3, 2e-3),
                Searched.rates(2e-3, lowRank::withRate, 5e-4, 1e-3, 2e-3, 5e-3),
                Searched.values("λ", .3, Recipes::distilled, 10, 3, 1, .3));
    }

    /** R-Adapter with one thing changed, as in the paper's table of ablations. */
    private static List<Recipe> ablations() {
        return List.of(
                ablation("r-adapter-no-dropping", own -> own.dropping(Dropping.NONE)),
                ablation("r-adapter-drop-sample", own -> own.dropping(new Dropping(Dropping.Mode.SAMPLE, .2))),
                ablation("r-adapter-drop-token", own -> own.dropping(new Dropping(Dropping.Mode.TOKEN_POSITION, .2))),
                ablation("r-adapter-no-accumulation", own -> own.averageDecay(0)),
                ablation("r-adapter-bias-corrected", own -> own.biasCorrected(true)),
                single("r-adapter-no-rescaling", Recipes::rAdapter),
                ablation(
                        "r-adapter-info-nce",
                        own -> own.multiplePositives(false).margin(0).smoothing(0)),
                ablation(
                        "r-adapter-cross-entropy",
                        own -> own.loss(Loss.CROSS_ENTROPY).margin(0)),
                ablation("r-adapter-no-margin", own -> own.margin(0)),
                ablation("r-adapter-no-smoothing", own -> own.smoothing(0)),
                ablation("r-adapter-single-positives", own -> own.multiplePositives(false)),
                ablation("r-adapter-learned-scale", own -> own.adapter(new AdapterConfig(0, .1, true))));
    }

    /** R-Adapter kept near the model without adapters. */
    private static TowerRecipe distilled(double weight) {
        return ablation("r-adapter-distilled", own -> own.distillation(weight));
    }

    private static TowerRecipe single(String name, TowerRecipe.Settings settings) {
        return new TowerRecipe(name, settings, false, 1);
    }

    private static TowerRecipe line(String name, TowerRecipe.Settings settings, double fixedAlpha) {
        return new TowerRecipe(name, settings, true, fixedAlpha);
    }

    private static TowerRecipe ablation(String name, UnaryOperator<FineTuneSettings.Builder> change) {
        return line(
                name,
                (steps, seed) -> change.apply(rAdapter(steps, seed).toBuilder()).build(),
                PAPER_ALPHA);
    }

    /** R-Adapter at the learning rate of the comparison. */
    private static FineTuneSettings rAdapter(int steps, long seed) {
        return withRate(FineTuneSettings.rAdapter(steps, seed), R_ADAPTER_RATE);
    }

    /**
     * All weights of the image tower and a head that begins with the texts, by cross-entropy, as CLIP is usually
     * fine-tuned. The head holds 1/τ and learns at the tower's rate, as in WiSE-FT's own code: it moves little.
     */
    private static FineTuneSettings crossEntropyOfAll(int steps, long seed) {
        return FineTuneSettings.full(steps, seed).toBuilder()
                .loss(Loss.CROSS_ENTROPY)
                .learnedHead(true)
                .margin(0)
                .smoothing(0)
                .build();
    }

    /** Adapters with a non-linearity and biases, by cross-entropy against the text head. */
    private static FineTuneSettings bottleneck(AdapterConfig.Kind kind, int steps, long seed) {
        return FineTuneSettings.plainAdapter(steps, seed).toBuilder()
                .adapter(AdapterConfig.bottleneck(BOTTLENECK, kind))
                .build();
    }

    /** The same with another learning rate. */
    static FineTuneSettings withRate(FineTuneSettings settings, double learningRate) {
        Schedule schedule = settings.schedule();
        return settings.toBuilder()
                .schedule(new Schedule(
                        learningRate, Math.min(learningRate, schedule.end()), schedule.warmupSteps(), schedule.steps()))
                .build();
    }

    /** Goyal et al., "Finetune like you pretrain", 2023: all weights of both towers by the contrastive loss of CLIP. */
    private static FineTuneSettings flyp(int steps, long seed) {
        return FineTuneSettings.full(steps, seed).toBuilder()
                .multiplePositives(false)
                .margin(0)
                .smoothing(0)
                .build();
    }
}
