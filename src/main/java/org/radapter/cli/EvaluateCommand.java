package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TaskProgress;
import org.radapter.cli.report.TextTable;
import org.radapter.data.DataException;
import org.radapter.data.DataOptions;
import org.radapter.data.FolderDataset;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.emoji.EmojiPrompts;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.Split;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.Predictions;
import org.radapter.train.ZeroShotHead;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures zero-shot accuracy. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = {
            "Zero-shot accuracy of a model, with its binomial standard error.",
            "A folder has one folder of images for each class, named as the class is called."
        },
        footer = {
            "",
            "Examples:",
            "  radapter evaluate --emoji id-test,mono,streamline",
            "  radapter evaluate --emoji mono --adapter runs/mine/adapter.safetensors --alpha 0.5",
            "  radapter evaluate --model my-clip --folder pictures --template \"a photo of a {}\""
        })
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private AdapterOptions adapterOptions = new AdapterOptions();

    @Option(
            names = "--emoji",
            split = ",",
            arity = "1..*",
            paramLabel = "SPLIT",
            description =
                    "Splits of EmojiShift: train, validation, id-test, mono, streamline, three-d, fxemoji, symbola.")
    private List<String> emoji = List.of();

    @Option(names = "--folder", paramLabel = "DIR", description = "A folder of classes.")
    private @Nullable Path folder;

    @Option(
            names = "--template",
            paramLabel = "TEXT",
            description = "A sentence with {} for the class; several are averaged. Default: those of EmojiShift, or"
                    + " \"a photo of a {}\" with --folder.")
    private List<String> templates = List.of();

    @Override
    public Integer call() throws IOException {
        if (emoji.isEmpty() == (folder == null)) {
            throw Commands.usage(spec, "name either --emoji SPLIT or --folder DIR");
        }
        List<Split> splits = emoji.stream().map(Split::byId).toList();
        TextTable table = new TextTable("set", "images", "classes", "accuracy", "± s.e.");
        try (LoadedModel model = adapterOptions.open(modelOptions)) {
            for (ImageTextDataset set : folder == null ? emoji(splits) : List.of(FolderDataset.open(folder))) {
                row(table, model, set);
            }
        }
        PrintWriter out = Commands.out(spec);
        out.print(table);
        out.flush();
        return 0;
    }

    private static List<ImageTextDataset> emoji(List<Split> splits) {
        List<ImageTextDataset> sets = new ArrayList<>();
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            EmojiShift data = EmojiShift.open(DataOptions.defaults(), progress);
            splits.forEach(split -> sets.add(data.dataset(split)));
        }
        return sets;
    }

    private void row(TextTable table, LoadedModel model, ImageTextDataset set) throws IOException {
        List<String> sentences = !templates.isEmpty()
                ? templates
                : folder == null ? EmojiPrompts.templates() : List.of("a photo of a {}");
        if (set.classNames().isEmpty()) {
            throw new DataException(set.name() + " has captions but no classes to tell apart; add a column \"label\" to"
                    + " its captions.csv, or put the images of each class in a folder named after the class.");
        }
        ZeroShotHead head = ZeroShotHead.of(model.model(), model.tokenizer(), set.classNames(), sentences);
        double accuracy = Predictions.of(model.model(), head, set, DrawingPreparation.plain(model.config()))
                .accuracy();
        table.row(
                set.name(),
                String.valueOf(set.size()),
                String.valueOf(set.classNames().size()),
                String.format(Locale.ROOT, "%.2f%%", 100 * accuracy),
                String.format(Locale.ROOT, "%.2f", 100 * Math.sqrt(accuracy * (1 - accuracy) / set.size())));
    }
}
