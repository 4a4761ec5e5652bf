package org.radapter.clip.tokenizer;

/** What HTML5 and ftfy read the C1 control characters as: the bytes 80 … 9F of Windows-1252. */
final class Windows1252 {
    private static final String CHARACTERS = "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021"
            + "\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f"
            + "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014"
            + "\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

    private Windows1252() {}

    static boolean isControl(int codePoint) {
        return codePoint >= 0x80 && codePoint <= 0x9f;
    }

    static char of(int control) {
        return CHARACTERS.charAt(control - 0x80);
    }
}
