package org.radapter.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.SmallDisk;
import org.radapter.train.StepReport;

class TensorBoardListenerTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);

    @TempDir
    private Path directory;

    @Test
    void theFileBeginsAsTensorFlowsDo() throws IOException {
        try (TensorBoardListener listener = new TensorBoardListener(directory, CLOCK)) {
            listener.notice("no event");
        }
        byte[] bytes = Files.readAllBytes(directory.resolve("events.out.tfevents.1700000000.radapter"));
        // length and its checksum, as every file of TensorFlow's has them; then the tag of wall_time
        assertThat(HexFormat.of().formatHex(bytes, 0, 13)).isEqualTo("1800000000000000a37f4b2209");
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getDouble(13))
                .isEqualTo(1_700_000_000.5);
        assertThat(new String(bytes, 23, 13, StandardCharsets.US_ASCII)).isEqualTo("brain.Event:2");
        assertThat(bytes).hasSize(8 + 4 + 24 + 4);
    }

    @Test
    void aStepIsARecordWithItsScalars() throws IOException {
        try (TensorBoardListener listener = new TensorBoardListener(directory, CLOCK)) {
            listener.stepped(new StepReport(300, 1.5, 2.25, .125, 0));
            // on the disk before the next step
            byte[] bytes = Files.readAllBytes(directory.resolve("events.out.tfevents.1700000000.radapter"));
            ByteBuffer record =
                    ByteBuffer.wrap(bytes, 40, bytes.length - 40).slice().order(ByteOrder.LITTLE_ENDIAN);
            int length = (int) record.getLong(0);
            assertThat(record.capacity()).isEqualTo(length + 16);
            byte[] message = new byte[length];
            record.get(12, message);
            String hex = HexFormat.of().formatHex(message, 9, length);
            assertThat(hex).startsWith("10ac02").contains(scalar("loss", 1.5f));
            assertThat(hex).contains(scalar("gradient_norm", 2.25f)).contains(scalar("learning_rate", .125f));
        }
    }

    @Test
    void aRunThatBeginsWithinTheSameSecondHasAFileOfItsOwn() throws IOException {
        new TensorBoardListener(directory, CLOCK).close();
        Path torn = directory.resolve("events.out.tfevents.1700000000.radapter");
        Files.write(torn, new byte[] {24, 0}, StandardOpenOption.APPEND);
        byte[] before = Files.readAllBytes(torn);
        new TensorBoardListener(directory, CLOCK).close();
        assertThat(torn).hasBinaryContent(before);
        assertThat(directory.resolve(torn.getFileName() + ".2")).hasSize(40);
    }

    @Test
    void aFullDiskIsSaid() throws IOException, InterruptedException {
        try (SmallDisk disk = new SmallDisk(directory.resolve("small"), 64);
                TensorBoardListener listener = new TensorBoardListener(disk.directory(), CLOCK)) {
            disk.fill();
            assertThatThrownBy(() -> {
                        while (true) {
                            listener.stepped(new StepReport(1, 2, .6, 2e-4, 0));
                        }
                    })
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("events.out.tfevents.1700000000.radapter")
                    .hasMessageContaining("disk is full");
        }
    }

    private static String scalar(String tag, float value) {
        ByteBuffer bits = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value);
        return "0a%02x%s15%s"
                .formatted(
                        tag.length(),
                        HexFormat.of().formatHex(tag.getBytes(StandardCharsets.US_ASCII)),
                        HexFormat.of().formatHex(bits.array()));
    }
}
