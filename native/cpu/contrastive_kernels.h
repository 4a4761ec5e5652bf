// What happens to a tile of scores between the products of the contrastive loss.
//
// A score here is in units of log 2 and less a reference, so that its exponential is 2^score. Scores of [-126, 127] are
// taken as they are, others as the nearest of these.
#ifndef RADAPTER_CPU_CONTRASTIVE_KERNELS_H
#define RADAPTER_CPU_CONTRASTIVE_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

struct ScoreTile {
  int64_t rows;
  int64_t columns;
  float* scores;
  int64_t ld;
};

/** gradient_ij = 2^score_ij·(row_weight_i + column_weight_j) - (row_shift_i + column_shift_j). */
struct GradientTerms {
  const float* row_weight;
  const float* row_shift;
  const float* column_weight;
  const float* column_shift;
};

struct ContrastiveKernels {
  /**
   * Sums of exponentials: row_sums[i] receives that of row i, column_sums[j] gains that of column j. Within a
   * row, or a block of a column, in float; beyond in double.
   */
  void (*sum_exponentials)(const ScoreTile* tile, double* row_sums, double* column_sums);
  /** Puts gradients in place of the scores; row_sums[i] receives Σ_j gradient_ij·score_ij. */
  void (*gradients)(const ScoreTile* tile, const GradientTerms* terms, double* row_sums);
  /** 2^score, to the bits that the sums are made of. */
  float (*exponential)(float score);
  /** y [rows, columns] of bf16 = x. */
  void (*round_to_bf16)(int64_t rows, int64_t columns, const float* x, int64_t ldx, uint16_t* y, int64_t ldy);
  /** sums[j] = Σ_i x_ij for x [rows, columns]. */
  void (*sum_rows)(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, double* sums);
  double (*inner_product)(int64_t count, const void* x, int dtype, const double* y);
};

RADAPTER_ISA_TABLE(ContrastiveKernels, contrastive_kernels)

}  // namespace radapter

#endif
