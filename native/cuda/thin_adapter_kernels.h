#ifndef RADAPTER_CUDA_THIN_ADAPTER_KERNELS_H
#define RADAPTER_CUDA_THIN_ADAPTER_KERNELS_H

#include "gemm_kernels.h"

namespace radapter::cuda {

constexpr int kThinWarps = 8;
constexpr int kThinThreads = 32 * kThinWarps;
/** Rows of a tile, and the rank at most: what one instruction multiplies. */
constexpr int kThinRows = 16;
constexpr int kThinRank = 16;
/** Most columns of X: 16·kThinWarps for each of eight steps. */
constexpr int kThinColumns = 8 * 16 * kThinWarps;

/** Elements of a row of X in shared memory, for warps of `steps` times 16 columns. */
constexpr int thin_stride(int steps) { return steps * 16 * kThinWarps + kHalfPadding; }

/** Tiles of X that are on their way or in use; 99 KiB hold three but for the widest. */
constexpr int thin_stages(int steps) { return steps <= 6 ? 3 : 2; }

/** Bytes of shared memory of a block: the tiles, and each warp's part of T. */
constexpr int thin_shared_bytes(int steps) {
  return thin_stages(steps) * kThinRows * thin_stride(steps) * 2 + kThinWarps * kThinRows * kThinRank * 4;
}

static_assert(8 * 4 * kThinThreads * 4 <= thin_shared_bytes(4) && 8 * 6 * kThinThreads * 4 <= thin_shared_bytes(6) &&
                  8 * 8 * kThinThreads * 4 <= thin_shared_bytes(8),
              "the weights fit on their way to the registers");

/** A weight in single precision, of which element [i, j] lies at i·row + j·column. */
struct ThinWeight {
  const float* data;
  int32_t row;
  int32_t column;
};

/**
 * T = g_r·(X first), Y = residual + X + c_r·(T second): first [d, rank] enters as two halves, second [rank, d] rounded.
 * T is kept; rounded to halves it enters the second product as it is kept, in single precision as two halves.
 */
struct ThinAdapterArguments {
  int64_t rows;
  /** A multiple of kGroup. */
  int32_t d;
  int32_t rank;
  /** [rows, d] of bf16, like y and residual, in rows that begin at multiples of 16 bytes. */
  Input x;
  ThinWeight first;
  ThinWeight second;
  /** g_r. */
  RowGate hidden_gate;
  /** c_r = scale[0]·gate_r; where it is 0 the sum counts as 0, be it NaN. */
  const float* scale;
  RowGate gate;
  /** Nullable. */
  Input residual;
  /** [rows, rank], F32 or bf16. */
  Output hidden;
  Output y;
};

}  // namespace radapter::cuda

#endif
