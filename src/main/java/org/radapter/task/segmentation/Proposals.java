package org.radapter.task.segmentation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.radapter.tensor.CounterRandom;

/**
 * Masks that a segmenter without classes might propose: each object's, grown or shrunk by up to two pixels; two objects
 * taken for one; and two rectangles of background.
 */
final class Proposals {
    private static final int JITTER = 2;
    private static final int PIECE = 32;
    private static final int PIECES = 2;
    private static final long GROWTH = CounterRandom.site("proposal.growth");
    private static final long CORNER = CounterRandom.site("proposal.corner");

    private Proposals() {}

    /** The jittered masks of the objects, in their order; an object that would vanish keeps its own. */
    static List<Mask> ofObjects(Scene scene, CounterRandom random, int number) {
        List<Mask> masks = new ArrayList<>();
        for (int i = 0; i < scene.objects().size(); i++) {
            Mask mask = scene.objects().get(i);
            int growth = random.integer(number, GROWTH, i, 2 * JITTER + 1) - JITTER;
            Mask jittered = growth >= 0 ? mask.dilated(growth) : mask.eroded(-growth);
            masks.add(jittered.isEmpty() ? mask : jittered);
        }
        return masks;
    }

    /** All proposals of a scene. */
    static List<Mask> of(Scene scene, CounterRandom random, int number) {
        List<Mask> masks = new ArrayList<>(ofObjects(scene, random, number));
        if (masks.size() > 1) {
            masks.add(masks.get(0).union(masks.get(1)));
        }
        for (int piece = 0; piece < PIECES; piece++) {
            BitSet bits = scene.background().bits();
            int left = random.integer(number, CORNER, 2L * piece, scene.side() - PIECE + 1);
            int top = random.integer(number, CORNER, 2L * piece + 1, scene.side() - PIECE + 1);
            BitSet rectangle = new BitSet();
            for (int y = top; y < top + PIECE; y++) {
                rectangle.set(y * scene.side() + left, y * scene.side() + left + PIECE);
            }
            bits.and(rectangle);
            if (!bits.isEmpty()) {
                masks.add(new Mask(scene.side(), bits));
            }
        }
        return masks;
    }
}
