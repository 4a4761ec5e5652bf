package org.radapter.distributed.gloo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.IntOptional;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.radapter.distributed.CollectiveException;
import org.radapter.distributed.Rendezvous;

/**
 * The store at which the ranks of one epoch meet; rank 0 serves it. Keys lie below the token's hash and the epoch, so that
 * other jobs and earlier attempts are not seen.
 */
final class Meeting implements AutoCloseable {
    private final Rendezvous at;
    private final int rank;
    private final int world;
    private final TCPStore raw;
    private final Store store;

    private Meeting(Rendezvous at, int rank, int world, TCPStore raw, Store store) {
        this.at = at;
        this.rank = rank;
        this.world = world;
        this.raw = raw;
        this.store = store;
    }

    /**
     * Goes to the store.
     *
     * @throws CollectiveException if rank 0 cannot serve it, or it cannot be reached in time
     */
    static Meeting open(Rendezvous at, int rank, int world) {
        TorchLibrary.require();
        try (PointerScope scope = new PointerScope()) {
            TCPStoreOptions options = new TCPStoreOptions()
                    .port((short) at.port())
                    .isServer(rank == 0)
                    .waitWorkers(false)
                    .timeout(new Milliseconds(at.timeout().toMillis()));
            if (rank == 0) {
                options.masterListenFd(new IntOptional(listen(at, world)));
            }
            // a store made by new is not reference counted: C++ takes it once and aborts the JVM when it is handed over
            // again; its clone is counted, and is one more connection to the same server
            TCPStore raw = new TCPStore(at.host(), options);
            Store store = new PrefixStore(prefix(at), raw.clone()).clone();
            return new Meeting(at, rank, world, raw.retainReference(), store.retainReference());
        } catch (RuntimeException e) {
            if (e instanceof CollectiveException) {
                throw e;
            }
            throw new CollectiveException(
                    where(at, rank, world) + ", reaching the store at " + at.address()
                            + ": no rank 0 answers there within " + at.timeout().toMillis()
                            + " ms; is it running, and is the address the one it was given? (" + firstLine(e) + ")",
                    e);
        }
    }

    private static int listen(Rendezvous at, int world) {
        try {
            return ListeningSocket.open(InetAddress.getByName(at.host()), at.port());
        } catch (UnknownHostException e) {
            throw new CollectiveException(
                    where(at, 0, world) + ", listening: there is no host " + at.host()
                            + "; name an address of this machine",
                    e);
        } catch (IOException e) {
            throw new CollectiveException(
                    where(at, 0, world) + ", listening at " + at.address() + ": " + e.getMessage()
                            + "; take a free port, at an address of this machine",
                    e);
        }
    }

    private static String prefix(Rendezvous at) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(at.token().getBytes(StandardCharsets.UTF_8));
            return "radapter/" + HexFormat.of().formatHex(hash) + "/" + at.epoch();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Of this job and this epoch alone; counted, so C++ may share it. */
    Store store() {
        return store;
    }

    /**
     * Waits until all ranks are here.
     *
     * @throws CollectiveException if one does not come in time, there are two of one rank, or the ranks count differently
     * @throws StoreGoneException if the store goes before all are here
     */
    void assemble() {
        try (PointerScope scope = new PointerScope()) {
            enter();
            List<Integer> others = new ArrayList<>();
            for (int i = 0; i < world; i++) {
                others.add(i);
            }
            await(others);
        }
    }

    private void enter() {
        try {
            String told = store.compareSet("world", "", Integer.toString(world));
            if (!told.equals(Integer.toString(world))) {
                throw new CollectiveException(where() + ", joining: another rank was told that there are " + told
                        + " ranks; start all ranks with one world size");
            }
            if (store.add(key(rank), 1) > 1) {
                throw new CollectiveException(where() + ", joining: there is a rank " + rank
                        + " already; give each process a rank of its own, and each attempt an epoch of its own");
            }
        } catch (CollectiveException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new StoreGoneException(
                    where() + ", joining: rank 0 is gone from " + at.address() + " (" + firstLine(e) + ")", e);
        }
    }

    private void await(List<Integer> ranks) {
        try {
            store._wait(
                    new StringVector(ranks.stream().map(Meeting::key).toArray(String[]::new)),
                    new Milliseconds(at.timeout().toMillis()));
        } catch (RuntimeException e) {
            throw new CollectiveException(
                    where() + ", joining: " + missing(ranks) + " did not come to " + at.address() + " within "
                            + at.timeout().toMillis()
                            + " ms; are all ranks started, with the same rendezvous, token and epoch?",
                    e);
        }
    }

    private String missing(List<Integer> ranks) {
        List<String> absent = new ArrayList<>();
        try {
            for (int other : ranks) {
                if (!store.check(new StringVector(key(other)))) {
                    absent.add("rank " + other);
                }
            }
        } catch (RuntimeException e) {
            throw new StoreGoneException(
                    where() + ", joining: rank 0 is gone from " + at.address() + ", and with it who else was there", e);
        }
        return absent.isEmpty() ? "a rank" : String.join(", ", absent);
    }

    private static String key(int rank) {
        return "rank/" + rank;
    }

    private String where() {
        return where(at, rank, world);
    }

    static String where(Rendezvous at, int rank, int world) {
        return "rank " + rank + " of " + world + ", epoch " + at.epoch();
    }

    /** PyTorch's messages begin with a place in its sources, and go on with a stack of C++. */
    static String firstLine(Throwable e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return (end < 0 ? message : message.substring(0, end)).replaceFirst("^\\[/[^\\]]*\\] ", "");
    }

    @Override
    public void close() {
        store.close();
        raw.close();
    }
}
