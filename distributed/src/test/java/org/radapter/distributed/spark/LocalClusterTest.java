package org.radapter.distributed.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.distributed.spark.SquaresJob.Trouble;
import org.radapter.train.BulkWork;
import org.radapter.train.ModelChoice;

/** A cluster of two executors in JVMs of their own, of which one dies. */
@Tag("nightly")
class LocalClusterTest {
    private static final ModelChoice MODEL =
            new ModelChoice(Path.of("../models/emoji-clip").toAbsolutePath().toString(), null, null, "cpu");

    @TempDir
    Path folder;

    @Test
    void anExecutorThatDiesLeavesTheRowsOfLocalTasks() throws Exception {
        Path images = Drawings.in(folder.resolve("images"));
        Path marker = folder.resolve("halted");
        String expected;
        SparkSession local = session("local[2,4]");
        try {
            embed(local, ImageSource.folder(local, images.toString()), "local");
            expected = Contents.hash(local, folder.resolve("local").toString());
        } finally {
            local.stop();
        }
        SparkSession cluster = session("local-cluster[2,1,1024]");
        try {
            Dataset<Row> rows = ImageSource.folder(cluster, images.toString())
                    .filter(new Halting("green_square/7.png", marker.toString()));
            embed(cluster, rows, "cluster");
            assertThat(Contents.hash(cluster, folder.resolve("cluster").toString()))
                    .isEqualTo(expected);
        } finally {
            cluster.stop();
        }
        assertThat(Files.readString(marker))
                .isNotEmpty()
                .isNotEqualTo(Long.toString(ProcessHandle.current().pid()));
    }

    @Test
    void anExecutorThatDiesChangesNoByteOfTheAdapters() throws Exception {
        SquaresJob job = SquaresJob.in(folder, Trouble.HALTS);
        Heard heard = new Heard();
        SparkSession cluster = session("local-cluster[2,1,1024]");
        try {
            new SparkTuner(cluster).run(job, SparkTunerTest.RUN, job.checkpoint(), heard);
        } finally {
            cluster.stop();
        }
        assertThat(Files.readString(job.marker()))
                .isNotEmpty()
                .isNotEqualTo(Long.toString(ProcessHandle.current().pid()));
        assertThat(heard.notices()).isNotEmpty().allMatch(notice -> notice.contains("started again, from step 2: "));
        heard.assertEachStepOnce();
        Path alone = Files.createDirectories(folder.resolve("alone"));
        assertThat(SparkTunerTest.adapters(folder, job.checkpoint())).isEqualTo(SparkTunerTest.adapters(alone, null));
    }

    private static SparkSession session(String master) {
        SparkSession spark = SparkSessions.open(master);
        spark.conf().set("spark.sql.files.minPartitionNum", 8);
        return spark;
    }

    private void embed(SparkSession spark, Dataset<Row> images, String output) throws Exception {
        assertThat(new SparkBulk(spark)
                        .embed(MODEL, images, folder.resolve(output).toString()))
                .isEqualTo(new BulkWork.Outcome(Drawings.ALL, 0, 1));
    }
}
