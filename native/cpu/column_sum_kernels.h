// Sums over rows.
#ifndef RADAPTER_CPU_COLUMN_SUM_KERNELS_H
#define RADAPTER_CPU_COLUMN_SUM_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct ColumnSumKernels {
  /** sum[j] = Σ x[i, j] over `rows` rows. */
  void (*sum_rows)(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, double* sum);
  /** sum[j] = Σ over the chain of rows first, next[first], … until a negative one; added to what is there if `add`. */
  void (*sum_chain)(int64_t first, const int32_t* next, int64_t columns, const void* x, int64_t ldx, int dtype,
                    bool add, float* sum);
  /** sum[j] = Σ_b partial[b, j] for columns [begin, end), partial [blocks, columns]. */
  void (*sum_partials)(int64_t blocks, int64_t columns, const double* partial, int64_t begin, int64_t end, float* sum);
};

RADAPTER_ISA_TABLE(ColumnSumKernels, column_sum_kernels)

/** Rows that are summed together before the blocks are: fixed, so that the order never changes. */
constexpr int64_t kSumRows = 64;

}  // namespace radapter

#endif
