package org.radapter.data.emoji;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the name under which a set draws a concept.
 *
 * <p>Sets with a {@code chars.json} say it by hexcode. The others are asked for the concept's label, for the names the
 * former use, and for Unicode's name, in this order.
 */
final class ConceptNames {
    private static final List<Style> NAMING = List.of(Style.NOTO, Style.TWEMOJI, Style.FLUENTFLAT);

    private final Map<Style, Map<String, String>> byHexcode = new EnumMap<>(Style.class);
    private final Map<Style, Set<String>> names = new EnumMap<>(Style.class);
    private final Map<String, String> squeezedFxNames = new HashMap<>();
    private final Map<String, String> unicodeNames;

    /** Reads the {@code chars.json} of every Iconify style below {@code packages}. */
    ConceptNames(Path packages, Map<Style, IconifySet> sets) {
        unicodeNames = ConceptTexts.unicodeNames(packages);
        sets.forEach((style, set) -> {
            names.put(style, set.names());
            Path folder = packages.resolve(style.npmPackage().orElseThrow());
            Map<String, String> chars = new HashMap<>();
            Json.readObject(folder.resolve("chars.json"))
                    .forEach((hexcode, name) -> chars.put(ConceptTexts.bareHexcode(hexcode), name.toString()));
            byHexcode.put(style, chars);
        });
        for (String name : names.getOrDefault(Style.FXEMOJI, Set.of())) {
            squeezedFxNames.put(name.replace("-", ""), name);
        }
    }

    /** The name of a concept in a set, if the set draws it. */
    Optional<String> name(Concept concept, Style style) {
        Map<String, String> chars = byHexcode.getOrDefault(style, Map.of());
        Set<String> known = names.getOrDefault(style, Set.of());
        String hexcode = ConceptTexts.bareHexcode(concept.hexcode());
        String mapped = chars.get(hexcode);
        if (mapped == null && style == Style.FLUENT) {
            mapped = byHexcode.getOrDefault(Style.FLUENTFLAT, Map.of()).get(hexcode);
        }
        if (mapped != null && known.contains(mapped)) {
            return Optional.of(mapped);
        }
        return chars.isEmpty() ? guess(candidates(concept, hexcode), known, style) : Optional.empty();
    }

    private List<String> candidates(Concept concept, String hexcode) {
        Set<String> candidates = new LinkedHashSet<>();
        candidates.add(Words.kebab(concept.label()));
        for (Style style : NAMING) {
            String name = byHexcode.getOrDefault(style, Map.of()).get(hexcode);
            if (name != null) {
                candidates.add(name);
            }
        }
        String unicodeName = unicodeNames.get(hexcode);
        if (unicodeName != null) {
            candidates.add(Words.kebab(unicodeName));
        }
        return new ArrayList<>(candidates);
    }

    private Optional<String> guess(List<String> candidates, Set<String> known, Style style) {
        for (String candidate : candidates) {
            if (known.contains(candidate)) {
                return Optional.of(candidate);
            }
        }
        for (String candidate : candidates) {
            // FxEmoji writes names without hyphens; Streamline numbers its drawings.
            String squeezed = style == Style.FXEMOJI ? squeezedFxNames.get(candidate.replace("-", "")) : null;
            if (squeezed != null) {
                return Optional.of(squeezed);
            }
            if (style == Style.STREAMLINE && known.contains(candidate + "-1")) {
                return Optional.of(candidate + "-1");
            }
        }
        return Optional.empty();
    }
}
