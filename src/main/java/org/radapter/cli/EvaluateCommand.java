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
import org.radapter.data.DataOptions;
import org.radapter.data.FolderDataset;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.emoji.EmojiPrompts;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.Split;
import org.radapter.task.Retrieval;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.LoadedModel;
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
            "A folder has one folder of images for each class, named as the class is called; or a captions.csv",
            "(file,caption), whose images and captions then look for each other: R@1, R@5 and R@10."
        },
        footer = {
            "",
            "Examples:",
            "  radapter evaluate --emoji id-test,mono,streamline",
            "  radapter evaluate --emoji mono --adapter runs/mine/adapter.safetensors --alpha 0.5",
            "  radapter evaluate --model my-clip --folder pictures --template \"a photo of a {}\"",
            "  radapter evaluate --model my-clip --folder captioned",
            "  radapter evaluate --spark local[2,4] --folder photos --folder sketches --adapter a.safetensors \\",
            "      --alphas 0,0.5,1 --out sweep      each on each, as one job of Apache Spark"
        })
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private AdapterOptions adapterOptions = new AdapterOptions();

    @Mixin
    private SweepOptions sweepOptions = new SweepOptions();

    @Option(
            names = "--emoji",
            split = ",",
            arity = "1..*",
            paramLabel = "SPLIT",
            description =
                    "Splits of EmojiShift: train, validation, id-test, mono, streamline, three-d, fxemoji, symbola.")
    private List<String> emoji = List.of();

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description = "A folder of classes; with --spark it may be repeated.")
    private List<String> folders = List.of();

    @Option(
            names = "--template",
            paramLabel = "TEXT",
            description = "A sentence with {} for the class; several are averaged. Default: those of EmojiShift, or"
                    + " \"a photo of a {}\" with --folder.")
    private List<String> templates = List.of();

    @Override
    public Integer call() throws IOException {
        if (emoji.isEmpty() == folders.isEmpty()) {
            throw Commands.usage(spec, "name either --emoji SPLIT or --folder DIR");
        }
        if (sweepOptions.isUsed()) {
            if (folders.isEmpty()) {
                throw Commands.usage(spec, "--spark measures on --folder DIR");
            }
            print(sweepOptions.run(adapterOptions.choice(modelOptions), folders, sentences()));
            return 0;
        }
        if (folders.size() > 1 || sweepOptions.hasOptions()) {
            throw Commands.usage(spec, "--alphas, --out and more than one --folder go with --spark");
        }
        List<Split> splits = emoji.stream().map(Split::byId).toList();
        TextTable table = new TextTable("set", "images", "classes", "accuracy", "± s.e.");
        try (LoadedModel model = adapterOptions.open(modelOptions)) {
            if (!folders.isEmpty()) {
                FolderDataset images = FolderDataset.open(Path.of(folders.get(0)));
                if (images.classNames().isEmpty()) {
                    table = retrieval(model, images);
                } else {
                    row(table, model, images);
                }
            }
            for (ImageTextDataset set : emoji(splits)) {
                row(table, model, set);
            }
        }
        print(table);
        return 0;
    }

    private void print(TextTable table) {
        PrintWriter out = Commands.out(spec);
        out.print(table);
        out.flush();
    }

    private List<String> sentences() {
        if (!templates.isEmpty()) {
            return templates;
        }
        return folders.isEmpty() ? EmojiPrompts.templates() : List.of("a photo of a {}");
    }

    /** Images and captions that look for each other. */
    private static TextTable retrieval(LoadedModel model, FolderDataset images) throws IOException {
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            all.add(images.captions(i));
        }
        Retrieval.Captions captions = Retrieval.Captions.of(all);
        Retrieval found = Retrieval.of(
                Predictions.embed(model.model(), images, DrawingPreparation.plain(model.config())),
                EmbedCommand.embed(model.model(), model.tokenizer(), captions.texts()),
                captions.ofImage());
        TextTable table = new TextTable("set", "looking for", "images", "captions", "R@1", "R@5", "R@10");
        recalls(table, images, captions, "captions", found.imageToText());
        recalls(table, images, captions, "images", found.textToImage());
        return table;
    }

    private static void recalls(
            TextTable table, FolderDataset images, Retrieval.Captions captions, String what, List<Double> recalls) {
        List<String> cells = new ArrayList<>(List.of(
                images.name(),
                what,
                String.valueOf(images.size()),
                String.valueOf(captions.texts().size())));
        recalls.forEach(recall -> cells.add(String.format(Locale.ROOT, "%.2f%%", 100 * recall)));
        table.row(cells.toArray(String[]::new));
    }

    private static List<ImageTextDataset> emoji(List<Split> splits) {
        List<ImageTextDataset> sets = new ArrayList<>();
        if (splits.isEmpty()) {
            return sets;
        }
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            EmojiShift data = EmojiShift.open(DataOptions.defaults(), progress);
            splits.forEach(split -> sets.add(data.dataset(split)));
        }
        return sets;
    }

    private void row(TextTable table, LoadedModel model, ImageTextDataset set) throws IOException {
        ZeroShotHead head = ZeroShotHead.of(model.model(), model.tokenizer(), set.classNames(), sentences());
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
