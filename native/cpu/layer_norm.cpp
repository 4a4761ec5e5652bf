// LayerNorm: rows are independent; the gradients of gain and bias are summed as in column_sum.cpp.
#include "column_sum_kernels.h"
#include "layer_norm_kernels.h"
#include "operands.h"

using namespace radapter;

extern "C" int radapter_layer_norm_forward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                           int64_t columns, const void* x, int64_t ldx, const float* gain,
                                           const float* bias, double epsilon, void* y, int64_t ldy, int dtype,
                                           float* mean, float* rstd) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  RADAPTER_REQUIRE(columns > 0, "columns is 0, must be positive");
  RADAPTER_CHECK_POINTER(gain);
  RADAPTER_CHECK_POINTER(bias);
  RADAPTER_REQUIRE(epsilon >= 0, "epsilon is %g, must not be negative", epsilon);
  RADAPTER_REQUIRE((mean == nullptr) == (rstd == nullptr), "mean and rstd must be given together or not at all");
  ContextLock lock(context);
  const LayerNormKernels* kernels = layer_norm_kernels(context->isa);
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    kernels->forward(end - begin, columns, element(x, begin, 0, ldx, dtype), ldx, gain, bias, epsilon,
                     element(y, begin, 0, ldy, dtype), ldy, dtype, mean == nullptr ? nullptr : mean + begin,
                     rstd == nullptr ? nullptr : rstd + begin);
  });
  return RADAPTER_OK;
}

extern "C" size_t radapter_layer_norm_backward_workspace(const radapter_context*, int64_t rows, int64_t columns) {
  return rows <= 0 || columns <= 0 ? 0 : round_to_line(divide_up(rows, kSumRows) * 2 * columns * sizeof(double));
}

extern "C" int radapter_layer_norm_backward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                            int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
                                            const float* gain, const float* mean, const float* rstd,
                                            const void* residual, void* dx, int64_t lddx, int dtype, float* d_gain,
                                            float* d_bias, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(dy, rows, columns, lddy, dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(dx, rows, columns, lddx, dtype);
  RADAPTER_REQUIRE(columns > 0, "columns is 0, must be positive");
  RADAPTER_CHECK_POINTER(gain);
  RADAPTER_REQUIRE(rows == 0 || (mean != nullptr && rstd != nullptr), "mean or rstd is NULL");
  RADAPTER_REQUIRE((d_gain == nullptr) == (d_bias == nullptr),
                   "d_gain and d_bias must be given together or not at all");
  if (d_gain != nullptr) {
    RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes,
                             radapter_layer_norm_backward_workspace(context, rows, columns));
  }
  ContextLock lock(context);
  const LayerNormKernels* kernels = layer_norm_kernels(context->isa);
  auto* partial = static_cast<double*>(workspace);
  const int64_t blocks = divide_up(rows, kSumRows);
  // A block's rows are still in the cache when the second kernel reads them; dx may be dy's residual, never dy itself.
  parallel_ranges(context->pool, blocks, divide_up(row_grain(columns), kSumRows), [&](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t row = b * kSumRows;
      const int64_t count = b + 1 < blocks ? kSumRows : rows - row;
      const void* block_dy = element(dy, row, 0, lddy, dtype);
      const void* block_x = element(x, row, 0, ldx, dtype);
      if (d_gain != nullptr) {
        kernels->gradient_sums(count, columns, block_dy, lddy, block_x, ldx, mean + row, rstd + row, dtype,
                               partial + b * 2 * columns);
      }
      kernels->backward(count, columns, block_dy, lddy, block_x, ldx, gain, mean + row, rstd + row,
                        element(residual, row, 0, lddx, dtype), element(dx, row, 0, lddx, dtype), lddx, dtype);
    }
  });
  if (d_gain != nullptr) {
    const ColumnSumKernels* sums = column_sum_kernels(context->isa);
    parallel_ranges(context->pool, columns, row_grain(blocks) / 8 * 8 + 8, [&](int64_t begin, int64_t end, int) {
      sums->sum_partials(blocks, 2 * columns, partial, begin, end, d_gain);
      sums->sum_partials(blocks, 2 * columns, partial + columns, begin, end, d_bias);
    });
  }
  return RADAPTER_OK;
}
