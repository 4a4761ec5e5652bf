// Operators on a run of elements.
#ifndef RADAPTER_CPU_ELEMENTWISE_KERNELS_H
#define RADAPTER_CPU_ELEMENTWISE_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct ElementwiseKernels {
  void (*convert)(int64_t count, const void* x, int x_dtype, void* y, int y_dtype);
  void (*add)(int64_t count, const void* a, const void* b, void* c, int dtype);
  void (*fill)(int64_t count, float value, void* x, int dtype);
  void (*activation_forward)(int activation, int64_t count, const void* x, void* y, int dtype);
  void (*activation_backward)(int activation, int64_t count, const void* x, const void* dy, void* dx, int dtype);
};

RADAPTER_ISA_TABLE(ElementwiseKernels, elementwise_kernels)

}  // namespace radapter

#endif
