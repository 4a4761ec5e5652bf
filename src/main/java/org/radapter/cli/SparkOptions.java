package org.radapter.cli;

import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.radapter.train.BulkProvider;
import org.radapter.train.BulkWork;
import picocli.CommandLine.Option;

/** Whether a command's work is spread over a cluster. */
final class SparkOptions {
    @Option(
            names = "--spark",
            paramLabel = "MASTER",
            arity = "0..1",
            fallbackValue = "",
            description =
                    "Apache Spark does the work: local[2,4] in this process, two tasks at a time and four tries each;"
                            + " local-cluster[2,1,1024] in two more; spark://HOST:PORT, yarn and others on a cluster, where the"
                            + " model must lie at the same path. Without MASTER: as spark-submit says. --out is then a folder of"
                            + " Parquet, and what it holds is not computed again; --threads and --isa mean nothing then: a task has"
                            + " the threads Spark gives it. Needs the module distributed.")
    private @Nullable String master;

    /** Whether it is. */
    boolean isUsed() {
        return master != null;
    }

    /**
     * Starts or joins the cluster.
     *
     * @throws UnsupportedOperationException if there is nothing to reach it by
     */
    BulkWork connect() {
        if (master == null) {
            throw new IllegalStateException("no cluster was asked for");
        }
        return ServiceLoader.load(BulkProvider.class)
                .findFirst()
                .orElseThrow(() -> new UnsupportedOperationException("--spark " + PeerOptions.NEEDS_MODULE))
                .connect(master);
    }
}
