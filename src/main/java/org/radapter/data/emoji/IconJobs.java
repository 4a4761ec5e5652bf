package org.radapter.data.emoji;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lists the icons worth rendering: those whose plain name is found in at least two sets (names of one set alone are
 * mostly that set's own signs), in the buckets that may be trained on, and every bucket of the benchmark's names.
 */
final class IconJobs {
    /** Sets a name must be found in to be rendered at all. */
    static final int FEWEST_SETS = 2;

    private static final Pattern PLAIN_WORDS = Pattern.compile("[a-z]{2,}(-[a-z]+){0,2}");

    private static final Pattern BRAND = Pattern.compile("^(brand|logo)-|-logo(?=-(thin|light|bold|fill|duotone)$|$)");

    /** Words that are companies' names too. */
    private static final Set<String> COMMON_WORDS = Set.of(
            "blender",
            "cake",
            "cd",
            "closed-captioning",
            "edge",
            "euro",
            "family",
            "guardian",
            "intercom",
            "layers",
            "line",
            "matrix",
            "medium",
            "pocket",
            "signal",
            "snowflake",
            "square",
            "threads",
            "yarn",
            "yen",
            "zoom");

    private IconJobs() {}

    static List<RenderJob> list(Path packages, int pixels) {
        Map<IconSet, IconifySet> sets = new EnumMap<>(IconSet.class);
        for (IconSet set : IconSet.values()) {
            sets.put(set, IconifySet.read(packages.resolve(set.npmPackage()).resolve("icons.json")));
        }
        Map<String, Set<String>> setsOfName = setsOfName(sets);
        setsOfName.keySet().removeAll(brands(sets));
        SvgRenderer renderer = new SvgRenderer(pixels);
        List<RenderJob> jobs = new ArrayList<>();
        sets.forEach((set, icons) -> {
            Map<String, List<String>> otherNames = icons.otherNames();
            for (String name : icons.ownNames()) {
                String plain = set.plainName(name);
                int found = setsOfName.getOrDefault(plain, Set.of()).size();
                if (set.wants(name) && wanted(set, plain, found)) {
                    List<String> others = otherNames.getOrDefault(name, List.of()).stream()
                            .map(set::plainName)
                            .distinct()
                            .toList();
                    Drawing drawing = new Drawing(set.id(), plain, name, others);
                    jobs.add(new RenderJob(
                            drawing, () -> icons.svg(name).map(svg -> renderer.render(svg, drawing.toString()))));
                }
            }
        });
        return jobs;
    }

    /** Names that some set marks as a company's sign; the others draw the same sign without saying so. */
    private static Set<String> brands(Map<IconSet, IconifySet> sets) {
        Set<String> brands = new HashSet<>();
        sets.forEach((set, icons) -> {
            for (String name : icons.ownNames()) {
                Matcher brand = BRAND.matcher(name);
                if (brand.find()) {
                    brands.add(set.plainName(brand.replaceFirst("")));
                }
            }
        });
        brands.removeAll(COMMON_WORDS);
        return brands;
    }

    private static boolean wanted(IconSet set, String plain, int found) {
        if (found < FEWEST_SETS || !PLAIN_WORDS.matcher(plain).matches()) {
            return false;
        }
        boolean trains = !set.outOfDistribution() && IconBuckets.mayPretrain(plain, set);
        return trains || found >= IconBuckets.BENCHMARK_SETS;
    }

    private static Map<String, Set<String>> setsOfName(Map<IconSet, IconifySet> sets) {
        Map<String, Set<String>> setsOfName = new HashMap<>();
        sets.forEach((set, icons) -> {
            for (String name : icons.ownNames()) {
                if (set.wants(name)) {
                    setsOfName
                            .computeIfAbsent(set.plainName(name), plain -> new HashSet<>())
                            .add(set.key());
                }
            }
        });
        return setsOfName;
    }
}
