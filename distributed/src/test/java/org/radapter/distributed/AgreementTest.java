package org.radapter.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.distributed.gloo.GlooCollectives;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;

/** Ranks that were told different things end with an error that names both. */
class AgreementTest {
    private static final int MILLISECONDS = 60_000;
    private static final Map<String, String> FACTS =
            Map.of("backend", "cpu (AVX2)", "shards", "4", "settings", "FineTuneSettings[seed=1]");

    /** What each of two ranks is told: "agreed", or the message of its error. */
    private static List<String> told(Map<String, String> ofSecond, int abiOfSecond) throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", MILLISECONDS);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<String>> futures = new ArrayList<>();
            for (int rank = 0; rank < 2; rank++) {
                int own = rank;
                futures.add(
                        threads.submit(() -> told(at, own, own == 0 ? FACTS : ofSecond, own == 0 ? 1 : abiOfSecond)));
            }
            return List.of(futures.get(0).get(), futures.get(1).get());
        } finally {
            threads.shutdownNow();
        }
    }

    private static String told(Rendezvous at, int rank, Map<String, String> facts, int abi) {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                Collectives collectives = GlooCollectives.join(at, rank, 2)) {
            Agreement.require(collectives, arena, facts, abi);
            return "agreed";
        } catch (CollectiveException e) {
            return e.getMessage();
        }
    }

    @Test
    void ranksThatWereToldTheSameAgree() throws Exception {
        assertThat(told(FACTS, 1)).containsExactly("agreed", "agreed");
    }

    @ParameterizedTest
    @CsvSource({
        "backend, cpu (AVX-512), as backend rank 0 has cpu (AVX2) and rank 1 has cpu (AVX-512)",
        "shards, 8, as shards rank 0 has 4 and rank 1 has 8",
        "settings, FineTuneSettings[seed=2], as settings rank 0 has FineTuneSettings[seed=1] and rank 1 has"
                + " FineTuneSettings[seed=2]",
        "ring, yes, as ring rank 0 has nothing and rank 1 has yes"
    })
    void aDifferenceIsNamedOnBothSides(String fact, String value, String message) throws Exception {
        Map<String, String> other = new HashMap<>(FACTS);
        other.put(fact, value);
        assertThat(told(other, 1)).allMatch(said -> said.contains(message));
    }

    @Test
    void anotherAbiIsNamedOnBothSides() throws Exception {
        assertThat(told(FACTS, 2)).allMatch(said -> said.contains("as ABI rank 0 has 1 and rank 1 has 2"));
    }
}
