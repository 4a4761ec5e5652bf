package org.radapter.kernels.reference;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/** Patches, tokens, and rows picked out and put back. */
final class Embeddings {
    private final Precision precision;

    Embeddings(Precision precision) {
        this.precision = precision;
    }

    void patches(Tensor images, int patch, Tensor patches) {
        int batch = Math.toIntExact(images.extent(0));
        int channels = Math.toIntExact(images.extent(1));
        int height = Math.toIntExact(images.extent(2));
        int width = Math.toIntExact(images.extent(3));
        double[] pixels = images.toDoubles();
        double[] cut = new double[pixels.length];
        int at = 0;
        for (int b = 0; b < batch; b++) {
            for (int top = 0; top < height; top += patch) {
                for (int left = 0; left < width; left += patch) {
                    for (int c = 0; c < channels; c++) {
                        for (int y = top; y < top + patch; y++) {
                            for (int x = left; x < left + patch; x++) {
                                cut[at++] = pixels[((b * channels + c) * height + y) * width + x];
                            }
                        }
                    }
                }
            }
        }
        patches.copyFrom(cut);
    }

    void imageTokens(Tensor embedded, Tensor classEmbedding, Tensor position, Tensor tokens) {
        Matrix patches = Matrix.read(embedded);
        Matrix positions = Matrix.read(position);
        double[] classToken = classEmbedding.toDoubles();
        Matrix result = Matrix.zeros(Math.toIntExact(tokens.rows()), patches.columns());
        int length = positions.rows();
        for (int r = 0; r < result.rows(); r++) {
            int image = r / length;
            int t = r % length;
            for (int j = 0; j < result.columns(); j++) {
                double token = t == 0 ? classToken[j] : patches.at(image * (length - 1) + t - 1, j);
                result.set(r, j, precision.round(token + positions.at(t, j)));
            }
        }
        result.writeTo(tokens);
    }

    void imageTokensBackward(
            Tensor dTokens,
            int patches,
            @Nullable Tensor dEmbedded,
            @Nullable Tensor dClass,
            @Nullable Tensor dPosition) {
        Matrix gradient = Matrix.read(dTokens);
        int length = patches + 1;
        int batch = gradient.rows() / length;
        Matrix positions = sumOverSequences(gradient, length);
        if (dPosition != null) {
            positions.writeTo(dPosition);
        }
        if (dClass != null) {
            for (int j = 0; j < gradient.columns(); j++) {
                dClass.set(j, positions.at(0, j));
            }
        }
        if (dEmbedded != null) {
            Matrix result = Matrix.zeros(batch * patches, gradient.columns());
            for (int i = 0; i < result.rows(); i++) {
                for (int j = 0; j < result.columns(); j++) {
                    result.set(i, j, gradient.at(i / patches * length + 1 + i % patches, j));
                }
            }
            result.writeTo(dEmbedded);
        }
    }

    private Matrix sumOverSequences(Matrix gradient, int length) {
        Matrix sums = Matrix.zeros(length, gradient.columns());
        for (int r = 0; r < gradient.rows(); r++) {
            addRow(sums, r % length, gradient, r);
        }
        return sums;
    }

    private void addRow(Matrix sums, int row, Matrix terms, int termRow) {
        for (int j = 0; j < sums.columns(); j++) {
            sums.set(row, j, precision.sum(sums.at(row, j), terms.at(termRow, j)));
        }
    }

    void textTokens(Tensor ids, Tensor table, Tensor position, Tensor tokens) {
        Matrix words = Matrix.read(table);
        Matrix positions = Matrix.read(position);
        int length = Math.toIntExact(ids.columns());
        Matrix result = Matrix.zeros(Math.toIntExact(ids.size()), words.columns());
        for (int r = 0; r < result.rows(); r++) {
            int id = (int) ids.get(r);
            for (int j = 0; j < result.columns(); j++) {
                result.set(r, j, precision.round(words.at(id, j) + positions.at(r % length, j)));
            }
        }
        result.writeTo(tokens);
    }

    void textTokensBackward(Tensor ids, Tensor dTokens, @Nullable Tensor dTable, @Nullable Tensor dPosition) {
        Matrix gradient = Matrix.read(dTokens);
        if (dPosition != null) {
            sumOverSequences(gradient, Math.toIntExact(ids.columns())).writeTo(dPosition);
        }
        if (dTable != null) {
            Matrix words = Matrix.zeros(Math.toIntExact(dTable.rows()), gradient.columns());
            for (int r = 0; r < gradient.rows(); r++) {
                addRow(words, (int) ids.get(r), gradient, r);
            }
            words.writeTo(dTable);
        }
    }

    void gatherRows(Tensor x, Tensor rows, Tensor y) {
        Matrix source = Matrix.read(x);
        Matrix result = Matrix.zeros(Math.toIntExact(rows.size()), source.columns());
        for (int i = 0; i < result.rows(); i++) {
            for (int j = 0; j < result.columns(); j++) {
                result.set(i, j, source.at((int) rows.get(i), j));
            }
        }
        result.writeTo(y);
    }

    void scatterRows(Tensor y, Tensor rows, Tensor x) {
        Matrix source = Matrix.read(y);
        Matrix result = Matrix.zeros(Math.toIntExact(x.rows()), source.columns());
        for (int i = 0; i < source.rows(); i++) {
            for (int j = 0; j < source.columns(); j++) {
                result.set((int) rows.get(i), j, source.at(i, j));
            }
        }
        result.writeTo(x);
    }
}
