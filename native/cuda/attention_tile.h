// Products of a warp's sixteen rows with a tile of columns, for attention: rows · columnsᵀ over the head, and
// weights · tile over the columns, where the weights are the first product's sums still in registers.
#ifndef RADAPTER_CUDA_ATTENTION_TILE_H
#define RADAPTER_CUDA_ATTENTION_TILE_H

#include "attention_kernels.h"
#include "gemm_tile.h"

namespace radapter::cuda {

/** Loads rows [first, first + Rows) of a head, zero beyond `rows` and `size`, into shared memory, later. */
template <int Rows, int Size, int Threads>
__device__ __forceinline__ void load_head_tile(uint16_t* shared, const Input& x, int64_t first, int64_t rows,
                                               int64_t size) {
  load_half_tile<Rows, Size, Threads>(shared, x, first, 0, rows, size, RADAPTER_BF16);
}

template <int Rows, int Size, int Threads>
__device__ __forceinline__ void load_head_tile(float* shared, const Input& x, int64_t first, int64_t rows,
                                               int64_t size) {
  constexpr int kAcross = Size / 4;
  for (int i = threadIdx.x; i < Rows * kAcross; i += Threads) {
    const int r = i / kAcross;
    const int c = i % kAcross * 4;
    float* to = shared + r * (Size + 4) + c;
    const bool inside = first + r < rows && c < size;
    const auto* base = static_cast<const float*>(x.data);
    const float* from = inside ? base + (first + r) * x.ld + c : base;
    if (x.wide) {
      copy_async(to, from, inside ? 16 : 0);
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        to[e] = inside ? from[e] : 0.0f;
      }
    }
  }
}

/** sums [16, Columns] = rows · columnsᵀ over Size elements. `rows` is the warp's first. */
template <int Size, int Columns>
__device__ __forceinline__ void dot_rows(float (&sums)[Columns / 8][4], const uint16_t* rows, const uint16_t* columns) {
  constexpr int kStride = Size + 8;
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int j = 0; j < Columns / 8; ++j) {
    sums[j][0] = sums[j][1] = sums[j][2] = sums[j][3] = 0;
  }
#pragma unroll
  for (int k = 0; k < Size; k += 16) {
    uint32_t a[4];
    load_matrices(a, rows + lane % 16 * kStride + k + lane / 16 * 8);
#pragma unroll
    for (int j = 0; j < Columns / 16; ++j) {
      uint32_t b[4];
      load_matrices(b, columns + (j * 16 + lane / 16 * 8 + lane % 8) * kStride + k + lane / 8 % 2 * 8);
      multiply_bf16(sums[2 * j], a, b[0], b[1]);
      multiply_bf16(sums[2 * j + 1], a, b[2], b[3]);
    }
  }
}

template <int Size, int Columns>
__device__ __forceinline__ void dot_rows(float (&sums)[Columns / 8][4], const float* rows, const float* columns) {
  constexpr int kStride = Size + 4;
  const int lane = threadIdx.x % kWarp;
  const float* a_tile = rows + lane / 4 * kStride + lane % 4;
  const float* b_tile = columns + lane / 4 * kStride + lane % 4;
#pragma unroll
  for (int j = 0; j < Columns / 8; ++j) {
    sums[j][0] = sums[j][1] = sums[j][2] = sums[j][3] = 0;
  }
#pragma unroll 2
  for (int k = 0; k < Size; k += 8) {
    uint32_t a_high[4];
    uint32_t a_low[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      split_tf32(a_tile[e % 2 * 8 * kStride + k + e / 2 * 4], &a_high[e], &a_low[e]);
    }
#pragma unroll
    for (int j = 0; j < Columns / 8; ++j) {
      uint32_t b_high[2];
      uint32_t b_low[2];
      split_tf32(b_tile[j * 8 * kStride + k], &b_high[0], &b_low[0]);
      split_tf32(b_tile[j * 8 * kStride + k + 4], &b_high[1], &b_low[1]);
      multiply_split(sums[j], a_high, a_low, false, b_high, b_low, false);
    }
  }
}

/** result [16, Slice] += weights [16, Columns] · tile [Columns, Slice]; `tile` begins at the slice's first column. */
template <int Size, int Columns, int Slice>
__device__ __forceinline__ void add_weighted(float (&result)[Slice / 8][4], const float (&weights)[Columns / 8][4],
                                             const uint16_t* tile) {
  constexpr int kStride = Size + 8;
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int k = 0; k < Columns; k += 16) {
    const float(&low)[4] = weights[k / 8];
    const float(&high)[4] = weights[k / 8 + 1];
    const uint32_t a[4] = {pack_bf16(low[0], low[1]), pack_bf16(low[2], low[3]), pack_bf16(high[0], high[1]),
                           pack_bf16(high[2], high[3])};
#pragma unroll
    for (int n = 0; n < Slice / 16; ++n) {
      uint32_t b[4];
      load_matrices_transposed(b, tile + (k + lane % 16) * kStride + n * 16 + lane / 16 * 8);
      multiply_bf16(result[2 * n], a, b[0], b[1]);
      multiply_bf16(result[2 * n + 1], a, b[2], b[3]);
    }
  }
}

template <int Size, int Columns, int Slice>
__device__ __forceinline__ void add_weighted(float (&result)[Slice / 8][4], const float (&weights)[Columns / 8][4],
                                             const float* tile) {
  constexpr int kStride = Size + 4;
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int j = 0; j < Columns / 8; ++j) {
    // A lane holds columns 2t and 2t+1 where the instruction wants t and t+4: any order of the terms will do, so the
    // tile's rows are taken in the same one.
    const float a[4] = {weights[j][0], weights[j][2], weights[j][1], weights[j][3]};
    uint32_t a_high[4];
    uint32_t a_low[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      split_tf32(a[e], &a_high[e], &a_low[e]);
    }
    const float* b_tile = tile + (j * 8 + lane % 4 * 2) * kStride + lane / 4;
#pragma unroll
    for (int n = 0; n < Slice / 8; ++n) {
      uint32_t b_high[2];
      uint32_t b_low[2];
      split_tf32(b_tile[n * 8], &b_high[0], &b_low[0]);
      split_tf32(b_tile[kStride + n * 8], &b_high[1], &b_low[1]);
      multiply_split(result[n], a_high, a_low, false, b_high, b_low, false);
    }
  }
}

}  // namespace radapter::cuda

#endif
