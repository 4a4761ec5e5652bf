#ifndef RADAPTER_CUDA_LAYER_NORM_KERNELS_H
#define RADAPTER_CUDA_LAYER_NORM_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

/** A warp a row. */
constexpr int kNormWarps = 4;
constexpr int kNormThreads = 32 * kNormWarps;
/** Rows up to these many columns stay in registers, in 1 or 4 groups a lane. */
constexpr int kSmallNormColumns = 256;
constexpr int kMediumNormColumns = 1024;

struct LayerNormArguments {
  int64_t rows;
  int64_t columns;
  Input x;
  Input gain;
  Input bias;
  float epsilon;
  Output y;
  float* mean;
  float* rstd;
};

struct LayerNormBackwardArguments {
  int64_t rows;
  int64_t columns;
  Input dy;
  Input x;
  Input gain;
  const float* mean;
  const float* rstd;
  Input residual;
  Output dx;
};

/** Partial sums of d_gain and d_bias; grid and order as in column_sum_kernels.h. */
struct LayerNormSumArguments {
  int64_t rows;
  int64_t columns;
  int64_t block_rows;
  Input dy;
  Input x;
  const float* mean;
  const float* rstd;
  float* partial;
};

}  // namespace radapter::cuda

#endif
