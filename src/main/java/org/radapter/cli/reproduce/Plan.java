package org.radapter.cli.reproduce;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Durations;
import org.radapter.task.Task;
import org.radapter.task.method.Bench;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recipe;

/** Cells to be computed, in their order. */
public final class Plan {
    private final List<Planned> cells = new ArrayList<>();

    private record Planned(Task task, long seed, Recipe recipe, List<Double> alphas) {
        ResultRow.Cell cell() {
            return new ResultRow.Cell(task.name(), recipe.name(), seed);
        }

        boolean sharesLessonWith(@Nullable Planned other) {
            return other != null && other.task.equals(task) && other.seed == seed;
        }
    }

    /**
     * Adds the cells of a task and a seed, one for each method; such cells share what their runs have in common.
     *
     * @param alphas at which methods with a line are measured, besides that of their source
     */
    public void add(Task task, long seed, List<? extends Recipe> methods, List<Double> alphas) {
        methods.forEach(recipe -> cells.add(new Planned(task, seed, recipe, alphas)));
    }

    /**
     * Computes what is not in the folder yet, and tells of each cell when it is there.
     *
     * @throws IOException if a cell cannot be written
     */
    public void run(Bench bench, ResultsFolder folder, PrintWriter out) throws IOException {
        long start = System.nanoTime();
        Planned last = null;
        Lesson lesson = null;
        for (int i = 0; i < cells.size(); i++) {
            Planned each = cells.get(i);
            if (folder.has(each.cell())) {
                continue;
            }
            if (lesson == null || !each.sharesLessonWith(last)) {
                lesson = each.task().lesson(each.seed());
            }
            last = each;
            CellRun.Computed computed =
                    new CellRun(bench, each.task(), lesson, each.recipe(), each.seed(), each.alphas()).run();
            if (computed.picture() != null) {
                folder.addPicture(each.cell(), computed.picture());
            }
            folder.add(each.cell(), computed.rows());
            out.printf(
                    Locale.ROOT,
                    "[%d of %d, %s] %s, %s, seed %d%n",
                    i + 1,
                    cells.size(),
                    Durations.words((System.nanoTime() - start) * 1e-9),
                    each.task().name(),
                    each.recipe().name(),
                    each.seed());
            out.flush();
        }
    }
}
