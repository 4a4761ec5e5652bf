package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.radapter.data.Credit;
import org.radapter.data.DataOptions;
import org.radapter.data.HoldOut;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Progress;

/**
 * Emoji as an image–text set with a natural shift of distribution: the same concepts, drawn by many vendors.
 *
 * <p>{@link #open} fetches and renders what is not in the cache yet. Everything is deterministic given the pinned
 * packages. Thread-safe.
 */
public final class EmojiShift {
    private final DrawingFile emoji;
    private final EmojiCatalog catalog;
    private final EmojiSplits splits;
    private final Supplier<DrawingFile> iconSource;
    private @Nullable DrawingFile icons;
    private @Nullable IconBenchmark iconBenchmark;

    /**
     * A set of these drawings.
     *
     * @param iconSource asked once, when icons are
     */
    EmojiShift(DrawingFile emoji, EmojiCatalog catalog, Supplier<DrawingFile> iconSource) {
        this.emoji = emoji;
        this.catalog = catalog;
        this.splits = new EmojiSplits(catalog, emoji);
        this.iconSource = iconSource;
    }

    /**
     * Opens the emoji; the icons follow when they are asked for.
     *
     * @throws org.radapter.data.DataException in one sentence, if npm, Node or the network is missing, or the cache is
     *     damaged
     */
    public static EmojiShift open(DataOptions options, Progress progress) {
        DrawingCache cache = new DrawingCache(options, progress);
        DrawingFile emoji = cache.open(DrawingCache.Part.EMOJI);
        return new EmojiShift(
                emoji,
                EmojiCatalog.read(cache.folder(DrawingCache.Part.EMOJI), emoji.drawings()),
                () -> cache.open(DrawingCache.Part.ICONS));
    }

    /** All 1644 concepts, flags left out. */
    public List<Concept> concepts() {
        return catalog.concepts();
    }

    /** The 400 downstream concepts; a concept's place is its class. */
    public List<Concept> downstream() {
        return catalog.downstream();
    }

    /** The 80 concepts in no training of any kind; a concept's place is its class. */
    public List<Concept> unseenConcepts() {
        return catalog.unseen();
    }

    /** One split of the drawings of the downstream concepts. */
    public ImageTextDataset dataset(Split split) {
        return splits.dataset(split);
    }

    /**
     * Training and validation drawings for cross-validation: all that settings may be chosen on. All drawings of a
     * concept by one vendor are on one side.
     *
     * @param folds number of parts, at least 2
     * @throws IllegalArgumentException if there are too few drawings for so many parts
     */
    public List<HoldOut> folds(int folds) {
        return splits.folds(folds);
    }

    /** Drawings of the unseen concepts in the given styles: hard novel classes. */
    public ImageTextDataset unseen(Set<Style> styles) {
        return splits.unseen(styles);
    }

    /** Drawings of the unseen concepts in the five styles of the training distribution. */
    public ImageTextDataset unseen() {
        return splits.unseen(Set.copyOf(
                Arrays.stream(Style.values()).filter(SplitRules::inDistribution).toList()));
    }

    /** Everything that may be pre-trained on, emoji and icons, without near-copies of any test drawing. */
    public PretrainingSet pretraining() {
        DrawingFile iconFile = iconFile();
        List<PretrainingSet.Source> sources = new ArrayList<>(PretrainingBuilder.emoji(catalog, emoji));
        sources.addAll(PretrainingBuilder.icons(catalog, iconFile));
        return PretrainingBuilder.withoutNearCopies(sources, tests());
    }

    /** The icon benchmark, put together once: all its drawings are searched for near-copies. */
    public synchronized IconBenchmark icons() {
        IconBenchmark made = iconBenchmark;
        if (made == null) {
            made = new IconBenchmark(iconFile());
            iconBenchmark = made;
        }
        return made;
    }

    /** Who made the drawings and texts, under which terms; icon sets included. */
    public static List<Credit> credits() {
        List<Credit> credits = new ArrayList<>();
        for (Style style : Style.values()) {
            credits.add(style.credit());
        }
        for (IconSet set : IconSet.values()) {
            credits.add(set.credit());
        }
        credits.add(text("emojibase-data", "Miles Johnson", "https://emojibase.dev"));
        credits.add(text("emojilib", "Mu-An Chiou", "https://github.com/muan/emojilib"));
        return credits;
    }

    EmojiCatalog catalog() {
        return catalog;
    }

    EmojiSplits splits() {
        return splits;
    }

    /** Every drawing of emoji and icons that nothing may be trained on. */
    List<DrawingDataset> tests() {
        List<DrawingDataset> tests = new ArrayList<>(splits.tests());
        tests.addAll(icons().tests());
        return tests;
    }

    private synchronized DrawingFile iconFile() {
        DrawingFile opened = icons;
        if (opened == null) {
            opened = iconSource.get();
            icons = opened;
        }
        return opened;
    }

    private static Credit text(String npmPackage, String author, String homepage) {
        return new Credit(npmPackage, author, "MIT", npmPackage + " " + NpmPackages.version(npmPackage), homepage);
    }
}
