package org.radapter.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
