// LayerNorm of rows.
#ifndef RADAPTER_CPU_LAYER_NORM_KERNELS_H
#define RADAPTER_CPU_LAYER_NORM_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct LayerNormKernels {
  /** mean and rstd nullable together. */
  void (*forward)(int64_t rows, int64_t columns, const void* x, int64_t ldx, const float* gain, const float* bias,
                  double epsilon, void* y, int64_t ldy, int dtype, float* mean, float* rstd);
  void (*backward)(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
                   const float* gain, const float* mean, const float* rstd, const void* residual, void* dx,
                   int64_t lddx, int dtype);
  /** sums [2, columns] = Σ dy·x̂ and Σ dy over the rows. */
  void (*gradient_sums)(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
                        const float* mean, const float* rstd, int dtype, double* sums);
};

RADAPTER_ISA_TABLE(LayerNormKernels, layer_norm_kernels)

}  // namespace radapter

#endif
