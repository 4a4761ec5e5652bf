package org.radapter.distributed.spark;

import java.io.File;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** Spark sessions for commands of this library. */
public final class SparkSessions {
    /** What opening a small file costs, in bytes read; Spark's 4 MiB would put 32 images in a partition. */
    private static final String OPEN_COST = "262144";

    /** JavaCPP would limit native memory by the size of Java's heap. */
    private static final String MEMORY_OPTIONS =
            "-Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0";

    private SparkSessions() {}

    /**
     * A session with a cluster. A cluster within this machine, {@code local[…]} or {@code local-cluster[…]}, is reached at
     * 127.0.0.1 alone, and needs no installation of Spark but for {@code SPARK_HOME}, the name of a folder with an empty
     * folder {@code jars}, and {@code SPARK_SCALA_VERSION} in the environment of {@code local-cluster}. To others the jars
     * of this library on the class path are sent.
     *
     * @param master as Spark names it; empty: what {@code spark-submit} was told
     */
    public static SparkSession open(String master) {
        SparkSession.Builder builder = SparkSession.builder().appName("radapter");
        unlessSet(builder, "spark.sql.files.openCostInBytes", OPEN_COST);
        unlessSet(builder, "spark.ui.enabled", "false");
        // ranks that find fewer cores than they are wait this often, so long, for an executor that comes back
        unlessSet(builder, "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "2s");
        unlessSet(builder, "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "60");
        // a rank that does not end when it is interrupted takes its executor with it, and Spark starts another
        unlessSet(builder, "spark.task.reaper.enabled", "true");
        unlessSet(builder, "spark.task.reaper.killTimeout", "60s");
        if (master.isEmpty()) {
            return builder.getOrCreate();
        }
        builder.master(master);
        unlessSet(builder, "spark.executor.extraJavaOptions", MEMORY_OPTIONS);
        if (master.startsWith("local")) {
            unlessSet(builder, "spark.driver.host", "127.0.0.1");
            unlessSet(builder, "spark.driver.bindAddress", "127.0.0.1");
            unlessSet(builder, "spark.executor.extraClassPath", System.getProperty("java.class.path"));
        } else {
            unlessSet(builder, "spark.jars", ownJars());
        }
        return builder.getOrCreate();
    }

    private static void unlessSet(SparkSession.Builder builder, String name, String value) {
        builder.config(name, System.getProperty(name, value));
    }

    private static String ownJars() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.endsWith(".jar") && isOwn(new File(path).getName()))
                .collect(Collectors.joining(","));
    }

    private static boolean isOwn(String jar) {
        return jar.startsWith("radapter")
                || jar.startsWith("javacpp")
                || jar.startsWith("pytorch")
                || jar.startsWith("openblas");
    }
}
