// What lines of a contrastive batch tell one another, see radapter_contrastive_row_sums.
#ifndef RADAPTER_CUDA_CONTRASTIVE_ROWS_KERNELS_H
#define RADAPTER_CUDA_CONTRASTIVE_ROWS_KERNELS_H

#include "contrastive_kernels.h"

namespace radapter::cuda {

/** An element of row_sums: log Σ exp(z), the number of positives, the loss. */
struct LineSummary {
  double log_sum;
  double positives;
  double loss;
};

/** From sums to summaries; a thread a line. */
struct SummariseLinesArguments {
  int64_t lines;
  /** Numbers of a line. */
  float others;
  float smoothing;
  const float* scale;
  const LineSums* states;
  LineSummary* summaries;
};

/** From summaries to what the gradients need; a thread a line. */
struct SoftenLinesArguments {
  int64_t lines;
  float others;
  float smoothing;
  const float* scale;
  const LineSummary* summaries;
  LineSoft* soft;
};

/** sums[i] = Σ parts[·, i] in order; a thread a row. */
struct RowScaleArguments {
  int64_t rows;
  int64_t parts;
  const float* of_tiles;
  float* sums;
};

/** One block: losses[1], losses[2] the means over rows and columns, losses[0] theirs. */
struct SummaryLossesArguments {
  int64_t rows;
  int64_t columns;
  /** 1/rows and 1/columns. */
  double row_share;
  double column_share;
  const LineSummary* row_summaries;
  const LineSummary* column_summaries;
  float* losses;
};

}  // namespace radapter::cuda

#endif
