package org.radapter.clip.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The printable character that stands for each byte in a byte-level vocabulary (GPT-2's table): itself where it is
 * printable and no space in Latin-1, otherwise the next one from U+0100 on.
 */
final class ByteSymbols {
    /** What marks the last symbol of a word. */
    static final String WORD_END = "</w>";

    private static final char[] SYMBOL = new char[256];
    private static final int[] BYTE = new int[0x200];

    /** Bytes in the order in which CLIP numbers them: the printable ones first. */
    private static final int[] ORDER = new int[256];

    static {
        Arrays.fill(BYTE, -1);
        int next = 0;
        for (int b = 0; b < 256; b++) {
            if (isPrintable(b)) {
                put(b, (char) b, next++);
            }
        }
        char substitute = 0x100;
        for (int b = 0; b < 256; b++) {
            if (!isPrintable(b)) {
                put(b, substitute++, next++);
            }
        }
    }

    private ByteSymbols() {}

    private static boolean isPrintable(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xa1 && b != 0xad);
    }

    private static void put(int b, char symbol, int place) {
        SYMBOL[b] = symbol;
        BYTE[symbol] = b;
        ORDER[place] = b;
    }

    /** The symbol of the {@code i}-th byte in CLIP's order. */
    static String inOrder(int i) {
        return String.valueOf(SYMBOL[ORDER[i]]);
    }

    /** One symbol for each byte of the word's UTF-8. */
    static String[] of(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        String[] symbols = new String[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            symbols[i] = String.valueOf(SYMBOL[bytes[i] & 0xff]);
        }
        return symbols;
    }

    /** The byte a symbol stands for, -1 if none. */
    static int toByte(char symbol) {
        return symbol < BYTE.length ? BYTE[symbol] : -1;
    }
}
