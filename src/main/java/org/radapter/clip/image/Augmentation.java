package org.radapter.clip.image;

import org.radapter.tensor.CounterRandom;

/**
 * Random changes of a drawing for training: a crop of random size and shape, rotation, flip, the colour of the ground
 * behind it, and colour jitter.
 *
 * <p>Crop, rotation and flip are one affine map, sampled bilinearly on a grid fine enough not to alias; what lies
 * outside the drawing is transparent and shows the ground. All numbers come from {@link CounterRandom} and depend on
 * (seed, step, sample) alone, so neither the order nor the thread matters. Immutable and thread-safe.
 *
 * @param minScale least share of the drawing's area a crop keeps, in (0, 1]
 * @param maxScale largest share; above 1 the drawing gets a margin
 * @param maxAspect largest ratio of the crop's sides, either way, at least 1
 * @param rotation largest angle either way, in degrees
 * @param shift how far a crop that is larger than the drawing may leave it off centre, as a share of the room, 0 … 1
 * @param flip probability of mirroring left and right
 * @param ground probability of a ground of random colour instead of white
 * @param brightness largest relative change of all levels
 * @param contrast largest relative change of their distance from the mean
 * @param saturation largest relative change of their distance from grey
 * @param hue largest turn of the hue, in turns (.5 reaches every hue)
 * @param grey probability of taking the colour away altogether
 */
public record Augmentation(
        double minScale,
        double maxScale,
        double maxAspect,
        double rotation,
        double shift,
        double flip,
        double ground,
        double brightness,
        double contrast,
        double saturation,
        double hue,
        double grey) {
    /** No change at all but the resize; ground white. */
    public static final Augmentation NONE = new Augmentation(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Small changes, for fine-tuning on drawings. */
    public static final Augmentation LIGHT = new Augmentation(.75, 1.15, 1.1, 8, 1, 0, .3, .15, .15, .15, .02, 0);

    /** Large changes, for pre-training on drawings. */
    public static final Augmentation STRONG = new Augmentation(.45, 1.4, 1.33, 20, 1, .3, .6, .35, .35, .5, .08, .15);

    private static final long SITE = CounterRandom.site("augmentation");

    /** Checks the ranges. */
    public Augmentation {
        boolean isValid = minScale > 0 && maxScale >= minScale && maxScale < 100 && maxAspect >= 1 && maxAspect < 100;
        isValid &= rotation >= 0 && rotation <= 180 && hue >= 0 && hue <= .5;
        for (double share : new double[] {shift, flip, ground, brightness, contrast, saturation, grey}) {
            isValid &= share >= 0 && share <= 1;
        }
        if (!isValid) {
            throw new IllegalArgumentException("an augmentation is out of range: scale (" + minScale + ", " + maxScale
                    + ") must be positive and in order, aspect " + maxAspect + " at least 1, rotation " + rotation
                    + " within 180 degrees, hue " + hue + " within .5, all others within 0 … 1");
        }
    }

    /** Part of the way from {@link #NONE} (0) to this (1), for a ramp at the start of training. */
    public Augmentation atStrength(double strength) {
        if (!(strength >= 0 && strength <= 1)) {
            throw new IllegalArgumentException("strength " + strength + " is not within 0 … 1");
        }
        return new Augmentation(
                Math.pow(minScale, strength),
                Math.pow(maxScale, strength),
                Math.pow(maxAspect, strength),
                rotation * strength,
                shift * strength,
                flip * strength,
                ground * strength,
                brightness * strength,
                contrast * strength,
                saturation * strength,
                hue * strength,
                grey * strength);
    }

    /**
     * Writes one changed image as planes, [3, size, size], from {@code out[offset]} on.
     *
     * @param sample which draw of the step this is: the image's place in the batch
     * @throws IllegalArgumentException if there is no room
     */
    public void apply(
            RgbaImage image,
            CounterRandom random,
            long step,
            long sample,
            int size,
            Normalization normalization,
            float[] out,
            int offset) {
        int length = 3 * size * size;
        if (size < 1 || offset < 0 || out.length - offset < length) {
            throw new IllegalArgumentException(
                    "an image of " + length + " floats does not fit into " + out.length + " from " + offset + " on");
        }
        Draws draws = new Draws(random, step, sample);
        AffineSampler.sample(image, map(image, draws, size), size, background(draws), out, offset);
        jitter(draws).apply(out, offset, size * size);
        for (int c = 0; c < 3; c++) {
            for (int i = offset + c * size * size; i < offset + (c + 1) * size * size; i++) {
                out[i] = normalization.apply(c, Math.max(0, Math.min(1, out[i])));
            }
        }
    }

    /** From the output's pixels to the image's. */
    private AffineMap map(RgbaImage image, Draws draws, int size) {
        double area = minScale + (maxScale - minScale) * draws.next();
        double aspect = Math.pow(maxAspect, draws.next() * 2 - 1);
        double width = Math.sqrt(area * aspect) * image.width();
        double height = Math.sqrt(area / aspect) * image.height();
        double x = image.width() / 2.0 + offCenter(image.width() - width, draws);
        double y = image.height() / 2.0 + offCenter(image.height() - height, draws);
        double angle = Math.toRadians(rotation * (draws.next() * 2 - 1));
        double mirror = draws.next() < flip ? -1 : 1;
        return AffineMap.of(x, y, mirror * width / size, height / size, angle, size);
    }

    /** Anywhere a crop fits into the image; a crop larger than it stays nearer the centre by {@link #shift}. */
    private double offCenter(double room, Draws draws) {
        return (draws.next() - .5) * Math.abs(room) * (room < 0 ? shift : 1);
    }

    private float[] background(Draws draws) {
        boolean isColoured = draws.next() < ground;
        float[] colour = new float[3];
        for (int c = 0; c < 3; c++) {
            double level = draws.next();
            colour[c] = isColoured ? (float) level : 1;
        }
        return colour;
    }

    private ColourJitter jitter(Draws draws) {
        double bright = 1 + brightness * (draws.next() * 2 - 1);
        double spread = 1 + contrast * (draws.next() * 2 - 1);
        double vivid = 1 + saturation * (draws.next() * 2 - 1);
        double turn = hue * (draws.next() * 2 - 1);
        boolean isGrey = draws.next() < grey;
        return new ColourJitter((float) bright, (float) spread, (float) (isGrey ? 0 : vivid), turn);
    }

    /** The uniform numbers of one sample, in order. */
    private static final class Draws {
        private final CounterRandom random;
        private final long step;
        private final long site;
        private int count;

        Draws(CounterRandom random, long step, long sample) {
            this.random = random;
            this.step = step;
            this.site = SITE + sample;
        }

        double next() {
            return random.uniform(step, site, count++);
        }
    }
}
