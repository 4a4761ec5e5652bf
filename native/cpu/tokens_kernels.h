// Rows of tokens.
#ifndef RADAPTER_CPU_TOKENS_KERNELS_H
#define RADAPTER_CPU_TOKENS_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct TokensKernels {
  /** to = from + position; from may be F32, BF16 or F16. */
  void (*add_position)(int64_t columns, const void* from, int from_dtype, const float* position, void* to,
                       int to_dtype);
  /** sum[j] = Σ_i x[i·stride + j] for `count` rows. */
  void (*sum_strided)(int64_t count, int64_t columns, const void* x, int64_t stride, int dtype, float* sum);
};

RADAPTER_ISA_TABLE(TokensKernels, tokens_kernels)

}  // namespace radapter

#endif
