#ifndef RADAPTER_CUDA_CROSS_ENTROPY_KERNELS_H
#define RADAPTER_CUDA_CROSS_ENTROPY_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

constexpr int kCrossEntropyThreads = 256;

/** A block a row. */
struct CrossEntropyArguments {
  int64_t rows;
  int64_t classes;
  Input logits;
  const int32_t* labels;
  /** Weight of the label beyond `uniform`: 1-ε. */
  float label_weight;
  /** Weight of every class: ε/classes. */
  float uniform;
  /** 1/rows. */
  float scale;
  /** [rows]. */
  float* losses;
  /** data is NULL where no gradient is wanted; may be the logits. */
  Output d_logits;
};

}  // namespace radapter::cuda

#endif
