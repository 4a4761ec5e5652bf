package org.radapter.train;

import java.util.List;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;

/** Three classes of noisy one-coloured squares, and a tokenizer that knows their names. */
public final class TinyDrawings implements ImageTextDataset {
    private static final String CONTEXT = "an emoji of a";
    private static final int CONTEXT_ID = 3;
    private static final List<String> NAMES = List.of("red", "green", "blue");

    @Override
    public String name() {
        return "tiny drawings";
    }

    @Override
    public int size() {
        return 30;
    }

    @Override
    public Pixels image(int index) {
        CounterRandom random = new CounterRandom(5);
        byte[] rgba = new byte[4 * 64];
        for (int i = 0; i < rgba.length; i++) {
            int level = random.integer(index, 1, i, 120) + (i % 4 == label(index) ? 130 : 0);
            rgba[i] = (byte) (i % 4 == 3 ? 255 : level);
        }
        return new Pixels(8, 8, rgba);
    }

    @Override
    public List<String> captions(int index) {
        return List.of(className(label(index)));
    }

    @Override
    public int label(int index) {
        return index % 3;
    }

    @Override
    public List<String> classNames() {
        return NAMES;
    }

    @Override
    public String source(int index) {
        return "square " + index;
    }

    /** Start, one token for a context of words if there is one, one token a class, end. */
    public static Tokenizer tokenizer() {
        return new Tokenizer() {
            @Override
            public int contextLength() {
                return TinyClip.CONFIG.text().contextLength();
            }

            @Override
            public int vocabularySize() {
                return TinyClip.CONFIG.text().vocabularySize();
            }

            @Override
            public int startId() {
                return 10;
            }

            @Override
            public int endId() {
                return 11;
            }

            @Override
            public int[] encode(String text) {
                int[] ids = new int[contextLength()];
                ids[0] = startId();
                int at = 1;
                if (text.startsWith(CONTEXT + " ")) {
                    ids[at++] = CONTEXT_ID;
                }
                ids[at++] = NAMES.indexOf(text.replaceFirst("^(" + CONTEXT + "|a) ", ""));
                ids[at] = endId();
                return ids;
            }

            @Override
            public int[] encodeWords(String text) {
                return new int[] {text.equals(CONTEXT) ? CONTEXT_ID : NAMES.indexOf(text)};
            }

            @Override
            public String decode(int... ids) {
                return NAMES.get(ids[0]);
            }
        };
    }
}
