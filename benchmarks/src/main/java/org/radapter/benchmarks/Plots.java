package org.radapter.benchmarks;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

/** Bars of the ratios and of the shares of the ceiling. */
final class Plots {
    private Plots() {}

    /** Writes {@code ratios.png} and {@code shares.png}; nothing without outcomes. */
    static void write(Path folder, List<Outcome> outcomes, Ceilings ceilings) throws IOException {
        if (outcomes.isEmpty()) {
            return;
        }
        CategoryChart ratios = chart("Peer's time / our time", outcomes, "measured", Outcome::ratio);
        ratios.addSeries(
                "asked",
                names(outcomes),
                outcomes.stream().map(outcome -> outcome.line().floor()).toList());
        save(ratios, folder.resolve("ratios.png"));
        save(
                chart(
                        "Share of the machine's ceiling",
                        outcomes,
                        "share",
                        outcome -> Table.least(outcome, ceilings) / outcome.oursMs()),
                folder.resolve("shares.png"));
    }

    private static CategoryChart chart(
            String title, List<Outcome> outcomes, String series, ToDoubleFunction<Outcome> value) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(Math.max(700, 45 * outcomes.size()))
                .height(600)
                .title(title)
                .build();
        chart.getStyler().setXAxisLabelRotation(60).setChartBackgroundColor(Color.WHITE);
        chart.addSeries(
                series,
                names(outcomes),
                outcomes.stream().map(value::applyAsDouble).toList());
        return chart;
    }

    private static List<String> names(List<Outcome> outcomes) {
        return outcomes.stream()
                .map(outcome ->
                        outcome.line().work() + " " + outcome.line().ours().shape() + " "
                                + outcome.line().ours().precision().label())
                .toList();
    }

    private static void save(CategoryChart chart, Path file) throws IOException {
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }
}
