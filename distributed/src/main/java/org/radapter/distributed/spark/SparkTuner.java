package org.radapter.distributed.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import org.radapter.distributed.CollectiveException;
import org.radapter.train.Checkpoint;
import org.radapter.train.ClusterRun;
import org.radapter.train.ClusterTuner;
import org.radapter.train.RankJob;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;
import scala.reflect.ClassTag$;

/**
 * {@link ClusterTuner} on Apache Spark: the tasks of a barrier stage are the ranks, and there is one stage for the steps
 * from each checkpoint to the next.
 *
 * <p>Spark does not repeat a barrier stage that fails, so the driver submits it again, and its ranks go on from the last
 * checkpoint, with the bits of a run that was not disturbed. It gives up when the same steps have failed
 * {@code spark.task.maxFailures} times (4).
 */
public final class SparkTuner implements ClusterTuner {
    /** What Spark tries a task by default. */
    private static final int TRIES = 4;

    /** Has Spark interrupt the tasks of a stage that has failed: a rank that hangs would keep its core for ever. */
    private static final String INTERRUPT = "spark.job.interruptOnCancel";

    private final SparkSession spark;
    private final boolean owns;

    private SparkTuner(SparkSession spark, boolean owns) {
        this.spark = spark;
        this.owns = owns;
    }

    /** Ranks in a session, which stays the caller's. */
    public SparkTuner(SparkSession spark) {
        this(spark, false);
    }

    /**
     * Ranks in a session of its own, which ends when this is closed.
     *
     * @param master see {@link SparkSessions#open}
     */
    public static SparkTuner connect(String master) {
        return new SparkTuner(SparkSessions.open(master), true);
    }

    @Override
    public void run(RankJob job, ClusterRun run, Checkpoint checkpoint, TrainingListener listener) throws IOException {
        String token = UUID.randomUUID().toString();
        int failures = 0;
        long next = checkpoint.nextStep();
        for (int epoch = 0; next < run.steps(); epoch++) {
            int until = run.nextCheckpoint(next);
            try {
                List<StepReport> reports = stage(run, new RankTask(job, run, until, token, epoch));
                requireReached(checkpoint, until);
                reports.forEach(listener::stepped);
                failures = 0;
            } catch (StageFailedException e) {
                long reached = checkpoint.nextStep();
                failures = reached > next ? 1 : failures + 1;
                requireFewer(failures, next, until, e);
                listener.notice(notice(next, reached, e));
            }
            next = checkpoint.nextStep();
        }
    }

    private void requireFewer(int failures, long next, int until, StageFailedException e) {
        if (failures >= spark.sparkContext().conf().getInt("spark.task.maxFailures", TRIES)) {
            throw new CollectiveException(
                    "the ranks failed " + failures + " times between step " + next + " and step " + until + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** A stage may fail when its checkpoint is there already; nobody knows the losses of its steps then. */
    private static String notice(long next, long reached, StageFailedException e) {
        String unknown = reached > next ? ", and the losses since step " + next + " are not known" : "";
        return "the ranks are started again, from step " + reached + unknown + ": " + e.getMessage();
    }

    /** The steps of one stage, as rank 0 tells them. */
    private List<StepReport> stage(ClusterRun run, RankTask task) throws IOException, StageFailedException {
        List<Integer> ranks = new ArrayList<>();
        for (int rank = 0; rank < run.world(); rank++) {
            ranks.add(rank);
        }
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        RDD<Integer> one = context.parallelize(ranks, run.world()).rdd();
        List<RankOutcome> outcomes;
        String interrupt = context.getLocalProperty(INTERRUPT);
        context.setLocalProperty(INTERRUPT, "true");
        try {
            outcomes = one.barrier()
                    .mapPartitions(task, false, ClassTag$.MODULE$.<RankOutcome>apply(RankOutcome.class))
                    .toJavaRDD()
                    .collect();
        } catch (Exception e) {
            // Spark throws what Java does not know it may
            throw new StageFailedException(e);
        } finally {
            context.setLocalProperty(INTERRUPT, interrupt);
        }
        RankOutcome first = outcomes.get(0);
        if (!first.mistakes().isEmpty()) {
            throw new IOException(String.join("; ", first.mistakes()));
        }
        return first.reports();
    }

    private static void requireReached(Checkpoint checkpoint, int until) throws IOException {
        long reached = checkpoint.nextStep();
        if (reached < until) {
            throw new IOException(
                    "rank 0 has written a checkpoint at step " + until + ", but here the last one is at step " + reached
                            + "; put the run folder where every machine sees it under the same path");
        }
    }

    @Override
    public void close() {
        if (owns) {
            spark.stop();
        }
    }
}
