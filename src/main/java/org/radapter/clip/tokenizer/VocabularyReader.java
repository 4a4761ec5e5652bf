package org.radapter.clip.tokenizer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads a byte-pair vocabulary from each of the files it is handed around in. */
final class VocabularyReader {
    private static final int MOST_BYTES = 64 << 20;

    private VocabularyReader() {}

    /**
     * A list of merges, gzipped or not, one a line after a header line, numbered as CLIP does. Special tokens are spelt
     * as open_clip does.
     *
     * @param size tokens wanted; merges beyond it are left out, as CLIP leaves out most of its file
     */
    static BytePairVocabulary readMergeList(Path file, int size) throws IOException {
        List<Merge> merges = readMerges(file);
        int wanted = Math.max(0, size - BytePairVocabulary.BASE_SIZE);
        List<Merge> used = merges.subList(0, Math.min(wanted, merges.size()));
        return checked(file, () -> BytePairVocabulary.ofMerges(used, "<start_of_text>", "<end_of_text>"));
    }

    /** Hugging Face's pair of files. */
    static BytePairVocabulary readPair(Path vocabulary, Path mergeFile) throws IOException {
        Map<String, Integer> ids = ids(vocabulary, JsonTree.readObject(vocabulary));
        return fromIds(vocabulary, ids, readMerges(mergeFile));
    }

    /** Hugging Face's {@code tokenizer.json}. */
    static BytePairVocabulary readTokenizerJson(Path file) throws IOException {
        Map<?, ?> root = JsonTree.readObject(file);
        if (!(root.get("model") instanceof Map<?, ?> model) || !(model.get("vocab") instanceof Map<?, ?> vocab)) {
            throw new VocabularyException(file + " has no model.vocab: it is no byte-pair tokenizer.json");
        }
        if (!"BPE".equals(model.get("type")) && model.get("type") != null) {
            throw new VocabularyException(file + " holds a " + model.get("type") + " tokenizer; CLIP's is BPE");
        }
        if (!ByteSymbols.WORD_END.equals(model.get("end_of_word_suffix"))) {
            throw new VocabularyException(file + " has no end_of_word_suffix \"</w>\": it is not CLIP's tokenizer");
        }
        Map<String, Integer> ids = ids(file, vocab);
        if (root.get("added_tokens") instanceof List<?> added) {
            for (Object token : added) {
                if (token instanceof Map<?, ?> entry
                        && entry.get("content") instanceof String content
                        && entry.get("id") instanceof Integer id) {
                    ids.put(content, id);
                }
            }
        }
        return fromIds(file, ids, jsonMerges(file, model.get("merges")));
    }

    private static BytePairVocabulary fromIds(Path file, Map<String, Integer> ids, List<Merge> merges)
            throws IOException {
        String start = special(file, ids, "<|startoftext|>", "<start_of_text>");
        String end = special(file, ids, "<|endoftext|>", "<end_of_text>");
        return checked(file, () -> new BytePairVocabulary(ids, merges, start, end));
    }

    private static String special(Path file, Map<String, Integer> ids, String... spellings) throws IOException {
        for (String spelling : spellings) {
            if (ids.containsKey(spelling)) {
                return spelling;
            }
        }
        throw new VocabularyException(file + " has neither " + String.join(" nor ", spellings) + " among its tokens");
    }

    private static Map<String, Integer> ids(Path file, Map<?, ?> tokens) throws IOException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : tokens.entrySet()) {
            if (!(entry.getKey() instanceof String token) || !(entry.getValue() instanceof Integer id)) {
                throw new VocabularyException(file + ": the id of token \"" + entry.getKey() + "\" is no integer");
            }
            ids.put(token, id);
        }
        return ids;
    }

    private static List<Merge> jsonMerges(Path file, @Nullable Object merges) throws IOException {
        if (!(merges instanceof List<?> list)) {
            throw new VocabularyException(file + " has no list model.merges");
        }
        List<Merge> result = new ArrayList<>(list.size());
        for (Object merge : list) {
            if (merge instanceof String line) {
                result.add(merge(file, result.size() + 1, line));
            } else if (merge instanceof List<?> pair
                    && pair.size() == 2
                    && pair.get(0) instanceof String left
                    && pair.get(1) instanceof String right) {
                result.add(new Merge(left, right));
            } else {
                throw new VocabularyException(file + ": merge " + result.size() + " is no pair of tokens: " + merge);
            }
        }
        return result;
    }

    private static List<Merge> readMerges(Path file) throws IOException {
        String[] lines = readText(file).split("\r?\n", -1);
        int first = lines[0].contains("#version") ? 1 : 0;
        List<Merge> merges = new ArrayList<>(lines.length);
        for (int i = first; i < lines.length; i++) {
            if (!lines[i].isEmpty()) {
                merges.add(merge(file, i + 1, lines[i]));
            }
        }
        return merges;
    }

    private static Merge merge(Path file, int number, String line) throws IOException {
        int space = line.indexOf(' ');
        if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
            String shown = line.length() > 80 ? line.substring(0, 80) + "…" : line;
            throw new VocabularyException(
                    file + ", line " + number + ": expected two tokens with a space between, found \"" + shown + "\"");
        }
        return new Merge(line.substring(0, space), line.substring(space + 1));
    }

    private static String readText(Path file) throws IOException {
        try (InputStream in = decompressed(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new VocabularyException(file + " holds more than 64 MiB: it is no vocabulary");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new VocabularyException(file + " is not UTF-8 text: it is damaged or no vocabulary", e);
        } catch (ZipException | java.io.EOFException e) {
            throw new VocabularyException(file + " is a damaged gzip file; get it again", e);
        }
    }

    private static InputStream decompressed(Path file) throws IOException {
        BufferedInputStream in = new BufferedInputStream(Files.newInputStream(file));
        try {
            in.mark(2);
            boolean isGzip = in.read() == 0x1f && in.read() == 0x8b;
            in.reset();
            return isGzip ? new GZIPInputStream(in, 1 << 16) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private interface Construction {
        BytePairVocabulary construct();
    }

    private static BytePairVocabulary checked(Path file, Construction construction) throws IOException {
        try {
            return construction.construct();
        } catch (IllegalArgumentException e) {
            throw new VocabularyException(file + ": " + e.getMessage(), e);
        }
    }
}
