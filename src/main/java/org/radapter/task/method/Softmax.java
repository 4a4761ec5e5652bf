package org.radapter.task.method;

/** Cross-entropy of one image over rows of class vectors. */
final class Softmax {
    private Softmax() {}

    /** {@code a·b} of a vector with numbers that begin at an offset of another. */
    static double dot(double[] values, int offset, double[] vector) {
        double sum = 0;
        for (int i = 0; i < vector.length; i++) {
            sum += values[offset + i] * vector[i];
        }
        return sum;
    }

    /**
     * Turns logits into the gradient of −log softmax at the label: {@code softmax − onehot}.
     *
     * @return the loss
     */
    static double lossAndGradient(double[] logits, int label) {
        double highest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - highest);
        }
        double logSum = highest + Math.log(sum);
        double loss = logSum - logits[label];
        for (int c = 0; c < logits.length; c++) {
            logits[c] = Math.exp(logits[c] - logSum) - (c == label ? 1 : 0);
        }
        return loss;
    }

    /** {@code −Σ p ln p} of the softmax, in nats. */
    static double entropy(double[] logits) {
        double highest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        double weighted = 0;
        for (double logit : logits) {
            double weight = Math.exp(logit - highest);
            sum += weight;
            weighted += weight * (logit - highest);
        }
        return Math.log(sum) - weighted / sum;
    }

    /** The numbers as doubles. */
    static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }
}
