#ifndef RADAPTER_CUDA_COLUMN_SUM_KERNELS_H
#define RADAPTER_CUDA_COLUMN_SUM_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

constexpr int kColumnSumWarps = 8;
constexpr int kColumnSumThreads = 32 * kColumnSumWarps;
/** Columns of a block: a group for each lane. */
constexpr int kColumnSumColumns = 32 * kGroup;

/** Rows that one block sums: at least 64, at most 256 blocks. */
inline int64_t rows_of_block(int64_t rows) { return rows <= 64 * 256 ? 64 : (rows + 255) / 256; }

inline int64_t column_sum_blocks(int64_t rows) { return (rows + rows_of_block(rows) - 1) / rows_of_block(rows); }

/** First pass: sums over the rows of a block. Grid (columns / kColumnSumColumns, blocks). */
struct ColumnSumArguments {
  int64_t rows;
  int64_t columns;
  int64_t block_rows;
  Input x;
  /** [blocks, columns], pairs. */
  float* partial;
};

/** Second pass: over the blocks. Grid (columns / 32). */
struct PartialSumArguments {
  int64_t blocks;
  int64_t columns;
  /** Pairs from one block to the next. */
  int64_t stride;
  const float* partial;
  float* sum;
};

/** One block: sum[0] = scale · Σ x[i]. */
struct SumAllArguments {
  int64_t count;
  const float* x;
  float scale;
  float* sum;
};

}  // namespace radapter::cuda

#endif
