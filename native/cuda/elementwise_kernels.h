#ifndef RADAPTER_CUDA_ELEMENTWISE_KERNELS_H
#define RADAPTER_CUDA_ELEMENTWISE_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

constexpr int kElementwiseThreads = 256;

/** y = f(a, b) over [rows, columns]: grid (groups of columns, rows). */
struct ElementwiseArguments {
  int64_t rows;
  int64_t columns;
  Input a;
  Input b;
  Output y;
  float value;
  int32_t activation;
};

}  // namespace radapter::cuda

#endif
