package org.radapter.data.emoji;

import java.util.List;

/**
 * One thing that emoji show, whoever draws it.
 *
 * @param hexcode its code points in upper-case hexadecimal with hyphens, as emojibase writes them
 * @param emoji the character itself
 * @param label its English name, e.g. {@code "red apple"}
 * @param keywords words for it, without the label, most telling first, in lower case; may be empty
 * @param group one of Unicode's ten groups, e.g. {@code "food-drink"}
 * @param subgroup one of Unicode's hundred subgroups, e.g. {@code "food-fruit"}
 */
public record Concept(
        String hexcode, String emoji, String label, List<String> keywords, String group, String subgroup) {
    /** With the list copied. */
    public Concept {
        keywords = List.copyOf(keywords);
    }
}
