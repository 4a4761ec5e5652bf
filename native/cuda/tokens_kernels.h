#ifndef RADAPTER_CUDA_TOKENS_KERNELS_H
#define RADAPTER_CUDA_TOKENS_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

constexpr int kTokenThreads = 256;
/** Threads of a block that sums one id's gradient; each has a group of columns. */
constexpr int kTableThreads = 128;

/** Grid over groups of [batch·grid_height·grid_width, 3·patch·patch]. */
struct PatchesArguments {
  int64_t rows;
  int64_t grid_height;
  int64_t grid_width;
  int64_t patch;
  const float* images;
  Output patches;
};

/** Rows of `from` put together with rows of `position`; grid over groups of [rows, columns]. */
struct TokensArguments {
  int64_t rows;
  int64_t columns;
  /** Tokens of one image or text. */
  int64_t length;
  int64_t vocabulary;
  const int32_t* ids;
  Input from;
  Input class_embedding;
  Input position;
  Output tokens;
};

/** sum[t] = Σ_b d_tokens[b·length + t] for t < positions; grid over groups of [positions, columns]. */
struct BatchSumArguments {
  int64_t batch;
  int64_t length;
  int64_t positions;
  int64_t columns;
  Input d_tokens;
  Output sum;
};

/** A block an id and slice of columns. */
struct TableGradientArguments {
  int64_t tokens;
  int64_t vocabulary;
  int64_t columns;
  const int32_t* ids;
  Input d_tokens;
  Output d_table;
};

/** y[i] = x[rows[i]] or the other way round; grid over groups of [count, columns]. */
struct RowsArguments {
  int64_t count;
  int64_t total;
  int64_t columns;
  const int32_t* rows;
  Input from;
  Output to;
};

}  // namespace radapter::cuda

#endif
