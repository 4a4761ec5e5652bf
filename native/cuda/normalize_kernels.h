#ifndef RADAPTER_CUDA_NORMALIZE_KERNELS_H
#define RADAPTER_CUDA_NORMALIZE_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

/** A warp a row. */
constexpr int kNormalizeWarps = 4;
constexpr int kNormalizeThreads = 32 * kNormalizeWarps;

struct NormalizeArguments {
  int64_t rows;
  int64_t columns;
  /** Forward: x. Backward: dy. */
  Input x;
  /** Backward: y. */
  Input y;
  Output result;
  float* norm;
};

}  // namespace radapter::cuda

#endif
