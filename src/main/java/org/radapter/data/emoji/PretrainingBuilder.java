package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.radapter.data.NearCopies;
import org.radapter.data.PerceptualHash;

/** Gathers what may be pre-trained on: emoji by {@link SplitRules}, icons by {@link IconBuckets}. */
final class PretrainingBuilder {
    private static final int MOST_ICON_KEYWORDS = 4;
    private static final Pattern ICON_KEYWORD = Pattern.compile("[a-z]{3,}(-[a-z]+){0,2}");

    private PretrainingBuilder() {}

    /** The emoji that the rules allow. */
    static List<PretrainingSet.Source> emoji(EmojiCatalog catalog, DrawingFile file) {
        List<PretrainingSet.Source> sources = new ArrayList<>();
        for (int i = 0; i < file.drawings().size(); i++) {
            Drawing drawing = file.drawings().get(i);
            String hexcode = drawing.key();
            if (SplitRules.mayPretrain(catalog.role(hexcode), hexcode, Style.byId(drawing.set()))) {
                Concept concept = catalog.concept(hexcode);
                sources.add(new PretrainingSet.Source(drawing, file, i, false, concept.label(), concept.keywords()));
            }
        }
        return sources;
    }

    /** The icons that the rules allow. */
    static List<PretrainingSet.Source> icons(EmojiCatalog catalog, DrawingFile file) {
        UnseenNames unseen = new UnseenNames(catalog.unseen());
        List<PretrainingSet.Source> sources = new ArrayList<>();
        for (int i = 0; i < file.drawings().size(); i++) {
            Drawing icon = file.drawings().get(i);
            IconSet set = IconBenchmark.set(icon);
            boolean allowed = !set.outOfDistribution() && IconBuckets.mayPretrain(icon.key(), set);
            if (allowed && !unseen.shownBy(icon)) {
                List<String> keywords = icon.otherNames().stream()
                        .filter(name -> ICON_KEYWORD.matcher(name).matches() && !name.equals(icon.key()))
                        .limit(MOST_ICON_KEYWORDS)
                        .map(Words::spaced)
                        .toList();
                sources.add(new PretrainingSet.Source(icon, file, i, true, Words.spaced(icon.key()), keywords));
            }
        }
        return sources;
    }

    /** A set of those that no test drawing looks like. */
    static PretrainingSet withoutNearCopies(List<PretrainingSet.Source> sources, List<DrawingDataset> tests) {
        List<PerceptualHash> hashes = sources.parallelStream()
                .map(source -> source.file().hash(source.index()))
                .toList();
        Set<Integer> copies = new HashSet<>();
        for (DrawingDataset test : tests) {
            NearCopies.find(test.hashes(), hashes).forEach(pair -> copies.add(pair.training()));
        }
        List<PretrainingSet.Source> kept = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            if (!copies.contains(i)) {
                kept.add(sources.get(i));
            }
        }
        return new PretrainingSet(kept, copies.size());
    }
}
