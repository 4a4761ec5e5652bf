package org.radapter.tensor;

/**
 * Random numbers without a state: each is a pure function of (seed, step, site, index).
 *
 * <p>What is drawn at one place does not depend on how much was drawn elsewhere, in which order, or on which thread, so
 * a run resumed at step {@code t} draws what an unbroken run would have drawn. A <i>site</i> names the place that draws
 * (one adapter's gate, the shuffle of an epoch, the augmentation of an image) and an <i>index</i> numbers its draws.
 * {@link #site} makes sites from words, so that no two places share one by chance.
 *
 * <p>The four numbers are absorbed one after another by a bijective 64-bit mixer (MurmurHash3's finaliser with
 * Stafford's variant 13 constants, Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014),
 * each followed by an odd increment; the result passes the mixer once more. Not for cryptography.
 */
public final class CounterRandom {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private final long seed;
    private final long key;

    /** The generator of a run's seed. */
    public CounterRandom(long seed) {
        this.seed = seed;
        this.key = mix(seed + GOLDEN_GAMMA);
    }

    /** The seed this was made with. */
    public long seed() {
        return seed;
    }

    /** A site named by words: the 64-bit FNV-1a hash of its UTF-16 units, mixed. Equal names, equal sites, for ever. */
    public static long site(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return mix(hash);
    }

    /** 64 uniform bits. */
    public long bits(long step, long site, long index) {
        long h = mix((key ^ step) + GOLDEN_GAMMA);
        h = mix((h ^ site) + GOLDEN_GAMMA);
        return mix((h ^ index) + GOLDEN_GAMMA);
    }

    /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
    public double uniform(long step, long site, long index) {
        return (bits(step, site, index) >>> 11) * 0x1p-53;
    }

    /** Uniform in [{@code low}, {@code high}). */
    public double uniform(long step, long site, long index, double low, double high) {
        return low + (high - low) * uniform(step, site, index);
    }

    /**
     * Uniform in 0 … {@code bound} − 1: the high half of a 64 × 32-bit product, biased by less than 2⁻³².
     *
     * @throws IllegalArgumentException if {@code bound} is not positive
     */
    public int integer(long step, long site, long index, int bound) {
        if (bound <= 0) {
            throw new IllegalArgumentException("bound " + bound + " is not positive");
        }
        return (int) Math.multiplyHigh(bits(step, site, index) >>> 1, 2L * bound);
    }

    /** Whether an event of the given probability happens; never for 0, always for 1. */
    public boolean bernoulli(long step, long site, long index, double probability) {
        return uniform(step, site, index) < probability;
    }

    /** Normal with mean 0 and variance 1 (Box and Muller, from two draws of its own). */
    public double normal(long step, long site, long index) {
        long first = bits(step, site, index);
        double radius = Math.sqrt(-2 * StrictMath.log(((first >>> 11) + 1) * 0x1p-53));
        double angle = 2 * Math.PI * ((mix(first ^ GOLDEN_GAMMA) >>> 11) * 0x1p-53);
        return radius * StrictMath.cos(angle);
    }

    /** A permutation of 0 … {@code length} − 1 (Fisher and Yates), which uses the indices 1 … {@code length} − 1. */
    public int[] permutation(long step, long site, int length) {
        int[] order = new int[length];
        for (int i = 0; i < length; i++) {
            int j = integer(step, site, i, i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private static long mix(long z) {
        long y = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        y = (y ^ (y >>> 27)) * 0x94d049bb133111ebL;
        return y ^ (y >>> 31);
    }
}
