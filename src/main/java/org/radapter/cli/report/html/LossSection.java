package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.radapter.cli.report.Figures;
import org.radapter.cli.report.LossCurve;
import org.radapter.cli.report.RunResults;

/** Loss and learning rate of every method by step, seeds averaged. */
final class LossSection {
    private static final int BUCKETS = 60;
    private static final int MARKERS = 5;
    private static final String[] SUPERSCRIPTS = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

    private LossSection() {}

    static Markup of(RunResults results) {
        Map<String, List<LossCurve.Point>> byMethod = new LinkedHashMap<>();
        for (LossCurve curve : results.losses()) {
            List<LossCurve.Point> finite = curve.points().stream()
                    .filter(point -> Double.isFinite(point.loss()) && Double.isFinite(point.learningRate()))
                    .toList();
            if (!finite.isEmpty()) {
                byMethod.computeIfAbsent(curve.method(), method -> new ArrayList<>())
                        .addAll(finite);
            }
        }
        Markup html = new Markup();
        if (byMethod.isEmpty()) {
            return html;
        }
        html.open("section", "aria-labelledby", "training").element("h2", "Training", "id", "training");
        html.open("div", "class", "pair");
        html.add(losses(results, byMethod)).add(learningRates(results, byMethod));
        return html.close().closeLine();
    }

    private static Markup losses(RunResults results, Map<String, List<LossCurve.Point>> byMethod) {
        List<LineChart.Series> series = series(results, byMethod, LossCurve.Point::loss);
        return figure(
                "loss",
                "Loss",
                "loss (nats)",
                series,
                "Means over seeds and neighbouring steps. Methods with other objectives have losses of another kind:"
                        + " compare their shape, not their height.");
    }

    private static Markup learningRates(RunResults results, Map<String, List<LossCurve.Point>> byMethod) {
        double largest = byMethod.values().stream()
                .flatMap(List::stream)
                .mapToDouble(LossCurve.Point::learningRate)
                .max()
                .orElse(0);
        int exponent = largest > 0 ? (int) Math.max(0, Math.min(9, Math.ceil(-Math.log10(largest) - 1e-9))) : 0;
        double unit = Math.pow(10, -exponent);
        List<LineChart.Series> series = series(results, byMethod, point -> point.learningRate() / unit);
        String name = exponent == 0 ? "learning rate" : "learning rate (10⁻" + SUPERSCRIPTS[exponent] + ")";
        return figure("rate", "Learning rate", name, series, "Means over seeds, as the schedule set it.");
    }

    private static Markup figure(String id, String heading, String yName, List<LineChart.Series> series, String note) {
        double lastStep = 1;
        double low = 0;
        double high = 0;
        StringBuilder description = new StringBuilder();
        List<Figure.Entry> legend = new ArrayList<>();
        for (LineChart.Series each : series) {
            List<LineChart.Point> points = each.points();
            for (LineChart.Point point : points) {
                low = Math.min(low, point.y());
                high = Math.max(high, point.y());
                lastStep = Math.max(lastStep, point.x());
            }
            description
                    .append(each.name())
                    .append(": from ")
                    .append(Figures.decimal(points.get(0).y(), 2))
                    .append(" to ")
                    .append(Figures.decimal(points.get(points.size() - 1).y(), 2))
                    .append(". ");
            legend.add(new Figure.Entry(each.name(), each.style().cssClass(), each.style()));
        }
        Plot plot =
                new Plot(Scale.around(0, lastStep, 5), Scale.around(low, high, 6), "step (optimiser updates)", yName);
        Markup picture = new LineChart(plot, series)
                .draw(id, heading + " by step", description.toString().strip());
        return Figure.of(heading, picture, legend, note);
    }

    private static List<LineChart.Series> series(
            RunResults results, Map<String, List<LossCurve.Point>> byMethod, ToDoubleFunction<LossCurve.Point> value) {
        Styles styles = Styles.of(results);
        List<LineChart.Series> series = new ArrayList<>();
        byMethod.forEach((method, points) -> {
            String label = results.methodLabel(method);
            series.add(new LineChart.Series(label, styles.of(method), buckets(label, points, value, series.size())));
        });
        return series;
    }

    /** Means of equal ranges of steps, so that a long run is no larger a picture than a short one. */
    private static List<LineChart.Point> buckets(
            String label, List<LossCurve.Point> points, ToDoubleFunction<LossCurve.Point> value, int shift) {
        long last = points.stream().mapToLong(LossCurve.Point::step).max().orElse(0);
        int buckets = (int) Math.min(BUCKETS, last + 1);
        double[] steps = new double[buckets];
        double[] values = new double[buckets];
        int[] counts = new int[buckets];
        for (LossCurve.Point point : points) {
            int bucket = (int) (point.step() * buckets / (last + 1));
            steps[bucket] += point.step();
            values[bucket] += value.applyAsDouble(point);
            counts[bucket]++;
        }
        List<LineChart.Point> means = new ArrayList<>();
        int apart = Math.max(1, buckets / MARKERS);
        int firstMarked = apart / 4 + shift * apart / 4;
        for (int b = 0; b < buckets; b++) {
            if (counts[b] > 0) {
                double step = steps[b] / counts[b];
                double mean = values[b] / counts[b];
                boolean marked = b % apart == firstMarked % apart;
                means.add(new LineChart.Point(
                        step,
                        mean,
                        0,
                        marked ? LineChart.Mark.PLAIN : LineChart.Mark.NONE,
                        null,
                        label + ", step " + Math.round(step) + ": " + Figures.decimal(mean, 3)));
            }
        }
        return means;
    }
}
