package org.radapter.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetToolsTest {
    /** Twelve images of four classes, each of one colour. */
    private static final ImageTextDataset COLOURS = new ImageTextDataset() {
        @Override
        public String name() {
            return "colours";
        }

        @Override
        public int size() {
            return 12;
        }

        @Override
        public Pixels image(int index) {
            byte level = (byte) (20 * index);
            return new Pixels(1, 1, new byte[] {level, level, level, -1});
        }

        @Override
        public List<String> captions(int index) {
            return List.of("level " + index);
        }

        @Override
        public int label(int index) {
            return index % 4;
        }

        @Override
        public List<String> classNames() {
            return List.of("a", "b", "c", "d");
        }

        @Override
        public String source(int index) {
            return "colour " + index;
        }
    };

    @Test
    void hashNeverChanges() {
        // Computed apart, from the definitions of FNV-1a and fmix64.
        assertThat(StableHash.hash("1F34E", "google")).isEqualTo(0xF201488CF4D2780CL);
        assertThat(StableHash.bucket(10, "1F34E", "google")).isEqualTo(6);
        assertThat(StableHash.hash("ab", "c")).isNotEqualTo(StableHash.hash("a", "bc"));
        int[] counts = new int[10];
        for (int i = 0; i < 10_000; i++) {
            counts[StableHash.bucket(10, Integer.toHexString(i), "google")]++;
        }
        // Binomial with standard deviation 30.
        for (int count : counts) {
            assertThat(count).isBetween(850, 1150);
        }
    }

    @Test
    void fewShotTakesTheSameNumberOfEachClass() {
        ImageTextDataset two = FewShot.of(COLOURS, 2, 7);
        assertThat(two.size()).isEqualTo(8);
        for (int label = 0; label < 4; label++) {
            int wanted = label;
            assertThat(labels(two)).filteredOn(found -> found == wanted).hasSize(2);
        }
        assertThat(sources(two)).doesNotHaveDuplicates().isEqualTo(sources(FewShot.of(COLOURS, 2, 7)));
        assertThat(sources(two)).isNotEqualTo(sources(FewShot.of(COLOURS, 2, 8)));
        assertThat(FewShot.of(COLOURS, 9, 7).size()).isEqualTo(12);
        assertThatThrownBy(() -> FewShot.of(COLOURS, 0, 7)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void baseAndNovelClassesPartTheSet() {
        ImageTextDataset base = DatasetView.classes(COLOURS, "base", 0, 2);
        ImageTextDataset novel = DatasetView.classes(COLOURS, "novel", 2, 4);
        assertThat(base.classNames()).containsExactly("a", "b");
        assertThat(novel.classNames()).containsExactly("c", "d");
        assertThat(labels(novel)).containsOnly(0, 1);
        assertThat(novel.source(0)).isEqualTo("colour 2");
        assertThat(base.size() + novel.size()).isEqualTo(COLOURS.size());
        assertThatThrownBy(() -> DatasetView.select(COLOURS, "bad", List.of(12)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void holdingOutTakesAShareOfEachClassWhateverTheOrder() {
        HoldOut third = HoldOut.of(COLOURS, .34, COLOURS::source);
        assertThat(third.held().size()).isEqualTo(4);
        assertThat(labels(third.held())).containsExactlyInAnyOrder(0, 1, 2, 3);
        List<String> all = new ArrayList<>(sources(third.train()));
        all.addAll(sources(third.held()));
        assertThat(all).containsExactlyInAnyOrderElementsOf(sources(COLOURS));
        List<Integer> backwards = List.of(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        ImageTextDataset reversed = DatasetView.select(COLOURS, "reversed", backwards);
        assertThat(sources(HoldOut.of(reversed, .34, reversed::source).held()))
                .containsExactlyInAnyOrderElementsOf(sources(third.held()));
        assertThat(HoldOut.of(COLOURS, .3, COLOURS::source).held().size()).isZero();
        assertThatThrownBy(() -> HoldOut.of(COLOURS, 1, COLOURS::source)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void foldsHoldEachImageOutOnceAndKeepGroupsTogether() {
        IntFunction<String> pairs = index -> "group " + index / 2;
        List<HoldOut> folds = Folds.of(COLOURS, 3, pairs);
        List<String> held = new ArrayList<>();
        for (HoldOut fold : folds) {
            held.addAll(sources(fold.held()));
            List<String> all = new ArrayList<>(sources(fold.train()));
            all.addAll(sources(fold.held()));
            assertThat(all).containsExactlyInAnyOrderElementsOf(sources(COLOURS));
            for (int i = 0; i < COLOURS.size(); i += 2) {
                boolean first = sources(fold.held()).contains(COLOURS.source(i));
                assertThat(sources(fold.held()).contains(COLOURS.source(i + 1))).isEqualTo(first);
            }
        }
        assertThat(held).containsExactlyInAnyOrderElementsOf(sources(COLOURS));
        assertThatThrownBy(() -> Folds.of(COLOURS, 1, pairs)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> Folds.of(COLOURS, 3, index -> "one")).hasMessageContaining("too few for 3 folds");
    }

    @Test
    void classesOfAnotherSetKeepTheNumbersTheyHaveThere() {
        ImageTextDataset novel = DatasetView.classes(COLOURS, "novel", 2, 4);
        ImageTextDataset among = DatasetView.amongClasses(novel, List.of("d", "x", "c"));
        assertThat(among.classNames()).containsExactly("d", "x", "c");
        assertThat(labels(among)).containsExactly(2, 0, 2, 0, 2, 0);
        assertThat(among.className(among.label(0))).isEqualTo(novel.className(novel.label(0)));
        assertThatThrownBy(() -> DatasetView.amongClasses(novel, List.of("c")))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("classes that training has not: d");
    }

    @Test
    void anImageIsMadeSmallerInProportion() {
        Pixels wide = new Pixels(40, 20, new byte[40 * 20 * 4]);
        assertThat(wide.within(10)).extracting(Pixels::width, Pixels::height).containsExactly(10, 5);
        assertThat(wide.within(40)).isSameAs(wide);
    }

    @Test
    void contactSheetShowsEachImageInItsCell(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("sheet.png");
        Files.writeString(file, "an older file");
        ContactSheet.write(ContactSheet.draw("Colours", COLOURS, List.of(0, 11), 2, COLOURS::source), file);
        BufferedImage sheet = ImageIO.read(file.toFile());
        assertThat(sheet.getRGB(sheet.getWidth() / 4, 58) & 0xFF).isEqualTo(0);
        assertThat(sheet.getRGB(3 * sheet.getWidth() / 4, 58) & 0xFF).isEqualTo(220);
        assertThat(folder).isDirectoryContaining(path -> path.equals(file));
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
        assertThatThrownBy(() -> ContactSheet.draw("none", COLOURS, List.of(), 2, COLOURS::source))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void cacheFolderFollowsTheEnvironment() {
        assertThat(DataOptions.defaultCache(Map.of("RADAPTER_DATA", "/data"))).isEqualTo(Path.of("/data"));
        assertThat(DataOptions.defaultCache(Map.of("XDG_CACHE_HOME", "/caches")))
                .isEqualTo(Path.of("/caches/radapter/emoji"));
        assertThat(DataOptions.defaultCache(Map.of("XDG_CACHE_HOME", "relative"))
                        .toString())
                .endsWith(".cache/radapter/emoji");
        assertThatThrownBy(() -> new DataOptions(Path.of("x"), 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void imagesNeedFourBytesAPixel() {
        assertThatThrownBy(() -> new Pixels(2, 2, new byte[12])).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<Integer> labels(ImageTextDataset set) {
        List<Integer> labels = new ArrayList<>();
        for (int i = 0; i < set.size(); i++) {
            labels.add(set.label(i));
        }
        return labels;
    }

    private static List<String> sources(ImageTextDataset set) {
        List<String> sources = new ArrayList<>();
        for (int i = 0; i < set.size(); i++) {
            sources.add(set.source(i));
        }
        return sources;
    }
}
