// Products: grid (tiles, splits).
#include "gemm_kernels.h"
#include "gemm_tile.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(16) unsigned char dynamic_shared[];

}  // namespace

/** gemm_TYPE_TRANSPOSED_TILE. */
#define RADAPTER_HALF_KERNELS(type, dtype, suffix, transpose_a, transpose_b)                                     \
  extern "C" __global__ void __launch_bounds__(kLargeThreads) gemm_##type##_##suffix##_large(GemmProblem p) {    \
    multiply_tile<HalfTile<dtype, transpose_a, transpose_b, kLargeTile, kLargeThreads, 64, 32>, kLargeTile,      \
                  kLargeThreads>(p, blockIdx.x, kHalfDepth, dynamic_shared);                                     \
  }                                                                                                              \
  extern "C" __global__ void __launch_bounds__(kSmallThreads, 1) gemm_##type##_##suffix##_small(GemmProblem p) { \
    multiply_tile<HalfTile<dtype, transpose_a, transpose_b, kSmallTile, kSmallThreads, 32, 32>, kSmallTile,      \
                  kSmallThreads>(p, blockIdx.x, kHalfDepth, dynamic_shared);                                     \
  }

RADAPTER_HALF_KERNELS(bf16, RADAPTER_BF16, nn, false, false)
RADAPTER_HALF_KERNELS(bf16, RADAPTER_BF16, nt, false, true)
RADAPTER_HALF_KERNELS(bf16, RADAPTER_BF16, tn, true, false)
RADAPTER_HALF_KERNELS(bf16, RADAPTER_BF16, tt, true, true)
RADAPTER_HALF_KERNELS(f16, RADAPTER_F16, nn, false, false)
RADAPTER_HALF_KERNELS(f16, RADAPTER_F16, nt, false, true)
RADAPTER_HALF_KERNELS(f16, RADAPTER_F16, tn, true, false)
RADAPTER_HALF_KERNELS(f16, RADAPTER_F16, tt, true, true)

/**
 * Several products, whose tiles are numbered through. The 1: ptxas is not to save registers for a fifth block on a
 * multiprocessor, which costs spills.
 */
#define RADAPTER_FLOAT_KERNEL(suffix, transpose_a, transpose_b)                                         \
  extern "C" __global__ void __launch_bounds__(kSmallThreads, 1) gemm_float_##suffix(GemmGroup group) { \
    const int i = problem_of(group, blockIdx.x);                                                        \
    multiply_tile<FloatTile<transpose_a, transpose_b>, kSmallTile, kSmallThreads>(                      \
        group.problems[i], blockIdx.x - group.first[i], kFloatDepth, dynamic_shared);                   \
  }

RADAPTER_FLOAT_KERNEL(nn, false, false)
RADAPTER_FLOAT_KERNEL(nt, false, true)
RADAPTER_FLOAT_KERNEL(tn, true, false)
RADAPTER_FLOAT_KERNEL(tt, true, true)

extern "C" __global__ void __launch_bounds__(kSmallThreads) sum_splits(SplitSumArguments a) {
  __shared__ Pair shared[kSmallThreads / kWarp];
  const int64_t row = blockIdx.x;
  const float gate = a.gate == nullptr ? 1.0f : a.gate[0];
  const float scale = a.scale == nullptr ? 1.0f : a.scale[0];
  Pair inner = {0, 0};
  for (int64_t column = threadIdx.x; column < a.columns; column += kSmallThreads) {
    const int64_t at = row * a.columns + column;
    float sum = a.parts[at];
    for (int s = 1; s < a.splits; ++s) {
      sum += a.parts[s * a.rows * a.columns + at];
    }
    sum = gate == 0 ? 0.0f : gate * sum;
    if (a.weight != nullptr) {
      inner = add_product(inner, a.weight[at], sum);
    }
    if (a.result != nullptr) {
      a.result[at] = scale * sum;
    }
  }
  inner = block_sum<kSmallThreads / kWarp>(inner, shared);
  if (a.row_sums != nullptr && threadIdx.x == 0) {
    a.row_sums[row] = value(inner);
  }
}
