package org.radapter.distributed.gloo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.radapter.distributed.Loopback;
import org.radapter.distributed.Rendezvous;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.train.Summation;

/** Both orders of adding, on ranks that are threads. */
@Timeout(240)
class SummationTest {
    private static final int SIZE = 10_007;
    private static final int TIMEOUT = 60_000;
    private static final double ROUNDOFF = 0x1p-24;

    /** What each rank got, each time. */
    private static List<float[]> sums(int world, Summation summation, int times) throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "sums", TIMEOUT);
        ExecutorService threads = Executors.newFixedThreadPool(world);
        try {
            List<Future<List<float[]>>> ranks = new ArrayList<>();
            for (int rank = 0; rank < world; rank++) {
                int own = rank;
                ranks.add(threads.submit(() -> sums(at, own, world, summation, times)));
            }
            List<float[]> all = new ArrayList<>();
            for (Future<List<float[]>> rank : ranks) {
                all.addAll(rank.get());
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<float[]> sums(Rendezvous at, int rank, int world, Summation summation, int times) {
        List<float[]> sums = new ArrayList<>();
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                GlooPeers ranks = GlooPeers.meet(at, rank, world, summation)) {
            Tensor vector = arena.allocate(DType.F32, SIZE);
            for (int i = 0; i < times; i++) {
                vector.copyFrom(summand(rank));
                ranks.peers().add(vector);
                sums.add(vector.toFloats());
            }
            ranks.peers().await();
        }
        return sums;
    }

    private static float[] summand(int rank) {
        CounterRandom random = new CounterRandom(7);
        float[] values = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            // of several magnitudes, so that the order of additions shows
            values[i] = (random.integer(rank, 1, i, 1 << 20) - (1 << 19)) * (float) Math.pow(3, i % 7);
        }
        return values;
    }

    private static float[] added(float[] left, float[] right) {
        float[] sum = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            sum[i] = left[i] + right[i];
        }
        return sum;
    }

    @Test
    void aRingRepeatsItsBitsAndIsAsNearAsAdditionsInTurn() throws Exception {
        int world = 3;
        List<float[]> sums = sums(world, Summation.RING, 3);
        sums.addAll(sums(world, Summation.RING, 1));
        double[] exact = new double[SIZE];
        float[] inTurn = new float[SIZE];
        for (int rank = 0; rank < world; rank++) {
            float[] values = summand(rank);
            inTurn = added(inTurn, values);
            for (int i = 0; i < SIZE; i++) {
                exact[i] += values[i];
            }
        }
        assertThat(sums).hasSize(4 * world).allSatisfy(sum -> assertThat(sum).isEqualTo(sums.get(0)));
        assertThat(error(sums.get(0), exact)).isLessThanOrEqualTo(3 * Math.max(ROUNDOFF, error(inTurn, exact)));
    }

    /** ‖x − exact‖ / ‖exact‖. */
    private static double error(float[] x, double[] exact) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < SIZE; i++) {
            difference += (x[i] - exact[i]) * (x[i] - exact[i]);
            norm += exact[i] * exact[i];
        }
        return Math.sqrt(difference / norm);
    }

    @Test
    void theTreeAddsNeighboursFirst() throws Exception {
        float[] expected = added(added(summand(0), summand(1)), added(summand(2), summand(3)));
        assertThat(sums(4, Summation.TREE, 2))
                .hasSize(8)
                .allSatisfy(sum -> assertThat(sum).isEqualTo(expected));
    }
}
