package org.radapter.train;

import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.radapter.tensor.Tensor;

/** Ranks that are threads of one process and read one another's memory. */
final class ThreadPeers {
    private static final int MOST_SECONDS = 60;

    private final CyclicBarrier barrier;
    private final Object[] shown;
    private final Summation summation;

    ThreadPeers(int world) {
        this(world, Summation.TREE);
    }

    ThreadPeers(int world, Summation summation) {
        this.summation = summation;
        barrier = new CyclicBarrier(world);
        shown = new Object[world];
    }

    Peers rank(int rank) {
        return new Rank(rank);
    }

    private void meet() {
        try {
            barrier.await(MOST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException("another rank is gone", e);
        }
    }

    private final class Rank implements Peers {
        private final int rank;

        Rank(int rank) {
            this.rank = rank;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public int world() {
            return shown.length;
        }

        @Override
        public void gatherRows(Tensor matrix) {
            shown[rank] = matrix;
            meet();
            long n = matrix.rows();
            for (int r = 0; r < world(); r++) {
                if (r != rank) {
                    long from = n * r / world();
                    long to = n * (r + 1) / world();
                    matrix.rows(from, to).copyFrom(((Tensor) shown[r]).rows(from, to));
                }
            }
            meet();
        }

        @Override
        public Summation summation() {
            return summation;
        }

        /** {@inheritDoc} Around a ring is from the first to the last here. */
        @Override
        public void add(Tensor vector) {
            shown[rank] = vector.toFloats();
            meet();
            vector.copyFrom(summation == Summation.TREE ? sum(0, world()) : sumInTurn());
            meet();
        }

        private float[] sumInTurn() {
            float[] sum = (float[]) shown[0];
            for (int r = 1; r < world(); r++) {
                sum = sum(sum, (float[]) shown[r]);
            }
            return sum;
        }

        private float[] sum(int from, int to) {
            if (to - from == 1) {
                return (float[]) shown[from];
            }
            return sum(sum(from, (from + to) / 2), sum((from + to) / 2, to));
        }

        private float[] sum(float[] left, float[] right) {
            float[] sum = new float[left.length];
            for (int i = 0; i < sum.length; i++) {
                sum[i] = left[i] + right[i];
            }
            return sum;
        }

        @Override
        public void takeFromFirst(Tensor tensor) {
            shown[rank] = tensor;
            meet();
            if (rank > 0) {
                tensor.copyFrom((Tensor) shown[0]);
            }
            meet();
        }

        @Override
        public void await() {
            meet();
        }

        @Override
        public void requireAgreement(Map<String, String> facts) {
            shown[rank] = facts;
            meet();
            if (!facts.equals(shown[0])) {
                throw new IllegalStateException("rank 0 has " + shown[0] + ", rank " + rank + " has " + facts);
            }
            meet();
        }
    }
}
