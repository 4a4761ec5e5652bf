package org.radapter.distributed.spark;

import org.radapter.train.ClusterTuner;
import org.radapter.train.ClusterTunerProvider;

/** Ranks that Spark starts: what {@code finetune --spark} finds. */
public final class SparkTunerProvider implements ClusterTunerProvider {
    @Override
    public ClusterTuner connect(String master) {
        return SparkTuner.connect(master);
    }
}
