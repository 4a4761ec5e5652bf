package org.radapter.distributed.gloo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.distributed.ChildProcess;
import org.radapter.distributed.Loopback;

/** Ranks in processes of their own. */
class GlooProcessesTest {
    private static final String LOOPBACK = "0100007F";

    private static List<ChildProcess.Result> run(List<String> options, String mode, int world)
            throws IOException, InterruptedException {
        int port = Loopback.freePort();
        List<ChildProcess> ranks = new ArrayList<>();
        for (int rank = 0; rank < world; rank++) {
            ranks.add(ChildProcess.start(options, RankProgram.class, mode, rank, world, port));
        }
        List<ChildProcess.Result> results = new ArrayList<>();
        for (ChildProcess rank : ranks) {
            results.add(rank.await());
        }
        return results;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void everyCollectiveGivesEveryRankItsDue(int world) throws Exception {
        List<ChildProcess.Result> results = run(List.of(), "all", world);
        double[] gathered = new double[2 * world];
        int ranksTogether = 0;
        for (int r = 0; r < world; r++) {
            gathered[2 * r] = r;
            gathered[2 * r + 1] = r * r;
            ranksTogether += r;
        }
        float[] sum = {world, 2 * world, 3 * world, 4 * world, 10 * ranksTogether};
        for (int rank = 0; rank < world; rank++) {
            float[] received = new float[world];
            for (int r = 0; r < world; r++) {
                received[r] = 100 * r + rank;
            }
            double root = world - 1;
            assertThat(results.get(rank).output())
                    .isEqualTo(String.join(
                            "\n",
                            "listens [" + LOOPBACK + "]",
                            "sum " + Arrays.toString(sum),
                            "gathered " + Arrays.toString(gathered),
                            "received " + Arrays.toString(received),
                            "message " + Arrays.toString(new double[] {root, root + 1, root + 2}),
                            ""));
            assertThat(results.get(rank).status()).isZero();
        }
    }

    @Test
    void threeProcessesUnpackIntoOneColdCache(@TempDir Path cache) throws Exception {
        for (ChildProcess.Result result : run(List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache), "all", 3)) {
            assertThat(result.output()).contains("message");
            assertThat(result.status()).isZero();
        }
    }

    @Test
    void aRankThatDiesIsNamedAndTheOthersGoOnWithoutIt() throws Exception {
        List<ChildProcess.Result> results = run(List.of(), "lose", 3);
        assertThat(results.get(2).status()).isEqualTo(9);
        for (int rank = 0; rank < 2; rank++) {
            assertThat(results.get(rank).output())
                    .as("of %s", results)
                    .startsWith("rank " + rank + " of 3, epoch 0, all-reduce (collective ")
                    .contains("another rank is gone")
                    .endsWith("\nsum 3.0\n");
            assertThat(results.get(rank).status()).isZero();
        }
    }
}
