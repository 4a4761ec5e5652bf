package org.radapter.clip.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * CLIP's byte-level byte-pair encoding (Radford et al., 2021; Sennrich et al., 2016).
 *
 * <p>Cleaned text is split into contractions, runs of letters, single numbers and runs of anything else; each piece
 * becomes the symbols of its UTF-8 bytes, the last one marked as the word's end, and the pair of neighbours whose merge
 * ranks lowest is joined until no pair has a merge. A byte without a token in a reduced vocabulary becomes the end
 * token, as it does in Hugging Face's tokenizer. Letters and numbers are those of this JVM's Unicode version.
 */
public final class BytePairTokenizer implements Tokenizer {
    private static final String WORDS = "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+";
    private static final int CACHED_WORDS = 1 << 16;
    private static final int LONGEST_CACHED = 64;

    /** A pair of ids to its rank (upper half) and the id it merges to (lower half). */
    private final Map<Long, Long> merges = new HashMap<>();

    private final BytePairVocabulary vocabulary;
    private final TextCleaning cleaning;
    private final int contextLength;
    private final int padId;
    private final int startId;
    private final int endId;
    private final Pattern pieces;
    private final @Nullable String[] tokens;
    private final Map<String, int[]> cache = new ConcurrentHashMap<>();

    /**
     * A tokenizer that pads with 0.
     *
     * @param contextLength number of ids of a text, at least 2
     */
    public BytePairTokenizer(BytePairVocabulary vocabulary, TextCleaning cleaning, int contextLength) {
        this(vocabulary, cleaning, contextLength, 0);
    }

    private BytePairTokenizer(BytePairVocabulary vocabulary, TextCleaning cleaning, int contextLength, int padId) {
        if (contextLength < 2) {
            throw new IllegalArgumentException(
                    "context length " + contextLength + " has no room for the start and the end token");
        }
        this.vocabulary = vocabulary;
        this.cleaning = cleaning;
        this.contextLength = contextLength;
        this.padId = padId;
        this.startId = vocabulary.requireId(vocabulary.start());
        this.endId = vocabulary.requireId(vocabulary.end());
        this.pieces = Pattern.compile(
                Pattern.quote(vocabulary.start()) + "|" + Pattern.quote(vocabulary.end()) + "|" + WORDS,
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        this.tokens = new @Nullable String[vocabulary.size()];
        vocabulary.ids().forEach((token, id) -> tokens[id] = token);
        long rank = 0;
        for (Merge merge : vocabulary.merges()) {
            long pair = pair(vocabulary.requireId(merge.left()), vocabulary.requireId(merge.right()));
            merges.putIfAbsent(pair, rank << 32 | vocabulary.requireId(merge.result()));
            rank++;
        }
    }

    /** The same tokenizer with another padding id; the tower ignores what follows the end token either way. */
    public BytePairTokenizer withPadding(int id) {
        if (id < 0 || id >= vocabularySize()) {
            throw new IllegalArgumentException("padding id " + id + " is not in 0 … " + (vocabularySize() - 1));
        }
        return new BytePairTokenizer(vocabulary, cleaning, contextLength, id);
    }

    /** What it was made from. */
    public BytePairVocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int startId() {
        return startId;
    }

    @Override
    public int endId() {
        return endId;
    }

    @Override
    public int[] encode(String text) {
        Ids words = words(text, contextLength);
        int[] ids = new int[contextLength];
        Arrays.fill(ids, padId);
        ids[0] = startId;
        int count = Math.min(words.count, contextLength - 2);
        System.arraycopy(words.values, 0, ids, 1, count);
        ids[count + 1] = endId;
        return ids;
    }

    @Override
    public int[] encodeWords(String text) {
        Ids words = words(text, Integer.MAX_VALUE);
        return Arrays.copyOf(words.values, words.count);
    }

    private Ids words(String text, int enough) {
        Ids ids = new Ids();
        Matcher matcher = pieces.matcher(cleaning.clean(text));
        while (ids.count < enough && matcher.find()) {
            ids.append(piece(matcher.group()));
        }
        return ids;
    }

    private int[] piece(String piece) {
        int[] known = cache.get(piece);
        if (known != null) {
            return known;
        }
        boolean isSpecial = piece.equals(vocabulary.start()) || piece.equals(vocabulary.end());
        int[] ids = isSpecial ? new int[] {vocabulary.requireId(piece)} : merged(piece);
        if (piece.length() <= LONGEST_CACHED && cache.size() < CACHED_WORDS) {
            cache.put(piece, ids);
        }
        return ids;
    }

    /** Merges by a queue of (rank, place), so that a word of n bytes takes n log n steps. */
    private int[] merged(String piece) {
        int[] ids = symbols(piece);
        int[] next = new int[ids.length];
        int[] previous = new int[ids.length];
        PriorityQueue<Long> queue = new PriorityQueue<>();
        for (int i = 0; i < ids.length; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            offer(queue, ids, i, i + 1);
        }
        while (!queue.isEmpty()) {
            long candidate = queue.remove();
            int left = (int) candidate;
            int right = next[left];
            Long merge = ids[left] < 0 || right >= ids.length ? null : merges.get(pair(ids[left], ids[right]));
            if (merge == null || merge >>> 32 != candidate >>> 32) {
                continue;
            }
            ids[left] = merge.intValue();
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] < ids.length) {
                previous[next[left]] = left;
            }
            offer(queue, ids, left, next[left]);
            offer(queue, ids, previous[left], left);
        }
        return Arrays.stream(ids).filter(id -> id >= 0).toArray();
    }

    private void offer(PriorityQueue<Long> queue, int[] ids, int left, int right) {
        if (left >= 0 && right < ids.length) {
            Long merge = merges.get(pair(ids[left], ids[right]));
            if (merge != null) {
                queue.add((merge >>> 32) << 32 | left);
            }
        }
    }

    private int[] symbols(String piece) {
        String[] symbols = ByteSymbols.of(piece);
        symbols[symbols.length - 1] += ByteSymbols.WORD_END;
        int[] ids = new int[symbols.length];
        for (int i = 0; i < symbols.length; i++) {
            Integer id = vocabulary.id(symbols[i]);
            ids[i] = id == null ? endId : id;
        }
        return ids;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    @Override
    public String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < ids.length && ids[i] != endId; i++) {
            String token = ids[i] < 0 || ids[i] >= tokens.length ? null : tokens[ids[i]];
            if (token == null) {
                throw new IllegalArgumentException("no token has the id " + ids[i]);
            }
            if (ids[i] != startId) {
                appendBytes(bytes, token);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8).strip();
    }

    private static void appendBytes(ByteArrayOutputStream bytes, String token) {
        boolean endsWord = token.endsWith(ByteSymbols.WORD_END) && token.length() > ByteSymbols.WORD_END.length();
        int length = token.length() - (endsWord ? ByteSymbols.WORD_END.length() : 0);
        for (int i = 0; i < length; i++) {
            bytes.write(ByteSymbols.toByte(token.charAt(i)));
        }
        if (endsWord) {
            bytes.write(' ');
        }
    }

    /** A growing list of ids. */
    private static final class Ids {
        private int[] values = new int[16];
        private int count;

        void append(int[] more) {
            if (count + more.length > values.length) {
                values = Arrays.copyOf(values, Math.max(values.length * 2, count + more.length));
            }
            System.arraycopy(more, 0, values, count, more.length);
            count += more.length;
        }
    }
}
