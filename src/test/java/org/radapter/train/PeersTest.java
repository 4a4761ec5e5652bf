package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ClipShapes;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.loss.CrossEntropy;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.ParameterSet;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;
import org.radapter.weights.TensorSources;

/** Any number of ranks gives the bits of one process. */
class PeersTest {
    private static final int STEPS = 4;
    private static final int SHARDS = 4;

    private static TrainSettings settings(Dropping.Mode mode, long activationBytes) {
        return new TrainSettings(
                5,
                new Schedule(1e-2, 1e-6, 2, 2 * STEPS),
                AdamWEma.Settings.PAPER.withAverageDecay(.9),
                new Dropping(mode, .4),
                SHARDS,
                activationBytes,
                true);
    }

    /** What a rank ends with: everything a checkpoint holds, and the losses on the way. */
    private record Result(List<double[]> state, List<StepReport> reports) {
        static Result of(Trainer trainer, List<StepReport> reports) {
            ParameterSet set = trainer.optimizer().parameters();
            List<double[]> state = List.of(
                    set.values().toDoubles(),
                    set.averages().toDoubles(),
                    set.expAvg().toDoubles(),
                    set.expAvgSq().toDoubles());
            return new Result(state, reports);
        }
    }

    /** What a rank does with its trainer. */
    private interface Work {
        Result with(Trainer trainer, Peers peers) throws IOException;
    }

    /** The pairs of a batch that a rank works on. */
    private static Batch part(Batch batch, Peers peers) {
        int from = batch.size() * peers.rank() / peers.world();
        int to = batch.size() * (peers.rank() + 1) / peers.world();
        int pixels = batch.images().length / batch.size();
        int context = batch.ids().length / batch.size();
        return new Batch(
                Arrays.copyOfRange(batch.images(), from * pixels, to * pixels),
                Arrays.copyOfRange(batch.ids(), from * context, to * context),
                batch.labels(),
                from);
    }

    private static Result train(Trainer trainer, Peers peers, int batch, int until) {
        List<StepReport> reports = new ArrayList<>();
        while (trainer.nextStep() < until) {
            reports.add(trainer.step(part(TinyClip.batch(batch, trainer.nextStep()), peers)));
        }
        return Result.of(trainer, reports);
    }

