package org.radapter.clip.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLIP's own tokenizer, in each file format, on the golden texts. */
class GoldenTokenizerTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));
    private static final Path MERGE_LIST = GOLDEN.resolve("bpe_simple_vocab_16e6.txt.gz");

    @TempDir
    Path directory;

    @Test
    void encodesAsClipDoes() throws IOException {
        BytePairTokenizer tokenizer = Tokenizers.load(MERGE_LIST);
        assertThat(tokenizer.vocabularySize()).isEqualTo(BytePairVocabulary.CLIP_SIZE);
        assertThat(tokenizer.startId()).isEqualTo(49406);
        assertThat(tokenizer.endId()).isEqualTo(49407);
        assertEncodesGolden(tokenizer);
    }

    @Test
    void encodesTheSameFromEveryFormat() throws IOException {
        BytePairVocabulary vocabulary = Tokenizers.loadVocabulary(MERGE_LIST);
        VocabularyWriter.writePair(directory.resolve("pair"), vocabulary, 77);
        Files.createDirectories(directory.resolve("json"));
        VocabularyWriter.writeTokenizerJson(directory.resolve("json/tokenizer.json"), vocabulary);
        VocabularyWriter.writeMergeList(directory.resolve("bpe_simple_vocab_16e6.txt.gz"), vocabulary);
        for (Path path : List.of(directory.resolve("pair"), directory.resolve("json"), directory)) {
            BytePairTokenizer tokenizer = Tokenizers.load(path);
            assertThat(tokenizer.vocabulary().ids()).as("%s", path).isEqualTo(vocabulary.ids());
            assertEncodesGolden(tokenizer);
        }
    }

    private static void assertEncodesGolden(Tokenizer tokenizer) throws IOException {
        List<?> cases = JsonTree.readArray(GOLDEN.resolve("clip_bpe_tokens.json"));
        assertThat(cases).isNotEmpty();
        for (Object each : cases) {
            Map<?, ?> golden = (Map<?, ?>) each;
            String text = (String) golden.get("text");
            int[] ids = ((List<?>) golden.get("ids"))
                    .stream().mapToInt(id -> (Integer) id).toArray();
            assertThat(tokenizer.encode(text)).as("%s", text).isEqualTo(ids);
        }
        System.out.println("clip_bpe_tokens: " + cases.size() + " texts, largest error 0 ids");
    }
}
