#ifndef RADAPTER_CUDA_CONTRASTIVE_KERNELS_H
#define RADAPTER_CUDA_CONTRASTIVE_KERNELS_H

#include "gemm_kernels.h"

namespace radapter::cuda {

/** Sums over a line (a row or a column) of scores c = ⟨f_i, g_j⟩ + margin·(1 - y). */
struct LineSums {
  /** Largest c, and Σ exp(scale·(c - top)). */
  float top;
  float sum;
  /** Σ y·(top - c), Σ (top - c): differences, which are exact where the c are nearly equal. */
  float positives;
  float all;
  /** Σ y, Σ 1. */
  float count;
  float length;
};

/** What the gradient needs of a line: exp(z)/Σ = exp(scale·(c - top))·inverse_sum, and its soft labels. */
struct LineSoft {
  float top;
  float inverse_sum;
  float positive;
  float negative;
};

/** A tile of scores a block. */
struct ContrastiveArguments {
  /** A chunk of rows of f times gᵀ. */
  GemmProblem scores;
  /** The chunk's first row among all. */
  int64_t first_row;
  const int32_t* row_labels;
  const int32_t* column_labels;
  /** Sorted positives of each row, where there are no labels. */
  const int64_t* row_offsets;
  const int32_t* row_columns;
  /** In the device's memory. */
  const float* scale;
  float margin;
  /** First pass: [tiles across, rows] and, nullable, [tiles down, columns]. */
  LineSums* row_parts;
  LineSums* column_parts;
  /** Second pass: of all rows and columns; weights ½/n and ½/m; the gradient to the cosines, nullable. */
  const LineSoft* row_soft;
  const LineSoft* column_soft;
  float row_weight;
  float column_weight;
  Output gradient;
  /** Σ dz·z: one a tile and, nullable, [tiles across, rows]. */
  float* scale_parts;
  float* row_scale_parts;
};

struct ContrastiveScaleArguments {
  float given;
  const float* log_scale;
  float* scale;
};

/** Adds the parts [parts, lines] of each line to its state, in order; a warp a line. */
struct MergeLinesArguments {
  int64_t lines;
  int64_t parts;
  const LineSums* sums;
  LineSums* states;
  const float* scale;
  /** Whether the states hold nothing yet. */
  int32_t first;
};

/** From sums to soft labels and losses; a thread a line. */
struct FinishLinesArguments {
  int64_t lines;
  /** Numbers of a line. */
  float others;
  float smoothing;
  const float* scale;
  const LineSums* states;
  LineSoft* soft;
  float* losses;
};

/** One block: losses[1], losses[2] the means over rows and columns, losses[0] theirs. */
struct LossesArguments {
  int64_t rows;
  int64_t columns;
  const float* row_losses;
  const float* column_losses;
  float* losses;
};

constexpr int kLineThreads = 128;

/** Bytes of shared memory of a tile's operands and, later, its scores, whose rows are one element further apart. */
constexpr int scores_bytes(int tile) {
  const int stages = tile == kLargeTile ? half_shared_bytes(tile) : float_shared_bytes();
  const int scores = (tile * (tile + 1) * 4 + 15) / 16 * 16;
  return stages > scores ? stages : scores;
}

/** The same with the marks of positives, two bits each, and a number for each warp behind them. */
constexpr int contrastive_shared_bytes(int tile) { return scores_bytes(tile) + tile * tile / 4 + 2 * tile / 32 * 4; }

}  // namespace radapter::cuda

#endif
