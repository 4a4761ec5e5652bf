package org.radapter.distributed.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.RgbaImage;
import org.radapter.data.DatasetView;
import org.radapter.data.FolderDataset;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;
import org.radapter.train.BulkWork;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;
import org.radapter.train.Predictions;
import org.radapter.train.ZeroShotHead;

/** Bulk work by two tasks in this JVM. */
class SparkBulkTest {
    private static final ModelChoice MODEL = new ModelChoice("../models/emoji-clip", null, null, "cpu");
    private static final List<String> TEMPLATES = List.of("a photo of a {}");

    @TempDir
    static Path images;

    private static SparkSession spark;
    private static WritingStages stages;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() throws IOException {
        Drawings.in(images);
        spark = SparkSessions.open("local[2,4]");
        spark.conf().set("spark.sql.files.minPartitionNum", 4);
        stages = new WritingStages();
        spark.sparkContext().addSparkListener(stages);
    }

    @AfterAll
    static void close() {
        spark.stop();
    }

    private String output() {
        return folder.resolve("out").toString();
    }

    private static BulkWork.Outcome embed(String output) throws IOException {
        return new SparkBulk(spark).embed(MODEL, images.toString(), output);
    }

    /** The vector of one image, computed alone. */
    private static float[] alone(LoadedModel model, Path file) throws IOException {
        RgbaImage image = ImageReader.DEFAULT.readRgba(file);
        int side = model.config().image().imageSize();
        float[] pixels = new float[3 * side * side];
        DrawingPreparation.plain(model.config())
                .prepare(new Pixels(image.width(), image.height(), image.pixels()), 0, 0, pixels, 0);
        return model.model().embedImages(pixels)[0];
    }

    @Test
    void vectorsAreThoseOfEachImageAlone() throws Exception {
        assertThat(embed(output())).isEqualTo(new BulkWork.Outcome(Drawings.ALL, 0, 1));
        List<Row> rows = spark.read().parquet(output()).orderBy("path").collectAsList();
        assertThat(rows).hasSize(Drawings.ALL);
        try (LoadedModel model = LoadedModel.open(MODEL, 2)) {
            for (Row row : rows) {
                Path file = Path.of(URI.create(row.<String>getAs("path")));
                assertThat(row.<String>getAs("label"))
                        .isEqualTo(file.getParent().getFileName().toString().replace('_', ' '));
                if (file.endsWith(Drawings.BROKEN)) {
                    assertThat(row.<String>getAs("error"))
                            .contains("broken.png")
                            .contains("expected a PNG");
                    assertThat(row.<Object>getAs("embedding")).isNull();
                } else {
                    assertThat(row.<Object>getAs("error")).isNull();
                    assertThat(row.<Float>getList(row.fieldIndex("embedding")))
                            .isEqualTo(Contents.boxed(alone(model, file)));
                }
            }
        }
    }

    @Test
    void nothingIsShuffledBeforeTheWork() throws Exception {
        stages.forget();
        embed(output());
        stages.await(spark);
        assertThat(stages.records()).isEqualTo(Drawings.ALL);
        assertThat(stages.parents()).isZero();
    }

    @Test
    void whatIsThereIsNotComputedAgain() throws Exception {
        embed(output());
        String whole = Contents.hash(spark, output());
        List<Path> parts;
        try (Stream<Path> files = Files.list(folder.resolve("out"))) {
            parts = files.filter(file -> file.toString().endsWith(".parquet")).toList();
        }
        assertThat(parts).hasSizeGreaterThan(1);
        long lost = spark.read().parquet(parts.get(0).toString()).count();
        Files.delete(parts.get(0));
        stages.forget();
        assertThat(embed(output())).isEqualTo(new BulkWork.Outcome(Drawings.ALL, Drawings.ALL - lost, 1));
        stages.await(spark);
        assertThat(stages.records()).isEqualTo(lost);
        assertThat(stages.parents()).isZero();
        assertThat(Contents.hash(spark, output())).isEqualTo(whole);
    }

