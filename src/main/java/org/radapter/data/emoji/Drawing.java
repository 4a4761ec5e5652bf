package org.radapter.data.emoji;

import java.util.List;

/**
 * One rendered drawing.
 *
 * @param set the style's or icon set's short name
 * @param key what it shows: an emoji's hexcode, or an icon's name without technique and number
 * @param name the name it has in its set
 * @param otherNames names that aliases give it, without technique and number; empty for emoji
 */
public record Drawing(String set, String key, String name, List<String> otherNames) {
    /** With the list copied. */
    public Drawing {
        otherNames = List.copyOf(otherNames);
    }

    @Override
    public String toString() {
        return set + ":" + name;
    }
}
