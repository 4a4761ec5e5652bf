package org.radapter.distributed.gloo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.radapter.distributed.CollectiveException;
import org.radapter.distributed.Collectives;
import org.radapter.distributed.Loopback;
import org.radapter.distributed.Rendezvous;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** One rank in a process of its own: {@code RankProgram MODE RANK WORLD PORT}; prints what it got. */
final class RankProgram {
    private static final int TIMEOUT = 20_000;
    private static final int LISTENS_STATE = 3;

    private RankProgram() {}

    public static void main(String[] arguments) throws IOException {
        int rank = Integer.parseInt(arguments[1]);
        int world = Integer.parseInt(arguments[2]);
        Rendezvous at = Loopback.at(Integer.parseInt(arguments[3]), "secret", TIMEOUT);
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            if (arguments[0].equals("all")) {
                everything(at, rank, world, arena);
            } else {
                lose(at, rank, world, arena);
            }
        }
    }

    private static void everything(Rendezvous at, int rank, int world, Arena arena) throws IOException {
        try (Collectives collectives = GlooCollectives.join(at, rank, world)) {
            System.out.println("listens " + listening());
            Tensor values = arena.allocate(DType.F32, 5).copyFrom(1, 2, 3, 4, 10 * rank);
            collectives.allReduceSum(values);
            System.out.println("sum " + Arrays.toString(values.toFloats()));
            Tensor own = arena.allocate(DType.I64, 2).copyFrom(rank, rank * rank);
            Tensor all = arena.allocate(DType.I64, world, 2);
            collectives.allGather(own, all);
            System.out.println("gathered " + Arrays.toString(all.toDoubles()));
            Tensor sent = arena.allocate(DType.F32, world);
            for (int i = 0; i < world; i++) {
                sent.set(i, 100 * rank + i);
            }
            Tensor received = arena.allocate(DType.F32, world);
            collectives.allToAll(sent, received);
            System.out.println("received " + Arrays.toString(received.toFloats()));
            Tensor message = arena.allocate(DType.U8, 3).copyFrom(rank, rank + 1, rank + 2);
            collectives.broadcast(message, world - 1);
            System.out.println("message " + Arrays.toString(message.toDoubles()));
            collectives.barrier();
        }
    }

    /** The last rank is gone in the middle; the others say so and go on without it. */
    private static void lose(Rendezvous at, int rank, int world, Arena arena) {
        Tensor values = arena.allocate(DType.F32, 1 << 20);
        try (Collectives collectives = GlooCollectives.join(at, rank, world)) {
            collectives.barrier();
            if (rank == world - 1) {
                Runtime.getRuntime().halt(9);
            }
            while (true) {
                collectives.allReduceSum(values);
            }
        } catch (CollectiveException e) {
            System.out.println(e.getMessage());
        }
        try (Collectives collectives = GlooCollectives.join(at.withEpoch(1), rank, world - 1)) {
            values.copyFrom(new float[1 << 20]).set(0, rank + 1);
            collectives.allReduceSum(values);
            System.out.println("sum " + values.get(0));
            collectives.barrier();
        }
    }

    /** Addresses at which sockets of this process listen, as the kernel prints them. */
    private static Set<String> listening() throws IOException {
        Set<String> own;
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            own = descriptors.map(RankProgram::inode).collect(Collectors.toSet());
        }
        try (Stream<String> tcp = Files.lines(Path.of("/proc/self/net/tcp"), StandardCharsets.US_ASCII);
                Stream<String> tcp6 = Files.lines(Path.of("/proc/self/net/tcp6"), StandardCharsets.US_ASCII)) {
            return Stream.concat(tcp, tcp6)
                    .map(line -> line.trim().split(" +"))
                    .filter(columns -> columns[LISTENS_STATE].equals("0A") && own.contains(columns[9]))
                    .map(columns -> columns[1].substring(0, columns[1].indexOf(':')))
                    .collect(Collectors.toSet());
        }
    }

    private static String inode(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().replaceAll("socket:\\[([0-9]+)]", "$1");
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }
}
