package org.radapter.data.emoji;

import org.radapter.data.StableHash;

/** Which use an icon is for: {@code hash(plain name, set) mod 10}, 0–4 pre-training, 5–7 shots, 8–9 test. */
final class IconBuckets {
    /** Sets a name must be found in to be a class of the icon benchmark. */
    static final int BENCHMARK_SETS = 10;

    private static final int BUCKETS = 10;
    private static final int FIRST_SHOT = 5;
    private static final int FIRST_TEST = 8;

    private IconBuckets() {}

    static boolean mayPretrain(String plainName, IconSet set) {
        return bucket(plainName, set) < FIRST_SHOT;
    }

    static boolean shot(String plainName, IconSet set) {
        int bucket = bucket(plainName, set);
        return bucket >= FIRST_SHOT && bucket < FIRST_TEST;
    }

    static boolean test(String plainName, IconSet set) {
        return bucket(plainName, set) >= FIRST_TEST;
    }

    private static int bucket(String plainName, IconSet set) {
        return StableHash.bucket(BUCKETS, plainName, set.key());
    }
}
