// Cross-entropy of rows of logits.
#ifndef RADAPTER_CPU_CROSS_ENTROPY_KERNELS_H
#define RADAPTER_CPU_CROSS_ENTROPY_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct CrossEntropyKernels {
  /** losses[i] of each row; d_logits (nullable, may be logits) = (softmax - soft label)·weight. */
  void (*rows)(int64_t rows, int64_t classes, const void* logits, int64_t ldl, int dtype, const int32_t* labels,
               double smoothing, double weight, double* losses, void* d_logits, int64_t lddl);
};

RADAPTER_ISA_TABLE(CrossEntropyKernels, cross_entropy_kernels)

}  // namespace radapter

#endif
