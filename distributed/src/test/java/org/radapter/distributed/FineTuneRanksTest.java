package org.radapter.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.train.Peers;
import org.radapter.train.Summation;

/** The committed model, fine-tuned by ranks in processes of their own. */
class FineTuneRanksTest {
    private static final int NEVER = -1;
    private static final String NO_CHECKPOINT = "-";
    private static final int SHARDS = 4;

    @TempDir
    Path folder;

    /** What one process writes. */
    private byte[] alone(int adapterRank, long seed) throws IOException {
        Path file = folder.resolve("alone.safetensors");
        try (Kernels kernels = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(2))) {
            TuneProgram.tune(kernels, Peers.alone(), TuneProgram.settings(adapterRank, seed), file, null, NEVER);
        }
        return Files.readAllBytes(file);
    }

    private Path file(int rank) {
        return folder.resolve("rank" + rank + ".safetensors");
    }

    private List<ChildProcess.Result> run(int world, int adapterRank, String checkpoint, int lastHaltsAt, long lastSeed)
            throws IOException, InterruptedException {
        return run(world, adapterRank, checkpoint, lastHaltsAt, lastSeed, SHARDS, Summation.TREE);
    }

    private List<ChildProcess.Result> run(
            int world,
            int adapterRank,
            String checkpoint,
            int lastHaltsAt,
            long lastSeed,
            int shards,
            Summation lastAdds)
            throws IOException, InterruptedException {
        int port = Loopback.freePort();
        List<ChildProcess> ranks = new ArrayList<>();
        for (int rank = 0; rank < world; rank++) {
            boolean last = rank == world - 1;
            ranks.add(ChildProcess.start(
                    List.of(),
                    TuneProgram.class,
                    rank,
                    world,
                    port,
                    file(rank),
                    adapterRank,
                    last ? lastSeed : 1,
                    // the folder is the first rank's alone
                    rank == 0 ? checkpoint : NO_CHECKPOINT,
                    last ? lastHaltsAt : NEVER,
                    shards,
                    // three ranks can add around a ring alone
                    world == 3 || last ? lastAdds : Summation.TREE));
        }
        List<ChildProcess.Result> results = new ArrayList<>();
        for (ChildProcess rank : ranks) {
            results.add(rank.await());
        }
        return results;
    }

    private void assertAllWrote(List<ChildProcess.Result> results, byte[] expected) throws IOException {
        for (int rank = 0; rank < results.size(); rank++) {
            assertThat(results.get(rank)).isEqualTo(new ChildProcess.Result(0, ""));
            assertThat(file(rank)).hasBinaryContent(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 4", "4, 2"})
    void everyRankWritesTheAdapterFileOfOneProcess(int adapterRank, int world) throws Exception {
        byte[] expected = alone(adapterRank, 1);
        assertAllWrote(run(world, adapterRank, NO_CHECKPOINT, NEVER, 1), expected);
        assertThat(alone(adapterRank, 2)).isNotEqualTo(expected);
    }

    @Test
    @Tag("nightly")
    void threeRanksAroundARingRepeatTheirBits() throws Exception {
        assertThat(run(3, 0, NO_CHECKPOINT, NEVER, 1, 6, Summation.RING)).containsOnly(new ChildProcess.Result(0, ""));
        byte[] first = Files.readAllBytes(file(0));
        assertAllWrote(run(3, 0, NO_CHECKPOINT, NEVER, 1, 6, Summation.RING), first);
    }

    @Test
    @Tag("nightly")
    void ranksThatAddInDifferentOrdersSaySo() throws Exception {
        for (ChildProcess.Result result : run(2, 0, NO_CHECKPOINT, NEVER, 1, SHARDS, Summation.RING)) {
            assertThat(result.output())
                    .contains("as order of sums rank 0 has TREE and rank 1 has RING")
                    .contains("start all ranks with the same program, files and options");
        }
    }

    @Test
    void afterADeathFourRanksGoOnWhereTwoWere() throws Exception {
        byte[] expected = alone(0, 1);
        String checkpoint = folder.resolve("checkpoint").toString();
        List<ChildProcess.Result> broken = run(2, 0, checkpoint, 3, 1);
        assertThat(broken.get(1).status()).isEqualTo(9);
        assertThat(broken.get(0).status()).isEqualTo(3);
        assertThat(broken.get(0).output())
                .startsWith("while gathering features: rank 0 of 2, epoch 0, all-gather (collective ")
                .contains("another rank is gone");
        assertThat(folder.resolve("checkpoint")).isDirectoryContaining("glob:**step-000000002.safetensors");
        assertAllWrote(run(4, 0, checkpoint, NEVER, 1), expected);
    }

    @Test
    void ranksThatWereToldDifferentThingsNameThem() throws Exception {
        for (ChildProcess.Result result : run(2, 0, NO_CHECKPOINT, NEVER, 2)) {
            assertThat(result.status()).isEqualTo(3);
            assertThat(result.output())
                    .contains("the ranks were told different things; as settings rank 0 has ")
                    .contains(" and rank 1 has ")
                    .contains("start all ranks with the same program, files and options");
        }
    }
}
