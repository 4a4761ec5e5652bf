// Sums over rows: blocks of a fixed number of rows, then over the blocks, in double.
#include "column_sum_kernels.h"
#include "operands.h"

using namespace radapter;

size_t cpu::column_sum_workspace(const radapter_context*, int64_t rows, int64_t columns) {
  return rows <= 0 || columns <= 0 ? 0 : round_to_line(divide_up(rows, kSumRows) * columns * sizeof(double));
}

int cpu::column_sum(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* x, int64_t ldx,
                    int dtype, float* sum, void* workspace, size_t) {
  ContextLock lock(context);
  const ColumnSumKernels* kernels = column_sum_kernels(context->isa);
  auto* partial = static_cast<double*>(workspace);
  const int64_t blocks = columns == 0 ? 0 : divide_up(rows, kSumRows);
  const int64_t grain = divide_up(row_grain(columns), kSumRows);
  parallel_ranges(context->pool, blocks, grain, [&](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t count = b + 1 < blocks ? kSumRows : rows - b * kSumRows;
      kernels->sum_rows(count, columns, element(x, b * kSumRows, 0, ldx, dtype), ldx, dtype, partial + b * columns);
    }
  });
  parallel_ranges(context->pool, columns, row_grain(blocks) / 8 * 8 + 8, [&](int64_t begin, int64_t end, int) {
    kernels->sum_partials(blocks, columns, partial, begin, end, sum);
  });
  return RADAPTER_OK;
}
