package org.radapter.cli.reproduce;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.image.RgbImage;
import org.radapter.task.Score;
import org.radapter.task.Task;
import org.radapter.task.method.Bench;
import org.radapter.task.method.Learned;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recipe;
import org.radapter.task.method.Recogniser;

/** Computes one cell: learns once, then measures at every α. */
public final class CellRun {
    private final Bench bench;
    private final Task task;
    private final Lesson lesson;
    private final Recipe recipe;
    private final ResultRow.Cell cell;
    private final List<Double> wanted;

    /**
     * A cell to come.
     *
     * @param lesson of the task for this seed; cells that are given the same one share runs
     * @param wanted α at which a line is measured, of those that the budget gives models for
     */
    public CellRun(Bench bench, Task task, Lesson lesson, Recipe recipe, long seed, List<Double> wanted) {
        this.bench = bench;
        this.task = task;
        this.lesson = lesson;
        this.recipe = recipe;
        this.cell = new ResultRow.Cell(task.name(), recipe.name(), seed);
        this.wanted = List.copyOf(wanted);
    }

    /**
     * What a cell holds.
     *
     * @param rows its figures
     * @param picture what the task shows of the model at the α of the method's source, or the smallest; null if it shows
     *     nothing
     */
    public record Computed(List<ResultRow> rows, @Nullable RgbImage picture) {}

    /** Figures of one model of the line. */
    private record Measured(Score validation, List<Score> test) {}

    /**
     * The cell. Its rows are each α of the line, then once more the α of the method's source and the one that is best on
     * validation images.
     *
     * @throws IOException never in practice: nothing is read from a file
     */
    public Computed run() throws IOException {
        try (Learned learned = recipe.learn(bench, lesson, cell.seed())) {
            ResultRow.Cost cost = new ResultRow.Cost(
                    learned.steps(), learned.trainedParameters(), learned.seconds(), learned.peakBytes());
            Map<Double, Measured> measured = new LinkedHashMap<>();
            RgbImage picture = null;
            Set<Double> alphas = alphas(learned);
            double shown =
                    Double.isNaN(learned.fixedAlpha()) ? alphas.iterator().next() : learned.fixedAlpha();
            for (double alpha : alphas) {
                try (Recogniser model = learned.at(alpha)) {
                    measured.put(alpha, new Measured(task.validate(model, lesson), task.measure(model)));
                    if (alpha == shown) {
                        picture = task.picture(model);
                    }
                }
            }
            List<ResultRow> rows = new ArrayList<>();
            boolean line = measured.size() > 1;
            ResultRow.Chosen chosen = line
                    ? ResultRow.Chosen.CURVE
                    : learned.choosesAlpha() ? ResultRow.Chosen.VALIDATION : ResultRow.Chosen.NONE;
            measured.forEach((alpha, each) -> add(rows, each, alpha, chosen, cost));
            if (line) {
                double best = bestOnValidation(measured);
                add(rows, Objects.requireNonNull(measured.get(best)), best, ResultRow.Chosen.VALIDATION, cost);
                if (!Double.isNaN(learned.fixedAlpha())) {
                    double fixed = learned.fixedAlpha();
                    add(rows, Objects.requireNonNull(measured.get(fixed)), fixed, ResultRow.Chosen.FIXED, cost);
                }
            }
            return new Computed(rows, picture);
        }
    }

    private Set<Double> alphas(Learned learned) {
        Set<Double> alphas = new TreeSet<>(learned.alphas());
        if (alphas.size() > 1) {
            alphas.retainAll(wanted);
        }
        if (!Double.isNaN(learned.fixedAlpha())) {
            alphas.add(learned.fixedAlpha());
        }
        return alphas;
    }

    /** Looks at validation alone; of equals the smallest α, which is nearest to the model before. */
    private static double bestOnValidation(Map<Double, Measured> measured) {
        double best = Double.NaN;
        double highest = Double.NEGATIVE_INFINITY;
        for (Map.Entry<Double, Measured> each : measured.entrySet()) {
            if (each.getValue().validation().value() > highest) {
                highest = each.getValue().validation().value();
                best = each.getKey();
            }
        }
        return best;
    }

    private void add(
            List<ResultRow> rows, Measured measured, double alpha, ResultRow.Chosen chosen, ResultRow.Cost cost) {
        rows.add(new ResultRow(cell, measured.validation(), alpha, chosen, cost));
        measured.test().forEach(score -> rows.add(new ResultRow(cell, score, alpha, chosen, cost)));
    }
}
