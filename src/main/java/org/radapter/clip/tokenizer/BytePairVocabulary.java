package org.radapter.clip.tokenizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens with their ids, merges in the order in which they apply, and the two special tokens. Immutable. */
public final class BytePairVocabulary {
    /** Tokens of a vocabulary without merges: 256 bytes, the same at a word's end, start and end of text. */
    public static final int BASE_SIZE = 514;

    /** Size of CLIP's own vocabulary. */
    public static final int CLIP_SIZE = 49_408;

    private final Map<String, Integer> ids;
    private final List<Merge> merges;
    private final String start;
    private final String end;
    private final int size;

    /**
     * A vocabulary from its parts.
     *
     * @throws IllegalArgumentException if an id is negative or used twice, or a special token or a merge's part or
     *     result has no id
     */
    BytePairVocabulary(Map<String, Integer> ids, List<Merge> merges, String start, String end) {
        this.ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
        this.merges = List.copyOf(merges);
        this.start = start;
        this.end = end;
        this.size = requireDistinct(this.ids);
        requireToken(start, "special token");
        requireToken(end, "special token");
        for (Merge merge : this.merges) {
            requireToken(merge.left(), "part of a merge");
            requireToken(merge.right(), "part of a merge");
            requireToken(merge.result(), "result of a merge");
        }
    }

    /** CLIP's layout: bytes, bytes at a word's end, the result of each merge, start, end. */
    static BytePairVocabulary ofMerges(List<Merge> merges, String start, String end) {
        List<String> tokens = new ArrayList<>(BASE_SIZE + merges.size());
        for (int i = 0; i < 256; i++) {
            tokens.add(ByteSymbols.inOrder(i));
        }
        for (int i = 0; i < 256; i++) {
            tokens.add(ByteSymbols.inOrder(i) + ByteSymbols.WORD_END);
        }
        merges.forEach(merge -> tokens.add(merge.result()));
        tokens.add(start);
        tokens.add(end);
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (int i = 0; i < tokens.size(); i++) {
            ids.put(tokens.get(i), i);
        }
        return new BytePairVocabulary(ids, merges, start, end);
    }

    private static int requireDistinct(Map<String, Integer> ids) {
        Map<Integer, String> tokens = new LinkedHashMap<>();
        int largest = -1;
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            int id = entry.getValue();
            if (id < 0 || id > 1 << 24) {
                throw new IllegalArgumentException("token \"" + entry.getKey() + "\" has the impossible id " + id);
            }
            String other = tokens.put(id, entry.getKey());
            if (other != null) {
                throw new IllegalArgumentException(
                        "tokens \"" + other + "\" and \"" + entry.getKey() + "\" share the id " + id);
            }
            largest = Math.max(largest, id);
        }
        return largest + 1;
    }

    private void requireToken(String token, String role) {
        if (!ids.containsKey(token)) {
            throw new IllegalArgumentException("the " + role + " \"" + token + "\" is not in the vocabulary");
        }
    }

    /** The largest id plus one. */
    public int size() {
        return size;
    }

    /** Token to id, in the order of the file. */
    public Map<String, Integer> ids() {
        return ids;
    }

    /** Id of a token, {@code null} if there is none. */
    @Nullable
    Integer id(String token) {
        return ids.get(token);
    }

    int requireId(String token) {
        Integer id = ids.get(token);
        if (id == null) {
            throw new IllegalArgumentException("no token \"" + token + "\"");
        }
        return id;
    }

    /** In the order in which they apply. */
    List<Merge> merges() {
        return merges;
    }

    /** The token before a text. */
    public String start() {
        return start;
    }

    /** The token after a text. */
    public String end() {
        return end;
    }
}
