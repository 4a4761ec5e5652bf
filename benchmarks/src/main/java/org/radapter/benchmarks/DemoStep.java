package org.radapter.benchmarks;

/** {@link Step} on the model of the demo. */
public class DemoStep extends Step {
    @Override
    ClipCase model(String shape) {
        return shape.equals(smallShape()) ? ClipCase.small(false) : ClipCase.demo(batch(shape));
    }

    @Override
    int iterations(String shape, boolean quick) {
        return quick ? 3 : 5;
    }
}
