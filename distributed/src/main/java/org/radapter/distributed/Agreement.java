package org.radapter.distributed;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Ranks that compare what they were told, so that a difference is an error and not other bits. */
final class Agreement {
    private static final char BETWEEN = '\u0000';

    private Agreement() {}

    /**
     * Compares facts with those of every rank.
     *
     * @param arena for what is sent
     * @param facts by name; compared as text
     * @throws CollectiveException on every rank, naming two ranks, if one differs
     */
    static void require(Collectives collectives, Arena arena, Map<String, String> facts) {
        require(collectives, arena, facts, Abi.radapter_abi_version());
    }

    /** The same of a program with this version of the C ABI. */
    static void require(Collectives collectives, Arena arena, Map<String, String> facts, int abi) {
        Map<String, String> own = new TreeMap<>(facts);
        own.put("ABI", Integer.toString(abi));
        List<Map<String, String>> all = exchange(collectives, arena, own);
        for (int other = 1; other < all.size(); other++) {
            requireSame(collectives.rank(), all.get(0), other, all.get(other));
        }
    }

    private static void requireSame(int rank, Map<String, String> first, int other, Map<String, String> second) {
        TreeMap<String, String> names = new TreeMap<>(first);
        names.putAll(second);
        for (String name : names.keySet()) {
            String one = first.getOrDefault(name, "nothing");
            String two = second.getOrDefault(name, "nothing");
            if (!one.equals(two)) {
                throw new CollectiveException("rank " + rank + ": the ranks were told different things; as " + name
                        + " rank 0 has " + one + " and rank " + other + " has " + two
                        + "; start all ranks with the same program, files and options");
            }
        }
    }

    private static List<Map<String, String>> exchange(Collectives collectives, Arena arena, Map<String, String> own) {
        byte[] text = text(own).getBytes(StandardCharsets.UTF_8);
        int world = collectives.world();
        Tensor lengths = arena.allocate(DType.I64, world);
        collectives.allGather(arena.allocate(DType.I64, 1).copyFrom((double) text.length), lengths);
        int most = 1;
        for (double length : lengths.toDoubles()) {
            most = Math.max(most, (int) length);
        }
        Tensor padded = arena.allocate(DType.U8, most);
        padded.bytes().put(new byte[most]);
        padded.bytes().put(text);
        Tensor gathered = arena.allocate(DType.U8, world, most);
        collectives.allGather(padded, gathered);
        List<Map<String, String>> all = new ArrayList<>();
        for (int r = 0; r < world; r++) {
            byte[] bytes = new byte[(int) lengths.get(r)];
            gathered.rows(r, r + 1).bytes().get(bytes);
            all.add(map(new String(bytes, StandardCharsets.UTF_8)));
        }
        return all;
    }

    private static String text(Map<String, String> facts) {
        StringBuilder text = new StringBuilder();
        facts.forEach(
                (name, value) -> text.append(name).append(BETWEEN).append(value).append(BETWEEN));
        return text.toString();
    }

    private static Map<String, String> map(String text) {
        Map<String, String> facts = new TreeMap<>();
        String[] parts = text.split(String.valueOf(BETWEEN), -1);
        for (int i = 0; i + 1 < parts.length; i += 2) {
            facts.put(parts[i], parts[i + 1]);
        }
        return facts;
    }
}
