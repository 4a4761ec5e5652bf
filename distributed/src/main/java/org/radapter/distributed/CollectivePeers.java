package org.radapter.distributed;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;
import org.radapter.train.Peers;
import org.radapter.train.Summation;

/**
 * What a trainer needs of its ranks, by collectives. By {@link Summation#TREE} every sum is formed in one place and sent to
 * all, in the order of the tree, so that it has the same bits everywhere and with any number of ranks. By {@link
 * Summation#RING} the transport's own sum is taken.
 *
 * <p>Tensors on a device go by way of the host. Holds twice the largest vector summed. Closing it leaves the collectives
 * open.
 */
public final class CollectivePeers implements Peers, AutoCloseable {
    private final Collectives collectives;
    private final Kernels host;
    private final Summation summation;
    private final Arena arena;
    private long exchangeNanos;

    /**
     * Ranks that train together, with the bits of one process.
     *
     * @param host the CPU backend, which adds what was received; it stays the caller's
     */
    public CollectivePeers(Collectives collectives, Kernels host) {
        this(collectives, host, Summation.TREE);
    }

    /**
     * Ranks that train together.
     *
     * @param host the CPU backend, which adds what was received; it stays the caller's
     */
    public CollectivePeers(Collectives collectives, Kernels host, Summation summation) {
        this.collectives = collectives;
        this.host = host;
        this.summation = summation;
        this.arena = host.device().arena("exchange");
    }

    @Override
    public int rank() {
        return collectives.rank();
    }

    @Override
    public int world() {
        return collectives.world();
    }

    /** {@inheritDoc} Pieces are as long as the longest, {@code ⌈n/world⌉} rows. */
    @Override
    public void gatherRows(Tensor matrix) {
        doing("gathering features", () -> {
            long n = matrix.rows();
            long most = (n + world() - 1) / world();
            Tensor own = arena.allocate(matrix.dtype(), most, matrix.columns());
            Tensor all = arena.allocate(matrix.dtype(), most * world(), matrix.columns());
            host.fill(own, 0);
            own.rows(0, row(n, rank() + 1) - row(n, rank())).copyFrom(matrix.rows(row(n, rank()), row(n, rank() + 1)));
            collectives.allGather(own, all);
            for (int r = 0; r < world(); r++) {
                if (r != rank()) {
                    long count = row(n, r + 1) - row(n, r);
                    matrix.rows(row(n, r), row(n, r + 1)).copyFrom(all.rows(most * r, most * r + count));
                }
            }
        });
    }

    private long row(long n, int rank) {
        return n * rank / world();
    }

    @Override
    public Summation summation() {
        return summation;
    }

    /**
     * {@inheritDoc} Along the tree, rank r receives piece r of every rank, adds them in the tree's order, and sends the sum
     * to all: {@code 2·(world−1)/world} vectors are sent by each, as around a ring.
     */
    @Override
    public void add(Tensor vector) {
        Consumer<Tensor> sum = summation == Summation.TREE ? this::addPieces : collectives::allReduceSum;
        doing("adding gradients", () -> onHost(vector, sum));
    }

    private void addPieces(Tensor vector) {
        long piece = (vector.size() + world() - 1) / world();
        long padded = piece * world();
        Tensor sent = vector;
        if (padded != vector.size()) {
            sent = arena.allocate(vector.dtype(), padded);
            host.fill(sent, 0);
            slice(sent, 0, vector.size()).copyFrom(vector);
        }
        Tensor received = arena.allocate(vector.dtype(), padded);
        collectives.allToAll(sent, received);
        for (int step = 1; step < world(); step *= 2) {
            for (int r = 0; r + step < world(); r += 2 * step) {
                Tensor left = slice(received, r * piece, (r + 1) * piece);
                host.add(left, slice(received, (r + step) * piece, (r + step + 1) * piece), left);
            }
        }
        collectives.allGather(slice(received, 0, piece), sent);
        if (sent != vector) {
            vector.copyFrom(slice(sent, 0, vector.size()));
        }
    }

    private static Tensor slice(Tensor vector, long from, long to) {
        return vector.columns(from, to).reshape(to - from);
    }

    @Override
    public void takeFromFirst(Tensor tensor) {
        doing("taking over the first rank's state", () -> onHost(tensor, each -> collectives.broadcast(each, 0)));
    }

    /** Works on a tensor, or on a copy of it on the host that is written back. */
    private void onHost(Tensor tensor, Consumer<Tensor> work) {
        Tensor flat = tensor.reshape(tensor.size());
        if (flat.isHost()) {
            work.accept(flat);
            return;
        }
        Tensor copy = arena.allocate(flat.dtype(), flat.size()).copyFrom(flat);
        work.accept(copy);
        flat.copyFrom(copy);
    }

    @Override
    public void await() {
        doing("waiting for all ranks", collectives::barrier);
    }

    @Override
    public long exchangeNanos() {
        return exchangeNanos;
    }

    /** {@inheritDoc} The number of ranks and how they add are compared beside them. */
    @Override
    public void requireAgreement(Map<String, String> facts) {
        Map<String, String> all = new LinkedHashMap<>(facts);
        all.put("ranks", Integer.toString(world()));
        all.put("order of sums", summation.toString());
        doing("comparing what the ranks were told", () -> Agreement.require(collectives, arena, all));
    }

    /** Releases what {@code work} takes of the arena, counts its time, and says in a failure what was being done. */
    private void doing(String what, Runnable work) {
        long mark = arena.mark();
        long begun = System.nanoTime();
        try {
            work.run();
        } catch (CollectiveException e) {
            throw new CollectiveException("while " + what + ": " + e.getMessage(), e);
        } finally {
            arena.release(mark);
            exchangeNanos += System.nanoTime() - begun;
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
