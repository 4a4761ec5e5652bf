#include "column_sum.h"

#include "column_sum_kernels.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(column_sum, column_sum);
RADAPTER_KERNEL(column_sum, sum_partials);
RADAPTER_KERNEL(column_sum, sum_all);

}  // namespace

int sum_partials(radapter_context* context, CUstream_st* stream, int64_t blocks, int64_t columns, int64_t stride,
                 const float* partial, float* sum) {
  const PartialSumArguments arguments = {blocks, columns, stride, partial, sum};
  return launch(context, stream, sum_partials_kernel, {divide_up(columns, 32)}, kColumnSumThreads, arguments);
}

int sum_all(radapter_context* context, CUstream_st* stream, int64_t count, const float* x, double scale, float* sum) {
  const SumAllArguments arguments = {count, x, static_cast<float>(scale), sum};
  return launch(context, stream, sum_all_kernel, {1}, kColumnSumThreads, arguments);
}

size_t column_sum_workspace(const radapter_context*, int64_t rows, int64_t columns) {
  return rows <= 0 || columns <= 0 ? 0 : round_to_line(column_sum_blocks(rows) * columns * 2 * sizeof(float));
}

int column_sum(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* x,
               int64_t ldx, int dtype, float* sum, void* workspace, size_t) {
  auto* partial = static_cast<float*>(workspace);
  const int64_t blocks = column_sum_blocks(rows);
  const ColumnSumArguments arguments = {rows, columns, rows_of_block(rows), input(x, ldx, dtype), partial};
  RADAPTER_TRY(launch(context, stream, column_sum_kernel, {divide_up(columns, kColumnSumColumns), blocks},
                      kColumnSumThreads, arguments));
  return sum_partials(context, stream, blocks, columns, columns, partial, sum);
}

}  // namespace radapter::cuda
