package org.radapter.cli.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.RgbImage;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.task.Score;
import org.radapter.task.Task;
import org.radapter.task.method.Bench;
import org.radapter.task.method.Budget;
import org.radapter.task.method.Learned;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recipe;
import org.radapter.task.method.Recogniser;
import org.radapter.tensor.DType;
import org.radapter.train.TinyClip;
import org.radapter.train.TinyDrawings;
import org.radapter.train.TrainingListener;

class CellsTest {
    private static final ResultRow.Cell CELL = new ResultRow.Cell("task", "method", 7);

    private static final ResultRow ROW = new ResultRow(
            CELL,
            Score.share("id", "top-1", new boolean[] {true, false, false, true, false, false, false, false, true}),
            .5,
            ResultRow.Chosen.VALIDATION,
            new ResultRow.Cost(150, 12, 3.25, 1000));

    /** A model that is nothing but its α. */
    private record Alpha(double alpha) implements Recogniser {
        @Override
        public float[][] images(ImageTextDataset images) {
            return new float[0][];
        }

        @Override
        public float[][] texts(List<String> texts) {
            return new float[0][];
        }

        @Override
        public Classifier classes(List<String> classNames, List<String> templates) {
            return image -> new double[0];
        }

        @Override
        public void close() {}
    }

    private static final class Line implements Learned {
        @Override
        public long steps() {
            return 9;
        }

        @Override
        public double seconds() {
            return 2;
        }

        @Override
        public long trainedParameters() {
            return 4;
        }

        @Override
        public long peakBytes() {
            return 5;
        }

        @Override
        public List<Double> alphas() {
            return List.of(.2, .4, 1.0);
        }

        @Override
        public double fixedAlpha() {
            return .5;
        }

        @Override
        public Recogniser at(double alpha) {
            return new Alpha(alpha);
        }

        @Override
        public void close() {}
    }

    /** Scores that are functions of α. */
    private record Curves(DoubleUnaryOperator validation, DoubleUnaryOperator test) implements Task {
        @Override
        public String name() {
            return "curves";
        }

        @Override
        public Lesson lesson(long seed) {
            ImageTextDataset drawings = new TinyDrawings();
            return new Lesson(drawings, drawings, any -> (i, step, sample) -> "", List.of("{}"));
        }

        @Override
        public Score validate(Recogniser model, Lesson lesson) {
            return Score.of(VALIDATION, "top-1", validation.applyAsDouble(((Alpha) model).alpha()));
        }

        @Override
        public List<Score> measure(Recogniser model) {
            return List.of(Score.of("id", "top-1", test.applyAsDouble(((Alpha) model).alpha())));
        }
    }

    private record Straight() implements Recipe {
        @Override
        public String name() {
            return "straight";
        }

        @Override
        public Learned learn(Bench bench, Lesson lesson, long seed) {
            return new Line();
        }
    }

    private static List<ResultRow> rows(Task task) throws IOException {
        return rows(task, List.of(.2, .4, 1.0));
    }

    private static List<ResultRow> rows(Task task, List<Double> wanted) throws IOException {
        try (Kernels kernels = Backends.open("reference");
                ClipParameters base = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                Bench bench =
                        new Bench(kernels, base, TinyDrawings.tokenizer(), Budget.QUICK, TrainingListener.SILENT)) {
            return new CellRun(bench, task, task.lesson(7), new Straight(), 7, wanted)
                    .run()
                    .rows();
        }
    }

