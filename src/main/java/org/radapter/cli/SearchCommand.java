package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TaskProgress;
import org.radapter.cli.reproduce.Plan;
import org.radapter.cli.reproduce.ResultsFolder;
import org.radapter.cli.reproduce.SearchTable;
import org.radapter.data.DataOptions;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.task.EmojiTasks;
import org.radapter.task.method.Bench;
import org.radapter.task.method.Budget;
import org.radapter.task.method.Recipe;
import org.radapter.task.method.Recipes;
import org.radapter.task.method.Trial;
import org.radapter.train.LoadedModel;
import org.radapter.train.TrainingListener;
import org.radapter.weights.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tries settings of every method that {@code reproduce} compares. */
@Command(
        name = "search",
        mixinStandardHelpOptions = true,
        description = {
            "Tries as many settings of each method that reproduce compares, with the same steps and images, and writes",
            "search.csv and search.md. A third of the training and validation drawings of the demo is held out to",
            "measure with; no test drawing is looked at.",
            "A setting that was tried is kept at once and never tried again: stop the command whenever you like, and",
            "start it again with the same --run folder to go on."
        },
        footer = {"", "Example:", "  radapter search --methods lora,r-adapter"})
final class SearchCommand implements Callable<Integer> {
    /** None of those that the comparison is run with. */
    private static final long SEED = 21;

    private static final String BEFORE = "zero-shot";

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(
            names = "--run",
            defaultValue = "runs/search",
            paramLabel = "DIR",
            description = "Folder of the results (${DEFAULT-VALUE}).")
    private Path run = Path.of("");

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "METHOD",
            description = "Methods (all that have settings to choose).")
    private List<String> methods = List.of();

    @Override
    public Integer call() throws IOException {
        List<Trial> trials = trials();
        Budget budget = new Budget(Budget.FULL.steps(), Budget.FULL.batch(), List.of(1.0));
        PrintWriter out = Commands.out(spec);
        try (LoadedModel model = modelOptions.open();
                Bench bench = new Bench(
                        model.kernels(), model.weights(), model.tokenizer(), budget, TrainingListener.SILENT)) {
            ResultsFolder folder = ResultsFolder.open(run, conditions(model, budget));
            plan(trials, budget).run(bench, folder, out);
            SearchTable table = SearchTable.of(folder.rows(), Recipes.trials(), BEFORE);
            AtomicFiles.writeString(run.resolve("search.csv"), table.csv());
            AtomicFiles.writeString(run.resolve("search.md"), table.markdown());
            out.print(table.markdown());
            out.flush();
        }
        return 0;
    }

    private List<Trial> trials() {
        List<String> known =
                Recipes.trials().stream().map(Trial::method).distinct().toList();
        for (String method : methods) {
            if (!known.contains(method)) {
                throw Commands.usage(
                        spec,
                        "there are no settings of a method \"" + method + "\" to try; the methods are "
                                + String.join(", ", known));
            }
        }
        return Recipes.trials().stream()
                .filter(trial -> methods.isEmpty() || methods.contains(trial.method()))
                .toList();
    }

    private static String conditions(LoadedModel model, Budget budget) throws IOException {
        return "model " + model.fingerprint() + ", " + budget.steps() + " steps of " + budget.batch() + ", search of "
                + "settings\n";
    }

    private static Plan plan(List<Trial> trials, Budget budget) {
        List<Recipe> recipes = new ArrayList<>();
        recipes.add(Recipes.of(BEFORE));
        recipes.addAll(trials);
        Plan plan = new Plan();
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            plan.add(
                    EmojiTasks.search(EmojiShift.open(DataOptions.defaults(), progress)),
                    SEED,
                    recipes,
                    budget.curve());
        }
        return plan;
    }
}
