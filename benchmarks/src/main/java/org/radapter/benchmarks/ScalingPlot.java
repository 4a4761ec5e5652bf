package org.radapter.benchmarks;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.radapter.benchmarks.Scaling.Point;

/** Curves of time and memory. Where sizes double, both axes are logarithmic: what grows in proportion is straight. */
final class ScalingPlot {
    private static final String TIME = "time";
    private static final String MEMORY = "memory";

    private ScalingPlot() {}

    /** What is drawn: memory does not depend on the number of threads. */
    static List<String> kinds(String against) {
        return against.equals("threads") ? List.of(TIME) : List.of(TIME, MEMORY);
    }

    /** Name of a picture's file. */
    static String name(String work, String against, String kind) {
        return work + "-" + against + "-" + kind + ".png";
    }

    /** Draws a curve of each side; nothing without points. */
    static void write(Path folder, String work, String against, List<Point> points) throws IOException {
        if (points.isEmpty()) {
            return;
        }
        for (String kind : kinds(against)) {
            boolean isTime = kind.equals(TIME);
            XYChart chart = new XYChartBuilder()
                    .width(640)
                    .height(480)
                    .title(work)
                    .xAxisTitle(against)
                    .yAxisTitle(isTime ? "ms" : "MB")
                    .build();
            boolean isDoubled = against.equals("batch") || against.equals("rows");
            chart.getStyler()
                    .setXAxisLogarithmic(isDoubled)
                    .setYAxisLogarithmic(isDoubled)
                    .setChartBackgroundColor(Color.WHITE);
            if (!isDoubled) {
                chart.getStyler().setXAxisMin(0.0).setYAxisMin(0.0);
            }
            points.stream().map(point -> point.trial().backend()).distinct().forEach(side -> {
                List<Point> ofSide = points.stream()
                        .filter(point -> point.trial().backend().equals(side))
                        .toList();
                chart.addSeries(
                        side,
                        ofSide.stream().mapToDouble(Point::value).toArray(),
                        values(ofSide, isTime ? Point::milliseconds : Point::megabytes));
            });
            BitmapEncoder.saveBitmap(
                    chart, folder.resolve(name(work, against, kind)).toString(), BitmapEncoder.BitmapFormat.PNG);
        }
    }

    /** A logarithmic axis shows no zero. */
    private static double[] values(List<Point> points, ToDoubleFunction<Point> value) {
        return points.stream().mapToDouble(value).map(y -> Math.max(y, 1e-3)).toArray();
    }
}
