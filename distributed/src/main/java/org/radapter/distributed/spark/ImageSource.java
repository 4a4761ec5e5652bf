package org.radapter.distributed.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.radapter.data.FolderDataset;

/**
 * Where images come from: rows of {@code path string, label string, content binary}. Without a column {@code content} a
 * task reads the file at {@code path} when its turn comes, so that what is skipped is not read. The label may be null.
 */
public final class ImageSource {
    static final String PATH = "path";
    static final String LABEL = "label";
    static final String CONTENT = "content";

    private ImageSource() {}

    /**
     * The image files in a folder and below, by Spark's {@code binaryFile}, which puts as many in a partition as {@code
     * spark.sql.files.maxPartitionBytes} and {@code spark.sql.files.openCostInBytes} say. The label is the name of the
     * sub-folder of {@code folder} an image lies in, with {@code _} as space, as for {@link FolderDataset#ofClasses}; of
     * images that lie in {@code folder} itself it is null.
     *
     * @param folder of any file system that Hadoop knows: {@code photos}, {@code hdfs://host/photos}
     * @throws UncheckedIOException if the file system cannot be reached
     */
    public static Dataset<Row> folder(SparkSession spark, String folder) {
        String root = root(spark, folder);
        String endings = FolderDataset.imageEndings().stream()
                .map(ending -> ending.replace(".", "[.]"))
                .collect(Collectors.joining("|", "(", ")$"));
        Dataset<Row> files = spark.read()
                .format("binaryFile")
                .option("recursiveFileLookup", true)
                .load(root)
                .select(col(PATH))
                .where(lower(col(PATH)).rlike(endings));
        Column below = expr("substring(path, " + (root.length() + 2) + ")");
        return files.withColumn("below", below)
                .withColumn(
                        LABEL,
                        expr("if(instr(below, '/') = 0, null, translate(substring_index(below, '/', 1), '_', ' '))"))
                .drop("below");
    }

    private static String root(SparkSession spark, String folder) {
        try {
            Configuration configuration = spark.sessionState().newHadoopConf();
            Path path = new Path(folder);
            return path.getFileSystem(configuration).makeQualified(path).toString();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach " + folder + ": " + e.getMessage(), e);
        }
    }

    /** The rows of Parquet files; see {@link #of}. */
    public static Dataset<Row> parquet(SparkSession spark, String files) {
        return of(spark.read().parquet(files));
    }

    /**
     * Rows of a data set as this package takes them: {@code path}, which names an image and is its key, and if they are
     * there {@code label} and {@code content}; other columns are dropped.
     *
     * @throws IllegalArgumentException if there is no column {@code path}, or one is not of its type
     */
    public static Dataset<Row> of(Dataset<Row> images) {
        List<String> columns = List.of(images.columns());
        if (!columns.contains(PATH)) {
            throw new IllegalArgumentException("images need a column \"path\", a name for each; there are " + columns);
        }
        if (columns.contains(CONTENT)
                && !images.schema().apply(CONTENT).dataType().equals(DataTypes.BinaryType)) {
            throw new IllegalArgumentException("the column \"content\" holds the bytes of image files, as binary, not "
                    + images.schema().apply(CONTENT).dataType().sql());
        }
        Column label = columns.contains(LABEL) ? col(LABEL).cast(DataTypes.StringType) : nothing();
        Dataset<Row> named = columns.contains(CONTENT)
                ? images.select(col(PATH), label.as(LABEL), col(CONTENT))
                : images.select(col(PATH), label.as(LABEL));
        return named;
    }

    private static Column nothing() {
        return lit(null).cast(DataTypes.StringType);
    }
}
