package org.radapter.kernels.reference;

import java.util.List;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.tensor.Tensor;

/** Clip by global norm, AdamW, moving average. */
final class Optimizer {
    private static final int STEPS = 0;
    private static final int SKIPPED = 1;
    private static final int SKIPPED_IN_A_ROW = 2;
    private static final int NORM = 3;
    private static final int CLIP = 4;

    private final Precision precision;

    Optimizer(Precision precision) {
        // masters are at least binary32 in every precision
        this.precision = precision == Precision.BF16 ? Precision.F32 : precision;
    }

    /** The segments as they were given. */
    record Prepared(List<Segment> list) implements Segments {
        Prepared {
            list = List.copyOf(list);
        }

        @Override
        public long size() {
            return list.stream()
                    .mapToLong(segment -> segment.parameter().size())
                    .sum();
        }

        @Override
        public void close() {
            // the tensors are the caller's
        }
    }

    private record Step(double learningRate, double beta1, double beta2, double epsilon, double clip, double count) {}

    void step(Prepared segments, Tensor settings, Tensor state) {
        double norm = globalNorm(segments);
        state.set(NORM, norm);
        if (!Double.isFinite(norm)) {
            state.set(SKIPPED, state.get(SKIPPED) + 1);
            state.set(SKIPPED_IN_A_ROW, state.get(SKIPPED_IN_A_ROW) + 1);
            return;
        }
        double maximalNorm = settings.get(4);
        double clip = maximalNorm <= 0 ? 1 : Math.min(1, maximalNorm / (norm + 1e-6));
        state.set(STEPS, state.get(STEPS) + 1);
        state.set(SKIPPED_IN_A_ROW, 0);
        state.set(CLIP, clip);
        Step step =
                new Step(settings.get(0), settings.get(1), settings.get(2), settings.get(3), clip, state.get(STEPS));
        for (Segment segment : segments.list()) {
            adamW(segment, step);
        }
        average(segments, settings.get(5));
    }

    private double globalNorm(Prepared segments) {
        double squares = 0;
        for (Segment segment : segments.list()) {
            for (double g : segment.gradient().toDoubles()) {
                squares = precision.sum(squares, g * g);
            }
        }
        return Math.sqrt(squares);
    }

    private void adamW(Segment segment, Step step) {
        double[] parameter = segment.parameter().toDoubles();
        double[] gradient = segment.gradient().toDoubles();
        double[] first = segment.expAvg().toDoubles();
        double[] second = segment.expAvgSq().toDoubles();
        double rate = step.learningRate / (1 - Math.pow(step.beta1, step.count));
        double rootCorrection = Math.sqrt(1 - Math.pow(step.beta2, step.count));
        double keep = 1 - step.learningRate * segment.weightDecay();
        for (int i = 0; i < parameter.length; i++) {
            double g = precision.round(gradient[i] * step.clip);
            first[i] = precision.sum(precision.round(step.beta1 * first[i]), (1 - step.beta1) * g);
            second[i] = precision.sum(precision.round(step.beta2 * second[i]), (1 - step.beta2) * g * g);
            double root = precision.round(precision.round(Math.sqrt(second[i])) / rootCorrection);
            double change = precision.round(rate * first[i] / precision.round(root + step.epsilon));
            parameter[i] = precision.round(precision.round(parameter[i] * keep) - change);
        }
        segment.parameter().copyFrom(parameter);
        segment.expAvg().copyFrom(first);
        segment.expAvgSq().copyFrom(second);
    }

    /** average ← average + (1-decay)(parameter-average). */
    void average(Prepared segments, double decay) {
        for (Segment segment : segments.list()) {
            Tensor average = segment.average();
            if (average == null) {
                continue;
            }
            double[] parameter = segment.parameter().toDoubles();
            double[] averages = average.toDoubles();
            for (int i = 0; i < averages.length; i++) {
                double distance = precision.round(parameter[i] - averages[i]);
                averages[i] = precision.sum(averages[i], (1 - decay) * distance);
            }
            average.copyFrom(averages);
        }
    }
}
