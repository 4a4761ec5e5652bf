package org.radapter.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

class SafetensorsTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeComesBackBitForBit(DType dtype) throws IOException {
        Tensor tensor = HostTensors.allocate(dtype, 3, 7);
        tensor.copyFrom(new Random(1).doubles(21, 0, 200).toArray());
        Path file = directory.resolve("a.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(Map.of("t", tensor)), Map.of());
        try (Safetensors read = Safetensors.openFinite(file)) {
            assertThat(read.dtype("t")).isEqualTo(dtype);
            assertThat(read.shape("t")).containsExactly(3, 7);
            assertThat(HostTensors.read(read, "t").bytes()).isEqualTo(tensor.bytes());
        }
    }

    @Test
    void conversionRoundsToNearestEvenInEveryPair() throws IOException {
        double[] values = {0, -0.0, 1, -1.0 / 3, 3.1415926, 60000, -6.1e-5, 1e-7};
        DType[] floating = {DType.F64, DType.F32, DType.F16, DType.BF16};
        for (DType from : floating) {
            Tensor stored = HostTensors.allocate(from, 2, 4).copyFrom(values);
            Path file = directory.resolve(from + ".safetensors");
            SafetensorsWriter.write(file, TensorSources.of(Map.of("t", stored)), Map.of());
            try (Safetensors read = Safetensors.openFinite(file)) {
                for (DType to : floating) {
                    double[] expected = HostTensors.allocate(to, 2, 4)
                            .copyFrom(stored.toDoubles())
                            .toDoubles();
                    assertThat(HostTensors.read(read, "t", to).toDoubles())
                            .as(from + " as " + to)
                            .containsExactly(expected);
                }
            }
        }
    }

    @Test
    void readsIntoAViewWithGapsAndLeavesTheGapsAlone() throws IOException {
        Tensor stored = HostTensors.allocate(DType.F32, 3, 2).copyFrom(1, 2, 3, 4, 5, 6);
        Tensor wide = HostTensors.allocate(DType.F32, 3, 5).copyFrom(new double[15]);
        try (Safetensors read = reopened(Map.of("t", stored))) {
            read.read("t", wide.columns(1, 3));
        }
        assertThat(wide.toDoubles()).containsExactly(0, 1, 2, 0, 0, 0, 3, 4, 0, 0, 0, 5, 6, 0, 0);
    }

    @Test
    void tensorsLargerThanAPieceComeBack() throws IOException {
        Tensor stored = HostTensors.allocate(DType.F32, 700_001);
        for (int i = 0; i < stored.size(); i++) {
            stored.set(i, i);
        }
        try (Safetensors read = reopened(Map.of("t", stored))) {
            assertThat(HostTensors.read(read, "t").bytes()).isEqualTo(stored.bytes());
            assertThat(HostTensors.read(read, "t", DType.F64).toDoubles()).isEqualTo(stored.toDoubles());
        }
    }

