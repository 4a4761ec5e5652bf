// Pieces of the contrastive loss in double, each on a block of rows of the score matrix.
#ifndef RADAPTER_CPU_CONTRASTIVE_EXACT_KERNELS_H
#define RADAPTER_CPU_CONTRASTIVE_EXACT_KERNELS_H

#include <stdint.h>

#include "isa.h"

namespace radapter {

/** Columns of the score matrix in a task. */
constexpr int64_t kPanel = 64;

/**
 * What the loss needs to know of each row, or each column, of the score matrix. First sums:
 *   top, sum       largest score and Σ exp(scale·(score - top))
 *   positives, all sums of the positives' scores and of all scores
 *   count          number of positives
 * then, for the gradient, in the same arrays: top holds log Σ exp(scale·score), positives and all the soft label of a
 * positive and of a negative.
 */
struct ScoreSums {
  double* top;
  double* sum;
  double* positives;
  double* all;
  double* count;
};

/** Operands of a panel of scores. */
struct ScorePanel {
  int64_t rows;
  int64_t columns;
  int64_t d;
  const double* f;
  int64_t ldf;
  /** First row of g of the panel. */
  const void* g;
  int64_t ldg;
  int dtype;
};

struct GradientRow {
  int64_t columns;
  double scale;
  /** 1/(2n) and 1/(2m). */
  double row_weight;
  double column_weight;
  double log_sum;
  double positive;
  double negative;
};

struct ExactContrastiveKernels {
  /** Copies of rows as floats and as doubles, both with rows of `ld`, filled up with zeros. */
  void (*widen)(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, float* floats, double* doubles,
                int64_t ld);
  /** scores = f gᵀ; `packed` is scratch memory for 3·d·kPanel floats. */
  void (*scores)(const ScorePanel* panel, float* packed, double* scores, int64_t ld);
  /** positive[i, j] = 1 where the labels are equal, else 0. */
  void (*mark_equal)(int64_t rows, int64_t columns, const int32_t* row_labels, const int32_t* column_labels,
                     float* positive, int64_t ld);
  /** scores += margin where not positive. */
  void (*add_margin)(int64_t rows, int64_t columns, double margin, double* scores, const float* positive, int64_t ld);
  /** Adds rows to the sums of a panel's columns, whose arrays begin at the panel. */
  void (*add_to_columns)(int64_t rows, int64_t columns, double scale, const double* scores, const float* positive,
                         int64_t ld, const ScoreSums* sums);
  /** Sums of one row; the arrays begin at the row. */
  void (*sum_row)(int64_t columns, double scale, const double* scores, const float* positive, const ScoreSums* sums);
  /**
   * On entry `gradient` holds the positives, on return the loss's gradient to the scores' inner products. Returns the
   * sum of gradient times score: the part of the gradient to log(scale).
   */
  double (*gradient_row)(const GradientRow* row, const double* scores, const ScoreSums* columns, float* gradient);
  /** sums [rows, d columns] += gradient [rows, count] g [count, d columns]; packed: kPanel·kPanel floats. */
  void (*multiply_rows)(int64_t rows, int64_t count, int64_t columns, const float* gradient, int64_t ld, const void* g,
                        int64_t ldg, int dtype, float* packed, double* sums, int64_t lds);
  /** sums [count, d columns] += gradientᵀ [count, rows] f [rows, d columns]. */
  void (*multiply_columns)(int64_t rows, int64_t count, int64_t columns, const float* gradient, int64_t ld,
                           const float* f, int64_t ldf, double* sums, int64_t lds);
  void (*store_rounded)(int64_t count, const double* from, void* to, int dtype);
};

RADAPTER_ISA_TABLE(ExactContrastiveKernels, contrastive_exact_kernels)

}  // namespace radapter

#endif
