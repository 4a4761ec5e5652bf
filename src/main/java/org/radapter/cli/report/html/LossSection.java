package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.radapter.cli.report.Figures;
import org.radapter.cli.report.LossCurve;
import org.radapter.cli.report.RunResults;

/** The loss of every method, seeds averaged, step by step. */
final class LossSection {
    private static final int BUCKETS = 120;
    private static final int MARKERS = 6;

    private LossSection() {}

    static Markup of(RunResults results) {
        Map<String, List<LossCurve.Point>> byMethod = new LinkedHashMap<>();
        for (LossCurve curve : results.losses()) {
            List<LossCurve.Point> finite = curve.points().stream()
                    .filter(point -> Double.isFinite(point.loss()))
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
        html.open("section", "aria-labelledby", "loss").element("h2", "Training", "id", "loss");
        return html.add(figure(results, byMethod)).closeLine();
    }

    private static Markup figure(RunResults results, Map<String, List<LossCurve.Point>> byMethod) {
        Styles styles = Styles.of(results);
        List<LineChart.Series> series = new ArrayList<>();
        List<Figure.Entry> legend = new ArrayList<>();
        StringBuilder description = new StringBuilder();
        long lastStep = 1;
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (Map.Entry<String, List<LossCurve.Point>> method : byMethod.entrySet()) {
            String label = results.methodLabel(method.getKey());
            SeriesStyle style = styles.of(method.getKey());
            List<LineChart.Point> points = buckets(label, method.getValue());
            series.add(new LineChart.Series(label, style, points));
            legend.add(new Figure.Entry(label, style.cssClass(), style));
            for (LineChart.Point point : points) {
                low = Math.min(low, point.y());
                high = Math.max(high, point.y());
                lastStep = Math.max(lastStep, (long) Math.ceil(point.x()));
            }
            description
                    .append(label)
                    .append(": from ")
                    .append(Figures.decimal(points.get(0).y(), 2))
                    .append(" to ")
                    .append(Figures.decimal(points.get(points.size() - 1).y(), 2))
                    .append(". ");
        }
        Plot plot = new Plot(
                Scale.around(0, lastStep, 6), Scale.around(low, high, 6), "step (optimiser updates)", "loss (nats)");
        Markup picture = new LineChart(plot, series)
                .draw("losses", "Loss by step", description.toString().strip());
        return Figure.of("Loss", picture, legend, "Means over seeds"
                + " and neighbouring steps. Methods with other objectives have losses of another kind: compare their"
                + " shape, not their height.");
    }

    /** Means of equal ranges of steps, so that a long run is no larger a picture than a short one. */
    private static List<LineChart.Point> buckets(String label, List<LossCurve.Point> points) {
        long last = points.stream().mapToLong(LossCurve.Point::step).max().orElse(0);
        int buckets = (int) Math.min(BUCKETS, last + 1);
        double[] steps = new double[buckets];
        double[] losses = new double[buckets];
        int[] counts = new int[buckets];
        for (LossCurve.Point point : points) {
            int bucket = (int) (point.step() * buckets / (last + 1));
            steps[bucket] += point.step();
            losses[bucket] += point.loss();
            counts[bucket]++;
        }
        List<LineChart.Point> means = new ArrayList<>();
        int apart = Math.max(1, buckets / MARKERS);
        for (int b = 0; b < buckets; b++) {
            if (counts[b] > 0) {
                double step = steps[b] / counts[b];
                double loss = losses[b] / counts[b];
                boolean marked = b % apart == apart / 2;
                means.add(new LineChart.Point(
                        step,
                        loss,
                        0,
                        marked ? LineChart.Mark.PLAIN : LineChart.Mark.NONE,
                        null,
                        label + ", step " + Math.round(step) + ": loss " + Figures.decimal(loss, 3)));
            }
        }
        return means;
    }
}
