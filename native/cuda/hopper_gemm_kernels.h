#ifndef RADAPTER_CUDA_HOPPER_GEMM_KERNELS_H
#define RADAPTER_CUDA_HOPPER_GEMM_KERNELS_H

#include "gemm_kernels.h"
#include "tensor_map.h"

namespace radapter::cuda {

/** A product whose operands are halves that tensor copies can reach. */
struct HopperGemmArguments {
  /** Boxes of kHopperSpan halves of a row by the tile's other side. */
  TensorMap a;
  TensorMap b;
  GemmProblem problem;
};

/** A block's tile of C: two warpgroups, 64 rows each; a narrow tile lets two blocks share a multiprocessor. */
constexpr int kHopperRows = 128;
constexpr int kHopperNarrow = 128;
constexpr int kHopperWide = 256;
/** Terms of a step of the loop, and halves of a 128-byte swizzle's row. */
constexpr int kHopperDepth = 64;
constexpr int kHopperSpan = 64;
/** Threads that form sums, and with the warp that copies. */
constexpr int kHopperConsumers = 256;
constexpr int kHopperThreads = kHopperConsumers + 32;

/** Steps whose operands are on their way or in use. */
constexpr int hopper_stages(int columns) { return columns == kHopperNarrow ? 3 : 4; }

/** Bytes of a step's operands. */
constexpr int hopper_stage_bytes(int columns) { return (kHopperRows + columns) * kHopperDepth * 2; }

/** Elements between the rows of sums in shared memory that nobody uses: rows of a warp's store lie in other banks. */
constexpr int kHopperPadding = 8;

/** Bytes of dynamic shared memory: the stages, later the sums, and two mbarriers a stage behind them. */
constexpr int hopper_shared_bytes(int columns) { return hopper_stages(columns) * (hopper_stage_bytes(columns) + 16); }

static_assert(kHopperRows * (kHopperNarrow + kHopperPadding) * 4 <= 3 * hopper_stage_bytes(kHopperNarrow), "sums fit");
static_assert(kHopperRows * (kHopperWide + kHopperPadding) * 4 <= 4 * hopper_stage_bytes(kHopperWide), "sums fit");

}  // namespace radapter::cuda

#endif
