package org.radapter.clip.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds and reads the tokenizer of a model. */
public final class Tokenizers {
    /** Context length of every CLIP that OpenAI and OpenCLIP published first. */
    public static final int CLIP_CONTEXT_LENGTH = 77;

    private static final String TOKENIZER_JSON = "tokenizer.json";
    private static final String VOCAB_JSON = "vocab.json";
    private static final String MERGES_TXT = "merges.txt";
    private static final String MERGE_LIST = "bpe_simple_vocab_16e6.txt.gz";

    private Tokenizers() {}

    /**
     * As {@link #load(Path, int)} with the context length in {@code tokenizer_config.json} ({@code model_max_length})
     * next to the vocabulary, or else 77.
     */
    public static BytePairTokenizer load(Path path) throws IOException {
        return load(path, contextLength(path));
    }

    /**
     * The tokenizer of a model: text cleaned as {@link TextCleaning#LOWER}, padded with 0.
     *
     * @param path a model's directory, a file in it (such as {@code model.safetensors}), or the vocabulary itself:
     *     {@code tokenizer.json}; {@code vocab.json} or {@code merges.txt}, with the other one beside it; or CLIP's list
     *     of merges, {@code bpe_simple_vocab_16e6.txt.gz}, unpacked or not
     * @param contextLength number of ids of a text, at least 2
     * @throws VocabularyException if there is no vocabulary, or it is not what it should be; the message names what was
     *     looked for
     */
    public static BytePairTokenizer load(Path path, int contextLength) throws IOException {
        return new BytePairTokenizer(loadVocabulary(path), TextCleaning.LOWER, contextLength);
    }

    /**
     * The vocabulary at a path, as for {@link #load(Path, int)}. A list of merges longer than CLIP's 48,894 is cut there,
     * as CLIP itself does.
     */
    public static BytePairVocabulary loadVocabulary(Path path) throws IOException {
        return loadVocabulary(path, BytePairVocabulary.CLIP_SIZE);
    }

    /**
     * The vocabulary at a path, as for {@link #load(Path, int)}.
     *
     * @param size number of tokens to take from a bare list of merges, a model's {@code vocab_size}; other formats say
     *     themselves
     */
    public static BytePairVocabulary loadVocabulary(Path path, int size) throws IOException {
        if (!Files.exists(path)) {
            throw new VocabularyException("there is no " + path);
        }
        BytePairVocabulary found = Files.isDirectory(path) ? inDirectory(path, size) : inFile(path, size);
        if (found != null) {
            return found;
        }
        Path directory = directory(path);
        throw new VocabularyException("no vocabulary in " + directory + "; looked for " + TOKENIZER_JSON + ", "
                + VOCAB_JSON
                + " with " + MERGES_TXT + ", and " + MERGE_LIST + ". Put the model's own there (the open_clip and CLIP"
                + " Python packages hold " + MERGE_LIST + ") or name one");
    }

    private static @Nullable BytePairVocabulary inFile(Path file, int size) throws IOException {
        String name = name(file);
        if (name.endsWith(".json") && !name.endsWith("config.json")) {
            return name.contains("vocab")
                    ? VocabularyReader.readPair(file, required(file.resolveSibling(MERGES_TXT), file))
                    : VocabularyReader.readTokenizerJson(file);
        }
        Path vocabulary = file.resolveSibling(VOCAB_JSON);
        if (name.equals(MERGES_TXT) && Files.exists(vocabulary)) {
            return VocabularyReader.readPair(vocabulary, file);
        }
        if (name.endsWith(".txt") || name.endsWith(".gz")) {
            return VocabularyReader.readMergeList(file, size);
        }
        return inDirectory(directory(file), size);
    }

    private static @Nullable BytePairVocabulary inDirectory(Path directory, int size) throws IOException {
        if (Files.exists(directory.resolve(TOKENIZER_JSON))) {
            return VocabularyReader.readTokenizerJson(directory.resolve(TOKENIZER_JSON));
        }
        Path vocabulary = directory.resolve(VOCAB_JSON);
        Path merges = directory.resolve(MERGES_TXT);
        if (Files.exists(vocabulary)) {
            return VocabularyReader.readPair(vocabulary, required(merges, vocabulary));
        }
        Path list = directory.resolve(MERGE_LIST);
        return Files.exists(list) ? VocabularyReader.readMergeList(list, size) : null;
    }

    private static Path required(Path file, Path companion) throws IOException {
        if (!Files.exists(file)) {
            throw new VocabularyException(companion + " needs " + file.getFileName() + " beside it");
        }
        return file;
    }

    private static int contextLength(Path path) throws IOException {
        Path settings = directory(path).resolve("tokenizer_config.json");
        if (!Files.exists(settings)) {
            return CLIP_CONTEXT_LENGTH;
        }
        Map<?, ?> map = JsonTree.readObject(settings);
        return map.get("model_max_length") instanceof Integer length && length >= 2 && length <= 1 << 16
                ? length
                : CLIP_CONTEXT_LENGTH;
    }

    private static Path directory(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        return Files.isDirectory(path) || parent == null ? path : parent;
    }

    private static String name(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
    }
}
