package org.radapter.distributed.gloo;

import java.io.IOException;
import java.lang.ref.Reference;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.jspecify.annotations.Nullable;
import org.radapter.distributed.CollectiveException;
import org.radapter.distributed.Collectives;
import org.radapter.distributed.Operands;
import org.radapter.distributed.Rendezvous;
import org.radapter.interop.pytorch.PyTorchTensors;
import org.radapter.tensor.Tensor;

/** Collectives over TCP between CPUs, by Gloo. Nothing is copied on the way to it. */
public final class GlooCollectives implements Collectives {
    /** One sends while one receives. */
    private static final int THREADS = 2;

    private final Rendezvous at;
    private final int rank;
    private final int world;
    private final Meeting meeting;
    private final ProcessGroupGloo group;
    private long calls;
    private @Nullable CollectiveException failure;
    private boolean closed;

    private GlooCollectives(Rendezvous at, int rank, int world, Meeting meeting, ProcessGroupGloo group) {
        this.at = at;
        this.rank = rank;
        this.world = world;
        this.meeting = meeting;
        this.group = group;
    }

    /**
     * Joins a group; returns when all of its ranks have. Rank 0 listens at the rendezvous and must outlive the others'
     * last call: end a run with {@link #barrier}.
     *
     * @throws CollectiveException if a rank does not come in time, or contradicts this one
     * @throws IllegalArgumentException if {@code rank} does not lie below {@code world}
     * @throws UnsupportedOperationException if PyTorch's libraries cannot be loaded
     */
    public static GlooCollectives join(Rendezvous at, int rank, int world) {
        Operands.requireRank(rank, world);
        long begun = System.nanoTime();
        while (true) {
            try {
                return joinOnce(at, rank, world);
            } catch (StoreGoneException e) {
                // that of the epoch before, at the same address, which rank 0 had not closed yet
                if (rank == 0 || System.nanoTime() - begun > at.timeout().toNanos()) {
                    throw new CollectiveException(e.getMessage(), e);
                }
            }
        }
    }

    private static GlooCollectives joinOnce(Rendezvous at, int rank, int world) {
        Meeting meeting = Meeting.open(at, rank, world);
        try {
            meeting.assemble();
            return new GlooCollectives(at, rank, world, meeting, connect(at, rank, world, meeting));
        } catch (RuntimeException e) {
            meeting.close();
            throw e;
        }
    }

    private static ProcessGroupGloo connect(Rendezvous at, int rank, int world, Meeting meeting) {
        try (PointerScope scope = new PointerScope()) {
            ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(
                    new Milliseconds(at.timeout().toMillis()));
            options.devices().push_back(ProcessGroupGloo.createDeviceForHostname(address(at, rank)));
            options.threads(THREADS);
            return new ProcessGroupGloo(meeting.store(), rank, world, options).retainReference();
        } catch (IOException e) {
            throw new CollectiveException(Meeting.where(at, rank, world) + ", connecting: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw new CollectiveException(
                    Meeting.where(at, rank, world) + ", connecting to the other ranks: " + Meeting.firstLine(e), e);
        }
    }

    /** The address by which this machine reaches the rendezvous; no packet is sent to learn it. */
    private static String address(Rendezvous at, int rank) throws IOException {
        if (at.bind() != null) {
            return at.bind();
        }
        InetAddress host = InetAddress.getByName(at.host());
        if (rank == 0) {
            return host.getHostAddress();
        }
        try (DatagramSocket probe = new DatagramSocket()) {
            probe.connect(new InetSocketAddress(host, at.port()));
            return probe.getLocalAddress().getHostAddress();
        }
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int world() {
        return world;
    }

    @Override
    public void allReduceSum(Tensor values) {
        Operands.requireDense("the summand", values);
        perform("all-reduce", () -> group.allreduce(new TensorVector(flat(values))), values, values);
    }

    @Override
    public void allGather(Tensor own, Tensor all) {
        Operands.requireGather(own, all, world);
        perform("all-gather", () -> group._allgather_base(flat(all), flat(own)), own, all);
    }

    @Override
    public void allToAll(Tensor sent, Tensor received) {
        Operands.requireExchange(sent, received, world);
        perform(
                "all-to-all",
                () -> group.alltoall_base(flat(received), flat(sent), new LongVector(), new LongVector()),
                sent,
                received);
    }

    @Override
    public void broadcast(Tensor values, int root) {
        Operands.requireDense("the message", values);
        Operands.requireRank(root, world);
        perform(
                "broadcast",
                () -> group.broadcast(new TensorVector(flat(values)), new BroadcastOptions().rootRank(root)),
                values,
                values);
    }

    @Override
    public void barrier() {
        perform("barrier", group::barrier, null, null);
    }

    private static org.bytedeco.pytorch.Tensor flat(Tensor tensor) {
        return PyTorchTensors.of(tensor.reshape(tensor.size()));
    }

    /** Starts a collective and waits for it, holding its memory. */
    private void perform(String name, Supplier<Work> start, @Nullable Tensor from, @Nullable Tensor to) {
        if (closed) {
            throw new IllegalStateException("this group is closed; join another, with another epoch");
        }
        if (failure != null) {
            throw new CollectiveException(
                    where(name) + ": the group has failed before; close it and join one with another epoch", failure);
        }
        try (PointerScope scope = new PointerScope()) {
            if (!start.get()._wait()) {
                throw new IllegalStateException("it was given up");
            }
            calls++;
        } catch (RuntimeException e) {
            failure = new CollectiveException(where(name) + ": " + explain(e), e);
            throw failure;
        } finally {
            Reference.reachabilityFence(from);
            Reference.reachabilityFence(to);
        }
    }

    private String where(String name) {
        return Meeting.where(at, rank, world) + ", " + name + " (collective " + calls + ")";
    }

    private String explain(RuntimeException e) {
        String message = Meeting.firstLine(e);
        if (message.contains("Timed out") || message.contains("timeout")) {
            return "another rank did not answer within " + at.timeout().toMillis() + " ms; it hangs, or is slower than"
                    + " the timeout allows (" + message + ")";
        }
        if (message.contains("closed by peer") || message.contains("reset by peer") || message.contains("roken pipe")) {
            return "another rank is gone; look at its output (" + message + ")";
        }
        return message;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            group.close();
            meeting.close();
        }
    }
}
