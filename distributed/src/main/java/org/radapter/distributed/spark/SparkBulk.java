package org.radapter.distributed.spark;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.SerializableConfiguration;
import org.radapter.distributed.spark.ResultRow.Scored;
import org.radapter.train.BulkWork;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;

/**
 * {@link BulkWork} on Apache Spark: a map over the partitions of the images, with one set of weights a JVM and no shuffle
 * before the work. What is in the output already is left out by a join with its names, which are sent to every executor;
 * they must fit in the driver's memory, some 100 bytes each.
 */
public final class SparkBulk implements BulkWork {
    private static final String PARQUET = ".parquet";

    private final SparkSession spark;
    private final boolean owns;

    private SparkBulk(SparkSession spark, boolean owns) {
        this.spark = spark;
        this.owns = owns;
    }

    /** Work in a session, which stays the caller's. */
    public SparkBulk(SparkSession spark) {
        this(spark, false);
    }

    /**
     * Work in a session of its own, which ends when this is closed.
     *
     * @param master see {@link SparkSessions#open}
     */
    public static SparkBulk connect(String master) {
        return new SparkBulk(SparkSessions.open(master), true);
    }

    @Override
    public Outcome embed(ModelChoice model, String images, String output) throws IOException {
        return embed(model, source(images), output);
    }

    /** As {@link #embed(ModelChoice, String, String)}, of rows as {@link ImageSource#of} gives them. */
    public Outcome embed(ModelChoice model, Dataset<Row> images, String output) throws IOException {
        String fingerprint;
        try (LoadedModel loaded = LoadedModel.open(model, 0)) {
            fingerprint = loaded.fingerprint();
        }
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("work", "embed");
        facts.put("weights", fingerprint);
        return run(model, fingerprint, new ResultRow.Embedding(), facts, images, output);
    }

    @Override
    public Outcome classify(
            ModelChoice model, List<String> labels, List<String> templates, String images, String output)
            throws IOException {
        return classify(model, labels, templates, source(images), output);
    }

    /** As {@link #classify(ModelChoice, List, List, String, String)}, of rows as {@link ImageSource#of} gives them. */
    public Outcome classify(
            ModelChoice model, List<String> labels, List<String> templates, Dataset<Row> images, String output)
            throws IOException {
        String fingerprint;
        Head head;
        try (LoadedModel loaded = LoadedModel.open(model, 0)) {
            fingerprint = loaded.fingerprint();
            head = Head.of(loaded, labels, templates);
        }
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("work", "classify");
        facts.put("weights", fingerprint);
        facts.put("labels", labels.toString());
        facts.put("templates", templates.toString());
        return run(model, fingerprint, new ResultRow.Classified(head), facts, images, output);
    }

    private Outcome run(
            ModelChoice model,
            String fingerprint,
            ResultRow result,
            Map<String, String> facts,
            Dataset<Row> images,
            String output)
            throws IOException {
        OutputFolder folder = new OutputFolder(spark, output, result.schema());
        folder.claim(facts);
        long found = folder.rows().count();
        Dataset<Row> missing = found == 0 ? images : without(images, folder.rows());
        add(folder, List.of(embedded(model, fingerprint, result, missing)));
        Row counts =
                folder.rows().agg(count(lit(1)), count(col(ResultRow.ERROR))).first();
        return new Outcome(counts.getLong(0), found, counts.getLong(1));
    }

    private static Dataset<Row> without(Dataset<Row> images, Dataset<Row> present) {
        return images.join(broadcast(present.select(ImageSource.PATH)), new String[] {ImageSource.PATH}, "left_anti");
    }

    private Dataset<Row> embedded(ModelChoice model, String fingerprint, ResultRow result, Dataset<Row> images) {
        Broadcast<SerializableConfiguration> files = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
        return images.mapPartitions(
                new EmbedPartition(model, fingerprint, result, files), Encoders.row(result.schema()));
    }

    private static void add(OutputFolder folder, List<Dataset<Row>> parts) throws IOException {
        try {
            folder.add(parts.stream().reduce(Dataset::union).orElseThrow());
        } finally {
            // executors within this process
            SharedModel.closeIdle();
        }
    }

    @Override
    public List<Score> evaluate(List<Setting> settings, List<Split> splits, String output) throws IOException {
        requireDistinct("settings", settings, Setting::name);
        requireDistinct("splits", splits, Split::name);
        Map<String, Dataset<Row>> images = new LinkedHashMap<>();
        splits.forEach(split -> images.put(split.name(), source(split.images())));
        return evaluate(settings, images, output);
    }