    @Test
    void anOutputOfOtherSettingsIsLeftAlone() throws Exception {
        embed(output());
        String whole = Contents.hash(spark, output());
        assertThatThrownBy(() ->
                        new SparkBulk(spark).classify(MODEL, Drawings.CLASSES, TEMPLATES, images.toString(), output()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("as work it has embed, and now it is classify; name a new folder");
        assertThat(Contents.hash(spark, output())).isEqualTo(whole);
        Files.writeString(Files.createDirectories(folder.resolve("other")).resolve("mine.txt"), "mine");
        assertThatThrownBy(() -> embed(folder.resolve("other").toString()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds mine.txt and nothing that says what it belongs to");
    }

    @Test
    void bytesInParquetAreClassifiedAsFilesAre() throws Exception {
        Path source = folder.resolve("source.parquet");
        Dataset<Row> binary = spark.read()
                .format("binaryFile")
                .option("recursiveFileLookup", true)
                .option("pathGlobFilter", "*.png")
                .load(images.toString());
        binary.write().parquet(source.toString());
        BulkWork work = new SparkBulk(spark);
        BulkWork.Outcome outcome = work.classify(MODEL, Drawings.CLASSES, TEMPLATES, source.toString(), output());
        assertThat(outcome).isEqualTo(new BulkWork.Outcome(Drawings.ALL, 0, 1));
        String other = folder.resolve("other").toString();
        work.classify(MODEL, Drawings.CLASSES, TEMPLATES, images.toString(), other);
        assertThat(Contents.hash(spark, output())).isEqualTo(Contents.hash(spark, other));
        for (Row row : spark.read().parquet(output()).where("error is null").collectAsList()) {
            assertThat(Drawings.CLASSES).contains(row.<String>getAs("label"));
            assertThat(row.<Double>getAs("probability")).isBetween(1.0 / Drawings.CLASSES.size(), 1.0);
        }
    }

    @Test
    void aSweepMeasuresAsOneProcessDoes() throws Exception {
        List<String> other = List.of("an icon of {}");
        List<BulkWork.Setting> settings =
                List.of(new BulkWork.Setting("photo", MODEL, TEMPLATES), new BulkWork.Setting("icon", MODEL, other));
        List<BulkWork.Split> splits = List.of(new BulkWork.Split("squares", images.toString()));
        BulkWork work = new SparkBulk(spark);
        List<BulkWork.Score> first = work.evaluate(settings.subList(0, 1), splits, output());
        stages.forget();
        List<BulkWork.Score> both = work.evaluate(settings, splits, output());
        stages.await(spark);
        assertThat(stages.records()).isEqualTo(Drawings.ALL);
        assertThat(both.get(0)).isEqualTo(first.get(0));
        try (LoadedModel model = LoadedModel.open(MODEL, 2)) {
            for (BulkWork.Setting setting : settings) {
                assertThat(both).contains(expected(model, setting));
            }
        }
    }

    private static BulkWork.Score expected(LoadedModel model, BulkWork.Setting setting) throws IOException {
        FolderDataset all = FolderDataset.ofClasses(images);
        List<Integer> readable = IntStream.range(0, all.size())
                .filter(i -> !all.source(i).endsWith(Drawings.BROKEN))
                .boxed()
                .toList();
        ZeroShotHead head = ZeroShotHead.of(model.model(), model.tokenizer(), all.classNames(), setting.templates());
        ImageTextDataset view = DatasetView.select(all, "readable", readable);
        Predictions predictions = Predictions.of(model.model(), head, view, DrawingPreparation.plain(model.config()));
        long right = Math.round(predictions.accuracy() * readable.size());
        return new BulkWork.Score(setting.name(), "squares", readable.size(), right, 1);
    }

    @Test
    void imagesWithoutLabelsCannotBeMeasured() {
        List<BulkWork.Setting> settings = List.of(new BulkWork.Setting("photo", MODEL, TEMPLATES));
        Map<String, Dataset<Row>> splits = Map.of(
                "flat", ImageSource.folder(spark, images.resolve("red_square").toString()));
        assertThatThrownBy(() -> new SparkBulk(spark).evaluate(settings, splits, output()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("some images of flat have no label");
    }

    @Test
    void imagesNeedAName() {
        assertThatThrownBy(() -> ImageSource.of(spark.range(3).toDF()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("images need a column \"path\"")
                .hasMessageContaining("[id]");
    }
}
