// Sums in a fixed order, for the operators that have a first pass of their own.
#ifndef RADAPTER_CUDA_COLUMN_SUM_H
#define RADAPTER_CUDA_COLUMN_SUM_H

#include "context.h"

namespace radapter::cuda {

/** sum[j] = Σ over the blocks of partial[block·stride + j], pairs of floats; 0 without blocks. */
int sum_partials(radapter_context* context, CUstream_st* stream, int64_t blocks, int64_t columns, int64_t stride,
                 const float* partial, float* sum);

/** sum[0] = scale · Σ x[i]. */
int sum_all(radapter_context* context, CUstream_st* stream, int64_t count, const float* x, double scale, float* sum);

}  // namespace radapter::cuda

#endif
