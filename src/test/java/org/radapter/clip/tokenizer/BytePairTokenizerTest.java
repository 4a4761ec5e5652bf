package org.radapter.clip.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BytePairTokenizerTest {
    private static final List<Merge> MERGES = List.of(
            new Merge("c", "a"),
            new Merge("ca", "t</w>"),
            new Merge("a", "a"),
            new Merge("aa", "aa"),
            new Merge("t", "h"),
            new Merge("th", "e</w>"),
            new Merge("aa", "a</w>"));

    private static BytePairTokenizer tokenizer(int contextLength) {
        BytePairVocabulary vocabulary = BytePairVocabulary.ofMerges(MERGES, "<start_of_text>", "<end_of_text>");
        return new BytePairTokenizer(vocabulary, TextCleaning.LOWER, contextLength);
    }

    @Test
    void joinsTheLowestRankFirstFromTheLeft() {
        BytePairTokenizer tokenizer = tokenizer(16);
        assertThat(tokenizer.vocabularySize()).isEqualTo(514 + MERGES.size());
        assertThat(tokens(tokenizer, "the cat")).containsExactly("the</w>", "cat</w>");
        assertThat(tokens(tokenizer, "aaaaaaa")).containsExactly("aaaa", "aaa</w>");
        assertThat(tokens(tokenizer, "aaa aa a")).containsExactly("aaa</w>", "a", "a</w>", "a</w>");
        assertThat(tokens(tokenizer, "it's 42")).containsExactly("i", "t</w>", "'", "s</w>", "4</w>", "2</w>");
    }

    private static List<String> tokens(BytePairTokenizer tokenizer, String text) {
        Map<String, Integer> ids = tokenizer.vocabulary().ids();
        List<String> names = new ArrayList<>(ids.keySet());
        return IntStream.of(tokenizer.encodeWords(text)).mapToObj(names::get).toList();
    }

    /** Against the algorithm as CLIP writes it: join every occurrence of the lowest pair, again and again. */
    @Test
    void theQueueGivesWhatRepeatedScansGive() {
        BytePairTokenizer tokenizer = tokenizer(16);
        Random random = new Random(3);
        for (int round = 0; round < 2000; round++) {
            StringBuilder word = new StringBuilder();
            for (int length = 1 + random.nextInt(14); length > 0; length--) {
                word.append("aacthe".charAt(random.nextInt(6)));
            }
            assertThat(tokens(tokenizer, word.toString())).as("%s", word).isEqualTo(scanned(word.toString()));
        }
    }

    private static List<String> scanned(String word) {
        List<String> symbols =
                new ArrayList<>(word.chars().mapToObj(Character::toString).toList());
        symbols.set(symbols.size() - 1, symbols.get(symbols.size() - 1) + "</w>");
        for (Merge best = lowest(symbols); best != null; best = lowest(symbols)) {
            for (int i = 0; i + 1 < symbols.size(); i++) {
                if (best.equals(new Merge(symbols.get(i), symbols.get(i + 1)))) {
                    symbols.set(i, best.result());
                    symbols.remove(i + 1);
                }
            }
        }
        return symbols;
    }

    private static Merge lowest(List<String> symbols) {
        return MERGES.stream()
                .filter(merge -> IntStream.range(1, symbols.size())
                        .anyMatch(i -> merge.equals(new Merge(symbols.get(i - 1), symbols.get(i)))))
                .findFirst()
                .orElse(null);
    }

    @Test
    void padsAndCutsToTheContextLength() {
        BytePairTokenizer tokenizer = tokenizer(5);
        int start = tokenizer.startId();
        int end = tokenizer.endId();
        int cat = tokenizer.encodeWords("cat")[0];
        assertThat(tokenizer.encode("")).containsExactly(start, end, 0, 0, 0);
        assertThat(tokenizer.encode("cat")).containsExactly(start, cat, end, 0, 0);
        assertThat(tokenizer.encode("cat cat cat")).containsExactly(start, cat, cat, cat, end);
        assertThat(tokenizer.encode("cat cat cat cat")).containsExactly(start, cat, cat, cat, end);
        assertThat(tokenizer.withPadding(end).encode("cat")).containsExactly(start, cat, end, end, end);
        assertThat(tokenizer(2).encode("cat")).containsExactly(start, end);
        assertThatThrownBy(() -> tokenizer(1)).hasMessageContaining("context length 1");
        assertThatThrownBy(() -> tokenizer.withPadding(end + 1)).hasMessageContaining("padding id");
    }

    @Test
    void aHugeTextOrWordIsNoTrouble() {
        int[] ids = tokenizer(77).encode("a".repeat(300_000));
        assertThat(ids[76]).isEqualTo(tokenizer(77).endId());
        assertThat(tokenizer(77).encodeWords("a ".repeat(300_000))).hasSize(300_000);
    }

    @Test
    void specialTokensInTheTextAreThemselves() {
        BytePairTokenizer tokenizer = tokenizer(8);
        assertThat(tokenizer.encodeWords("<START_OF_TEXT>cat<end_of_text>"))
                .startsWith(tokenizer.startId())
                .hasSize(3)
                .endsWith(tokenizer.endId());
    }

    @Test
    void decodesWhatItEncoded() {
        BytePairTokenizer tokenizer = tokenizer(77);
        for (String text : List.of("the cat", "naïve café 🚀 数字", "", "a - b")) {
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
        assertThat(tokenizer.decode(tokenizer.encode("unpaired \ud83d"))).isEqualTo("unpaired \ufffd");
        assertThatThrownBy(() -> tokenizer.decode(0, 9999)).hasMessageContaining("9999");
        assertThatThrownBy(() -> tokenizer.decode(-1)).hasMessageContaining("-1");
    }

    @Test
    void aByteWithoutATokenBecomesTheEndToken() {
        Map<String, Integer> ids = Map.of("a", 0, "a</w>", 1, "<s>", 2, "</s>", 3);
        BytePairVocabulary small = new BytePairVocabulary(ids, List.of(), "<s>", "</s>");
        BytePairTokenizer tokenizer = new BytePairTokenizer(small, TextCleaning.LOWER, 8);
        assertThat(tokenizer.encodeWords("aab")).containsExactly(0, 0, 3);
    }

    @Test
    void manyThreadsGetTheSameIdsFromOneCache() throws Exception {
        BytePairTokenizer shared =
                Tokenizers.load(Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"))
                        .resolve("bpe_simple_vocab_16e6.txt.gz"));
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            texts.add("a photo of number " + i + " word" + i % 97 + "ing " + Integer.toString(i * 7919, 36));
        }
        List<int[]> alone = texts.stream().map(shared::encode).toList();
        BytePairTokenizer fresh =
                new BytePairTokenizer(shared.vocabulary(), TextCleaning.LOWER, Tokenizers.CLIP_CONTEXT_LENGTH);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<List<int[]>>> tasks = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                tasks.add(() -> texts.stream().map(fresh::encode).toList());
            }
            for (Future<List<int[]>> each : threads.invokeAll(tasks)) {
                assertThat(each.get())
                        .usingElementComparator(java.util.Arrays::compare)
                        .isEqualTo(alone);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
