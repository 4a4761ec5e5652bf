package org.radapter.distributed.spark;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Row;

/**
 * Passes every row, and ends the JVM at one of them, once.
 *
 * @param ending of the row's path
 * @param marker a file that is there when it has happened
 */
record Halting(String ending, String marker) implements FilterFunction<Row> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean call(Row row) throws IOException {
        if (row.<String>getAs("path").endsWith(ending)) {
            try {
                Files.writeString(
                        Files.createFile(Path.of(marker)),
                        Long.toString(ProcessHandle.current().pid()));
                Runtime.getRuntime().halt(9);
            } catch (FileAlreadyExistsException e) {
                // it has happened
            }
        }
        return true;
    }
}
