package org.radapter.data.emoji;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Chooses the concepts a small model can be asked to tell apart: things, animals, food, places and faces that at least
 * six of the ten fetched colour and monochrome sets draw. No clock faces, keycaps, arrows, signs, zodiac, no persons
 * (they differ by gender alone), no hands.
 */
final class CleanConcepts {
    private static final int FEWEST_STYLES = 6;
    private static final String BODY_PARTS = "body-parts";
    private static final Set<String> EXCLUDED_GROUPS = Set.of("people-body", "symbols");

    /** Writing and signs among the things, and an arm. */
    private static final Set<String> EXCLUDED_LABELS =
            Set.of("flexed biceps", "hundred points", "anger symbol", "ZZZ", "stop sign");

    private CleanConcepts() {}

    /** The clean ones among {@code concepts}, in their order; {@code styles} tells by hexcode who draws them. */
    static List<Concept> of(List<Concept> concepts, Map<String, Set<Style>> styles) {
        return concepts.stream()
                .filter(CleanConcepts::isClean)
                .filter(concept -> styles.getOrDefault(concept.hexcode(), Set.of()).stream()
                                .filter(Style::iconify)
                                .count()
                        >= FEWEST_STYLES)
                .toList();
    }

    private static boolean isClean(Concept concept) {
        boolean group =
                !EXCLUDED_GROUPS.contains(concept.group()) || concept.subgroup().equals(BODY_PARTS);
        boolean clockFace =
                concept.label().endsWith("o'clock") || concept.label().endsWith("-thirty");
        return group && !clockFace && !EXCLUDED_LABELS.contains(concept.label());
    }
}
