package org.radapter.data.emoji;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;

/** A small world of noise in the form of EmojiShift: 600 concepts drawn by every style, 30 icon names in all sets. */
final class SyntheticEmoji {
    static final int PIXELS = 32;

    private static final CounterRandom RANDOM = new CounterRandom(11);
    private static final int CONCEPTS = 600;
    private static final int ICON_NAMES = 30;
    private static final int CELL = 4;

    final EmojiCatalog catalog;
    final EmojiSplits splits;
    final IconBenchmark icons;
    final DrawingFile emojiFile;
    final DrawingFile iconFile;

    SyntheticEmoji(Path folder) throws IOException {
        List<Concept> concepts = concepts();
        emojiFile = emoji(folder.resolve("emoji.bin"), concepts);
        iconFile = icons(folder.resolve("icons.bin"), concepts);
        catalog = new EmojiCatalog(concepts, emojiFile.drawings());
        splits = new EmojiSplits(catalog, emojiFile);
        icons = new IconBenchmark(iconFile);
    }

    PretrainingSet pretraining() {
        List<DrawingDataset> tests = new ArrayList<>(splits.tests());
        tests.addAll(icons.tests());
        return PretrainingBuilder.withoutNearCopies(sources(), tests);
    }

    List<PretrainingSet.Source> sources() {
        List<PretrainingSet.Source> sources = new ArrayList<>(PretrainingBuilder.emoji(catalog, emojiFile));
        sources.addAll(PretrainingBuilder.icons(catalog, iconFile));
        return sources;
    }

    private static List<Concept> concepts() {
        List<Concept> concepts = new ArrayList<>();
        for (int i = 0; i < CONCEPTS; i++) {
            String code = "1F" + Integer.toHexString(0x1000 + i);
            concepts.add(new Concept(code, code, word(i), List.of("thing", "kind " + i % 7), "objects", "tool"));
        }
        return concepts;
    }

    /** A name of letters alone. */
    static String word(int i) {
        return "w" + (char) ('a' + i / 26 / 26) + (char) ('a' + i / 26 % 26) + (char) ('a' + i % 26);
    }

    private static DrawingFile emoji(Path path, List<Concept> concepts) throws IOException {
        List<Drawing> drawings = new ArrayList<>();
        List<byte[]> blocks = new ArrayList<>();
        for (Concept concept : concepts) {
            for (Style style : Style.values()) {
                // The first form of Noto is a copy of the present one, which is why they are one vendor.
                Style look = style == Style.NOTO1 ? Style.NOTO : style;
                drawings.add(new Drawing(style.id(), concept.hexcode(), concept.label(), List.of()));
                blocks.add(DrawingFile.compress(noise(concept.hexcode() + look)));
            }
        }
        DrawingFile.write(path, PIXELS, drawings, blocks);
        return DrawingFile.read(path);
    }

    private static DrawingFile icons(Path path, List<Concept> concepts) throws IOException {
        List<Drawing> drawings = new ArrayList<>();
        List<byte[]> blocks = new ArrayList<>();
        for (int i = 0; i < ICON_NAMES; i++) {
            for (IconSet set : IconSet.values()) {
                String name = concepts.get(i * (CONCEPTS / ICON_NAMES)).label();
                drawings.add(new Drawing(set.id(), name, name, List.of("other-" + name)));
                // One icon that all sets draw alike, so that near-copies must be found.
                blocks.add(DrawingFile.compress(noise(i == 0 ? "same" : name + set)));
            }
        }
        DrawingFile.write(path, PIXELS, drawings, blocks);
        return DrawingFile.read(path);
    }

    static Pixels noise(String seed) {
        byte[] rgba = new byte[4 * PIXELS * PIXELS];
        for (int i = 0; i < rgba.length; i++) {
            int pixel = i / 4;
            int cell = pixel / PIXELS / CELL * (PIXELS / CELL) + pixel % PIXELS / CELL;
            long value = RANDOM.bits(cell, CounterRandom.site(seed), i % 4);
            rgba[i] = i % 4 == 3 ? (byte) 255 : (byte) value;
        }
        return new Pixels(PIXELS, PIXELS, rgba);
    }
}
