// AdamW and the moving average on runs of numbers.
#ifndef RADAPTER_CPU_OPTIMIZER_KERNELS_H
#define RADAPTER_CPU_OPTIMIZER_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

/** The numbers of one step that are the same for all elements of a segment. */
struct AdamStep {
  double clip;
  double beta1;
  double beta2;
  /** 1 - lr·wd. */
  double keep;
  /** lr/(1-β₁ᵗ). */
  double rate;
  /** 1/√(1-β₂ᵗ). */
  double root_correction;
  double epsilon;
  double average_weight;
};

struct OptimizerKernels {
  double (*sum_of_squares)(int64_t count, const float* x);
  void (*adamw)(int64_t count, const AdamStep* step, const float* gradient, float* parameter, float* exp_avg,
                float* exp_avg_sq, float* average);
  /** average += weight·(parameter - average). */
  void (*move_average)(int64_t count, double weight, const float* parameter, float* average);
};

RADAPTER_ISA_TABLE(OptimizerKernels, optimizer_kernels)

}  // namespace radapter

#endif
