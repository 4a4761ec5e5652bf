package org.radapter.train;

import java.io.Serializable;

/**
 * What one step did.
 *
 * @param step from 0
 * @param loss of the batch, before the step
 * @param gradientNorm before clipping
 * @param learningRate used
 * @param skipped steps skipped so far because the norm was not finite
 */
public record StepReport(long step, double loss, double gradientNorm, double learningRate, long skipped)
        implements Serializable {
    private static final long serialVersionUID = 1;
}
