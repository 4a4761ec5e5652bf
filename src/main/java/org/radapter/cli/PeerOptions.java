package org.radapter.cli;

import java.time.Duration;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.study.Study;
import org.radapter.train.ClusterTuner;
import org.radapter.train.ClusterTunerProvider;
import org.radapter.train.Peers;
import org.radapter.train.PeersProvider;
import org.radapter.train.Summation;
import picocli.CommandLine.Option;

/** Whether several processes fine-tune together, and where they meet or what starts them. */
final class PeerOptions {
    /** What to do where a class of that module is missing. */
    static final String NEEDS_MODULE = "needs the module distributed; build it with ./radapter --yes install && mvn -B"
            + " -f interop install && mvn -B -f distributed package -DskipTests";

    private static final String TOKEN = "RADAPTER_TOKEN";

    @Option(
            names = "--world",
            defaultValue = "1",
            paramLabel = "W",
            description = "Processes that fine-tune together, 1 (default), 2, 4 ...; each is started with the same"
                    + " command but for --process, and the result is that of one. Needs the module distributed.")
    private int world;

    @Option(
            names = "--process",
            defaultValue = "0",
            paramLabel = "R",
            description = "Which of them this is, from 0; process 0 measures and writes the run folder.")
    private int process;

    @Option(
            names = "--rendezvous",
            paramLabel = "HOST:PORT",
            description =
                    "Where they meet: a free port at an address of process 0's machine. Who can reach it can change"
                            + " the run: the network must be trusted. Runs that may meet by mistake are kept apart by the"
                            + " environment variable " + TOKEN + ".")
    private @Nullable String rendezvous;

    @Option(
            names = "--spark",
            paramLabel = "MASTER",
            arity = "0..1",
            fallbackValue = "",
            description =
                    "Apache Spark starts the --world ranks, as tasks of barrier stages from checkpoint to checkpoint, and"
                            + " starts them again after a failure; this process measures and writes. local[2,4]: two tasks in"
                            + " this process; local-cluster[2,1,1024]: in two more; spark://HOST:PORT, yarn and others: on a"
                            + " cluster, where model, images and run folder must lie at the same paths. Without MASTER: as"
                            + " spark-submit says. --threads and --isa mean nothing for ranks then. Needs the module"
                            + " distributed.")
    private @Nullable String master;

    @Option(
            names = "--reduce",
            defaultValue = "tree",
            paramLabel = "ORDER",
            description =
                    "How gradients of several ranks are added: tree (default), with the bits of one process for any"
                            + " number of ranks, a power of two; or ring, faster, for any number that divides --shards, with the"
                            + " same bits only for the same number.")
    private String reduce = "tree";

    @Option(
            names = "--timeout",
            defaultValue = "600",
            paramLabel = "SECONDS",
            description = "Longest wait for another process (${DEFAULT-VALUE}); process 0 measures the model before it"
                    + " comes.")
    private long timeoutSeconds;

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException if one is missing or out of range, or there are several seeds for several processes
     */
    void check(int seeds) {
        if (world < 1 || process < 0 || process >= world) {
            throw new IllegalArgumentException("--process " + process + " of --world " + world
                    + "; processes are numbered from 0 to one below --world");
        }
        if (timeoutSeconds < 1) {
            throw new IllegalArgumentException("--timeout is at least a second, not " + timeoutSeconds);
        }
        summation();
        if (isOnCluster()) {
            if (process > 0 || rendezvous != null) {
                throw new IllegalArgumentException(
                        "--spark starts all ranks and tells them where to meet; leave --process and --rendezvous out");
            }
            return;
        }
        if (world > 1 && rendezvous == null) {
            throw new IllegalArgumentException("--world " + world + " needs --rendezvous HOST:PORT, where they meet");
        }
        if (world > 1 && seeds > 1) {
            throw new IllegalArgumentException("several processes train one seed; run the others one after the other");
        }
    }

    /** Whether one process does everything. */
    boolean alone() {
        return world == 1 && !isOnCluster();
    }

    /** Whether a cluster starts the ranks. */
    boolean isOnCluster() {
        return master != null;
    }

    /** The ranks that a cluster starts. */
    Study.Ranks ranks() {
        return new Study.Ranks(world, Duration.ofSeconds(timeoutSeconds), summation());
    }

    private Summation summation() {
        return switch (reduce) {
            case "tree" -> Summation.TREE;
            case "ring" -> Summation.RING;
            default -> throw new IllegalArgumentException("--reduce is tree or ring, not \"" + reduce + "\"");
        };
    }

    /**
     * Starts or joins the cluster.
     *
     * @throws UnsupportedOperationException if there is nothing to reach it by
     */
    ClusterTuner connect() {
        if (master == null) {
            throw new IllegalStateException("no cluster was asked for");
        }
        return ServiceLoader.load(ClusterTunerProvider.class)
                .findFirst()
                .orElseThrow(() -> new UnsupportedOperationException("--spark " + NEEDS_MODULE))
                .connect(master);
    }

    /** Whether another process measures and writes. */
    boolean follows() {
        return process > 0;
    }

    /**
     * Meets the other processes, if there are any.
     *
     * @throws UnsupportedOperationException if there are, but nothing to meet them by
     */
    PeersProvider.Meeting meet() {
        if (world == 1 || rendezvous == null) {
            return new Alone();
        }
        PeersProvider provider = ServiceLoader.load(PeersProvider.class)
                .findFirst()
                .orElseThrow(() -> new UnsupportedOperationException("--world " + NEEDS_MODULE));
        String token = System.getenv().getOrDefault(TOKEN, "");
        return provider.meet(rendezvous, token, process, world, Duration.ofSeconds(timeoutSeconds), summation());
    }

    /** A meeting of one. */
    private static final class Alone implements PeersProvider.Meeting {
        @Override
        public Peers peers() {
            return Peers.alone();
        }

        @Override
        public void close() {}
    }
}
