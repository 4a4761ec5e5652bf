// A tile of a product of halves with single precision, which comes as the sum of two halves: 16 bits of bf16, 22 of
// fp16 within its range. That is twice the multiplications of a product of halves; two tf32 numbers are four times.
#ifndef RADAPTER_CUDA_GEMM_SPLIT_TILE_H
#define RADAPTER_CUDA_GEMM_SPLIT_TILE_H

#include "gemm_tile.h"

namespace radapter::cuda {

/** As load_half_tile, each number as the sum of two halves of the same place in `high` and `low`. */
template <int Rows, int Columns, int Threads, int Dtype>
__device__ __forceinline__ void load_split_tile(uint16_t* high, uint16_t* low, const Input& x, int64_t row,
                                                int64_t column, int64_t rows, int64_t columns) {
  constexpr int kAcross = Columns / kGroup;
#pragma unroll
  for (int i = threadIdx.x; i < Rows * kAcross; i += Threads) {
    const int r = i / kAcross;
    const int c = i % kAcross * kGroup;
    const int place = r * (Columns + kHalfPadding) + c;
    const int64_t left = row + r < rows ? columns - (column + c) : 0;
    const int count = left <= 0 ? 0 : left < kGroup ? static_cast<int>(left) : kGroup;
    float v[kGroup] = {};
    if (count > 0) {
      load_group(x, row + r, column + c, count, v);
    }
    uint32_t upper[kGroup / 2];
    uint32_t lower[kGroup / 2];
#pragma unroll
    for (int e = 0; e < kGroup / 2; ++e) {
      upper[e] = pack(v[2 * e], v[2 * e + 1], Dtype);
      float first;
      float second;
      unpack(upper[e], Dtype, &first, &second);
      lower[e] = pack(v[2 * e] - first, v[2 * e + 1] - second, Dtype);
    }
    *reinterpret_cast<uint4*>(high + place) = make_uint4(upper[0], upper[1], upper[2], upper[3]);
    *reinterpret_cast<uint4*>(low + place) = make_uint4(lower[0], lower[1], lower[2], lower[3]);
  }
}

/** kSmallTile x kSmallTile sums, a warp 32 x 32. SplitA: op(A) is the operand of single precision, else op(B). */
template <int Dtype, bool TransposeA, bool TransposeB, bool SplitA>
struct SplitTile {
  typedef HalfTile<Dtype, TransposeA, TransposeB, kSmallTile, kSmallThreads, 32, 32> Half;
  typedef typename Half::Sums Sums;
  static constexpr int kOperand = Half::kOperand;
  /** A, B, and what is left of the operand that is split. */
  static constexpr int kStage = 3 * kOperand;

  static __device__ __forceinline__ int warp_row() { return Half::warp_row(); }
  static __device__ __forceinline__ int warp_column() { return Half::warp_column(); }

  template <bool TermsFirst, bool Split>
  static __device__ __forceinline__ void load_operand(uint16_t* high, uint16_t* low, const Input& x, int64_t line,
                                                      int64_t lines, int64_t k, int64_t k_end) {
    constexpr int kRows = TermsFirst ? kHalfDepth : kSmallTile;
    constexpr int kColumns = TermsFirst ? kSmallTile : kHalfDepth;
    const int64_t row = TermsFirst ? k : line;
    const int64_t column = TermsFirst ? line : k;
    const int64_t rows = TermsFirst ? k_end : lines;
    const int64_t columns = TermsFirst ? lines : k_end;
    if (Split) {
      load_split_tile<kRows, kColumns, kSmallThreads, Dtype>(high, low, x, row, column, rows, columns);
    } else {
      load_half_tile<kRows, kColumns, kSmallThreads>(high, x, row, column, rows, columns, Dtype);
    }
  }

  static __device__ __forceinline__ void load(uint16_t* stage, const GemmProblem& p, const TileRange& at, int64_t k) {
    uint16_t* low = stage + 2 * kOperand;
    load_operand<TransposeA, SplitA>(stage, low, p.a, at.row, p.m, k, at.k_end);
    load_operand<!TransposeB, !SplitA>(stage + kOperand, low, p.b, at.column, p.n, k, at.k_end);
  }

  /** Sums over the terms of the range; `shared` holds split_shared_bytes(). */
  static __device__ __forceinline__ void run(Sums& sums, const GemmProblem& p, const TileRange& at, void* shared) {
    auto* stages = static_cast<uint16_t*>(shared);
    const int steps = static_cast<int>((at.k_end - at.k + kHalfDepth - 1) / kHalfDepth);
#pragma unroll
    for (int s = 0; s < kSplitStages - 1; ++s) {
      if (s < steps) {
        load(stages + s * kStage, p, at, at.k + s * kHalfDepth);
      }
      copy_async_commit();
    }
    for (int step = 0; step < steps; ++step) {
      copy_async_wait<kSplitStages - 2>();
      __syncthreads();
      const int next = step + kSplitStages - 1;
      if (next < steps) {
        load(stages + next % kSplitStages * kStage, p, at, at.k + next * kHalfDepth);
      }
      copy_async_commit();
      const uint16_t* stage = stages + step % kSplitStages * kStage;
      const uint16_t* low = stage + 2 * kOperand;
      // The smaller half first.
      Half::multiply(sums, SplitA ? low : stage, SplitA ? stage + kOperand : low);
      Half::multiply(sums, stage, stage + kOperand);
    }
    copy_async_wait<0>();
    __syncthreads();
  }
};

}  // namespace radapter::cuda

#endif
