package org.radapter.distributed.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.radapter.distributed.Rendezvous;
import org.radapter.distributed.gloo.GlooPeers;
import org.radapter.train.ClusterRun;
import org.radapter.train.RankJob;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * A task of a barrier stage as one rank. It opens its part of the job, tells the others through Spark that it could, or
 * why not, and where rank 0 listens; then the ranks meet there and train.
 *
 * <p>A part that cannot be opened is a mistake that no repetition mends, so all tasks end well and report it; everything
 * that fails later fails the stage.
 */
final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<RankOutcome>> implements Serializable {
    private static final long serialVersionUID = 1;

    /** Begins the message of a rank that could not open its part. */
    private static final String MISTAKE = "!";

    private final RankJob job;
    private final ClusterRun run;
    private final int until;
    private final String token;
    private final int epoch;

    /**
     * A task.
     *
     * @param until number of the step that is not taken any more
     * @param token of the run
     * @param epoch of the stage, which no other stage of the run has
     */
    RankTask(RankJob job, ClusterRun run, int until, String token, int epoch) {
        this.job = job;
        this.run = run;
        this.until = until;
        this.token = token;
        this.epoch = epoch;
    }

    @Override
    public Iterator<RankOutcome> apply(Iterator<Integer> ranks) {
        try {
            RankOutcome outcome = run(BarrierTaskContext.get());
            return CollectionConverters.asScala(List.of(outcome).iterator());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private RankOutcome run(BarrierTaskContext task) throws IOException {
        RankJob.Opened opened;
        try {
            opened = job.open(task.cpus());
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException e) {
            return new RankOutcome(List.of(), mistakes(task.allGather(MISTAKE + e.getMessage())));
        }
        try (opened) {
            String host = host(task);
            String[] messages = task.allGather(task.partitionId() == 0 ? Integer.toString(freePort(host)) : "");
            List<String> mistakes = mistakes(messages);
            if (!mistakes.isEmpty()) {
                return new RankOutcome(List.of(), mistakes);
            }
            Rendezvous at = new Rendezvous(host, Integer.parseInt(messages[0]), token, epoch, run.timeout(), null);
            try (GlooPeers ranks = GlooPeers.meet(at, task.partitionId(), messages.length, run.summation())) {
                return new RankOutcome(opened.advance(ranks.peers(), until), List.of());
            }
        }
    }

    private static List<String> mistakes(String[] messages) {
        List<String> mistakes = new ArrayList<>();
        for (int rank = 0; rank < messages.length; rank++) {
            if (messages[rank].startsWith(MISTAKE)) {
                mistakes.add("rank " + rank + ": " + messages[rank].substring(MISTAKE.length()));
            }
        }
        return mistakes;
    }

    /** The address of the executor that rank 0 runs on, as Spark knows it. */
    private static String host(BarrierTaskContext task) {
        String address = task.getTaskInfos()[0].address();
        String host = address.substring(0, address.lastIndexOf(':'));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** A port that is free at this moment; should another process take it, the stage fails and takes another. */
    private static int freePort(String host) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return socket.getLocalPort();
        }
    }
}
