package org.radapter.kernels;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/**
 * One layer of a merge: {@code merged = weight (I + coefficient·W)}, {@code mergedBias = bias (I + coefficient·W)}.
 *
 * @param weight frozen, [in, out], or PyTorch's [out, in] if {@code transposed}; any floating type
 * @param transposed whether {@code weight} is stored [out, in]
 * @param bias frozen [out], of the weight's type; nullable
 * @param down W [out, out] of the master type, or with {@code up} the factor D [out, rank]
 * @param up U [rank, out], null for full rank
 * @param coefficient α·s̃
 * @param mergedWeight result, shaped and typed as {@code weight}
 * @param mergedBias result, null exactly when {@code bias} is
 */
public record MergeLayer(
        Tensor weight,
        boolean transposed,
        @Nullable Tensor bias,
        Tensor down,
        @Nullable Tensor up,
        double coefficient,
        Tensor mergedWeight,
        @Nullable Tensor mergedBias) {}