    private static ResultRow only(List<ResultRow> rows, ResultRow.Chosen chosen) {
        List<ResultRow> found = rows.stream()
                .filter(row -> row.chosen() == chosen && row.score().split().equals("id"))
                .toList();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    /** Test figures rise with α where those of validation fall: the smallest α it is, whatever the test says. */
    @Test
    void alphaIsChosenOnValidationAlone() throws IOException {
        List<ResultRow> rows = rows(new Curves(alpha -> 1 - alpha, alpha -> alpha));
        ResultRow chosen = only(rows, ResultRow.Chosen.VALIDATION);
        assertThat(chosen.alpha()).isEqualTo(.2);
        assertThat(chosen.score().value()).isEqualTo(.2);
        ResultRow other = only(rows(new Curves(alpha -> 1 - alpha, alpha -> 1 - alpha)), ResultRow.Chosen.VALIDATION);
        assertThat(other.alpha()).isEqualTo(.2);
        assertThat(only(rows(new Curves(alpha -> alpha, alpha -> 0)), ResultRow.Chosen.VALIDATION)
                        .alpha())
                .isEqualTo(1);
    }

    @Test
    void ofEqualValidationTheSmallestAlphaIsTaken() throws IOException {
        assertThat(only(rows(new Curves(alpha -> .3, alpha -> alpha)), ResultRow.Chosen.VALIDATION)
                        .alpha())
                .isEqualTo(.2);
    }

    @Test
    void theFixedAlphaIsMeasuredAlthoughTheCurveLeavesItOut() throws IOException {
        List<ResultRow> rows = rows(new Curves(alpha -> alpha, alpha -> alpha));
        assertThat(only(rows, ResultRow.Chosen.FIXED).alpha()).isEqualTo(.5);
        assertThat(rows)
                .filteredOn(row -> row.chosen() == ResultRow.Chosen.CURVE)
                .hasSize(2 * 4);
        assertThat(rows.get(0).cost()).isEqualTo(new ResultRow.Cost(9, 4, 2, 5));
    }

    /** As a search measures: at the whole line's end, and where the method's source says it is judged. */
    @Test
    void aLineOfWhichOneAlphaIsWantedStillTellsTheFixedOne() throws IOException {
        List<ResultRow> rows = rows(new Curves(alpha -> alpha, alpha -> alpha), List.of(1.0));
        assertThat(only(rows, ResultRow.Chosen.FIXED).alpha()).isEqualTo(.5);
        assertThat(only(rows, ResultRow.Chosen.VALIDATION).alpha()).isEqualTo(1);
        assertThat(rows).noneMatch(row -> row.chosen() == ResultRow.Chosen.NONE);
    }

    @Test
    void aRowIsReadAsItWasWritten() {
        ResultRow read = ResultRow.parse(ROW.lineWithItems());
        assertThat(read.line()).isEqualTo(ROW.line());
        assertThat(read.score().items()).isEqualTo(ROW.score().items());
        assertThat(ROW.line()).isEqualTo("task,method,id,top-1,7,0.333333,0.500,validation,150,12,3.25,1000");
    }

    @Test
    void aFinishedCellIsFoundAgainAndAllRowsAreInOneFile(@TempDir Path path) throws IOException {
        ResultsFolder folder = ResultsFolder.open(path, "now\n");
        assertThat(folder.has(CELL)).isFalse();
        folder.add(CELL, List.of(ROW, ROW));
        ResultsFolder again = ResultsFolder.open(path, "now\n");
        assertThat(again.has(CELL)).isTrue();
        assertThat(again.has(new ResultRow.Cell("task", "method", 8))).isFalse();
        assertThat(Files.readAllLines(again.results())).containsExactly(ResultRow.HEADER, ROW.line(), ROW.line());
    }

    @Test
    void aPictureLiesBesideItsCellAndIsNoRow(@TempDir Path path) throws IOException {
        ResultsFolder folder = ResultsFolder.open(path, "now\n");
        folder.addPicture(CELL, new RgbImage(2, 1, new byte[] {1, 2, 3, -1, 0, 9}));
        assertThat(folder.has(CELL)).isFalse();
        folder.add(CELL, List.of(ROW));
        assertThat(folder.rows()).hasSize(1);
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(folder.picture(CELL)));
        assertThat(read.getRGB(0, 0) & 0xFFFFFF).isEqualTo(0x010203);
        assertThat(read.getRGB(1, 0) & 0xFFFFFF).isEqualTo(0xFF0009);
        assertThat(folder.picture(new ResultRow.Cell("task", "method", 8))).isNull();
    }

    @Test
    void resultsUnderOtherConditionsAreNotMixed(@TempDir Path path) throws IOException {
        ResultsFolder.open(path, "now\n");
        assertThatThrownBy(() -> ResultsFolder.open(path, "then\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--run");
    }

    @Test
    void aDamagedCellIsNamed(@TempDir Path path) throws IOException {
        ResultsFolder folder = ResultsFolder.open(path, "now\n");
        folder.add(CELL, List.of(ROW));
        Path file = path.resolve("cells").resolve("task").resolve("method-seed-7.csv");
        Files.writeString(file, ResultRow.HEADER + ",items\ntask,method\n");
        assertThatThrownBy(folder::rows)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("method-seed-7.csv");
    }
}
