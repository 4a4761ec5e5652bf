package org.radapter.distributed.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.image.ImageException;
import org.radapter.clip.image.ImageReader;
import org.radapter.train.ImageEmbedder;
import org.radapter.train.ModelChoice;

/**
 * Embeds the images of a partition, {@link ImageEmbedder#BATCH} at a time, across files. An image that cannot be decoded,
 * or whose file is gone, becomes a row with an error; a file system that fails makes the task fail, and Spark tries it
 * again.
 *
 * @param choice the model
 * @param fingerprint of the weights the driver has
 * @param result what each image becomes
 * @param files how files are read where there is no column {@code content}
 */
record EmbedPartition(
        ModelChoice choice, String fingerprint, ResultRow result, Broadcast<SerializableConfiguration> files)
        implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    @Override
    public Iterator<Row> call(Iterator<Row> images) throws IOException {
        if (!images.hasNext()) {
            return Collections.emptyIterator();
        }
        TaskContext task = TaskContext.get();
        SharedModel.Lease lease = SharedModel.lease(choice, fingerprint, task.cpus());
        TaskCompletionListener end = context -> lease.close();
        task.addTaskCompletionListener(end);
        return new Batches(images, lease.lane().embedder(), files.value().value());
    }

    private final class Batches implements Iterator<Row> {
        private final Iterator<Row> images;
        private final ImageEmbedder embedder;
        private final Configuration configuration;
        private final Queue<Row> ready = new ArrayDeque<>();

        Batches(Iterator<Row> images, ImageEmbedder embedder, Configuration configuration) {
            this.images = images;
            this.embedder = embedder;
            this.configuration = configuration;
        }

        @Override
        public boolean hasNext() {
            return !ready.isEmpty() || images.hasNext();
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            if (ready.isEmpty()) {
                embedBatch();
            }
            return ready.remove();
        }

        private void embedBatch() {
            List<Row> batch = new ArrayList<>();
            while (batch.size() < ImageEmbedder.BATCH && images.hasNext()) {
                batch.add(images.next());
            }
            List<ImageEmbedder.Embedded> embedded =
                    embedder.embed(batch.stream().map(this::source).toList());
            for (int i = 0; i < batch.size(); i++) {
                Row image = batch.get(i);
                ready.add(result.row(path(image), image.getAs(ImageSource.LABEL), embedded.get(i)));
            }
        }

        private ImageEmbedder.Source source(Row image) {
            return () -> ImageReader.DEFAULT.readRgba(content(image), path(image));
        }

        private String path(Row image) {
            return String.valueOf(image.<Object>getAs(ImageSource.PATH));
        }

        private byte[] content(Row image) throws IOException {
            if (!Arrays.asList(image.schema().fieldNames()).contains(ImageSource.CONTENT)) {
                return read(path(image));
            }
            byte @Nullable [] content = image.getAs(ImageSource.CONTENT);
            if (content == null) {
                throw new ImageException(path(image) + " has no content", null);
            }
            return content;
        }

        private byte[] read(String file) throws ImageException {
            try {
                Path path = new Path(file);
                FileSystem system = path.getFileSystem(configuration);
                long length = system.getFileStatus(path).getLen();
                if (length > ImageReader.DEFAULT.mostBytes()) {
                    throw new ImageException(
                            file + " holds " + length + " bytes, more than the limit of "
                                    + ImageReader.DEFAULT.mostBytes(),
                            null);
                }
                try (InputStream stream = system.open(path)) {
                    return stream.readAllBytes();
                }
            } catch (FileNotFoundException e) {
                throw new ImageException("there is no image " + file, e);
            } catch (ImageException e) {
                throw e;
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
            }
        }
    }
}