    private static <T> void requireDistinct(String what, List<T> all, Function<T, String> name) {
        if (all.isEmpty() || all.stream().map(name).distinct().count() < all.size()) {
            throw new IllegalArgumentException("the " + what + " to measure need one name each, and there must be one: "
                    + all.stream().map(name).toList());
        }
    }

    /**
     * As {@link #evaluate(List, List, String)}, of rows as {@link ImageSource#of} gives them, with a label each.
     *
     * @param splits by name
     */
    public List<Score> evaluate(List<Setting> settings, Map<String, Dataset<Row>> splits, String output)
            throws IOException {
        Map<String, List<String>> classes = new LinkedHashMap<>();
        splits.forEach((name, images) -> classes.put(name, classes(name, images)));
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("work", "evaluate");
        classes.forEach((name, names) -> facts.put("classes of " + name, names.toString()));
        List<Cell> cells = new ArrayList<>();
        for (Setting setting : settings) {
            try (LoadedModel loaded = LoadedModel.open(setting.model(), 0)) {
                String fingerprint = loaded.fingerprint();
                facts.put("weights of " + setting.name(), fingerprint);
                facts.put("templates of " + setting.name(), setting.templates().toString());
                for (Map.Entry<String, List<String>> split : classes.entrySet()) {
                    Head head = Head.of(loaded, split.getValue(), setting.templates());
                    cells.add(new Cell(setting, fingerprint, new Scored(setting.name(), split.getKey(), head)));
                }
            }
        }
        OutputFolder folder = new OutputFolder(spark, output, Scored.SCHEMA);
        folder.claim(facts);
        Dataset<Row> present = folder.rows();
        boolean isEmpty = present.isEmpty();
        List<Dataset<Row>> parts = new ArrayList<>();
        for (Cell cell : cells) {
            Dataset<Row> images =
                    Objects.requireNonNull(splits.get(cell.result().split()));
            Dataset<Row> missing = isEmpty ? images : without(images, present.where(cell.is()));
            parts.add(embedded(cell.setting().model(), cell.fingerprint(), cell.result(), missing));
        }
        add(folder, parts);
        return scores(folder, cells);
    }

    /** One setting on one split. */
    private record Cell(Setting setting, String fingerprint, Scored result) {
        Column is() {
            return col(ResultRow.SETTING)
                    .equalTo(result.setting())
                    .and(col(ResultRow.SPLIT).equalTo(result.split()));
        }
    }

    /** The labels of a split, in their order. */
    private static List<String> classes(String split, Dataset<Row> images) {
        List<String> names = new ArrayList<>();
        for (Row row : images.select(ImageSource.LABEL).distinct().collectAsList()) {
            if (row.isNullAt(0)) {
                throw new IllegalArgumentException("some images of " + split
                        + " have no label; put the images of each class in a folder named after the class, or give"
                        + " them a column \"label\"");
            }
            names.add(row.getString(0));
        }
        if (names.isEmpty()) {
            throw new IllegalArgumentException(split + " has no image");
        }
        names.sort(null);
        return names;
    }

    private static List<Score> scores(OutputFolder folder, List<Cell> cells) {
        Column right = col(ResultRow.PREDICTED).equalTo(col(ImageSource.LABEL));
        Map<List<String>, Score> all = new HashMap<>();
        for (Row row : folder.rows()
                .groupBy(col(ResultRow.SETTING), col(ResultRow.SPLIT))
                .agg(
                        count(col(ResultRow.PREDICTED)),
                        coalesce(sum(right.cast(DataTypes.LongType)), lit(0L)),
                        count(col(ResultRow.ERROR)))
                .collectAsList()) {
            Score score = new Score(row.getString(0), row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4));
            all.put(List.of(score.setting(), score.split()), score);
        }
        return cells.stream()
                .map(cell -> Objects.requireNonNull(
                        all.get(List.of(cell.result().setting(), cell.result().split()))))
                .toList();
    }

    private Dataset<Row> source(String images) {
        return images.endsWith(PARQUET) ? ImageSource.parquet(spark, images) : ImageSource.folder(spark, images);
    }

    @Override
    public void close() {
        if (owns) {
            spark.stop();
        }
    }
}
