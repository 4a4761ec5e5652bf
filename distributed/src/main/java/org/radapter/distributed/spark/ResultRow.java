package org.radapter.distributed.spark;

import java.io.Serializable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.radapter.train.ImageEmbedder.Embedded;

/** What an image leaves in the output: a row of one of three schemas. Of an image that is none, only its error is set. */
interface ResultRow extends Serializable {
    String EMBEDDING = "embedding";
    String ERROR = "error";
    String PREDICTED = "predicted";
    String SETTING = "setting";
    String SPLIT = "split";

    StructType schema();

    Row row(String path, @Nullable String label, Embedded embedded);

    private static Float @Nullable [] boxed(float @Nullable [] values) {
        if (values == null) {
            return null;
        }
        Float[] boxed = new Float[values.length];
        for (int i = 0; i < values.length; i++) {
            boxed[i] = values[i];
        }
        return boxed;
    }

    /** Of {@code embed}: the label is the source's. */
    record Embedding() implements ResultRow {
        private static final long serialVersionUID = 1;

        @Override
        public StructType schema() {
            return new StructType()
                    .add(ImageSource.PATH, DataTypes.StringType)
                    .add(ImageSource.LABEL, DataTypes.StringType)
                    .add(EMBEDDING, DataTypes.createArrayType(DataTypes.FloatType, false))
                    .add(ERROR, DataTypes.StringType);
        }

        @Override
        public Row row(String path, @Nullable String label, Embedded embedded) {
            return RowFactory.create(path, label, boxed(embedded.embedding()), embedded.error());
        }
    }

    /** Of {@code classify}: the label is the one that fits best. */
    record Classified(Head head) implements ResultRow {
        private static final long serialVersionUID = 1;

        @Override
        public StructType schema() {
            return new StructType()
                    .add(ImageSource.PATH, DataTypes.StringType)
                    .add(ImageSource.LABEL, DataTypes.StringType)
                    .add("probability", DataTypes.DoubleType)
                    .add(EMBEDDING, DataTypes.createArrayType(DataTypes.FloatType, false))
                    .add(ERROR, DataTypes.StringType);
        }

        @Override
        public Row row(String path, @Nullable String label, Embedded embedded) {
            float[] embedding = embedded.embedding();
            if (embedding == null) {
                return RowFactory.create(path, null, null, null, embedded.error());
            }
            Head.Answer answer = head.answer(embedding);
            return RowFactory.create(path, answer.name(), answer.probability(), boxed(embedding), null);
        }
    }

    /** Of {@code evaluate}: what is true and what was said, in one setting on one split. */
    record Scored(String setting, String split, Head head) implements ResultRow {
        static final StructType SCHEMA = new StructType()
                .add(SETTING, DataTypes.StringType)
                .add(SPLIT, DataTypes.StringType)
                .add(ImageSource.PATH, DataTypes.StringType)
                .add(ImageSource.LABEL, DataTypes.StringType)
                .add(PREDICTED, DataTypes.StringType)
                .add(ERROR, DataTypes.StringType);

        private static final long serialVersionUID = 1;

        @Override
        public StructType schema() {
            return SCHEMA;
        }

        @Override
        public Row row(String path, @Nullable String label, Embedded embedded) {
            float[] embedding = embedded.embedding();
            String predicted = embedding == null ? null : head.answer(embedding).name();
            return RowFactory.create(setting, split, path, label, predicted, embedded.error());
        }
    }
}
