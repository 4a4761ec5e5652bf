package org.radapter.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One work from its forks to the files of the results. */
class RunTest {
    private static final Trial OURS = new Trial(Product.class, "37x48x65", Precision.FP32, OperatorBenchmark.OURS);
    private static final Trial PEER = new Trial(Product.class, "37x48x65", Precision.FP32, OperatorBenchmark.ONEDNN);

    @TempDir
    Path folder;

    @Test
    void aWorkIsTimedAndReported() throws IOException {
        Arguments arguments = new Arguments(folder, Set.of(), true, Report.DEFAULT_SETTINGS, 1, "run");
        Line line = new Line("product", OURS, List.of(PEER), .95, 0);

        assertEquals(0, new Measure(arguments).run(Set.of(OURS, PEER)));
        new Report(arguments).write(List.of(line));

        List<String> ratios = Files.readAllLines(folder.resolve("ratios.csv"));
        assertEquals(
                "work,shape,dtype,peer,peer_settings,peer_ms,ours_ms,ratio,ratio_low,ratio_high,peer_bytes,our_bytes,"
                        + "share_of_ceiling",
                ratios.get(0));
        String[] cells = ratios.get(1).split(",", -1);
        assertEquals(13, cells.length);
        assertEquals(
                "product,37x48x65,fp32,onednn,default",
                String.join(",", List.of(cells).subList(0, 5)));
        double ratio = Double.parseDouble(cells[5]) / Double.parseDouble(cells[6]);
        assertEquals(1, Double.parseDouble(cells[7]) / ratio, .01);
        assertTrue(Files.readString(folder.resolve("README.md")).contains("| product | 37x48x65 | fp32 | onednn"));
        assertTrue(Files.size(folder.resolve("ratios.png")) > 0);
    }

    @Test
    void aProcessOfItsOwnSaysItsPeakAndTimes() throws IOException {
        Trial trial = new Trial(MpmNce.class, "B300", Precision.FP32, OperatorBenchmark.OURS);

        OneProcess once = OneProcess.measure(trial, 1, 0);
        OneProcess again = OneProcess.measure(trial, 2, 1e9);

        assertEquals(1, once.milliseconds().length);
        assertTrue(again.milliseconds().length > 1);
        // both gradients of 300 rows of 512 floats
        assertTrue(once.peak() >= 2 * 300 * 512 * 4, () -> "a peak of " + once.peak() + " bytes");
    }

    @Test
    void pointsAreDrawn() throws IOException {
        List<Scaling.Point> points = new ArrayList<>();
        for (int rows : new int[] {197, 394}) {
            OneProcess process = new OneProcess(rows * 100, new double[] {9, rows, rows + 2});
            points.add(new Scaling.Point(OURS, "product", "rows", rows, 2, process));
        }

        ScalingPlot.write(folder, "product", "rows", points);

        assertEquals(
                "product,37x48x65,fp32,radapter,rows,197,2,198,197.5,198.5,2,19700\n",
                points.get(0).line());
        assertTrue(Files.size(folder.resolve("product-rows-time.png")) > 0);
        assertTrue(Files.size(folder.resolve("product-rows-memory.png")) > 0);
    }
}
