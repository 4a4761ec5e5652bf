package org.radapter.distributed.spark;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What an output holds, whatever files it lies in. */
final class Contents {
    private Contents() {}

    /** SHA-256 over all rows in the order of their paths, each with all its columns. */
    static String hash(SparkSession spark, String output) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Row row : spark.read().parquet(output).orderBy("path").collectAsList()) {
            // floats are printed so that two that differ look different
            digest.update(row.mkString("\u0000").getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static List<Float> boxed(float[] values) {
        List<Float> boxed = new ArrayList<>();
        for (float value : values) {
            boxed.add(value);
        }
        return boxed;
    }
}
