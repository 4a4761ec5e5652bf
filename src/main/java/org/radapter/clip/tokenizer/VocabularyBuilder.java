package org.radapter.clip.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Learns a byte-pair vocabulary from captions (Sennrich et al., 2016): the most frequent pair of neighbours within a
 * word becomes a token, over and over. Ties go to the pair that sorts first, so the same captions give the same
 * vocabulary in whatever order they come.
 */
public final class VocabularyBuilder {
    private static final Pattern WORD = Pattern.compile("'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+");

    private final Map<String, Long> counts = new TreeMap<>();

    /** Counts the words of a caption, cleaned as {@link TextCleaning#LOWER}. */
    public VocabularyBuilder add(String caption) {
        return add(caption, 1);
    }

    /** As {@link #add(String)}, for a caption that occurs {@code times} times. */
    public VocabularyBuilder add(String caption, long times) {
        if (times < 0) {
            throw new IllegalArgumentException("a caption cannot occur " + times + " times");
        }
        WORD.matcher(TextCleaning.LOWER.clean(caption))
                .results()
                .forEach(match -> counts.merge(match.group(), times, Long::sum));
        return this;
    }

    /**
     * The vocabulary of the captions added so far, in CLIP's layout.
     *
     * @param size tokens wanted, bytes and special tokens included; fewer come out where no pair occurs twice any more
     * @throws IllegalArgumentException if {@code size} is below {@link BytePairVocabulary#BASE_SIZE}, or no word was
     *     added
     */
    public BytePairVocabulary build(int size) {
        if (size < BytePairVocabulary.BASE_SIZE) {
            throw new IllegalArgumentException("a vocabulary of " + size + " tokens cannot hold the "
                    + BytePairVocabulary.BASE_SIZE + " that every byte-level one has");
        }
        if (counts.isEmpty()) {
            throw new IllegalArgumentException("there is no word to learn a vocabulary from; add captions first");
        }
        List<Word> words = new ArrayList<>();
        counts.forEach((word, count) -> words.add(Word.of(word, count)));
        Set<String> results = new HashSet<>();
        List<Merge> merges = new ArrayList<>();
        while (merges.size() < size - BytePairVocabulary.BASE_SIZE) {
            Merge best = mostFrequent(words, results);
            if (best == null) {
                break;
            }
            merges.add(best);
            results.add(best.result());
            words.forEach(word -> word.apply(best));
        }
        return BytePairVocabulary.ofMerges(merges, "<|startoftext|>", "<|endoftext|>");
    }

    /** The pair to merge next; not one whose result exists already: a list of merges numbers each result once. */
    private static @Nullable Merge mostFrequent(List<Word> words, Set<String> results) {
        Map<Merge, Long> pairs = new HashMap<>();
        for (Word word : words) {
            for (int i = 0; i + 1 < word.symbols.size(); i++) {
                pairs.merge(new Merge(word.symbols.get(i), word.symbols.get(i + 1)), word.count, Long::sum);
            }
        }
        Merge best = null;
        long most = 1;
        for (Map.Entry<Merge, Long> entry : pairs.entrySet()) {
            Merge pair = entry.getKey();
            long count = entry.getValue();
            boolean isBetter = count > most || (count == most && best != null && sortsBefore(pair, best));
            if (isBetter && !results.contains(pair.result())) {
                best = pair;
                most = count;
            }
        }
        return best;
    }

    private static boolean sortsBefore(Merge a, Merge b) {
        int byLeft = a.left().compareTo(b.left());
        return byLeft != 0 ? byLeft < 0 : a.right().compareTo(b.right()) < 0;
    }

    /** A word of the captions as the symbols it has been merged to so far. */
    private static final class Word {
        private final List<String> symbols;
        private final long count;

        private Word(List<String> symbols, long count) {
            this.symbols = symbols;
            this.count = count;
        }

        static Word of(String word, long count) {
            List<String> symbols = new ArrayList<>(List.of(ByteSymbols.of(word)));
            int last = symbols.size() - 1;
            symbols.set(last, symbols.get(last) + ByteSymbols.WORD_END);
            return new Word(symbols, count);
        }

        void apply(Merge merge) {
            for (int i = 0; i + 1 < symbols.size(); i++) {
                if (symbols.get(i).equals(merge.left()) && symbols.get(i + 1).equals(merge.right())) {
                    symbols.set(i, merge.result());
                    symbols.remove(i + 1);
                }
            }
        }
    }
}
