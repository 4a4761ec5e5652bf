package org.radapter.cli.reproduce;

import java.util.List;
import org.radapter.task.EmojiTasks;
import org.radapter.task.method.Budget;
import org.radapter.task.method.Recipe;
import org.radapter.task.method.Recipes;

/** Which methods are compared on which task where nothing else is said. */
public final class Matrix {
    private static final List<String> ON_FEW_CLASSES = List.of(
            "zero-shot",
            "linear-probe",
            "tip-adapter",
            "clip-adapter",
            "coop",
            "lora",
            "full-fine-tuning",
            "wise-ft",
            Recipes.R_ADAPTER,
            "r-adapter-low-rank");

    private static final List<String> ON_CAPTIONS =
            List.of("zero-shot", "flyp", "wise-ft", "lora", Recipes.R_ADAPTER, "r-adapter-low-rank");

    private static final List<Double> COARSE = List.of(.2, .4, .5, .6, .8, 1.0);

    private Matrix() {}

    /** The α at which lines are measured: all of the budget's in full-shot, whose curves are drawn, else fewer. */
    public static List<Double> alphas(String task, Budget budget) {
        return budget.curve().stream()
                .filter(alpha -> task.equals(EmojiTasks.FULL_SHOT) || COARSE.contains(alpha))
                .toList();
    }

    /** The methods of a task, in the order of tables: all in full-shot, elsewhere those that say something there. */
    public static List<Recipe> methods(String task) {
        if (task.equals(EmojiTasks.FULL_SHOT)) {
            return Recipes.list();
        }
        boolean classes = task.startsWith(EmojiTasks.FEW_SHOT)
                || task.startsWith(EmojiTasks.ICON_SHOT)
                || task.equals(EmojiTasks.BASE_TO_NOVEL);
        List<String> names = classes ? ON_FEW_CLASSES : ON_CAPTIONS;
        return Recipes.list().stream()
                .filter(recipe -> names.contains(recipe.name()))
                .toList();
    }
}
