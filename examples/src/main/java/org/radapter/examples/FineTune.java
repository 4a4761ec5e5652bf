package org.radapter.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.data.FolderDataset;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.ModelCopies;
import org.radapter.train.TrainingListener;
import org.radapter.weights.ClipFile;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;

/** Fine-tunes a CLIP on a folder of images, one folder a class, and writes the merged model: MODEL FOLDER OUT [STEPS]. */
public final class FineTune {
    private FineTune() {}

    /** Runs the example. */
    public static void main(String[] arguments) throws IOException {
        Path model = Path.of(arguments[0]);
        int steps = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 150;
        try (Kernels kernels = Backends.open("auto");
                ClipFile file = ClipFile.open(model);
                ClipParameters base = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors())) {
            FolderDataset images = FolderDataset.open(Path.of(arguments[1]));
            FineTuner.Data data = new FineTuner.Data(
                    images,
                    (index, step, sample) ->
                            "a photo of a " + images.classNames().get(images.label(index)),
                    DrawingPreparation.plain(file.config()),
                    List.of("a photo of a {}"));
            int context = file.config().text().contextLength();
            FineTuner tuner = new FineTuner(kernels, base, Tokenizers.load(model, context));
            try (FineTuned tuned =
                            tuner.run(FineTuneSettings.rAdapter(steps, 1), data, null, 50, TrainingListener.SILENT);
                    ClipParameters merged = tuned.merged(0.5)) {
                Path written = ClipFileWriter.write(
                        Path.of(arguments[2]),
                        Naming.HUGGING_FACE,
                        file.config(),
                        TensorSources.of(ModelCopies.values(merged)),
                        DType.F32,
                        file.tokenizerFiles());
                System.out.println("wrote " + written);
            }
        }
    }
}
