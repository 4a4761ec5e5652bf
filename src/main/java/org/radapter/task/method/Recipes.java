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

    private static final List<Recipe> ALL = all();

    private Recipes() {}

    /** All methods, in the order of tables: baselines, R-Adapter, its ablations. */
    public static List<Recipe> list() {
        return ALL;
    }

    /** All names, in the order of tables. */
    public static List<String> names() {
        return ALL.stream().map(Recipe::name).toList();
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

    private static List<Recipe> all() {
        List<Recipe> all = new ArrayList<>();
        all.add(new ZeroShot());
        all.add(new LinearProbe());
        all.add(new TipAdapter());
        all.add(new ClipAdapter());
        all.add(new ContextPrompts("an emoji of a", 2e-3));
        all.add(single("full-fine-tuning", Recipes::crossEntropyOfAll));
        all.add(new ProbeThenTower(
                single("lp-ft tower", (steps, seed) -> withRate(crossEntropyOfAll(steps, seed), 1e-4))));
        all.add(single("flyp", Recipes::flyp));
        all.add(line("wise-ft", Recipes::crossEntropyOfAll, PAPER_ALPHA));
        all.add(new ModelSoup(single("soup ingredient", Recipes::crossEntropyOfAll), List.of(1e-4, 3e-4, 1e-3)));
        all.add(line("lora", FineTuneSettings::lora, 1));
        all.add(single("plain-adapter", FineTuneSettings::plainAdapter));
        all.add(line(R_ADAPTER, FineTuneSettings::rAdapter, PAPER_ALPHA));
        all.add(ablation("r-adapter-low-rank", own -> own.adapter(new AdapterConfig(LOW_RANK, 1, false))));
        all.addAll(ablations());
        return List.copyOf(all);
    }

    /** R-Adapter with one thing changed, as in the paper's table of ablations. */
    private static List<Recipe> ablations() {
        return List.of(
                ablation("r-adapter-no-dropping", own -> own.dropping(Dropping.NONE)),
                ablation("r-adapter-drop-sample", own -> own.dropping(new Dropping(Dropping.Mode.SAMPLE, .2))),
                ablation("r-adapter-drop-token", own -> own.dropping(new Dropping(Dropping.Mode.TOKEN_POSITION, .2))),
                ablation("r-adapter-no-accumulation", own -> own.averageDecay(0)),
                ablation("r-adapter-bias-corrected", own -> own.biasCorrected(true)),
                single("r-adapter-no-rescaling", FineTuneSettings::rAdapter),
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

    private static TowerRecipe single(String name, TowerRecipe.Settings settings) {
        return new TowerRecipe(name, settings, false, 1);
    }

    private static TowerRecipe line(String name, TowerRecipe.Settings settings, double fixedAlpha) {
        return new TowerRecipe(name, settings, true, fixedAlpha);
    }

    private static Recipe ablation(String name, UnaryOperator<FineTuneSettings.Builder> change) {
        return line(
                name,
                (steps, seed) -> change.apply(FineTuneSettings.rAdapter(steps, seed).toBuilder())
                        .build(),
                PAPER_ALPHA);
    }

    /** All weights of the image tower by cross-entropy against the text head, as CLIP is usually fine-tuned. */
    private static FineTuneSettings crossEntropyOfAll(int steps, long seed) {
        return FineTuneSettings.full(steps, seed).toBuilder()
                .loss(Loss.CROSS_ENTROPY)
                .margin(0)
                .smoothing(0)
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
