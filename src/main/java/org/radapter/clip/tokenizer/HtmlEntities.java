package org.radapter.clip.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * HTML character references, read as HTML5 does ({@link #unescape}, equal to Python's {@code html.unescape}) and as
 * ftfy does ({@link #unescapeUnambiguous}).
 *
 * <p>The table is that of the WHATWG, https://html.spec.whatwg.org/multipage/named-characters.html.
 */
final class HtmlEntities {
    private static final Pattern REFERENCE =
            Pattern.compile("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\\t\\n\\f <&#;]{1,32};?)");
    private static final Pattern UNAMBIGUOUS = Pattern.compile("&#?[0-9A-Za-z]{1,24};");

    /** Name (with its semicolon, except where HTML allows it to be missing) to text. */
    private static final Map<String, String> NAMED = new HashMap<>();

    /** Upper-case spellings that HTML does not know but whose meaning is plain, such as {@code EACUTE;}. */
    private static final Map<String, String> SHOUTED = new HashMap<>();

    static {
        readTable();
        NAMED.forEach((name, text) -> {
            String upper = name.toUpperCase(Locale.ROOT);
            boolean isLower = name.equals(name.toLowerCase(Locale.ROOT)) && name.endsWith(";");
            if (isLower && unescape("&" + upper).equals("&" + upper)) {
                SHOUTED.put(upper, text.toUpperCase(Locale.ROOT));
            }
        });
    }

    private HtmlEntities() {}

    private static void readTable() {
        try (InputStream in = HtmlEntities.class.getResourceAsStream("html5-entities.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(present(in), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    addToTable(line.split(" ", -1));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream present(@Nullable InputStream in) {
        if (in == null) {
            throw new IllegalStateException("html5-entities.txt is missing from the jar; build it again");
        }
        return in;
    }

    private static void addToTable(String[] fields) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < fields.length; i++) {
            if (fields[i].equals("!")) {
                NAMED.put(fields[0], text.toString());
            } else {
                text.appendCodePoint(Integer.parseInt(fields[i], 16));
            }
        }
        NAMED.put(fields[0] + ";", text.toString());
    }

    /** Replaces every reference once, also those without a semicolon where HTML5 allows that. */
    static String unescape(String text) {
        return text.indexOf('&') < 0 ? text : REFERENCE.matcher(text).replaceAll(HtmlEntities::quoted);
    }

    private static String quoted(MatchResult match) {
        return Matcher.quoteReplacement(resolve(match.group(1)));
    }

    /** Replaces references that end in a semicolon, and shouted ones such as {@code EACUTE}. */
    static String unescapeUnambiguous(String text) {
        if (text.indexOf('&') < 0) {
            return text;
        }
        return UNAMBIGUOUS.matcher(text).replaceAll(match -> {
            String name = match.group().substring(1);
            String known = NAMED.getOrDefault(name, SHOUTED.get(name));
            return Matcher.quoteReplacement(known != null ? known : numeric(match.group()));
        });
    }

    /** ftfy's reading of what is not a name: as HTML5's, but left alone where that would still hold a semicolon. */
    private static String numeric(String reference) {
        if (!reference.startsWith("&#")) {
            return reference;
        }
        String text = unescape(reference);
        return text.indexOf(';') >= 0 ? reference : text;
    }

    private static String resolve(String reference) {
        if (reference.charAt(0) == '#') {
            return codePoint(reference);
        }
        String exact = NAMED.get(reference);
        if (exact != null) {
            return exact;
        }
        for (int length = reference.length() - 1; length > 1; length--) {
            String prefix = NAMED.get(reference.substring(0, length));
            if (prefix != null) {
                return prefix + reference.substring(length);
            }
        }
        return "&" + reference;
    }

    private static String codePoint(String reference) {
        boolean isHex = Character.toLowerCase(reference.charAt(1)) == 'x';
        int end = reference.length() - (reference.endsWith(";") ? 1 : 0);
        long number = 0;
        for (int i = isHex ? 2 : 1; i < end && number <= Character.MAX_CODE_POINT; i++) {
            number = number * (isHex ? 16 : 10) + Character.digit(reference.charAt(i), 16);
        }
        if (number == 0 || number > Character.MAX_CODE_POINT || (number >= 0xd800 && number <= 0xdfff)) {
            return "\ufffd";
        }
        int codePoint = (int) number;
        if (Windows1252.isControl(codePoint)) {
            return String.valueOf(Windows1252.of(codePoint));
        }
        return isForbidden(codePoint) ? "" : Character.toString(codePoint);
    }

    private static boolean isForbidden(int codePoint) {
        boolean isControl = codePoint < 0x20 && !(codePoint >= 9 && codePoint <= 0xd && codePoint != 0xb);
        boolean isNonCharacter = (codePoint & 0xfffe) == 0xfffe || (codePoint >= 0xfdd0 && codePoint <= 0xfdef);
        return isControl || codePoint == 0x7f || isNonCharacter;
    }
}
