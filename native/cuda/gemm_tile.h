// One tile of a product on one block, by the tensor cores of the portable tier (mma.sync): sums in registers, in the
// order of the terms, whatever the tile's size. Halves come through cp.async and ldmatrix; single precision, and any
// mixture, as two tf32 numbers each.
#ifndef RADAPTER_CUDA_GEMM_TILE_H
#define RADAPTER_CUDA_GEMM_TILE_H

#include "activation.h"
#include "gemm_kernels.h"
#include "numbers.h"
#include "sums.h"

namespace radapter::cuda {

__device__ __forceinline__ float gate_of(const RowGate& gate, int64_t row) {
  return gate.gate == nullptr ? 1.0f : gate.gate[row / gate.divisor % gate.count];
}

/** Whether any of the rows from `first` on, `count` of them, has an open gate. All threads take part. */
__device__ __forceinline__ bool any_open(const RowGate& gate, int64_t first, int64_t count) {
  if (gate.gate == nullptr) {
    return true;
  }
  bool open = false;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    open |= gate_of(gate, first + i) != 0;
  }
  return __syncthreads_or(open) != 0;
}

/** The sums of a warp: [16·Rows, 8·Columns] in the accumulator layout of mma.m16n8. */
template <int Rows, int Columns>
struct WarpSums {
  float v[Rows][Columns][4];
};

/** Where a block's tile lies and which terms it sums. */
struct TileRange {
  int64_t row;
  int64_t column;
  int64_t k;
  int64_t k_end;
};

/**
 * Copies rows [row, row + Rows) and columns [column, column + Columns) of a stored matrix into shared memory as halves,
 * zero outside of [rows, columns): 16 bytes a thread by cp.async, where that is aligned, else through registers.
 */
template <int Rows, int Columns, int Threads>
__device__ __forceinline__ void load_half_tile(uint16_t* shared, const Input& x, int64_t row, int64_t column,
                                               int64_t rows, int64_t columns, int dtype) {
  constexpr int kAcross = Columns / kGroup;
  const bool direct = x.wide && x.dtype == dtype;
#pragma unroll
  for (int i = threadIdx.x; i < Rows * kAcross; i += Threads) {
    const int r = i / kAcross;
    const int c = i % kAcross * kGroup;
    uint16_t* to = shared + r * (Columns + kHalfPadding) + c;
    const int64_t left = row + r < rows ? columns - (column + c) : 0;
    const int count = left <= 0 ? 0 : left < kGroup ? static_cast<int>(left) : kGroup;
    if (direct) {
      const auto* base = static_cast<const uint16_t*>(x.data);
      copy_async(to, count == 0 ? base : base + (row + r) * x.ld + column + c, count * 2);
    } else {
      float v[kGroup] = {};
      if (count > 0) {
        load_group(x, row + r, column + c, count, v);
      }
      *reinterpret_cast<uint4*>(to) = make_uint4(pack(v[0], v[1], dtype), pack(v[2], v[3], dtype),
                                                 pack(v[4], v[5], dtype), pack(v[6], v[7], dtype));
    }
  }
}

/**
 * Half-precision tile: Tile x Tile sums by Threads threads, each warp WarpRows x WarpColumns. Dtype: RADAPTER_BF16 or
 * RADAPTER_F16, which both operands are or are rounded to.
 */
template <int Dtype, bool TransposeA, bool TransposeB, int Tile, int Threads, int WarpRows, int WarpColumns>
struct HalfTile {
  static constexpr int kRows = WarpRows / 16;
  static constexpr int kColumns = WarpColumns / 8;
  static constexpr int kAcross = Tile / WarpColumns;
  static constexpr int kOperand = Tile * (kHalfDepth + kHalfPadding);
  typedef WarpSums<kRows, kColumns> Sums;
  static_assert(Threads == 32 * (Tile / WarpRows) * kAcross, "a warp for each part of the tile");
  static_assert(kHalfDepth * (Tile + kHalfPadding) <= kOperand, "both layouts fit");

  static __device__ __forceinline__ int warp_row() {
    return static_cast<int>(threadIdx.x) / kWarp / kAcross * WarpRows;
  }
  static __device__ __forceinline__ int warp_column() {
    return static_cast<int>(threadIdx.x) / kWarp % kAcross * WarpColumns;
  }

