// Products of halves with single precision as two halves: grid (tiles of all problems, splits).
#include "gemm_split_tile.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(16) unsigned char dynamic_shared[];

}  // namespace

/** gemm_split_OPERAND_TYPE_TRANSPOSED: several products, whose tiles are numbered through; OPERAND is what is split. */
#define RADAPTER_SPLIT_KERNEL(name, dtype, transpose_a, transpose_b, split_a)                         \
  extern "C" __global__ void __launch_bounds__(kSmallThreads, 1) gemm_split_##name(GemmGroup group) { \
    const int i = problem_of(group, blockIdx.x);                                                      \
    multiply_tile<SplitTile<dtype, transpose_a, transpose_b, split_a>, kSmallTile, kSmallThreads>(    \
        group.problems[i], blockIdx.x - group.first[i], kHalfDepth, dynamic_shared);                  \
  }

RADAPTER_SPLIT_KERNEL(b_bf16_nn, RADAPTER_BF16, false, false, false)
RADAPTER_SPLIT_KERNEL(b_bf16_nt, RADAPTER_BF16, false, true, false)
RADAPTER_SPLIT_KERNEL(b_bf16_tn, RADAPTER_BF16, true, false, false)
RADAPTER_SPLIT_KERNEL(a_bf16_tn, RADAPTER_BF16, true, false, true)
RADAPTER_SPLIT_KERNEL(b_f16_nn, RADAPTER_F16, false, false, false)
RADAPTER_SPLIT_KERNEL(a_f16_tn, RADAPTER_F16, true, false, true)
