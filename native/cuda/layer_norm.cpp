// LayerNorm: rows are independent; the gradients of gain and bias are summed as in column_sum.cpp.
#include "column_sum.h"
#include "column_sum_kernels.h"
#include "launch.h"
#include "layer_norm_kernels.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(layer_norm, layer_norm_small);
RADAPTER_KERNEL(layer_norm, layer_norm_medium);
RADAPTER_KERNEL(layer_norm, layer_norm_large);
RADAPTER_KERNEL(layer_norm, layer_norm_backward_small);
RADAPTER_KERNEL(layer_norm, layer_norm_backward_medium);
RADAPTER_KERNEL(layer_norm, layer_norm_backward_large);
RADAPTER_KERNEL(layer_norm, layer_norm_sums);

const Kernel& by_columns(int64_t columns, const Kernel& small, const Kernel& medium, const Kernel& large) {
  return columns <= kSmallNormColumns ? small : columns <= kMediumNormColumns ? medium : large;
}

}  // namespace

int layer_norm_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* x,
                       int64_t ldx, const float* gain, const float* bias, double epsilon, void* y, int64_t ldy,
                       int dtype, float* mean, float* rstd) {
  const LayerNormArguments arguments = {rows,
                                        columns,
                                        input(x, ldx, dtype),
                                        input(gain, 0, RADAPTER_F32),
                                        input(bias, 0, RADAPTER_F32),
                                        static_cast<float>(epsilon),
                                        output(y, ldy, dtype),
                                        mean,
                                        rstd};
  return launch(context, stream,
                by_columns(columns, layer_norm_small_kernel, layer_norm_medium_kernel, layer_norm_large_kernel),
                {divide_up(rows, kNormWarps)}, kNormThreads, arguments);
}

size_t layer_norm_backward_workspace(const radapter_context*, int64_t rows, int64_t columns) {
  return rows <= 0 || columns <= 0 ? 0 : round_to_line(column_sum_blocks(rows) * 2 * columns * 2 * sizeof(float));
}

int layer_norm_backward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* dy,
                        int64_t lddy, const void* x, int64_t ldx, const float* gain, const float* mean,
                        const float* rstd, const void* residual, void* dx, int64_t lddx, int dtype, float* d_gain,
                        float* d_bias, void* workspace, size_t) {
  if (d_gain != nullptr) {
    // First: dx may be the residual, and later work may want dy or x no more.
    auto* partial = static_cast<float*>(workspace);
    const int64_t blocks = column_sum_blocks(rows);
    const LayerNormSumArguments sums = {
        rows, columns, rows_of_block(rows), input(dy, lddy, dtype), input(x, ldx, dtype), mean, rstd, partial};
    RADAPTER_TRY(launch(context, stream, layer_norm_sums_kernel, {divide_up(columns, kColumnSumColumns), blocks},
                        kColumnSumThreads, sums));
    RADAPTER_TRY(sum_partials(context, stream, blocks, columns, 2 * columns, partial, d_gain));
    RADAPTER_TRY(sum_partials(context, stream, blocks, columns, 2 * columns, partial + 2 * columns, d_bias));
  }
  const LayerNormBackwardArguments arguments = {
      rows, columns, input(dy, lddy, dtype),       input(x, ldx, dtype),   input(gain, 0, RADAPTER_F32),
      mean, rstd,    input(residual, lddx, dtype), output(dx, lddx, dtype)};
  return launch(context, stream,
                by_columns(columns, layer_norm_backward_small_kernel, layer_norm_backward_medium_kernel,
                           layer_norm_backward_large_kernel),
                {divide_up(rows, kNormWarps)}, kNormThreads, arguments);
}

}  // namespace radapter::cuda
