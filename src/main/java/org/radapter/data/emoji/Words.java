package org.radapter.data.emoji;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names in one spelling, so that those of different sets can be compared. */
final class Words {
    private static final Pattern MARKS = Pattern.compile("\\p{Mn}+");
    private static final Pattern OTHERS = Pattern.compile("[^a-z0-9]+");

    private Words() {}

    /** Lower case, without accents, words joined by hyphens: {@code "Piñata & Co."} becomes {@code "pinata-and-co"}. */
    static String kebab(String text) {
        String plain = Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFD);
        String ascii = MARKS.matcher(plain).replaceAll("").replace("&", "and");
        String joined = OTHERS.matcher(ascii).replaceAll("-");
        int from = joined.startsWith("-") ? 1 : 0;
        int to = joined.endsWith("-") && joined.length() > from ? joined.length() - 1 : joined.length();
        return joined.substring(from, to);
    }

    /** {@link #kebab} with spaces for hyphens. */
    static String spaced(String text) {
        return kebab(text).replace('-', ' ');
    }
}