    @Test
    void scalarsEmptyTensorsAndMetadataComeBack() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("scalar", HostTensors.allocate(DType.F32).copyFrom(4.5));
        tensors.put("empty", HostTensors.allocate(DType.F16, 0, 3));
        tensors.put("bytes", HostTensors.allocate(DType.U8, 3).copyFrom(1, 2, 255));
        Path file = directory.resolve("a.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(tensors), Map.of("note", "ä \"x\"\n"));
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.metadata()).isEqualTo(Map.of("note", "ä \"x\"\n"));
            assertThat(read.shape("scalar")).isEmpty();
            assertThat(HostTensors.read(read, "scalar").get(0)).isEqualTo(4.5);
            assertThat(HostTensors.read(read, "empty").size()).isZero();
            assertThat(HostTensors.read(read, "bytes").toDoubles()).containsExactly(1, 2, 255);
            Tensor one = HostTensors.allocate(DType.F32, 1);
            read.read("scalar", one);
            assertThat(one.get(0)).isEqualTo(4.5);
        }
    }

    @Test
    void sameTensorsGiveSameBytesAndAlignedData() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("b", HostTensors.allocate(DType.F16, 3));
        tensors.put("a", HostTensors.allocate(DType.U8, 1));
        tensors.put("c", HostTensors.allocate(DType.I64, 2));
        Map<String, Tensor> reversed = new TreeMap<>(java.util.Comparator.reverseOrder());
        reversed.putAll(tensors);
        Path first = directory.resolve("1.safetensors");
        Path second = directory.resolve("2.safetensors");
        SafetensorsWriter.write(first, TensorSources.of(tensors), Map.of("x", "1", "a", "2"));
        SafetensorsWriter.write(second, TensorSources.of(reversed), new TreeMap<>(Map.of("a", "2", "x", "1")));
        byte[] bytes = Files.readAllBytes(first);
        assertThat(Files.readAllBytes(second)).isEqualTo(bytes);
        long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertThat((8 + header) % 8).isZero();
        String json = new String(bytes, 8, (int) header, StandardCharsets.UTF_8);
        assertThat(json).contains("\"c\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}");
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F64", "F32", "F16", "BF16"})
    void notFiniteValuesAreRefusedByNameForWeightsOnly(DType dtype) throws IOException {
        for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            Tensor stored = HostTensors.allocate(dtype, 5).copyFrom(1, 2, 3, broken, 5);
            Path file = directory.resolve("a.safetensors");
            SafetensorsWriter.write(file, TensorSources.of(Map.of("ln.weight", stored)), Map.of());
            try (Safetensors weights = Safetensors.openFinite(file);
                    Safetensors data = Safetensors.open(file)) {
                for (DType as : new DType[] {dtype, DType.F64, DType.F32}) {
                    assertThatThrownBy(() -> HostTensors.read(weights, "ln.weight", as))
                            .isInstanceOf(WeightsFormatException.class)
                            .hasMessageContaining("ln.weight")
                            .hasMessageContaining("element 3");
                    assertThat(HostTensors.read(data, "ln.weight", as).get(3)).isEqualTo(Double.valueOf(broken));
                }
            }
        }
    }

    @Test
    void valuesTooLargeForTheTypeAreRefused() throws IOException {
        Tensor stored = HostTensors.allocate(DType.F32, 2).copyFrom(65519, 65520);
        try (Safetensors read = reopened(Map.of("big", stored))) {
            assertThatThrownBy(() -> HostTensors.read(read, "big", DType.F16))
                    .isInstanceOf(WeightsFormatException.class)
                    .hasMessageContaining("65520")
                    .hasMessageContaining("F16");
        }
    }

    @Test
    void integersThatDoNotFitAreRefused() throws IOException {
        Tensor stored = HostTensors.allocate(DType.I64, 2).copyFrom(7, 3e9);
        try (Safetensors read = reopened(Map.of("ids", stored))) {
            assertThat(HostTensors.read(read, "ids", DType.F32).get(0)).isEqualTo(7);
            assertThatThrownBy(() -> HostTensors.read(read, "ids", DType.I32)).hasMessageContaining("I32");
        }
    }

    @Test
    void wrongDestinationsAreRefused() throws IOException {
        try (Safetensors read = reopened(Map.of("t", HostTensors.allocate(DType.F32, 2, 3)))) {
            assertThatThrownBy(() -> read.read("t", HostTensors.allocate(DType.F32, 3, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[2, 3]")
                    .hasMessageContaining("[3, 2]");
            assertThatThrownBy(() -> read.read("t", HostTensors.allocate(DType.I32, 2, 3)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> read.shape("u"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'u'");
        }
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> Safetensors.open(directory.resolve("none.safetensors")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("none.safetensors");
    }

    @Test
    void aFileThatShrinksMeanwhileIsAnException() throws IOException {
        Tensor stored = HostTensors.allocate(DType.F32, 1000);
        Path file = directory.resolve("a.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(Map.of("t", stored)), Map.of());
        try (Safetensors read = Safetensors.open(file)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(2000);
            }
            assertThatThrownBy(() -> HostTensors.read(read, "t")).hasMessageContaining("became shorter");
            assertThatThrownBy(() -> HostTensors.read(read, "t", DType.F64)).hasMessageContaining("became shorter");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 7 | truncated",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 9 | follow its last tensor",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | 12 | hole",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | inside the tensor before",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[12,16]}} | 16 | hole",
                "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | 8 | needs 12 bytes",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | 8 | data_offsets",
                "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | 8 | shape",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | 8 | data_offsets",
                "{'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,8]}} | 8 | overflows",
                "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | 8 | JSON",
                "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}} | 8 | shape",
                "{'a':{'dtype':'F33','shape':[2],'data_offsets':[0,8]}} | 8 | F33",
                "{'a':{'dtype':'F32','shape':[2]}} | 8 | described",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'x':1}} | 8 | described",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 8 | Duplicate",
                "{'__metadata__':{'x':1}} | 0 | metadata",
                "{'__metadata__':[]} | 0 | metadata",
                "[1] | 0 | begin",
                "{'a':} | 0 | JSON",
                "{}x | 0 | JSON",
                "{} {} | 0 | goes on",
            })
    void lyingHeadersAreRefused(String header, int dataBytes, String expected) throws IOException {
        Path file = directory.resolve("bad.safetensors");
        Files.write(file, file(header.replace('\'', '"').getBytes(StandardCharsets.UTF_8), dataBytes));
        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("bad.safetensors")
                .hasMessageContaining(expected);
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        Path file = directory.resolve("deep.safetensors");
        String nested = "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        Files.write(file, file(nested.getBytes(StandardCharsets.UTF_8), 0));
        assertThatThrownBy(() -> Safetensors.open(file).close()).isInstanceOf(WeightsFormatException.class);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "-1", "9223372036854775807", "11", "200000000"})
    void impossibleHeaderLengthsAreRefused(long length) throws IOException {
        Path file = directory.resolve("bad.safetensors");
        byte[] bytes = ByteBuffer.allocate(18)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put("{}        ".getBytes(StandardCharsets.UTF_8))
                .array();
        Files.write(file, bytes);
        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("header");
    }

    @Test
    void aHeaderBeyondTheLimitIsRefusedBeforeItIsRead() throws IOException {
        Path file = directory.resolve("huge.safetensors");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer length =
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 150_000_000L);
            assertThat(channel.write(length)).isEqualTo(8);
            assertThat(channel.write(ByteBuffer.allocate(1), 200_000_000L)).isEqualTo(1);
        }
        assertThatThrownBy(() -> Safetensors.open(file).close()).hasMessageContaining("limit");
    }

    @Test
    void shortFilesAreRefused() throws IOException {
        for (int size = 0; size < 10; size++) {
            Path file = directory.resolve("short" + size);
            Files.write(file, new byte[size]);
            assertThatThrownBy(() -> Safetensors.open(file).close()).isInstanceOf(WeightsFormatException.class);
        }
    }

    @Test
    void pickleAndTorchScriptFilesAreRefusedWithTheirConversion() throws IOException {
        Path pickle = directory.resolve("model.bin");
        Files.write(pickle, new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, 1, 2});
        assertThatThrownBy(() -> Safetensors.open(pickle).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("python -c")
                .hasMessageContaining("weights_only=True")
                .hasMessageContaining("model.safetensors");
        Path script = directory.resolve("ViT-B-32.pt");
        try (var zip = new java.util.zip.ZipOutputStream(Files.newOutputStream(script))) {
            zip.putNextEntry(new java.util.zip.ZipEntry("model/code/__torch__.py"));
            zip.closeEntry();
        }
        assertThatThrownBy(() -> Safetensors.open(script).close())
                .hasMessageContaining("torch.jit.load")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aHeaderWhoseLengthLooksLikeAPickleIsRead() throws IOException {
        byte[] header = ("{}" + " ".repeat(0x280 - 2)).getBytes(StandardCharsets.UTF_8);
        Path file = directory.resolve("a.safetensors");
        Files.write(file, file(header, 0));
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.names()).isEmpty();
        }
    }

    @Test
    void randomlyDamagedHeadersGiveNothingButTheDocumentedExceptions() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("a.weight", HostTensors.allocate(DType.F32, 2, 3));
        tensors.put("b", HostTensors.allocate(DType.F16, 5));
        tensors.put("c", HostTensors.allocate(DType.I64));
        Path file = directory.resolve("fuzz.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(tensors), Map.of("format", "pt"));
        byte[] good = Files.readAllBytes(file);
        int headerEnd =
                8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
        Random random = new Random(20);
        int refused = 0;
        for (int round = 0; round < 10_000; round++) {
            byte[] bad = mutated(good, headerEnd, random);
            Files.write(file, bad);
            try (Safetensors read = Safetensors.open(file)) {
                for (String name : read.names()) {
                    readAll(read, name);
                }
            } catch (IOException e) {
                assertThat(e).isInstanceOf(WeightsFormatException.class);
                refused++;
            }
        }
        assertThat(refused).isBetween(5_000, 9_999);
    }

    private static void readAll(Safetensors read, String name) throws IOException {
        Tensor tensor = HostTensors.read(read, name);
        assertThat(tensor.size()).isLessThan(100);
    }

    private static byte[] mutated(byte[] good, int headerEnd, Random random) {
        byte[] bad = good.clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(headerEnd);
            switch (random.nextInt(4)) {
                case 0 -> bad[at] = (byte) random.nextInt(256);
                case 1 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bad[at] = (byte) "0123456789-{}[],:\" eF".charAt(random.nextInt(21));
                default -> bad = Arrays.copyOf(bad, headerEnd + random.nextInt(bad.length - headerEnd + 9));
            }
        }
        return bad;
    }

    private Safetensors reopened(Map<String, Tensor> tensors) throws IOException {
        Path file = directory.resolve("reopened.safetensors");
        TensorSource source = TensorSources.of(tensors);
        SafetensorsWriter.write(file, source, Map.of());
        return Safetensors.openFinite(file);
    }

    private static byte[] file(byte[] header, int dataBytes) {
        return ByteBuffer.allocate(8 + header.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }
}
