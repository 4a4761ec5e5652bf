package org.radapter.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipParameters;
import org.radapter.tensor.DType;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelCopies;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Folds trained adapters into their model. */
@Command(
        name = "merge",
        mixinStandardHelpOptions = true,
        description = {
            "Folds trained adapters into the model they were trained on, W (I + alpha s W~), and writes a plain CLIP:",
            "of the same size and speed, for open_clip, transformers or radapter."
        },
        footer = {
            "",
            "Examples:",
            "  radapter merge --model base --adapter runs/mine/adapter.safetensors --alpha 0.5 \\",
            "      --out merged --naming hugging_face",
            "  radapter merge --model base --adapter adapter.safetensors --out merged.safetensors --naming open_clip"
        })
final class MergeCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(names = "--adapter", required = true, paramLabel = "FILE", description = "The adapter file of a run.")
    private @Nullable Path adapter;

    @Option(
            names = "--alpha",
            paramLabel = "A",
            description = "0 is the base, 1 the tuned model. Default: what the adapter file says.")
    private @Nullable Double alpha;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "TARGET",
            description = "A directory, or with open_clip and openai a .safetensors file.")
    private @Nullable Path out;

    @Option(names = "--naming", description = "hugging_face, open_clip or openai. Default: that of the base.")
    private @Nullable Naming naming;

    @Option(names = "--dtype", description = "f16, bf16 or f32. Default: that of the base.")
    private @Nullable DType dtype;

    @Override
    public Integer call() throws IOException {
        if (dtype != null && dtype != DType.F16 && dtype != DType.BF16 && dtype != DType.F32) {
            throw Commands.usage(
                    spec, "--dtype is f16, bf16 or f32, not " + dtype.name().toLowerCase(Locale.ROOT));
        }
        try (LoadedModel base = modelOptions.open();
                ClipParameters merged = base.merged(Objects.requireNonNull(adapter), alpha)) {
            DType stored = base.file().tensors().dtype("visual.proj");
            Path weights = ClipFileWriter.write(
                    Objects.requireNonNull(out),
                    naming == null ? base.file().naming() : naming,
                    base.config(),
                    TensorSources.of(ModelCopies.values(merged)),
                    dtype == null ? stored : dtype,
                    base.file().tokenizerFiles());
            PrintWriter console = Commands.out(spec);
            console.println("wrote " + weights);
            console.flush();
        }
        return 0;
    }
}
