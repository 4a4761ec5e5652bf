package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds room for small labels beside points: over no marker and no other label, and off the lines where it can. */
final class LabelPlacer {
    private static final double CHARACTER = 8.8;
    private static final double HEIGHT = 14;
    private static final double[][] DIRECTIONS = {
        {0, -1}, {0, 1}, {1, -.55}, {-1, -.55}, {1, .55}, {-1, .55}, {1, 0}, {-1, 0}
    };
    private static final double[] DISTANCES = {1, 1.7};

    private final List<Box> taken = new ArrayList<>();
    private final List<double[]> lines = new ArrayList<>();

    /** A rectangle by its middle. */
    record Box(double x, double y, double width, double height) {
        private boolean overlaps(Box other) {
            return Math.abs(x - other.x) * 2 < width + other.width && Math.abs(y - other.y) * 2 < height + other.height;
        }

        private boolean holds(double[] point) {
            return Math.abs(x - point[0]) * 2 < width && Math.abs(y - point[1]) * 2 < height;
        }

        private boolean inside() {
            return x - width / 2 > Plot.LEFT
                    && x + width / 2 < Plot.RIGHT + 12
                    && y - height / 2 > Plot.TOP - 12
                    && y + height / 2 < Plot.BOTTOM - 1;
        }
    }

    /** Takes a marker's place. */
    void marker(double x, double y, double size) {
        taken.add(new Box(x, y, 2 * size + 1, 2 * size + 1));
    }

    /** Notes a line that labels had better not cross. */
    void line(double x1, double y1, double x2, double y2) {
        int steps = Math.max(1, (int) (Math.hypot(x2 - x1, y2 - y1) / 3));
        for (int i = 0; i <= steps; i++) {
            double t = (double) i / steps;
            lines.add(new double[] {x1 + t * (x2 - x1), y1 + t * (y2 - y1)});
        }
    }

    /** The best free place for a label beside a point, now taken; null if there is none. */
    @Nullable
    Box place(String label, double x, double y, double markerSize) {
        double width = CHARACTER * label.length() + 2;
        Box best = null;
        long fewest = Long.MAX_VALUE;
        for (double distance : DISTANCES) {
            for (double[] direction : DIRECTIONS) {
                double reachX = distance * (markerSize + 2) + width / 2;
                double reachY = distance * (markerSize + 2) + HEIGHT / 2;
                Box box = new Box(x + direction[0] * reachX, y + direction[1] * reachY, width, HEIGHT);
                if (!box.inside() || taken.stream().anyMatch(box::overlaps)) {
                    continue;
                }
                long crossed = lines.stream().filter(box::holds).count();
                if (crossed < fewest) {
                    fewest = crossed;
                    best = box;
                }
            }
        }
        if (best != null) {
            taken.add(best);
        }
        return best;
    }
}
