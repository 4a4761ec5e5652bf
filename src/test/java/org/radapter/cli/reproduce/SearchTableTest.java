package org.radapter.cli.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.radapter.task.Score;
import org.radapter.task.Task;
import org.radapter.task.method.Recipes;
import org.radapter.task.method.Trial;

class SearchTableTest {
    private static final String BEFORE = "zero-shot";
    private static final List<Trial> TRIALS =
            List.of(trial("one", 1), trial("one", 2), trial("one", 3), trial("two", 1));

    private static Trial trial(String method, int number) {
        return new Trial(method, number, "learning rate " + number, Recipes.of(BEFORE));
    }

    private static ResultRow row(String name, ResultRow.Chosen chosen, double alpha, boolean... right) {
        return new ResultRow(
                new ResultRow.Cell("search", name, 21),
                Score.share(Task.VALIDATION, "top-1", right),
                alpha,
                chosen,
                new ResultRow.Cost(1, 1, 1, 1));
    }

    private static List<ResultRow> rows() {
        List<ResultRow> rows = new ArrayList<>();
        rows.add(row(BEFORE, ResultRow.Chosen.NONE, 1, true, false, false, false));
        rows.add(row("one-trial-1", ResultRow.Chosen.CURVE, 1, true, true, true, true));
        rows.add(row("one-trial-1", ResultRow.Chosen.FIXED, .5, true, false, false, false));
        rows.add(row("one-trial-2", ResultRow.Chosen.FIXED, .5, true, true, false, false));
        rows.add(row("one-trial-3", ResultRow.Chosen.FIXED, .5, false, false, true, true));
        return rows;
    }

    /** The whole line of the first setting is better, but its method is judged at the α that its source names. */
    @Test
    void theBestIsThatOfTheHighestAccuracyAtTheSourcesAlphaAndTheFirstOfEquals() {
        SearchTable table = SearchTable.of(rows(), TRIALS, BEFORE);
        assertThat(table.bestNumbers()).containsExactly(entry("one", 2));
        assertThat(table.csv().lines())
                .hasSize(4)
                .contains("method,setting,alpha,accuracy,change,standard_error,images,best")
                .anyMatch(line ->
                        line.startsWith("one,\"learning rate 2\",0.5,0.50000,0.25000,") && line.endsWith("4,true"))
                .anyMatch(line -> line.startsWith("one,\"learning rate 3\",0.5,0.50000,") && line.endsWith("4,false"));
        assertThat(table.markdown()).contains("| one | **learning rate 2** | 0.5 | **50.0** |");
    }

    @Test
    void withoutTheModelBeforeThereIsNoChange() {
        assertThatThrownBy(() -> SearchTable.of(rows().subList(1, 5), TRIALS, BEFORE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(BEFORE);
    }
}