    private static Result adapters(TrainSettings settings, int adapterRank, Peers peers, Work work) throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withThreads(1));
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                AdapterParameters adapters = new AdapterParameters(
                        kernels,
                        DType.F32,
                        new AdapterConfig(adapterRank, .1, true),
                        ClipModel.adapterSites(TinyClip.CONFIG),
                        4);
                ClipModel model = new ClipModel(kernels, weights, DType.F32, adapters);
                Trainer trainer =
                        new Trainer(kernels, model, adapters.set(), new MpmNce(14, null, .05, .02), settings, peers)) {
            return work.with(trainer, peers);
        }
    }

    private static Result weights(TrainSettings settings, Peers peers, Work work) throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withThreads(1));
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, .1, 3);
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null);
                Trainer trainer = new Trainer(
                        kernels,
                        model,
                        weights.set(),
                        new MpmNce(0, weights.get(ClipShapes.LOGIT_SCALE), 0, 0),
                        settings,
                        peers)) {
            return work.with(trainer, peers);
        }
    }

    /** All weights and a head of classes, by cross-entropy. */
    private static Result head(TrainSettings settings, Peers peers, Work work) throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withThreads(1));
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, .1, 3);
                ClipParameters weights = ClipParameters.trained(
                        kernels,
                        DType.F32,
                        TinyClip.CONFIG,
                        TensorSources.of(ModelCopies.values(random)),
                        List.of(ClassHead.specification(12, TinyClip.CONFIG.embedDim(), .1)),
                        .1);
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null);
                Trainer trainer = new Trainer(
                        kernels,
                        model,
                        weights.set(),
                        new CrossEntropy(weights.set().parameter(CrossEntropy.HEAD), .1),
                        settings,
                        peers)) {
            return work.with(trainer, peers);
        }
    }

    private interface RankWork {
        Result of(Peers peers) throws IOException;
    }

    private static List<Result> ranks(int world, RankWork work) throws Exception {
        return ranks(new ThreadPeers(world), work);
    }

    private static List<Result> ranks(ThreadPeers peers, RankWork work) throws Exception {
        int world = peers.rank(0).world();
        ExecutorService threads = Executors.newFixedThreadPool(world);
        try {
            List<Future<Result>> futures = new ArrayList<>();
            for (int rank = 0; rank < world; rank++) {
                Peers each = peers.rank(rank);
                futures.add(threads.submit(() -> work.of(each)));
            }
            List<Result> results = new ArrayList<>();
            for (Future<Result> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void assertSame(Result found, Result expected) {
        assertThat(found.reports()).isEqualTo(expected.reports());
        for (int i = 0; i < expected.state().size(); i++) {
            assertThat(found.state().get(i)).isEqualTo(expected.state().get(i));
        }
    }

    @ParameterizedTest
    @CsvSource({"MODULE, 0, 12, false", "SAMPLE, 3, 13, false", "TOKEN_POSITION, 0, 14, false", "SAMPLE, 3, 13, true"})
    void adaptersDoNotDependOnTheNumberOfRanks(Dropping.Mode mode, int adapterRank, int batch, boolean fixedShapes)
            throws Exception {
        TrainSettings settings = settings(mode, Long.MAX_VALUE).withFixedShapes(fixedShapes);
        Work work = (trainer, peers) -> train(trainer, peers, batch, STEPS);
        Result alone = adapters(settings, adapterRank, Peers.alone(), work);
        for (int world : new int[] {2, 4}) {
            for (Result result : ranks(world, peers -> adapters(settings, adapterRank, peers, work))) {
                assertSame(result, alone);
            }
        }
    }

    @Test
    void allWeightsAndTheTemperatureDoNotDependOnTheNumberOfRanks() throws Exception {
        TrainSettings settings = settings(Dropping.Mode.MODULE, Long.MAX_VALUE);
        Work work = (trainer, peers) -> train(trainer, peers, 12, STEPS);
        Result alone = weights(settings, Peers.alone(), work);
        for (Result result : ranks(2, peers -> weights(settings, peers, work))) {
            assertSame(result, alone);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHeadThatLearnsDoesNotDependOnTheNumberOfRanks(boolean fixedShapes) throws Exception {
        TrainSettings settings = settings(Dropping.Mode.MODULE, Long.MAX_VALUE).withFixedShapes(fixedShapes);
        Work work = (trainer, peers) -> train(trainer, peers, 12, STEPS);
        Result alone = head(settings, Peers.alone(), work);
        for (int world : new int[] {2, 4}) {
            for (Result result : ranks(world, peers -> head(settings, peers, work))) {
                assertSame(result, alone);
            }
        }
    }

    /** So many pairs that the ranks share the loss as well. */
    @Test
    void aLargeBatchDoesNotDependOnTheNumberOfRanks() throws Exception {
        TrainSettings settings = settings(Dropping.Mode.MODULE, Long.MAX_VALUE);
        Work work = (trainer, peers) -> train(trainer, peers, 1027, 2);
        Result alone = weights(settings, Peers.alone(), work);
        for (int world : new int[] {2, 4}) {
            for (Result result : ranks(world, peers -> weights(settings, peers, work))) {
                assertSame(result, alone);
            }
        }
    }

    @Test
    void oneRankMayComputeActivationsAgain() throws Exception {
        Work work = (trainer, peers) -> train(trainer, peers, 12, STEPS);
        Result alone = adapters(settings(Dropping.Mode.SAMPLE, Long.MAX_VALUE), 0, Peers.alone(), work);
        for (Result result : ranks(
                2,
                peers -> adapters(
                        settings(Dropping.Mode.SAMPLE, peers.rank() == 0 ? 0 : Long.MAX_VALUE), 0, peers, work))) {
            assertSame(result, alone);
        }
    }

    @Test
    void aCheckpointOfTwoRanksIsGoneOnWithByFourAndByOne(@TempDir Path folder) throws Exception {
        TrainSettings settings = settings(Dropping.Mode.SAMPLE, Long.MAX_VALUE);
        Result unbroken =
                adapters(settings, 3, Peers.alone(), (trainer, peers) -> train(trainer, peers, 12, 2 * STEPS));
        Checkpoint checkpoint = new Checkpoint(folder, Map.of());
        ranks(
                2,
                peers -> adapters(settings, 3, peers, (trainer, own) -> {
                    Result result = train(trainer, own, 12, STEPS);
                    if (own.rank() == 0) {
                        checkpoint.save(trainer);
                    }
                    return result;
                }));
        // the folder is the first rank's alone
        Work goOn = (trainer, peers) -> {
            if (peers.rank() == 0) {
                checkpoint.restore(trainer);
            }
            trainer.takeFromFirst();
            return train(trainer, peers, 12, 2 * STEPS);
        };
        List<Result> resumed = new ArrayList<>(ranks(4, peers -> adapters(settings, 3, peers, goOn)));
        resumed.add(adapters(settings, 3, Peers.alone(), goOn));
        for (Result result : resumed) {
            assertThat(result.reports()).isEqualTo(unbroken.reports().subList(STEPS, 2 * STEPS));
            assertThat(result.state().get(1)).isEqualTo(unbroken.state().get(1));
        }
    }

    @Test
    void ranksThatCannotHaveWholeSubtreesSaySo() {
        TrainSettings settings = settings(Dropping.Mode.MODULE, Long.MAX_VALUE);
        for (int world : new int[] {3, 8}) {
            assertThatThrownBy(() -> ranks(
                            world, peers -> adapters(settings, 0, peers, (trainer, own) -> train(trainer, own, 24, 1))))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(world + " ranks cannot share the 4 shards")
                    .hasMessageContaining("--reduce ring");
        }
    }

    @Test
    void aRingSharesWhatItsRanksDivide() {
        Peers second = new ThreadPeers(3, Summation.RING).rank(1);
        assertThat(Share.of(second, 6)).isEqualTo(new Share(2, 4, 6));
        assertThatThrownBy(() -> Share.of(second, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 ranks cannot share the 4 shards of a batch equally")
                .hasMessageContaining("--shards");
    }

    @Test
    void aRingOfTwoAddsAsTheTreeDoes() throws Exception {
        TrainSettings settings = settings(Dropping.Mode.MODULE, Long.MAX_VALUE);
        Work work = (trainer, peers) -> train(trainer, peers, 12, STEPS);
        Result alone = adapters(settings, 0, Peers.alone(), work);
        for (Result result : ranks(new ThreadPeers(2, Summation.RING), peers -> adapters(settings, 0, peers, work))) {
            assertSame(result, alone);
        }
    }

    @Test
    void pairsOfAnotherRankAreRefused() {
        TrainSettings settings = settings(Dropping.Mode.MODULE, Long.MAX_VALUE);
        ThreadPeers two = new ThreadPeers(2);
        assertThatThrownBy(() -> adapters(settings, 0, two.rank(1), (trainer, peers) -> {
                    trainer.step(part(TinyClip.batch(12, 0), two.rank(0)));
                    return Result.of(trainer, List.of());
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank 1 of 2 works on the pairs 6 to 12 of the batch, which holds 0 to 6");
    }
}
