package org.radapter.data.emoji;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the concepts with their labels and keywords from emojibase and emojilib. */
final class ConceptTexts {
    /** Files the concepts are read from, by their path in the packages. */
    static final List<String> FILES = List.of(
            "emojibase-data/en/data.json",
            "emojibase-data/meta/groups.json",
            "emojibase-data/meta/unicode-names.json",
            "emojilib/dist/emoji-en-US.json");

    private static final String FLAGS = "flags";
    private static final String COMPONENTS = "component";
    private static final Pattern KEYWORD = Pattern.compile("[a-z][a-z0-9' -]{1,29}");
    private static final int MOST_KEYWORDS = 16;

    private ConceptTexts() {}

    /** All concepts but flags and bare components, in emojibase's order. */
    static List<Concept> read(Path packages) {
        Map<String, Object> names = Json.readObject(packages.resolve(FILES.get(1)));
        Map<String, Object> groups = Json.object(names.get("groups"));
        Map<String, Object> subgroups = Json.object(names.get("subgroups"));
        Map<String, Object> keywords = withoutVariationSelectors(Json.readObject(packages.resolve(FILES.get(3))));
        List<Concept> concepts = new ArrayList<>();
        for (Object element : Json.readArray(packages.resolve(FILES.get(0)))) {
            Map<String, Object> entry = Json.object(element);
            if (!(entry.get("group") instanceof Double)) {
                continue;
            }
            String group = nameOf(groups, entry, "group");
            if (!group.equals(FLAGS) && !group.equals(COMPONENTS)) {
                concepts.add(concept(entry, group, nameOf(subgroups, entry, "subgroup"), keywords));
            }
        }
        return List.copyOf(concepts);
    }

    /** Unicode's names by hexcode without variation selectors. */
    static Map<String, String> unicodeNames(Path packages) {
        Map<String, String> names = new LinkedHashMap<>();
        Json.readObject(packages.resolve(FILES.get(2)))
                .forEach((hexcode, name) -> names.put(bareHexcode(hexcode), name.toString()));
        return names;
    }

    /** Lower case, without the variation selector FE0F that says "show in colour". */
    static String bareHexcode(String hexcode) {
        List<String> points = new ArrayList<>();
        for (String point : hexcode.toLowerCase(Locale.ROOT).split("-", -1)) {
            if (!point.equals("fe0f")) {
                points.add(point);
            }
        }
        return String.join("-", points);
    }

    private static Concept concept(
            Map<String, Object> entry, String group, String subgroup, Map<String, Object> keywords) {
        String emoji = Json.text(entry, "emoji");
        String label = Json.text(entry, "label").replace('’', '\'').replaceAll("[“”]", "");
        Set<String> words = new LinkedHashSet<>();
        addKeywords(words, Json.strings(entry.get("tags")), label);
        addKeywords(words, Json.strings(keywords.get(bare(emoji))), label);
        List<String> kept = words.stream().limit(MOST_KEYWORDS).toList();
        return new Concept(Json.text(entry, "hexcode"), emoji, label, kept, group, subgroup);
    }

    private static void addKeywords(Set<String> words, List<String> more, String label) {
        String plainLabel = Words.spaced(label);
        for (String raw : more) {
            String word = raw.toLowerCase(Locale.ROOT).replace('_', ' ').strip();
            if (KEYWORD.matcher(word).matches() && !Words.spaced(word).equals(plainLabel)) {
                words.add(word);
            }
        }
    }

    private static String nameOf(Map<String, Object> names, Map<String, Object> entry, String member) {
        return Json.text(names, Integer.toString((int) Json.number(entry, member, -1)));
    }

    private static Map<String, Object> withoutVariationSelectors(Map<String, Object> byEmoji) {
        Map<String, Object> bare = new LinkedHashMap<>();
        byEmoji.forEach((emoji, words) -> bare.put(bare(emoji), words));
        return bare;
    }

    static String bare(String emoji) {
        return emoji.replace("\uFE0F", "");
    }
}
