package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelCopies;
import org.radapter.weights.TensorSources;
import org.radapter.weights.onnx.OnnxExport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a model for ONNX runtimes. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Writes both towers as ONNX graphs: image_tower.onnx takes pixel_values [batch, 3, size, size], normalised,",
            "text_tower.onnx takes input_ids [batch, context]; both give unit vectors. Adapters are folded in."
        },
        footer = {
            "",
            "Examples:",
            "  radapter export --model CLIP --out onnx",
            "  radapter export --model CLIP --adapter runs/mine/adapter.safetensors --alpha 0.5 --out onnx"
        })
final class ExportCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private AdapterOptions adapterOptions = new AdapterOptions();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the two files are put.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        if (adapterOptions.isAlphaAlone()) {
            throw Commands.usage(spec, "--alpha needs --adapter");
        }
        Path directory = Objects.requireNonNull(out);
        PrintWriter console = Commands.out(spec);
        try (LoadedModel model = adapterOptions.open(modelOptions)) {
            OnnxExport export = new OnnxExport(model.config(), TensorSources.of(ModelCopies.values(model.weights())));
            Path images = directory.resolve("image_tower.onnx");
            export.writeImageTower(images);
            console.println("wrote " + images);
            Path texts = directory.resolve("text_tower.onnx");
            export.writeTextTower(texts);
            console.println("wrote " + texts);
        }
        console.flush();
        return 0;
    }
}
