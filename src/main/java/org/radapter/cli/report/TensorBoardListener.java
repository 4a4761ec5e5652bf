package org.radapter.cli.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.zip.CRC32C;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.Protobuf;

/**
 * Writes the steps of one run as TensorBoard's events, one file for each time the run is started: framed records of
 * TensorFlow's {@code Event} message, flushed as soon as a step is taken.
 */
public final class TensorBoardListener implements TrainingListener, Closeable {
    private static final int MASK = 0xa282ead8;

    private final Path file;
    private final OutputStream out;
    private final Clock clock;

    /**
     * Begins a file {@code events.out.tfevents.SECONDS.radapter} in {@code directory}; with a number after it where a run
     * began within the same second.
     *
     * @throws IOException if it cannot be written
     */
    public TensorBoardListener(Path directory) throws IOException {
        this(directory, Clock.systemUTC());
    }

    TensorBoardListener(Path directory, Clock clock) throws IOException {
        this.clock = clock;
        Files.createDirectories(directory);
        this.file = newFile(directory, "events.out.tfevents." + clock.millis() / 1000 + ".radapter");
        this.out = Files.newOutputStream(file, StandardOpenOption.APPEND);
        try {
            record(event().text(3, "brain.Event:2"));
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    /** Never one that is there: a killed run may have left a torn record at its end, after which nothing is read. */
    private static Path newFile(Path directory, String name) throws IOException {
        for (int next = 1; ; next++) {
            Path file = directory.resolve(next == 1 ? name : name + "." + next);
            try {
                return Files.createFile(file);
            } catch (FileAlreadyExistsException e) {
                // the next number
            }
        }
    }

    private Protobuf event() {
        return new Protobuf().wide(1, clock.millis() / 1000.0);
    }

    /** @throws UncheckedIOException if the events cannot be written, as on a full disk */
    @Override
    public void stepped(StepReport report) {
        Protobuf summary = new Protobuf();
        scalar(summary, "loss", report.loss());
        scalar(summary, "gradient_norm", report.gradientNorm());
        scalar(summary, "learning_rate", report.learningRate());
        try {
            record(event().integer(2, report.step()).message(5, summary));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static void scalar(Protobuf summary, String tag, double value) {
        summary.message(1, new Protobuf().text(1, tag).real(2, (float) value));
    }

    /** Length, its checksum, the message, its checksum. */
    private void record(Protobuf event) throws IOException {
        byte[] message = event.toBytes();
        ByteBuffer record = ByteBuffer.allocate(message.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(message.length);
        record.putInt(checksum(record.array(), 8));
        record.put(message).putInt(checksum(message, message.length));
        try {
            out.write(record.array());
            out.flush();
        } catch (IOException e) {
            throw new IOException(AtomicFiles.failure(file, e), e);
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
