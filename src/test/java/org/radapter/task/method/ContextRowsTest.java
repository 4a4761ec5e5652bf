package org.radapter.task.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.train.TinyClip;

class ContextRowsTest {
    /** Of five positions of eight numbers, those of two context tokens after the start are trained. */
    @Test
    void theRowsAfterTheStartAreTrainedAndNoOthers() throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ContextRows rows = new ContextRows(kernels, weights, 2);
                Arena arena = kernels.device().arena("test")) {
            Parameter positions = weights.get("positional_embedding");
            float[] before = positions.value().toFloats();
            Parameter context = rows.factors().parameter("context");
            assertThat(context.value().toFloats()).isEqualTo(Arrays.copyOfRange(before, 8, 24));
            Tensor ofWeights = weights.set().newGradient(arena);
            float[] slopes = new float[before.length];
            for (int i = 0; i < slopes.length; i++) {
                slopes[i] = i;
            }
            Objects.requireNonNull(weights.set().gradients(ofWeights).of(positions))
                    .copyFrom(slopes);
            Tensor ofFactors = rows.factors().newGradient(arena);
            rows.pullBack(weights.set().gradients(ofWeights), rows.factors().gradients(ofFactors));
            assertThat(Objects.requireNonNull(
                                    rows.factors().gradients(ofFactors).of(context))
                            .toFloats())
                    .isEqualTo(Arrays.copyOfRange(slopes, 8, 24));
            kernels.fill(context.value(), 7);
            rows.write();
            float[] after = positions.value().toFloats();
            Arrays.fill(before, 8, 24, 7);
            assertThat(after).isEqualTo(before);
        }
    }
}
