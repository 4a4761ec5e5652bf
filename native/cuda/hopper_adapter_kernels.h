#ifndef RADAPTER_CUDA_HOPPER_ADAPTER_KERNELS_H
#define RADAPTER_CUDA_HOPPER_ADAPTER_KERNELS_H

#include "hopper_gemm_kernels.h"

namespace radapter::cuda {

/**
 * Halves times a weight in single precision that is rounded to halves: C = epilogue(A op(B)). A block keeps some
 * columns of op(B), all terms, in shared memory, and A's rows stream past.
 */
struct HopperAdapterArguments {
  /** A, in boxes [kResidentRows, kHopperSpan]. */
  TensorMap a;
  /** The epilogue has coefficient, scale, gate, addend, residual and c alone. */
  GemmProblem problem;
  /** Blocks that have the same columns: they share out the rows. */
  int32_t walkers;
};

/** Rows of a warpgroup's tile. The two of a block work on tiles of their own, so one's epilogue hides the other's. */
constexpr int kResidentRows = 64;
constexpr int kResidentGroups = 2;
/** Threads: two warpgroups that multiply, and for each a warp that copies. */
constexpr int kResidentThreads = kHopperConsumers + kResidentGroups * 32;

/** Bytes of a warpgroup's stage: kHopperDepth terms of its rows. */
constexpr int kResidentStage = kResidentRows * kHopperDepth * 2;
/** Bytes for the weight: 768 terms of 128 columns, or 1536 of 64. */
constexpr int kResidentWeight = 768 * 128 * 2;
/** Most stages of a warpgroup; least are two, where the weight fills its place. */
constexpr int kResidentStages = 8;
constexpr int kResidentBytes = kResidentWeight + kResidentGroups * 2 * kResidentStage;

/** Bytes of dynamic shared memory: weight, stages, and behind them the mbarriers. */
constexpr int kResidentShared = kResidentBytes + kResidentGroups * kResidentStages * 16;

}  // namespace radapter::cuda

#endif
