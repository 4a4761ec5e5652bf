package org.radapter.data;

import java.nio.charset.StandardCharsets;

/**
 * A 64-bit hash that never changes, by which drawings fall into splits.
 *
 * <p>FNV-1a over the UTF-8 bytes of the parts with a zero byte after each, then the finalizer of MurmurHash3
 * ({@code fmix64}), because the low bits of FNV alone are uneven over short, similar names.
 */
public final class StableHash {
    private static final long OFFSET_BASIS = 0xCBF29CE484222325L;
    private static final long PRIME = 0x100000001B3L;

    private StableHash() {}

    /** The hash of the parts in their order. */
    public static long hash(String... parts) {
        long hash = OFFSET_BASIS;
        for (String part : parts) {
            for (byte b : part.getBytes(StandardCharsets.UTF_8)) {
                hash = (hash ^ (b & 0xFF)) * PRIME;
            }
            hash *= PRIME;
        }
        return mix(hash);
    }

    /** {@link #hash} as an unsigned number, modulo {@code buckets}: from 0 to {@code buckets} − 1. */
    public static int bucket(int buckets, String... parts) {
        return (int) Long.remainderUnsigned(hash(parts), buckets);
    }

    private static long mix(long hash) {
        long h = hash;
        h = (h ^ (h >>> 33)) * 0xFF51AFD7ED558CCDL;
        h = (h ^ (h >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return h ^ (h >>> 33);
    }
}
