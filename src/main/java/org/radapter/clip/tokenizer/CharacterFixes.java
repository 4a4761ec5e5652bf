package org.radapter.clip.tokenizer;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What ftfy's {@code fix_text(text, fix_encoding=False)} does: entities, C1 controls, ligatures, character width, curly
 * quotes, line breaks, surrogates, terminal escapes, control characters and NFC, line by line until nothing changes.
 *
 * <p>ftfy's repair of mojibake is left out on purpose. Follows ftfy 6.3, https://ftfy.readthedocs.io.
 */
final class CharacterFixes {
    private static final Pattern TERMINAL_ESCAPE = Pattern.compile("\u001b\\[[\\p{Nd};]*[a-zA-Z]");
    private static final Map<Integer, String> LIGATURES = new HashMap<>();

    static {
        String[] pairs = {
            "\u0132 IJ", "\u0133 ij", "\u0149 \u02bcn", "\u01f1 DZ", "\u01f2 Dz", "\u01f3 dz",
            "\u01c4 D\u017d", "\u01c5 D\u017e", "\u01c6 d\u017e", "\u01c7 LJ", "\u01c8 Lj", "\u01c9 lj",
            "\u01ca NJ", "\u01cb Nj", "\u01cc nj", "\ufb00 ff", "\ufb01 fi", "\ufb02 fl",
            "\ufb03 ffi", "\ufb04 ffl", "\ufb05 \u017ft", "\ufb06 st"
        };
        for (String pair : pairs) {
            LIGATURES.put((int) pair.charAt(0), pair.substring(2));
        }
    }

    private CharacterFixes() {}

    /** The repaired text. From the first line with a {@code <} on, it is taken for markup and entities are kept. */
    static String apply(String text) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder fixed = new StringBuilder(text.length());
        boolean hasMarkup = false;
        for (int from = 0; from < text.length(); ) {
            int newline = text.indexOf('\n', from);
            int to = newline < 0 ? text.length() : newline + 1;
            String line = text.substring(from, to);
            hasMarkup |= line.indexOf('<') >= 0;
            fixed.append(fixLine(line, !hasMarkup));
            from = to;
        }
        return fixed.toString();
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0x7e || c == '&' || (c < 0x20 && c != '\t' && c != '\n')) {
                return false;
            }
        }
        return true;
    }

    private static String fixLine(String line, boolean unescapes) {
        String before;
        String after = line;
        boolean unescapesNow = unescapes;
        do {
            before = after;
            String unescaped = unescapesNow ? HtmlEntities.unescapeUnambiguous(before) : before;
            String characters = fixCharacters(unescaped);
            String noEscapes = TERMINAL_ESCAPE.matcher(characters).replaceAll("");
            after = Normalizer.normalize(withoutControls(noEscapes), Normalizer.Form.NFC);
        } while (!after.equals(before));
        return after;
    }

    private static String fixCharacters(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            int fixed = Windows1252.isControl(c) ? Windows1252.of(c) : c;
            appendFixed(out, fixed, i < text.length() && text.charAt(i) == '\n');
        }
        return out.toString();
    }

    private static void appendFixed(StringBuilder out, int c, boolean beforeNewline) {
        String ligature = c < 0x132 ? null : LIGATURES.get(c);
        if (ligature != null) {
            ligature.codePoints().forEach(letter -> out.appendCodePoint(straight(letter)));
        } else if (c == '\r') {
            out.append(beforeNewline ? "" : "\n");
        } else if (c == 0x3000) {
            out.append(' ');
        } else if (c >= 0xff01 && c < 0xfff0) {
            out.append(Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC));
        } else if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            out.append('\ufffd');
        } else {
            out.appendCodePoint(straight(c));
        }
    }

    private static int straight(int c) {
        if (c == 0x2bc || (c >= 0x2018 && c <= 0x201b)) {
            return '\'';
        }
        if (c >= 0x201c && c <= 0x201f) {
            return '"';
        }
        return c == 0x2028 || c == 0x2029 || c == 0x85 ? '\n' : c;
    }

    private static String withoutControls(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().filter(c -> !isRemoved(c)).forEach(out::appendCodePoint);
        return out.toString();
    }

    private static boolean isRemoved(int c) {
        return (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r')
                || c == 0x7f
                || (c >= 0x206a && c <= 0x206f)
                || c == 0xfeff
                || (c >= 0xfff9 && c <= 0xfffc);
    }
}
