package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.adapter.RandomGates;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.TextTower;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.nn.Pass;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class DistinctTextsTest {
    private static final int[] TEXTS = {0, 1, 0, 2, 1, 0};
    private static final int TOWER_STEP = 1;

    /** Encoding equal texts once gives the features and the gradients of encoding each. */
    @ParameterizedTest
    @EnumSource(Dropping.Mode.class)
    void encodingOnceIsEncodingEach(Dropping.Mode mode) {
        Dropping dropping = new Dropping(mode, .5);
        int[] ids = ids();
        try (Kernels kernels = new ReferenceKernels(Precision.F64);
                ClipParameters weights = ClipParameters.random(kernels, DType.F64, TinyClip.CONFIG, 0, 9);
                AdapterParameters adapters = adapters(kernels);
                ClipModel model = new ClipModel(kernels, weights, DType.F64, adapters);
                Arena arena = kernels.device().arena("test")) {
            RandomGates gates = new RandomGates(dropping, DType.F64, 3, TOWER_STEP);
            Pass pass = new Pass(kernels, arena, DType.F64, TEXTS.length, 0, gates, true);
            DistinctTexts once = DistinctTexts.encode(model, pass, ids, dropping);
            TextTower.Kept each = model.textTower().forward(pass, ids);
            assertThat(once.features().toDoubles()).isEqualTo(each.features().toDoubles());
            Tensor dFeatures = pass.activationsLike(each.features());
            for (long i = 0; i < dFeatures.size(); i++) {
                dFeatures.set(i, Math.cos(i));
            }
            Tensor expected = adapters.set().newGradient(arena);
            Tensor actual = adapters.set().newGradient(arena);
            model.textTower().backward(pass, each, dFeatures, adapters.set().gradients(expected));
            once.backward(model, pass, dFeatures, adapters.set().gradients(actual));
            assertThat(actual.toDoubles()).containsExactly(expected.toDoubles(), within(1e-12));
            assertThat(Arrays.stream(actual.toDoubles()).filter(g -> g != 0)).hasSizeGreaterThan(100);
        }
    }

    private static AdapterParameters adapters(Kernels kernels) {
        AdapterParameters adapters = new AdapterParameters(
                kernels, DType.F64, AdapterConfig.FULL, ClipModel.adapterSites(TinyClip.CONFIG), 4);
        Tensor values = adapters.set().values();
        for (long i = 0; i < values.size(); i++) {
            values.set(i, .3 * Math.sin(i));
        }
        return adapters;
    }

    private static int[] ids() {
        int[] distinct = TinyClip.batch(3, 0).ids();
        int context = TinyClip.CONFIG.text().contextLength();
        int[] ids = new int[TEXTS.length * context];
        for (int i = 0; i < TEXTS.length; i++) {
            System.arraycopy(distinct, TEXTS[i] * context, ids, i * context, context);
        }
        return ids;
    }
}
