// LayerNorm: rows are independent; the gradients of gain and bias are summed as in column_sum.cpp.
#include "column_sum_kernels.h"
#include "layer_norm_kernels.h"
#include "operands.h"

using namespace radapter;

int cpu::layer_norm_forward(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* x,
                            int64_t ldx, const float* gain, const float* bias, double epsilon, void* y, int64_t ldy,
                            int dtype, float* mean, float* rstd) {
  ContextLock lock(context);
  const LayerNormKernels* kernels = layer_norm_kernels(context->isa);
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    kernels->forward(end - begin, columns, element(x, begin, 0, ldx, dtype), ldx, gain, bias, epsilon,
                     element(y, begin, 0, ldy, dtype), ldy, dtype, mean == nullptr ? nullptr : mean + begin,
                     rstd == nullptr ? nullptr : rstd + begin);
  });
  return RADAPTER_OK;
}

size_t cpu::layer_norm_backward_workspace(const radapter_context*, int64_t rows, int64_t columns) {
  return rows <= 0 || columns <= 0 ? 0 : round_to_line(divide_up(rows, kSumRows) * 2 * columns * sizeof(double));
}

int cpu::layer_norm_backward(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* dy,
                             int64_t lddy, const void* x, int64_t ldx, const float* gain, const float* mean,
                             const float* rstd, const void* residual, void* dx, int64_t lddx, int dtype, float* d_gain,
                             float* d_bias, void* workspace, size_t) {
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
