package org.radapter.distributed.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.distributed.CollectiveException;
import org.radapter.distributed.TuneProgram;
import org.radapter.distributed.spark.SquaresJob.Trouble;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.train.Checkpoint;
import org.radapter.train.ClusterRun;
import org.radapter.train.Peers;
import org.radapter.train.Summation;
import org.radapter.train.TrainingListener;

/** Two ranks that are tasks of barrier stages in this JVM. */
@Timeout(300)
class SparkTunerTest {
    static final ClusterRun RUN =
            new ClusterRun(2, TuneProgram.STEPS, TuneProgram.CHECKPOINT_EVERY, Duration.ofSeconds(60), Summation.TREE);

    private static SparkSession spark;
    private static byte[] expected;

    @TempDir
    Path folder;

    @BeforeAll
    static void open(@TempDir Path alone) throws IOException {
        expected = adapters(alone, null);
        spark = SparkSessions.open("local[2,4]");
    }

    @AfterAll
    static void close() {
        spark.stop();
    }

    /** What one process writes, from a checkpoint on if there is one. */
    static byte[] adapters(Path folder, @Nullable Checkpoint checkpoint) throws IOException {
        Path file = folder.resolve("adapter.safetensors");
        try (Kernels kernels = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(2))) {
            TuneProgram.tune(kernels, Peers.alone(), TuneProgram.settings(0, 1), file, checkpoint, -1);
        }
        return Files.readAllBytes(file);
    }

    @Test
    void aRankThatFailsChangesNoByteOfTheAdapters() throws Exception {
        SquaresJob job = SquaresJob.in(folder, Trouble.THROWS);
        Heard heard = new Heard();
        new SparkTuner(spark).run(job, RUN, job.checkpoint(), heard);
        assertThat(job.marker()).exists();
        assertThat(heard.notices()).singleElement().asString().startsWith("the ranks are started again, from step 2: ");
        heard.assertEachStepOnce();
        assertThat(adapters(folder, job.checkpoint())).isEqualTo(expected);
    }

    @Test
    @Tag("nightly")
    void aRankThatHangsIsGivenUpInTime() throws Exception {
        SquaresJob job = SquaresJob.in(folder, Trouble.HANGS);
        Heard heard = new Heard();
        ClusterRun impatient =
                new ClusterRun(2, TuneProgram.STEPS, TuneProgram.STEPS, Duration.ofSeconds(30), Summation.TREE);
        new SparkTuner(spark).run(job, impatient, job.checkpoint(), heard);
        assertThat(heard.notices())
                .singleElement()
                .asString()
                .startsWith("the ranks are started again, from step 0: while gathering features: rank 0 of 2, epoch 0")
                .contains("did not answer within 30000 ms");
        heard.assertEachStepOnce();
        assertThat(adapters(folder, job.checkpoint())).isEqualTo(expected);
    }

    @Test
    void aRankThatFailsEveryTimeEndsTheRun() throws Exception {
        SquaresJob job = SquaresJob.in(folder, Trouble.ALWAYS_THROWS);
        Heard heard = new Heard();
        assertThatThrownBy(() -> new SparkTuner(spark).run(job, RUN, job.checkpoint(), heard))
                .isInstanceOf(CollectiveException.class)
                .hasMessageStartingWith("the ranks failed 4 times between step 2 and step 4: ");
        heard.assertSteps(0, 2);
        assertThat(heard.notices()).hasSize(3);
    }

    @Test
    void whatCannotBeOpenedIsSaidAtOnce() {
        SquaresJob job = SquaresJob.in(folder, Trouble.CANNOT_OPEN);
        assertThatThrownBy(() -> new SparkTuner(spark).run(job, RUN, job.checkpoint(), TrainingListener.SILENT))
                .isInstanceOf(IOException.class)
                .hasMessage("rank 0: there are no squares here; rank 1: there are no squares here");
    }

    @Test
    void checkpointsThatAreNotSeenHereAreNoticed() {
        SquaresJob there = SquaresJob.in(folder.resolve("there"), Trouble.NONE);
        SquaresJob here = SquaresJob.in(folder.resolve("here"), Trouble.NONE);
        assertThatThrownBy(() -> new SparkTuner(spark).run(there, RUN, here.checkpoint(), TrainingListener.SILENT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("put the run folder where every machine sees it");
    }
}
