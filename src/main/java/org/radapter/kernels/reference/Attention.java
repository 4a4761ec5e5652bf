package org.radapter.kernels.reference;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/** softmax(q kᵀ/√headSize [+ causal mask]) v, head by head. */
final class Attention {
    private final Precision precision;

    Attention(Precision precision) {
        this.precision = precision;
    }

    /** One head of one sequence: where its rows and its columns of q, k and v begin. */
    private record Head(int firstRow, int length, int q, int k, int v, int o, int size, boolean causal) {
        /** Number of keys that position {@code i} sees. */
        int visible(int i) {
            return causal ? i + 1 : length;
        }

        double scale() {
            return 1 / Math.sqrt(size);
        }
    }

    private static Head head(Matrix qkv, int batch, int heads, boolean causal, int sequence, int head) {
        int width = qkv.columns() / 3;
        int size = width / heads;
        int length = qkv.rows() / batch;
        int at = head * size;
        return new Head(sequence * length, length, at, width + at, 2 * width + at, at, size, causal);
    }

    void forward(Tensor qkv, int batch, int heads, boolean causal, Tensor out, @Nullable Tensor logSumExp) {
        Matrix input = Matrix.read(qkv);
        Matrix output = Matrix.zeros(input.rows(), input.columns() / 3);
        double[] logSums = new double[heads * input.rows()];
        int at = 0;
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                Head head = head(input, batch, heads, causal, b, h);
                for (int i = 0; i < head.length; i++) {
                    logSums[at++] = attend(input, head, i, output);
                }
            }
        }
        output.writeTo(out);
        if (logSumExp != null) {
            logSumExp.copyFrom(logSums);
        }
    }

    /** Position {@code i}'s row of the output; returns the logarithm of the sum of its exponentials. */
    private double attend(Matrix qkv, Head head, int i, Matrix output) {
        double[] scores = scores(qkv, head, i);
        double greatest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            greatest = Math.max(greatest, score);
        }
        double sum = 0;
        double[] weighted = new double[head.size];
        for (int j = 0; j < scores.length; j++) {
            double weight = precision.round(Math.exp(precision.round(scores[j] - greatest)));
            sum = precision.sum(sum, weight);
            for (int c = 0; c < head.size; c++) {
                double term = precision.operand(weight) * qkv.at(head.firstRow + j, head.v + c);
                weighted[c] = precision.sum(weighted[c], term);
            }
        }
        for (int c = 0; c < head.size; c++) {
            output.set(head.firstRow + i, head.o + c, precision.round(weighted[c] / sum));
        }
        return precision.round(greatest + Math.log(sum));
    }

    private double[] scores(Matrix qkv, Head head, int i) {
        double[] scores = new double[head.visible(i)];
        for (int j = 0; j < scores.length; j++) {
            double sum = 0;
            for (int c = 0; c < head.size; c++) {
                double term = qkv.at(head.firstRow + i, head.q + c) * qkv.at(head.firstRow + j, head.k + c);
                sum = precision.sum(sum, term);
            }
            scores[j] = precision.round(sum * head.scale());
        }
        return scores;
    }

    void backward(
            Tensor qkv, Tensor out, Tensor logSumExp, Tensor dOut, int batch, int heads, boolean causal, Tensor dQkv) {
        Matrix input = Matrix.read(qkv);
        Matrix output = Matrix.read(out);
        Matrix gradient = Matrix.read(dOut);
        double[] logSums = logSumExp.toDoubles();
        Matrix result = Matrix.zeros(input.rows(), input.columns());
        int at = 0;
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                Head head = head(input, batch, heads, causal, b, h);
                for (int i = 0; i < head.length; i++) {
                    pullBack(input, output, gradient, logSums[at++], head, i, result);
                }
            }
        }
        result.writeTo(dQkv);
    }

    /** What position {@code i}'s output adds to the gradients of its query and of all keys and values it sees. */
    private void pullBack(Matrix qkv, Matrix output, Matrix dOut, double logSum, Head head, int i, Matrix result) {
        int row = head.firstRow + i;
        double outputDot = 0;
        for (int c = 0; c < head.size; c++) {
            outputDot = precision.sum(outputDot, dOut.at(row, head.o + c) * output.at(row, head.o + c));
        }
        double[] scores = scores(qkv, head, i);
        for (int j = 0; j < scores.length; j++) {
            int other = head.firstRow + j;
            double probability = precision.round(Math.exp(precision.round(scores[j] - logSum)));
            double dProbability = 0;
            for (int c = 0; c < head.size; c++) {
                dProbability = precision.sum(dProbability, dOut.at(row, head.o + c) * qkv.at(other, head.v + c));
            }
            double dScore = precision.round(probability * precision.round(dProbability - outputDot));
            double scaled = precision.operand(precision.round(dScore * head.scale()));
            for (int c = 0; c < head.size; c++) {
                add(result, other, head.v + c, precision.operand(probability) * dOut.at(row, head.o + c));
                add(result, row, head.q + c, scaled * qkv.at(other, head.k + c));
                add(result, other, head.k + c, scaled * qkv.at(row, head.q + c));
            }
        }
    }

    private void add(Matrix result, int row, int column, double term) {
        result.set(row, column, precision.sum(result.at(row, column), term));
    }
}
