#ifndef RADAPTER_CUDA_ATTENTION_KERNELS_H
#define RADAPTER_CUDA_ATTENTION_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

struct AttentionArguments {
  int64_t batch;
  int64_t length;
  int64_t heads;
  int64_t head_size;
  int32_t causal;
  /** 1/√head_size. */
  float scale;
  Input qkv;
  /** Forward: the result. */
  Output out;
  /** [batch, heads, length]; nullable in the forward pass. */
  float* log_sum_exp;
  /** Backward. `kept` is the forward pass' result. */
  Input kept;
  Input d_out;
  Output d_qkv;
  /** [batch, heads, length]: ⟨out, d_out⟩ of each query, and the same as it would be without rounding. */
  float* delta;
  float* corrected_delta;
};

/** Head sizes the kernels are made for; others are filled up with zeros. */
constexpr int kHeadSizes[] = {32, 64, 128, 256};

/**
 * The tiles of a kernel for heads of `size` elements of `bytes`: a warp has 16 rows of its own (queries, or keys where
 * their gradients are formed) and all warps share columns (keys, or queries), a tile after another.
 */
struct AttentionTiles {
  int size;
  int bytes;

  constexpr int row_bytes() const { return size * bytes; }
  constexpr int warps() const { return row_bytes() <= 256 ? 4 : 2; }
  constexpr int threads() const { return 32 * warps(); }
  constexpr int rows() const { return 16 * warps(); }
  constexpr int columns() const { return row_bytes() <= 512 ? 32 : 16; }
  constexpr int forward_columns() const { return row_bytes() <= 256 ? 64 : columns(); }
  /** Elements from one row of a tile to the next: 16 bytes more than a row, which spreads rows over the banks. */
  constexpr int stride() const { return size + 16 / bytes; }
  /** Columns of the result that a block forms: as many as registers hold. */
  constexpr int slice() const { return size < 256 / bytes ? size : 256 / bytes; }
  /** Blocks that a multiprocessor's registers should hold at least. */
  constexpr int blocks() const { return row_bytes() <= 128 ? 3 : 2; }
  constexpr int forward_shared() const { return (rows() + 2 * forward_columns()) * stride() * bytes; }
  constexpr int backward_shared() const { return (2 * rows() + 2 * columns()) * stride() * bytes + 2 * columns() * 4; }
};

constexpr int kDeltaWarps = 4;

}  // namespace radapter::cuda

#endif
