// The low-rank adapter where its rank is so low that every row of a matrix is read and written once and the arithmetic
// hides behind that: each row meets all it has to do while it is in the first-level cache.
#ifndef RADAPTER_CPU_THIN_ADAPTER_KERNELS_H
#define RADAPTER_CPU_THIN_ADAPTER_KERNELS_H

#include <stdint.h>

#include "gemm.h"
#include "isa.h"

namespace radapter {

/** Ranks are taken by fours, the missing ones as zeros; above this rank products are better. */
constexpr int64_t kRankStep = 4;
constexpr int64_t kThinRank = 8;
/** Most columns, so that what a thread adds up fits its scratch memory. */
constexpr int64_t kThinWidth = 8192;

inline int64_t thin_ranks(int64_t rank) { return rank <= kRankStep ? kRankStep : kThinRank; }
/** Columns filled up to whole vectors of every instruction set. */
inline int64_t thin_width(int64_t d) { return (d + 15) / 16 * 16; }

/** Both factors with a row for each rank: Dᵀ and U, [thin_ranks, thin_width], zeros beyond their own. */
struct ThinFactors {
  const float* down_transposed;
  const float* up;
};

/** What both passes read. */
struct ThinAdapter {
  int64_t d;
  int64_t rank;
  int dtype;
  ThinFactors factors;
  float scale;
  RowGate gate;
  const void* x;
  int64_t ldx;
};

struct ThinForward : ThinAdapter {
  /** Nullable. */
  const void* residual;
  int64_t ldr;
  void* hidden;
  void* y;
  int64_t ldy;
};

struct ThinBackward : ThinAdapter {
  const void* hidden;
  const void* dy;
  int64_t lddy;
  /** Nullable. */
  void* dx;
  int64_t lddx;
};

struct ThinAdapterKernels {
  /** Rows [begin, end) of hidden and y. */
  void (*forward)(const ThinForward* adapter, int64_t begin, int64_t end);
  /**
   * Rows [begin, end) of dx; and their part of the products (G dY U)ᵀ X and Hᵀ G dY is added to d_down and d_up, shaped
   * as the factors are. G: the gates. d_down, d_up nullable.
   */
  void (*backward)(const ThinBackward* adapter, int64_t begin, int64_t end, float* d_down_transposed, float* d_up);
};

RADAPTER_ISA_TABLE(ThinAdapterKernels, thin_adapter_kernels)

}  // namespace radapter

#endif
