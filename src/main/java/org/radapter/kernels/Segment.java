package org.radapter.kernels;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/**
 * One tensor of the optimiser; all contiguous, of the master type, of equal size.
 *
 * @param parameter p, changed by a step
 * @param gradient g, only read
 * @param expAvg first moment, changed
 * @param expAvgSq second moment, changed
 * @param average moving average of the parameter, changed; null to keep none
 * @param weightDecay decoupled weight decay
 */
public record Segment(
        Tensor parameter,
        Tensor gradient,
        Tensor expAvg,
        Tensor expAvgSq,
        @Nullable Tensor average,
        double weightDecay) {}
