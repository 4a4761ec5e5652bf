package org.radapter.clip.tokenizer;

/**
 * Lower case as the Unicode Standard defines it (section 3.13), independent of locale.
 *
 * <p>{@link String#toLowerCase} looks for the letter before a sigma as far back as the word's beginning, over digits
 * too, and so makes some a final sigma that other implementations do not.
 */
final class LowerCase {
    private static final String MID_WORD =
            "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";

    private LowerCase() {}

    static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            int next = i + Character.charCount(c);
            if (c == 0x130) {
                out.append("i\u0307");
            } else if (c == 0x3a3 && isCased(codePointBefore(text, i)) && !isCased(codePointAfter(text, next))) {
                out.append('\u03c2');
            } else {
                out.appendCodePoint(Character.toLowerCase(c));
            }
            i = next;
        }
        return out.toString();
    }

    /** The last code point before {@code end} that case does not ignore, 0 if none. */
    private static int codePointBefore(String text, int end) {
        int c = 0;
        for (int i = end; i > 0; i -= Character.charCount(c)) {
            c = text.codePointBefore(i);
            if (!isIgnored(c)) {
                return c;
            }
        }
        return 0;
    }

    private static int codePointAfter(String text, int begin) {
        int c = 0;
        for (int i = begin; i < text.length(); i += Character.charCount(c)) {
            c = text.codePointAt(i);
            if (!isIgnored(c)) {
                return c;
            }
        }
        return 0;
    }

    private static boolean isCased(int c) {
        return Character.isLowerCase(c) || Character.isUpperCase(c) || Character.isTitleCase(c);
    }

    private static boolean isIgnored(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.FORMAT,
                    Character.MODIFIER_LETTER,
                    Character.MODIFIER_SYMBOL -> true;
            default -> MID_WORD.indexOf(c) >= 0;
        };
    }
}