  static __device__ __forceinline__ void load(uint16_t* stage, const GemmProblem& p, const TileRange& at, int64_t k) {
    if (TransposeA) {
      load_half_tile<kHalfDepth, Tile, Threads>(stage, p.a, k, at.row, at.k_end, p.m, Dtype);
    } else {
      load_half_tile<Tile, kHalfDepth, Threads>(stage, p.a, at.row, k, p.m, at.k_end, Dtype);
    }
    if (TransposeB) {
      load_half_tile<Tile, kHalfDepth, Threads>(stage + kOperand, p.b, at.column, k, p.n, at.k_end, Dtype);
    } else {
      load_half_tile<kHalfDepth, Tile, Threads>(stage + kOperand, p.b, k, at.column, at.k_end, p.n, Dtype);
    }
  }

  static __device__ __forceinline__ void multiply(Sums& sums, const uint16_t* a_tile, const uint16_t* b_tile) {
    const int lane = threadIdx.x % kWarp;
#pragma unroll
    for (int k = 0; k < kHalfDepth; k += 16) {
      uint32_t a[kRows][4];
      uint32_t b[kColumns / 2][4];
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        const int row = warp_row() + i * 16;
        if (TransposeA) {
          load_matrices_transposed(
              a[i], a_tile + (k + lane / 16 * 8 + lane % 8) * (Tile + kHalfPadding) + row + lane / 8 % 2 * 8);
        } else {
          load_matrices(a[i], a_tile + (row + lane % 16) * (kHalfDepth + kHalfPadding) + k + lane / 16 * 8);
        }
      }
#pragma unroll
      for (int j = 0; j < kColumns / 2; ++j) {
        const int column = warp_column() + j * 16;
        if (TransposeB) {
          load_matrices(
              b[j], b_tile + (column + lane / 16 * 8 + lane % 8) * (kHalfDepth + kHalfPadding) + k + lane / 8 % 2 * 8);
        } else {
          load_matrices_transposed(b[j], b_tile + (k + lane % 16) * (Tile + kHalfPadding) + column + lane / 16 * 8);
        }
      }
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
#pragma unroll
        for (int j = 0; j < kColumns; ++j) {
          if (Dtype == RADAPTER_BF16) {
            multiply_bf16(sums.v[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
          } else {
            multiply_f16(sums.v[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
          }
        }
      }
    }
  }

  /** Sums over the terms of the range; `shared` holds half_shared_bytes(Tile). */
  static __device__ __forceinline__ void run(Sums& sums, const GemmProblem& p, const TileRange& at, void* shared) {
    auto* stages = static_cast<uint16_t*>(shared);
    const int steps = static_cast<int>((at.k_end - at.k + kHalfDepth - 1) / kHalfDepth);
#pragma unroll
    for (int s = 0; s < kHalfStages - 1; ++s) {
      if (s < steps) {
        load(stages + s * 2 * kOperand, p, at, at.k + s * kHalfDepth);
      }
      copy_async_commit();
    }
    for (int step = 0; step < steps; ++step) {
      copy_async_wait<kHalfStages - 2>();
      __syncthreads();
      const int next = step + kHalfStages - 1;
      if (next < steps) {
        load(stages + next % kHalfStages * 2 * kOperand, p, at, at.k + next * kHalfDepth);
      }
      copy_async_commit();
      const uint16_t* stage = stages + step % kHalfStages * 2 * kOperand;
      multiply(sums, stage, stage + kOperand);
    }
    copy_async_wait<0>();
    __syncthreads();
  }
};

/** Four elements [row, column ..) of a stored matrix as floats, zero outside of [rows, columns). */
__device__ __forceinline__ float4 load_four(const Input& x, int64_t row, int64_t column, int64_t rows,
                                            int64_t columns) {
  const int64_t count = row < rows ? columns - column : 0;
  const int64_t index = row * x.ld + column;
  if (count >= 4 && x.wide) {
    if (x.dtype == RADAPTER_F32) {
      return *reinterpret_cast<const float4*>(static_cast<const float*>(x.data) + index);
    }
    const uint2 packed = *reinterpret_cast<const uint2*>(static_cast<const uint16_t*>(x.data) + index);
    float4 v;
    unpack(packed.x, x.dtype, &v.x, &v.y);
    unpack(packed.y, x.dtype, &v.z, &v.w);
    return v;
  }
  float4 v = make_float4(0, 0, 0, 0);
  v.x = count > 0 ? load_element(x.data, index, x.dtype) : 0.0f;
  v.y = count > 1 ? load_element(x.data, index + 1, x.dtype) : 0.0f;
  v.z = count > 2 ? load_element(x.data, index + 2, x.dtype) : 0.0f;
  v.w = count > 3 ? load_element(x.data, index + 3, x.dtype) : 0.0f;
  return v;
}

/** A tile [kSmallTile, kFloatDepth] of an operand on its way through registers, terms last. */
template <bool TermsFirst>
struct FloatOperand {
  static constexpr int kStride = kFloatDepth + kFloatPadding;
  static constexpr int kPieces = kSmallTile * kFloatDepth / 4 / kSmallThreads;
  float4 v[kPieces];

  /** Place of piece i of this thread: line (row of A, column of B) and term of its first element. */
  static __device__ __forceinline__ void place(int i, int* line, int* term) {
    const int piece = static_cast<int>(threadIdx.x) + i * kSmallThreads;
    // Terms first: a piece is four lines of one term. Threads side by side have other terms, so other banks.
    *line = TermsFirst ? piece / kFloatDepth * 4 : piece / (kFloatDepth / 4);
    *term = TermsFirst ? piece % kFloatDepth : piece % (kFloatDepth / 4) * 4;
  }

  __device__ __forceinline__ void load(const Input& x, int64_t first_line, int64_t lines, int64_t k, int64_t k_end,
                                       const RowGate& gate) {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      int line;
      int term;
      place(i, &line, &term);
      v[i] = TermsFirst ? load_four(x, k + term, first_line + line, k_end, lines)
                        : load_four(x, first_line + line, k + term, lines, k_end);
      if (gate.gate != nullptr) {
        scale(&v[i].x, gate, k + term, k_end);
        scale(&v[i].y, gate, k + term + (TermsFirst ? 0 : 1), k_end);
        scale(&v[i].z, gate, k + term + (TermsFirst ? 0 : 2), k_end);
        scale(&v[i].w, gate, k + term + (TermsFirst ? 0 : 3), k_end);
      }
    }
  }

  static __device__ __forceinline__ void scale(float* x, const RowGate& gate, int64_t k, int64_t k_end) {
    const float factor = k < k_end ? gate_of(gate, k) : 0.0f;
    *x = factor == 0 ? 0.0f : *x * factor;
  }

  __device__ __forceinline__ void store(float* shared) const {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      int line;
      int term;
      place(i, &line, &term);
      float* to = shared + line * kStride + term;
      if (TermsFirst) {
        to[0] = v[i].x;
        to[kStride] = v[i].y;
        to[2 * kStride] = v[i].z;
        to[3 * kStride] = v[i].w;
      } else {
        *reinterpret_cast<float4*>(to) = v[i];
      }
    }
  }
};

