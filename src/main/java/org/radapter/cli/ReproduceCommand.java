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
import org.radapter.cli.report.html.ComparisonPage;
import org.radapter.cli.reproduce.Comparison;
import org.radapter.cli.reproduce.ComparisonText;
import org.radapter.cli.reproduce.Matrix;
import org.radapter.cli.reproduce.Plan;
import org.radapter.cli.reproduce.ResultRow;
import org.radapter.cli.reproduce.ResultsFolder;
import org.radapter.data.DataOptions;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.task.EmojiTasks;
import org.radapter.task.Task;
import org.radapter.task.method.Bench;
import org.radapter.task.method.Budget;
import org.radapter.task.method.Recipe;
import org.radapter.task.method.Recipes;
import org.radapter.train.LoadedModel;
import org.radapter.train.TrainingListener;
import org.radapter.weights.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares methods on tasks. */
@Command(
        name = "reproduce",
        mixinStandardHelpOptions = true,
        description = {
            "Compares R-Adapter with other methods on the paper's tasks, on emoji drawings, and writes",
            "results.csv, results.md and report.html.",
            "A cell is a task, a method and a seed. A finished cell is kept at once and never computed again: stop the",
            "command whenever you like, and start it again with the same --run folder to go on."
        },
        footer = {
            "",
            "Examples:",
            "  radapter reproduce --quick",
            "  radapter reproduce --tasks full-shot --methods zero-shot,wise-ft,r-adapter --seeds 1,2,3"
        })
final class ReproduceCommand implements Callable<Integer> {
    /** To be raised whenever a task or method gives other figures than before. */
    private static final int VERSION = 6;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(
            names = "--run",
            paramLabel = "DIR",
            description = "Folder of the results (runs/reproduce; with --quick runs/reproduce-quick).")
    private @Nullable Path run;

    @Option(
            names = "--quick",
            description = "A few steps and one seed: shows that everything runs. Its figures mean nothing.")
    private boolean quick;

    @Option(
            names = "--tasks",
            split = ",",
            paramLabel = "TASK",
            description = "Tasks, or beginnings of their names (all): ${COMPLETION-CANDIDATES}",
            completionCandidates = TaskNames.class)
    private List<String> tasks = List.of();

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "METHOD",
            description = "Methods (those that say something on each task): ${COMPLETION-CANDIDATES}",
            completionCandidates = MethodNames.class)
    private List<String> methods = List.of();

    @Option(names = "--seeds", split = ",", paramLabel = "N", description = "Seeds (1,2,3,4,5; with --quick 1).")
    private List<Long> seeds = List.of();

    /** Names of tasks, for help. */
    static final class TaskNames extends ArrayList<String> {
        TaskNames() {
            super(EmojiTasks.NAMES);
        }
    }

    /** Names of methods, for help. */
    static final class MethodNames extends ArrayList<String> {
        MethodNames() {
            super(Recipes.names());
        }
    }

    @Override
    public Integer call() throws IOException {
        List<Recipe> chosen = methods.stream().map(Recipes::of).toList();
        checkTasks();
        Budget budget = quick ? Budget.QUICK : Budget.FULL;
        PrintWriter out = Commands.out(spec);
        try (LoadedModel model = modelOptions.open()) {
            String conditions = conditions(model, budget);
            ResultsFolder folder = ResultsFolder.open(folder(), conditions);
            Plan plan = plan(wanted(data()), chosen, budget);
            try (Bench bench =
                    new Bench(model.kernels(), model.weights(), model.tokenizer(), budget, TrainingListener.SILENT)) {
                plan.run(bench, folder, out);
            }
            folder.writeResults();
            Comparison comparison = new Comparison(folder.rows());
            ComparisonPage.write(folder.report(), comparison, conditions, shown(folder, comparison));
            AtomicFiles.writeString(folder.tables(), ComparisonText.of(comparison));
            out.println("Results: " + folder.results());
            out.println("Report:  " + folder.report());
            out.flush();
        }
        return 0;
    }

    /** Of each method, what the first of its seeds shows. */
    private static List<ComparisonPage.Shown> shown(ResultsFolder folder, Comparison comparison) throws IOException {
        List<ComparisonPage.Shown> shown = new ArrayList<>();
        for (ResultRow.Cell cell : comparison.firstCells()) {
            byte[] picture = folder.picture(cell);
            if (picture != null) {
                shown.add(new ComparisonPage.Shown(cell.task(), cell.method(), picture));
            }
        }
        return shown;
    }

    private void checkTasks() {
        for (String wanted : tasks) {
            if (EmojiTasks.NAMES.stream().noneMatch(name -> name.startsWith(wanted))) {
                throw Commands.usage(
                        spec,
                        "there is no task \"" + wanted + "\"; the tasks are " + String.join(", ", EmojiTasks.NAMES));
            }
        }
    }

    private Path folder() {
        return run != null ? run : Path.of("runs", quick ? "reproduce-quick" : "reproduce");
    }

    private static String conditions(LoadedModel model, Budget budget) throws IOException {
        return "model " + model.fingerprint() + ", " + budget.steps() + " steps of " + budget.batch() + ", tasks "
                + VERSION + "\n";
    }

    private static EmojiShift data() {
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            return EmojiShift.open(DataOptions.defaults(), progress);
        }
    }

    private List<Task> wanted(EmojiShift data) {
        return EmojiTasks.NAMES.stream()
                .filter(name -> tasks.isEmpty() || tasks.stream().anyMatch(name::startsWith))
                .map(name -> EmojiTasks.of(name, data))
                .toList();
    }

    /** Seed by seed, so that a comparison stopped early has every method. */
    private Plan plan(List<Task> wanted, List<Recipe> chosen, Budget budget) {
        List<Long> each = !seeds.isEmpty() ? seeds : quick ? List.of(1L) : List.of(1L, 2L, 3L, 4L, 5L);
        Plan plan = new Plan();
        for (long seed : each) {
            for (Task task : wanted) {
                plan.add(
                        task,
                        seed,
                        chosen.isEmpty() ? Matrix.methods(task.name()) : chosen,
                        Matrix.alphas(task.name(), budget));
            }
        }
        return plan;
    }
}
