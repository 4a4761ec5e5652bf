package org.radapter.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void columnsAlignByWhatATerminalShows() {
        TextTable table = new TextTable("name", "n")
                .row("ä", "1")
                .row("a\u0308", "22")
                .row("月", "3")
                .row("🌕\uFE0F", "+1.5 ± 0.2");
        assertThat(table.lines())
                .containsExactly(
                        "name" + " ".repeat(12) + "n",
                        "─".repeat(17),
                        "ä" + " ".repeat(15) + "1",
                        "a\u0308" + " ".repeat(14) + "22",
                        "月" + " ".repeat(14) + "3",
                        "🌕\uFE0F  " + "   " + "+1.5 ± 0.2");
    }

    @Test
    void lineBreaksInCellsDoNotBreakTheTable() {
        assertThat(new TextTable("a", "b").row("x\ny", "\u001b[31m").lines())
                .hasSize(3)
                .noneMatch(line -> line.contains("\u001b"));
    }

    @Test
    void rowsMustFit() {
        assertThatThrownBy(() -> new TextTable("a", "b").row("x")).hasMessageContaining("1 cells");
        assertThatThrownBy(TextTable::new).hasMessageContaining("at least one column");
    }

    @Test
    void theResultsAreShownForEveryMethodAndSplit() {
        String accuracies = ResultTables.accuracies(SampleRun.results()).toString();
        assertThat(accuracies).contains("zero-shot").contains("46.3 ± ").contains("far OOD");
        assertThat(accuracies.lines()).hasSize(2 + 4);
        String changes = ResultTables.changes(SampleRun.results()).toString();
        assertThat(changes.lines()).hasSize(2 + 3);
        assertThat(changes).contains("R-Adapter").contains("−7.2 ± 0.8");
    }
}