/** x as the sum of two tf32 numbers. */
__device__ __forceinline__ void split_tf32(float x, uint32_t* high, uint32_t* low) {
  *high = round_tf32(x);
  *low = round_tf32(x - __uint_as_float(*high));
}

/** d += a b, where a and b come as two tf32 numbers each unless they are exact; the smallest terms first. */
__device__ __forceinline__ void multiply_split(float (&d)[4], const uint32_t (&a_high)[4], const uint32_t (&a_low)[4],
                                               bool a_exact, const uint32_t (&b_high)[2], const uint32_t (&b_low)[2],
                                               bool b_exact) {
  if (!a_exact) {
    if (!b_exact) {
      multiply_tf32(d, a_low, b_low);
    }
    multiply_tf32(d, a_low, b_high);
  }
  if (!b_exact) {
    multiply_tf32(d, a_high, b_low);
  }
  multiply_tf32(d, a_high, b_high);
}

/** Single-precision tile of kSmallTile x kSmallTile sums, a warp 32 x 32, for operands of any types. */
template <bool TransposeA, bool TransposeB>
struct FloatTile {
  static constexpr int kStride = kFloatDepth + kFloatPadding;
  static constexpr int kOperand = kSmallTile * kStride;
  typedef WarpSums<2, 4> Sums;

