package org.radapter.distributed.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Parquet files that a job adds to, and a note of what they were computed with, {@code _radapter}, which readers of
 * Parquet pass over.
 *
 * <p>The file of a task appears by one renaming when the task is done, under a name that a repetition of the task has too;
 * so after a failure, or a driver that was killed, the folder holds whole tasks and nothing twice, and {@code _SUCCESS}
 * appears with the last.
 */
final class OutputFolder {
    private static final String NOTE = "_radapter";

    private final SparkSession spark;
    private final Path path;
    private final StructType schema;

    OutputFolder(SparkSession spark, String path, StructType schema) {
        this.spark = spark;
        this.path = new Path(path);
        this.schema = schema;
    }

    /**
     * Makes the folder this job's, or finds that it is.
     *
     * @param facts what decides the rows, by name; those the folder has not got are added to it
     * @throws IOException if it holds something else, or cannot be written
     */
    void claim(Map<String, String> facts) throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        FileSystem system = path.getFileSystem(configuration);
        Path note = new Path(path, NOTE);
        Map<String, String> all = new TreeMap<>();
        if (system.exists(note)) {
            all.putAll(read(system, note));
            requireSame(all, facts);
        } else if (system.exists(path)) {
            requireEmpty(system);
        }
        facts.forEach((name, value) -> all.put(line(name), line(value)));
        write(system, note, all);
    }

    private void requireEmpty(FileSystem system) throws IOException {
        FileStatus[] present = system.listStatus(path, file -> !file.getName().startsWith("."));
        if (present.length > 0) {
            throw new IOException(path + " holds " + present[0].getPath().getName()
                    + " and nothing that says what it belongs to; name a new folder");
        }
    }

    private static String line(String text) {
        return text.replace("\n", "\\n").replace("=", "\\e");
    }

    private static Map<String, String> read(FileSystem system, Path note) throws IOException {
        Map<String, String> facts = new TreeMap<>();
        try (FSDataInputStream stream = system.open(note)) {
            for (String line : new String(stream.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                int equals = line.indexOf('=');
                if (equals < 0) {
                    throw new IOException(note + " is damaged; name a new folder");
                }
                facts.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return facts;
    }

    private static void write(FileSystem system, Path note, Map<String, String> facts) throws IOException {
        Path temporary = new Path(note.getParent(), "." + NOTE + ".tmp");
        try (FSDataOutputStream stream = system.create(temporary, true)) {
            StringBuilder text = new StringBuilder();
            facts.forEach(
                    (name, value) -> text.append(name).append('=').append(value).append('\n'));
            stream.write(text.toString().getBytes(StandardCharsets.UTF_8));
            stream.hsync();
        }
        FileContext.getFileContext(system.getUri(), system.getConf()).rename(temporary, note, Options.Rename.OVERWRITE);
    }

    private void requireSame(Map<String, String> before, Map<String, String> facts) throws IOException {
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            String value = line(fact.getValue());
            String other = before.getOrDefault(line(fact.getKey()), value);
            if (!other.equals(value)) {
                throw new IOException(path + " was begun with other settings: as " + fact.getKey() + " it has " + other
                        + ", and now it is " + value + "; name a new folder, or the settings it was begun with");
            }
        }
    }

    /** The rows that are there. */
    Dataset<Row> rows() {
        return spark.read().schema(schema).parquet(path.toString());
    }

    /** Adds rows; returns when all are there. */
    void add(Dataset<Row> rows) {
        rows.write()
                .mode(SaveMode.Append)
                // a task's file takes its place when the task ends, not when the job does
                .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
                .parquet(path.toString());
    }
}
