#ifndef RADAPTER_CUDA_OPTIMIZER_KERNELS_H
#define RADAPTER_CUDA_OPTIMIZER_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

constexpr int kOptimizerThreads = 256;
/** Elements of a block: four groups a thread. */
constexpr int64_t kOptimizerBlock = 4 * kGroup * kOptimizerThreads;
/** Segments of one launch; the list travels with the arguments, so that a captured graph keeps it. */
constexpr int kMostSegments = 48;

struct OptimizerSegment {
  float* parameter;
  const float* gradient;
  float* exp_avg;
  float* exp_avg_sq;
  float* average;
  int64_t count;
  float weight_decay;
  /** First of the segment's blocks in this launch. */
  int32_t first_block;
  /** Whether all arrays are aligned to 16 bytes. */
  int32_t wide;
};

/** What `decide` finds for all blocks of a step. */
struct OptimizerStep {
  float clip;
  float beta1;
  float one_minus_beta1;
  float beta2;
  float one_minus_beta2;
  /** Learning rate, and the same over the first moment's correction. */
  float learning_rate;
  float corrected_rate;
  /** 1/√(1-β₂ᵗ). */
  float root_correction;
  float epsilon;
  float average_weight;
  int32_t skip;
};

struct OptimizerArguments {
  int32_t count;
  /** Blocks of the launches before this one. */
  int64_t blocks_before;
  /** Sum of squares of each block, as a pair. */
  float* sums;
  const OptimizerStep* step;
  /** 1 - decay, for the moving average alone. */
  float average_weight;
  OptimizerSegment segments[kMostSegments];
};

struct DecideArguments {
  int64_t blocks;
  const float* sums;
  const double* settings;
  double* state;
  OptimizerStep* step;
};

}  // namespace radapter::cuda

#endif
