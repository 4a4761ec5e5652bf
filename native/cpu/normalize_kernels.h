// Rows of unit length.
#ifndef RADAPTER_CPU_NORMALIZE_KERNELS_H
#define RADAPTER_CPU_NORMALIZE_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct NormalizeKernels {
  void (*forward)(int64_t rows, int64_t columns, const void* x, int64_t ldx, void* y, int64_t ldy, int dtype,
                  float* norm);
  void (*backward)(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* y, int64_t ldy,
                   const float* norm, void* dx, int64_t lddx, int dtype);
};

RADAPTER_ISA_TABLE(NormalizeKernels, normalize_kernels)

}  // namespace radapter

#endif
