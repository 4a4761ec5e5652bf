package org.radapter.interop.pytorch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.optim.AdamWEma.Settings;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

/**
 * Clip by global norm, AdamW and a moving average of PyTorch parameters, in one pass over memory; see {@link
 * Kernels#adamWEma}. Moments and averages are PyTorch tensors too. Not thread-safe.
 */
public final class PyTorchAdamWEma implements AutoCloseable {
    /** What is trained: a dense fp32 leaf on the CPU, and its decoupled weight decay. */
    public record Group(Tensor parameter, double weightDecay) {}

    private record Trained(Group group, Tensor expAvg, Tensor expAvgSq, Tensor average) {
        Segment segment(Tensor gradient) {
            return new Segment(
                    flat(group.parameter()),
                    flat(gradient),
                    flat(expAvg),
                    flat(expAvgSq),
                    flat(average),
                    group.weightDecay());
        }

        private static org.radapter.tensor.Tensor flat(Tensor tensor) {
            org.radapter.tensor.Tensor view = PyTorchTensors.view(tensor);
            if (!view.isContiguous()) {
                throw new IllegalArgumentException("an optimiser's tensors are dense, this is " + view);
            }
            return view.reshape(view.size());
        }
    }

    private final Kernels kernels;
    private final Settings settings;
    private final Arena arena;
    private final org.radapter.tensor.Tensor deviceSettings;
    private final org.radapter.tensor.Tensor state;
    private final List<Trained> trained = new ArrayList<>();
    private List<Long> gradientAddresses = List.of();
    private @Nullable Segments segments;

    /**
     * An optimiser that has taken no step; averages begin as the parameters are.
     *
     * @param kernels of the CPU; not closed by this
     * @throws IllegalArgumentException if there is no parameter, or one is not dense fp32 memory of the CPU
     */
    public PyTorchAdamWEma(Kernels kernels, List<Group> groups, Settings settings) {
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("nothing to train: there is no parameter");
        }
        this.kernels = kernels;
        this.settings = settings;
        for (Group group : groups) {
            Tensor parameter = group.parameter().detach();
            if (parameter.scalar_type().intern() != torch.ScalarType.Float) {
                throw new IllegalArgumentException("parameters are fp32, this is " + parameter.scalar_type());
            }
            trained.add(new Trained(
                    group,
                    lasting(torch.zeros_like(parameter)),
                    lasting(torch.zeros_like(parameter)),
                    lasting(parameter.clone())));
        }
        this.arena = kernels.device().arena("optimizer of PyTorch's parameters");
        this.deviceSettings = arena.allocate(DType.F64, 6);
        this.state = arena.allocate(DType.F64, 5).copyFrom(new double[5]);
    }

    private static Tensor lasting(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /**
     * One step by the parameters' {@code grad()}. A step whose gradient norm is not finite changes nothing.
     *
     * @return the norm of all gradients before clipping
     * @throws IllegalStateException if a parameter has no gradient
     */
    public double step(double learningRate) {
        prepare();
        deviceSettings.copyFrom(
                learningRate,
                settings.beta1(),
                settings.beta2(),
                settings.epsilon(),
                settings.maxNorm(),
                settings.averageDecay());
        kernels.adamWEma(Objects.requireNonNull(segments), deviceSettings, state);
        return state.get(3);
    }

    /** Takes the gradients as they are now; where they lie changes when the loop lets go of them between steps. */
    private void prepare() {
        List<Tensor> gradients = new ArrayList<>();
        List<Long> addresses = new ArrayList<>();
        for (Trained each : trained) {
            Tensor gradient = each.group().parameter().grad();
            if (!gradient.defined()) {
                throw new IllegalStateException("parameter " + gradients.size()
                        + " has no gradient; run backward() first, or leave it out of the optimiser");
            }
            gradients.add(gradient);
            addresses.add(gradient.data_ptr().address());
        }
        if (segments != null && addresses.equals(gradientAddresses)) {
            return;
        }
        if (segments != null) {
            segments.close();
        }
        List<Segment> list = new ArrayList<>();
        for (int i = 0; i < trained.size(); i++) {
            list.add(trained.get(i).segment(gradients.get(i)));
        }
        segments = kernels.segments(list);
        gradientAddresses = addresses;
    }

    /** Forgets gradients, as {@code zero_grad(set_to_none=True)} does. */
    public void clearGradients() {
        for (Trained each : trained) {
            each.group().parameter().mutable_grad().reset();
        }
    }

    /** The moving average of parameter {@code i}, shaped as it; changed by each step. */
    public Tensor average(int i) {
        return trained.get(i).average();
    }

    /** Steps taken; skipped ones do not count. */
    public long steps() {
        return (long) state.get(0);
    }

    /** Steps skipped because the gradient was not finite. */
    public long skipped() {
        return (long) state.get(1);
    }

    /** Frees what this holds but for the tensors. */
    @Override
    public void close() {
        if (segments != null) {
            segments.close();
        }
        arena.close();
    }
}
