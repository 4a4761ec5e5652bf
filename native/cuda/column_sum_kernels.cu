// Sums over rows in two passes, in pairs of floats.
#include "column_partials.h"
#include "column_sum_kernels.h"

using namespace radapter::cuda;

extern "C" __global__ void __launch_bounds__(kColumnSumThreads) column_sum(ColumnSumArguments a) {
  sum_block_rows<1>(
      a.rows, a.columns, a.block_rows, a.partial,
      [&](int64_t row, int64_t column, int count, float(&v)[1][kGroup]) { load_group(a.x, row, column, count, v[0]); });
}

/** A lane a column; each warp sums every kColumnSumWarps-th block, then the warps are summed in order. */
extern "C" __global__ void __launch_bounds__(kColumnSumThreads) sum_partials(PartialSumArguments a) {
  __shared__ Pair shared[kColumnSumWarps][kWarp];
  const int warp = threadIdx.x / kWarp;
  const int lane = threadIdx.x % kWarp;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kWarp + lane;
  const Pair* partial = reinterpret_cast<const Pair*>(a.partial);
  Pair sum = {0, 0};
  if (column < a.columns) {
    for (int64_t block = warp; block < a.blocks; block += kColumnSumWarps) {
      sum = sum + partial[block * a.stride + column];
    }
  }
  shared[warp][lane] = sum;
  __syncthreads();
  if (warp == 0 && column < a.columns) {
#pragma unroll
    for (int w = 1; w < kColumnSumWarps; ++w) {
      sum = sum + shared[w][lane];
    }
    a.sum[column] = value(sum);
  }
}

extern "C" __global__ void __launch_bounds__(kColumnSumThreads) sum_all(SumAllArguments a) {
  __shared__ Pair shared[kColumnSumWarps];
  Pair sum = {0, 0};
  for (int64_t i = threadIdx.x; i < a.count; i += kColumnSumThreads) {
    sum = sum + a.x[i];
  }
  sum = block_sum<kColumnSumWarps>(sum, shared);
  if (threadIdx.x == 0) {
    a.sum[0] = value(sum) * a.scale;
  }
}