  static __device__ __forceinline__ int warp_row() { return static_cast<int>(threadIdx.x) / kWarp / 2 * 32; }
  static __device__ __forceinline__ int warp_column() { return static_cast<int>(threadIdx.x) / kWarp % 2 * 32; }

  static __device__ __forceinline__ void multiply(Sums& sums, const float* stage, bool a_exact, bool b_exact) {
    const int lane = threadIdx.x % kWarp;
    const float* a_tile = stage + (warp_row() + lane / 4) * kStride + lane % 4;
    const float* b_tile = stage + kOperand + (warp_column() + lane / 4) * kStride + lane % 4;
#pragma unroll
    for (int k = 0; k < kFloatDepth; k += 8) {
      uint32_t a_high[2][4];
      uint32_t a_low[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          split_tf32(a_tile[(i * 16 + e % 2 * 8) * kStride + k + e / 2 * 4], &a_high[i][e], &a_low[i][e]);
        }
      }
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        uint32_t b_high[2];
        uint32_t b_low[2];
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          split_tf32(b_tile[j * 8 * kStride + k + e * 4], &b_high[e], &b_low[e]);
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          multiply_split(sums.v[i][j], a_high[i], a_low[i], a_exact, b_high, b_low, b_exact);
        }
      }
    }
  }

  /** Sums over the terms of the range; `shared` holds float_shared_bytes(). */
  static __device__ __forceinline__ void run(Sums& sums, const GemmProblem& p, const TileRange& at, void* shared) {
    auto* stages = static_cast<float*>(shared);
    const bool a_exact = p.a.dtype != RADAPTER_F32;
    const bool b_exact = p.b.dtype != RADAPTER_F32 && p.b_gate.gate == nullptr;
    const RowGate no_gate = {nullptr, 1, 1};
    FloatOperand<TransposeA> a;
    FloatOperand<!TransposeB> b;
    int stage = 0;
    if (at.k < at.k_end) {
      a.load(p.a, at.row, p.m, at.k, at.k_end, no_gate);
      b.load(p.b, at.column, p.n, at.k, at.k_end, p.b_gate);
    }
    for (int64_t k = at.k; k < at.k_end; k += kFloatDepth) {
      float* place = stages + stage * 2 * kOperand;
      a.store(place);
      b.store(place + kOperand);
      __syncthreads();
      if (k + kFloatDepth < at.k_end) {
        a.load(p.a, at.row, p.m, k + kFloatDepth, at.k_end, no_gate);
        b.load(p.b, at.column, p.n, k + kFloatDepth, at.k_end, p.b_gate);
      }
      multiply(sums, place, a_exact, b_exact);
      stage ^= 1;
    }
    __syncthreads();
  }
};

/** Writes the block's sums as a matrix [tile, tile + padding] into shared memory. */
template <int Rows, int Columns>
__device__ __forceinline__ void store_sums(float* shared, int stride, int row, int column,
                                           const WarpSums<Rows, Columns>& sums) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int i = 0; i < Rows; ++i) {
#pragma unroll
    for (int j = 0; j < Columns; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        shared[(row + i * 16 + lane / 4 + e / 2 * 8) * stride + column + j * 8 + lane % 4 * 2 + e % 2] =
            sums.v[i][j][e];
      }
    }
  }
}

