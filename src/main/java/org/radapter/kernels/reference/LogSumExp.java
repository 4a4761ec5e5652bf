package org.radapter.kernels.reference;

/**
 * log Σ_j exp(z_j), as its two parts.
 *
 * @param greatest the greatest z
 * @param logOfRest log Σ_j exp(z_j - greatest)
 */
record LogSumExp(double greatest, double logOfRest) {
    static LogSumExp ofRow(Matrix z, int row, Precision precision) {
        double greatest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < z.columns(); j++) {
            greatest = Math.max(greatest, z.at(row, j));
        }
        double sum = 0;
        for (int j = 0; j < z.columns(); j++) {
            sum = precision.sum(sum, precision.round(Math.exp(precision.round(z.at(row, j) - greatest))));
        }
        return new LogSumExp(greatest, precision.round(Math.log(sum)));
    }

    /**
     * log softmax at z. A kernel keeps one rounded number a row and subtracts that; the oracle keeps both parts, since a
     * softmax that is nearly certain has a logarithm far below the roundoff of the greatest z.
     */
    double logProbability(double z, Precision precision) {
        return precision == Precision.F64
                ? z - greatest - logOfRest
                : precision.round(z - precision.round(greatest + logOfRest));
    }
}
