package org.radapter.distributed.spark;

import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.SparkSession;

/** Counts what stages that write files wrote, and the stages they waited for. */
final class WritingStages extends SparkListener {
    private long records;
    private int parents;

    @Override
    public synchronized void onStageCompleted(SparkListenerStageCompleted stage) {
        long written = stage.stageInfo().taskMetrics().outputMetrics().recordsWritten();
        if (written > 0) {
            records += written;
            parents += stage.stageInfo().parentIds().size();
        }
    }

    /** Returns when all stages that have ended were counted. */
    void await(SparkSession spark) throws Exception {
        spark.sparkContext().listenerBus().waitUntilEmpty(10_000);
    }

    synchronized void forget() {
        records = 0;
        parents = 0;
    }

    synchronized long records() {
        return records;
    }

    synchronized int parents() {
        return parents;
    }
}
