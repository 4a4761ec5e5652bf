package org.radapter.examples;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.radapter.interop.pytorch.PyTorchAdamWEma;
import org.radapter.interop.pytorch.PyTorchAdamWEma.Group;
import org.radapter.interop.pytorch.PyTorchAdapter;
import org.radapter.interop.pytorch.PyTorchMpmNce;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.optim.AdamWEma;

/** MPM-NCE, R-Adapter and AdamW with averages in a training loop of bytedeco's PyTorch. */
public final class LibtorchLoop {
    private static final int PAIRS = 256;
    private static final int CLASSES = 32;
    private static final int WIDTH = 128;

    private LibtorchLoop() {}

    /** Runs the example: [STEPS]. */
    public static void main(String[] arguments) {
        int steps = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 60;
        torch.manual_seed(1);
        int[] labels = new int[PAIRS];
        long[] rows = new long[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            labels[i] = i % CLASSES;
            rows[i] = labels[i];
        }
        // image features that a frozen encoder gives, and those of the class names, in another space
        Tensor names = torch.randn(CLASSES, WIDTH);
        Tensor texts = unit(names.index_select(0, Tensor.create(rows, PAIRS)));
        Tensor images = texts.matmul(torch.randn(WIDTH, WIDTH)).add(torch.randn(PAIRS, WIDTH));
        Tensor weight = torch.zeros(WIDTH, WIDTH).set_requires_grad(true);
        Tensor scale = torch.ones(1);
        try (Kernels kernels = Backends.open("cpu");
                PyTorchMpmNce mpmNce = new PyTorchMpmNce(kernels, .05, .05);
                PyTorchAdamWEma optimizer =
                        new PyTorchAdamWEma(kernels, List.of(new Group(weight, 0)), AdamWEma.Settings.PAPER)) {
            PyTorchAdapter adapter = new PyTorchAdapter(kernels);
            for (int step = 0; step < steps; step++) {
                try (PointerScope scope = new PointerScope()) {
                    Tensor features = unit(adapter.apply(images, weight, scale, null));
                    Tensor loss = mpmNce.loss(features, texts, labels, 14);
                    optimizer.clearGradients();
                    loss.backward();
                    double norm = optimizer.step(3e-3);
                    if (step % 10 == 0 || step == steps - 1) {
                        System.out.printf("step %d loss %.4f gradient norm %.4f%n", step, loss.item_float(), norm);
                    }
                }
            }
        }
    }

    private static Tensor unit(Tensor x) {
        return x.div(x.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true));
    }
}
