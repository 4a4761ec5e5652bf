package org.radapter.distributed.spark;

import org.radapter.train.BulkProvider;
import org.radapter.train.BulkWork;

/** Bulk work by Spark: what {@code embed --spark} finds. */
public final class SparkBulkProvider implements BulkProvider {
    @Override
    public BulkWork connect(String master) {
        return SparkBulk.connect(master);
    }
}
