package org.radapter.clip.tokenizer;

/**
 * How text is cleaned before it is split, by open_clip's names ({@code clean} in its tokenizer's settings).
 *
 * <p>All begin with ftfy's character fixes (without its mojibake repair), HTML unescaping twice and stripping.
 */
public enum TextCleaning {
    /** White space collapsed, then lower case: CLIP's own, the default. */
    LOWER,
    /** White space collapsed; case kept. */
    WHITESPACE,
    /** {@code _} to a space, ASCII punctuation removed, lower case, white space collapsed: CLIPA's. */
    CANONICALIZE;

    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /** The cleaned text: no leading, trailing or repeated white space, no unpaired surrogate. */
    public String clean(String text) {
        String readable = HtmlEntities.unescape(HtmlEntities.unescape(CharacterFixes.apply(text)));
        return switch (this) {
            case LOWER -> LowerCase.of(collapseWhiteSpace(readable));
            case WHITESPACE -> collapseWhiteSpace(readable);
            case CANONICALIZE -> collapseWhiteSpace(LowerCase.of(withoutPunctuation(readable.replace('_', ' '))));
        };
    }

    private static String withoutPunctuation(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().filter(c -> PUNCTUATION.indexOf(c) < 0).forEach(out::appendCodePoint);
        return out.toString();
    }

    private static String collapseWhiteSpace(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean isPending = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isWhiteSpace(c)) {
                isPending = out.length() > 0;
            } else {
                if (isPending) {
                    out.append(' ');
                    isPending = false;
                }
                out.append(c);
            }
        }
        return out.toString();
    }

    /** Unicode's White_Space property. */
    static boolean isWhiteSpace(char c) {
        return (c >= 9 && c <= 13)
                || c == ' '
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }
}
