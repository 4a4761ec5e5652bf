package org.radapter.data.emoji;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.radapter.data.DataException;
import org.radapter.tensor.CounterRandom;

/** The concepts, what each is for, and who draws them. */
final class EmojiCatalog {
    /** Classes of the downstream task. */
    static final int DOWNSTREAM = 400;

    /** Classes held back from all training. */
    static final int UNSEEN = 80;

    private static final long SHUFFLE_SEED = 2408_05749L;
    private static final long SHUFFLE = CounterRandom.site("EmojiShift concepts");

    private final Map<String, Concept> concepts = new LinkedHashMap<>();
    private final List<Concept> clean;
    private final List<Concept> downstream;
    private final List<Concept> unseen;
    private final Map<String, SplitRules.Role> roles = new HashMap<>();

    EmojiCatalog(List<Concept> all, List<Drawing> drawings) {
        Map<String, Set<Style>> styles = new HashMap<>();
        for (Drawing drawing : drawings) {
            styles.computeIfAbsent(drawing.key(), key -> EnumSet.noneOf(Style.class))
                    .add(Style.byId(drawing.set()));
        }
        all.forEach(concept -> concepts.put(concept.hexcode(), concept));
        clean = CleanConcepts.of(all, styles);
        if (clean.size() < DOWNSTREAM + UNSEEN) {
            throw new DataException("Only " + clean.size() + " concepts are drawn often enough, "
                    + (DOWNSTREAM + UNSEEN) + " are needed; delete the cache folder and fetch the data again.");
        }
        int[] order = new CounterRandom(SHUFFLE_SEED).permutation(0, SHUFFLE, clean.size());
        List<Concept> shuffled = new ArrayList<>();
        for (int index : order) {
            shuffled.add(clean.get(index));
        }
        downstream = List.copyOf(shuffled.subList(0, DOWNSTREAM));
        unseen = List.copyOf(shuffled.subList(DOWNSTREAM, DOWNSTREAM + UNSEEN));
        downstream.forEach(concept -> roles.put(concept.hexcode(), SplitRules.Role.DOWNSTREAM));
        unseen.forEach(concept -> roles.put(concept.hexcode(), SplitRules.Role.UNSEEN));
    }

    static EmojiCatalog read(Path texts, List<Drawing> drawings) {
        return new EmojiCatalog(ConceptTexts.read(texts), drawings);
    }

    /** All concepts, in Unicode's order. */
    List<Concept> concepts() {
        return List.copyOf(concepts.values());
    }

    List<Concept> clean() {
        return clean;
    }

    /** The downstream concepts; a concept's place is its class. */
    List<Concept> downstream() {
        return downstream;
    }

    List<Concept> unseen() {
        return unseen;
    }

    SplitRules.Role role(String hexcode) {
        return roles.getOrDefault(hexcode, SplitRules.Role.OTHER);
    }

    Concept concept(String hexcode) {
        Concept concept = concepts.get(hexcode);
        if (concept == null) {
            throw new DataException("There is no concept " + hexcode + "; delete the cache folder and fetch again.");
        }
        return concept;
    }
}
