package org.radapter.clip.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Writes a byte-pair vocabulary in the formats {@link Tokenizers} reads. Each file appears whole or not at all. */
public final class VocabularyWriter {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String HEADER = "#version: 0.2\n";

    private VocabularyWriter() {}

    /**
     * Writes the directory layout of Hugging Face's {@code CLIPTokenizer}: {@code vocab.json}, {@code merges.txt},
     * {@code tokenizer_config.json} and {@code special_tokens_map.json}.
     *
     * @param contextLength written as {@code model_max_length}
     */
    public static void writePair(Path directory, BytePairVocabulary vocabulary, int contextLength) throws IOException {
        Files.createDirectories(directory);
        write(directory.resolve("merges.txt"), merges(vocabulary).getBytes(StandardCharsets.UTF_8));
        write(directory.resolve("special_tokens_map.json"), json(json -> writeSpecials(json, vocabulary)));
        write(directory.resolve("tokenizer_config.json"), json(json -> {
            writeSpecials(json, vocabulary);
            json.writeBooleanField("do_lower_case", true);
            json.writeNumberField("model_max_length", contextLength);
            json.writeStringField("tokenizer_class", "CLIPTokenizer");
        }));
        write(directory.resolve("vocab.json"), json(json -> writeIds(json, vocabulary.ids())));
    }

    /** Writes the merges alone, gzipped, as {@code bpe_simple_vocab_16e6.txt.gz} holds them. */
    public static void writeMergeList(Path file, BytePairVocabulary vocabulary) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(merges(vocabulary).getBytes(StandardCharsets.UTF_8));
        }
        write(file, bytes.toByteArray());
    }

    /** Writes Hugging Face's {@code tokenizer.json}, with the steps its CLIP tokenizer takes around the merges. */
    public static void writeTokenizerJson(Path file, BytePairVocabulary vocabulary) throws IOException {
        write(file, json(json -> TokenizerJson.write(json, vocabulary)));
    }

    private static String merges(BytePairVocabulary vocabulary) {
        StringBuilder text = new StringBuilder(HEADER);
        for (Merge merge : vocabulary.merges()) {
            text.append(merge.left()).append(' ').append(merge.right()).append('\n');
        }
        return text.toString();
    }

    private static void writeSpecials(JsonGenerator json, BytePairVocabulary vocabulary) throws IOException {
        json.writeStringField("bos_token", vocabulary.start());
        json.writeStringField("eos_token", vocabulary.end());
        json.writeStringField("pad_token", vocabulary.end());
        json.writeStringField("unk_token", vocabulary.end());
    }

    static void writeIds(JsonGenerator json, Map<String, Integer> ids) throws IOException {
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            json.writeNumberField(entry.getKey(), entry.getValue());
        }
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private static byte[] json(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
            json.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void write(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
