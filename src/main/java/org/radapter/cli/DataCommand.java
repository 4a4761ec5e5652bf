package org.radapter.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TaskProgress;
import org.radapter.cli.report.TextTable;
import org.radapter.data.ContactSheet;
import org.radapter.data.Credit;
import org.radapter.data.DataOptions;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.IconBenchmark;
import org.radapter.data.emoji.LeakCheck;
import org.radapter.data.emoji.Split;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fetches and shows EmojiShift. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = {
            "EmojiShift: emoji and icons drawn by many vendors, from packages of pinned versions.",
            "Kept in RADAPTER_DATA, or in the user's cache folder."
        },
        footer = {
            "",
            "Examples:",
            "  radapter data fetch                              fetch and render everything, once",
            "  radapter data info                               counts, leak check, credits",
            "  radapter data sheet --split mono --out mono.png  look at a split"
        })
final class DataCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw Commands.usage(spec, "say what to do with the data: fetch, info or sheet");
    }

    private static EmojiShift open() {
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            return EmojiShift.open(DataOptions.defaults(), progress);
        }
    }

    /** The datasets people may name, by name. */
    private static Map<String, ImageTextDataset> splits(EmojiShift emoji) {
        Map<String, ImageTextDataset> all = new LinkedHashMap<>();
        for (Split split : Split.values()) {
            all.put(split.id(), emoji.dataset(split));
        }
        all.put("unseen", emoji.unseen());
        return all;
    }

    @Command(
            name = "fetch",
            mixinStandardHelpOptions = true,
            description = "Fetches the packages with npm and renders all drawings; does nothing where that was done.")
    int fetch() {
        EmojiShift emoji = open();
        int icons = emoji.icons().test().size();
        PrintWriter out = Commands.out(spec);
        out.println(emoji.concepts().size() + " concepts, and icons (" + icons + " to test on), in "
                + DataOptions.defaults().cache());
        out.flush();
        return 0;
    }

    @Command(
            name = "info",
            mixinStandardHelpOptions = true,
            description =
                    "Counts of every split and style, the check that nothing tested on is trained on, and credits."
                            + " Status 1 if that check finds a leak.")
    int info() {
        EmojiShift emoji = open();
        PrintWriter out = Commands.out(spec);
        out.println(emoji.concepts().size() + " concepts: " + emoji.downstream().size() + " downstream, "
                + emoji.unseenConcepts().size() + " never trained on");
        TextTable sizes = new TextTable("set", "images", "classes");
        splits(emoji).forEach((name, set) -> size(sizes, name, set));
        IconBenchmark icons = emoji.icons();
        size(sizes, "icon shots", icons.shots());
        size(sizes, "icons test", icons.test());
        size(sizes, "icons pixels", icons.pixels());
        size(sizes, "icons print", icons.print());
        size(sizes, "pre-training", emoji.pretraining());
        out.print(sizes);
        out.println();
        out.print(styles(emoji));
        out.println();
        boolean passed = leaks(out, emoji);
        TextTable credits = new TextTable("drawings and texts", "author", "licence", "from");
        for (Credit credit : EmojiShift.credits()) {
            credits.row(credit.name(), credit.author(), credit.license(), credit.origin());
        }
        out.println();
        out.print(credits);
        out.flush();
        return passed ? 0 : 1;
    }

    private static void size(TextTable table, String name, ImageTextDataset set) {
        long classes = IntStream.range(0, set.size()).map(set::label).distinct().count();
        table.row(name, String.valueOf(set.size()), String.valueOf(classes));
    }

    /** How many drawings of each style lie in each split. */
    private static TextTable styles(EmojiShift emoji) {
        Map<String, Map<String, Integer>> counts = new TreeMap<>();
        splits(emoji)
                .forEach((name, set) -> IntStream.range(0, set.size())
                        .mapToObj(i -> set.source(i).split("[:/ ]", 2)[0])
                        .forEach(style -> counts.computeIfAbsent(style, key -> new LinkedHashMap<>())
                                .merge(name, 1, Integer::sum)));
        TextTable table = new TextTable("style", "drawings", "in");
        counts.forEach((style, sets) -> table.row(
                style,
                String.valueOf(
                        sets.values().stream().mapToInt(Integer::intValue).sum()),
                sets.toString()));
        return table;
    }

    private static boolean leaks(PrintWriter out, EmojiShift emoji) {
        LeakCheck.Report report = LeakCheck.run(emoji);
        out.println("leak check: " + (report.passed() ? "passed" : "FAILED") + "; " + report.comparisons()
                + " pairs compared; left out for looking like a test drawing: " + report.removedFromPretraining()
                + " of pre-training, " + report.removedFromTraining() + " of training");
        report.problems().forEach(problem -> out.println("  " + problem));
        return report.passed();
    }

    @Command(
            name = "sheet",
            mixinStandardHelpOptions = true,
            description = "Draws images of a split on one PNG, with the names of what they show.")
    int sheet(
            @Option(names = "--split", required = true, paramLabel = "ID", description = "train, mono, unseen, …")
                    String split,
            @Option(names = "--out", required = true, paramLabel = "FILE", description = "The PNG to write.") Path file,
            @Option(names = "--count", defaultValue = "96", description = "Most images (default: ${DEFAULT-VALUE}).")
                    int count,
            @Option(names = "--columns", defaultValue = "12", description = "In a row (default: ${DEFAULT-VALUE}).")
                    int columns)
            throws IOException {
        if (!split.equals("unseen")) {
            Split.byId(split); // an unknown name is refused before anything is fetched
        }
        if (count < 1 || columns < 1) {
            throw Commands.usage(spec, "--count and --columns are at least 1");
        }
        EmojiShift emoji = open();
        ImageTextDataset set = split.equals("unseen") ? emoji.unseen() : emoji.dataset(Split.byId(split));
        int shown = Math.min(count, set.size());
        List<Integer> indices = IntStream.range(0, shown)
                .map(i -> (int) ((long) i * set.size() / shown))
                .boxed()
                .toList();
        BufferedImage sheet = ContactSheet.draw(set.name(), set, indices, columns, i -> set.className(set.label(i)));
        ContactSheet.write(sheet, file);
        PrintWriter out = Commands.out(spec);
        out.println(shown + " of " + set.size() + " images of " + split + " in " + file);
        out.flush();
        return 0;
    }
}