/** Eight sums of a row through the epilogue and out. */
__device__ __forceinline__ void finish_group(const GemmEpilogue& e, int64_t row, int64_t column, int count,
                                             float (&v)[kGroup]) {
  const float factor = e.coefficient * (e.scale == nullptr ? 1.0f : e.scale[0]) * gate_of(e.gate, row);
  float other[kGroup];
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    v[i] = factor == 0 ? 0.0f : v[i] * factor;
  }
  if (e.bias.data != nullptr) {
    load_group(e.bias, 0, column, count, other);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] += other[i];
    }
  }
  if (e.addend.data != nullptr) {
    load_group(e.addend, row, column, count, other);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] += other[i];
    }
  }
  if (e.activation == RADAPTER_QUICK_GELU || e.activation == RADAPTER_GELU) {
    if (e.aux.data != nullptr) {
      store_group(e.aux, row, column, count, v);
    }
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] = activate(e.activation, v[i]);
    }
  } else if (e.activation != RADAPTER_NONE) {
    load_group({e.aux.data, e.aux.ld, e.aux.dtype, e.aux.wide}, row, column, count, other);
    const int activation = e.activation == RADAPTER_GELU_GRADIENT ? RADAPTER_GELU : RADAPTER_QUICK_GELU;
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] *= activate_gradient(activation, other[i]);
    }
  }
  if (e.residual.data != nullptr) {
    load_group(e.residual, row, column, count, other);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] += other[i];
    }
  }
  store_group(e.c, row, column, count, v);
}

/** Sends a tile of sums in shared memory through the epilogue, or as part number `split` into c [splits, m, n]. */
template <int Tile, int Threads>
__device__ __forceinline__ void finish_tile(const GemmProblem& p, const TileRange& at, int split, const float* shared) {
  constexpr int kStride = Tile + kFloatPadding;
  constexpr int kAcross = Tile / kGroup;
  // Once: the epilogue is long, and a copy for each round would make the kernels several times as large.
#pragma unroll 1
  for (int i = threadIdx.x; i < Tile * kAcross; i += Threads) {
    const int r = i / kAcross;
    const int c = i % kAcross * kGroup;
    const int64_t row = at.row + r;
    const int64_t column = at.column + c;
    if (row < p.m && column < p.n) {
      const float4* from = reinterpret_cast<const float4*>(shared + r * kStride + c);
      const float4 low = from[0];
      const float4 high = from[1];
      float v[kGroup] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
      const int count = group_count(column, p.n);
      if (p.splits > 0) {
        store_group(p.epilogue.c, split * p.m + row, column, count, v);
      } else {
        finish_group(p.epilogue, row, column, count, v);
      }
    }
  }
}

/** Tile number `tile` of a product and part `split` of its terms; none where every row's gate is closed. */
template <int Rows, int Columns>
__device__ __forceinline__ TileRange range_of(const GemmProblem& p, int64_t tile, int split, int depth) {
  const int64_t across = (p.n + Columns - 1) / Columns;
  const int64_t steps = (p.k + depth - 1) / depth;
  const int64_t splits = p.splits > 0 ? p.splits : 1;
  const int64_t each = (steps + splits - 1) / splits * depth;
  TileRange at = {tile / across * Rows, tile % across * Columns, split * each, 0};
  at.k_end = at.k + each < p.k ? at.k + each : p.k;
  const int64_t rows = p.m - at.row < Rows ? p.m - at.row : Rows;
  if (!any_open(p.epilogue.gate, at.row, rows)) {
    at.k_end = at.k;
  }
  return at;
}

/** Forms part blockIdx.y of tile number `tile` of a product, by a Tile of Size x Size sums and Threads threads. */
template <typename Tile, int Size, int Threads>
__device__ __forceinline__ void multiply_tile(const GemmProblem& p, int64_t tile, int depth, void* shared) {
  const int split = static_cast<int>(blockIdx.y);
  const TileRange at = range_of<Size, Size>(p, tile, split, depth);
  typename Tile::Sums sums = {};
  Tile::run(sums, p, at, shared);
  auto* matrix = static_cast<float*>(shared);
  store_sums(matrix, Size + kFloatPadding, Tile::warp_row(), Tile::warp_column(), sums);
  __syncthreads();
  finish_tile<Size, Threads>(p, at, split, matrix);
}

/** Which problem of a group has tile number `tile`. */
__device__ __forceinline__ int problem_of(const GemmGroup& group, int64_t tile) {
  int i = 0;
  while (i + 1 < group.count && group.first[i + 1] <= tile) {
    ++i;
  }
  return i;
}

}  // namespace radapter::cuda

#endif
