// Sums over the rows of a block, for several numbers a column.
#ifndef RADAPTER_CUDA_COLUMN_PARTIALS_H
#define RADAPTER_CUDA_COLUMN_PARTIALS_H

#include "column_sum_kernels.h"
#include "numbers.h"
#include "sums.h"

namespace radapter::cuda {

/**
 * partial[(block·Sums + s)·columns + j] = Σ over the block's rows of number s, where values(row, column, count, v)
 * gives eight columns' numbers. Each warp sums every kColumnSumWarps-th row, then the warps are summed in order.
 */
template <int Sums, typename Values>
__device__ __forceinline__ void sum_block_rows(int64_t rows, int64_t columns, int64_t block_rows, float* partial,
                                               Values values) {
  __shared__ Pair shared[kColumnSumWarps][kColumnSumColumns];
  const int warp = threadIdx.x / kWarp;
  const int lane = threadIdx.x % kWarp;
  const int64_t first_column = static_cast<int64_t>(blockIdx.x) * kColumnSumColumns;
  const int64_t column = first_column + lane * kGroup;
  const int64_t first_row = blockIdx.y * block_rows;
  const int64_t end = first_row + block_rows < rows ? first_row + block_rows : rows;
  Pair sums[Sums][kGroup] = {};
  if (column < columns) {
    for (int64_t row = first_row + warp; row < end; row += kColumnSumWarps) {
      float v[Sums][kGroup];
      values(row, column, group_count(column, columns), v);
#pragma unroll
      for (int s = 0; s < Sums; ++s) {
#pragma unroll
        for (int i = 0; i < kGroup; ++i) {
          sums[s][i] = sums[s][i] + v[s][i];
        }
      }
    }
  }
#pragma unroll
  for (int s = 0; s < Sums; ++s) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      shared[warp][lane * kGroup + i] = sums[s][i];
    }
    __syncthreads();
    Pair sum = shared[0][threadIdx.x];
#pragma unroll
    for (int w = 1; w < kColumnSumWarps; ++w) {
      sum = sum + shared[w][threadIdx.x];
    }
    if (first_column + threadIdx.x < columns) {
      Pair* to = reinterpret_cast<Pair*>(partial) + (blockIdx.y * Sums + s) * columns;
      to[first_column + threadIdx.x] = sum;
    }
  }
}

}  // namespace radapter::cuda

#endif
