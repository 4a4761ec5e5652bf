package org.radapter.clip.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyBuilderTest {
    private static final List<String> CAPTIONS = List.of(
            "a drawing of a cat",
            "a drawing of a Cat!",
            "an emoji of a cathedral",
            "the cat’s hat",
            "数字 🚀 🚀",
            "mississippi");

    @TempDir
    Path directory;

    @Test
    void mergesTheMostFrequentPairFirstAndTiesInOrder() {
        BytePairVocabulary vocabulary = new VocabularyBuilder()
                .add("ab ab ab")
                .add("xy", 2)
                .add("cd cd")
                .build(600);
        assertThat(vocabulary.merges())
                .containsExactly(new Merge("a", "b</w>"), new Merge("c", "d</w>"), new Merge("x", "y</w>"));
        assertThat(vocabulary.size()).isEqualTo(517);
    }

    @Test
    void doesNotDependOnTheOrderOfTheCaptions() {
        VocabularyBuilder forward = new VocabularyBuilder();
        CAPTIONS.forEach(caption -> forward.add(caption, 3));
        VocabularyBuilder backward = new VocabularyBuilder();
        for (int i = CAPTIONS.size() - 1; i >= 0; i--) {
            backward.add(CAPTIONS.get(i), 2).add(CAPTIONS.get(i));
        }
        assertThat(forward.build(540).merges())
                .hasSize(26)
                .isEqualTo(backward.build(540).merges());
    }

    @Test
    void numbersEachTokenOnce() {
        BytePairVocabulary vocabulary = new VocabularyBuilder()
                .add("abc abc abc abcabc bcx bcx bcx bcx abx abx abx abx", 5)
                .build(1024);
        assertThat(vocabulary.ids()).hasSize(vocabulary.size());
        assertThat(vocabulary.merges()).extracting(Merge::result).doesNotHaveDuplicates();
    }

    @Test
    void isReadBackEquallyFromEveryFormat() throws IOException {
        VocabularyBuilder builder = new VocabularyBuilder();
        CAPTIONS.forEach(caption -> builder.add(caption, 4));
        BytePairVocabulary vocabulary = builder.build(550);
        BytePairTokenizer expected = new BytePairTokenizer(vocabulary, TextCleaning.LOWER, 16);
        VocabularyWriter.writePair(directory.resolve("pair"), vocabulary, 16);
        VocabularyWriter.writeMergeList(directory.resolve("list.txt.gz"), vocabulary);
        VocabularyWriter.writeTokenizerJson(directory.resolve("tokenizer.json"), vocabulary);
        for (String name : List.of("pair", "list.txt.gz", "tokenizer.json")) {
            BytePairTokenizer read = Tokenizers.load(directory.resolve(name), 16);
            for (String caption : CAPTIONS) {
                assertThat(read.encode(caption)).as("%s: %s", name, caption).isEqualTo(expected.encode(caption));
                assertThat(read.decode(read.encodeWords(caption)))
                        .isEqualTo(expected.decode(expected.encodeWords(caption)));
            }
        }
        assertThat(directory).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> new VocabularyBuilder().add("a").build(513)).hasMessageContaining("513");
        assertThatThrownBy(() -> new VocabularyBuilder().add(" ").build(514)).hasMessageContaining("no word");
        assertThatThrownBy(() -> new VocabularyBuilder().add("a", -1)).hasMessageContaining("-1");
    }
}
