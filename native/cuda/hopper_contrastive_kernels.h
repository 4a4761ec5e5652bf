#ifndef RADAPTER_CUDA_HOPPER_CONTRASTIVE_KERNELS_H
#define RADAPTER_CUDA_HOPPER_CONTRASTIVE_KERNELS_H

#include "contrastive_kernels.h"
#include "hopper_gemm_kernels.h"

namespace radapter::cuda {

/** A tile of scores whose operands tensor copies can reach. */
struct HopperContrastiveArguments {
  TensorMap f;
  TensorMap g;
  ContrastiveArguments tile;
};

static_assert(kHopperRows == kLargeTile && kHopperNarrow == kLargeTile, "a tile of scores is one of Hopper's");

/** Bytes of shared memory: the stages with their mbarriers, later the scores; the marks, and a number for each warp. */
constexpr int hopper_contrastive_shared_bytes() {
  return hopper_shared_bytes(kHopperNarrow) + kLargeTile * kLargeTile / 4 + (kHopperThreads / 32 + 3) / 4 * 16;
}

static_assert(kLargeTile * (kLargeTile + 1) * 4 <= 3 * hopper_stage_bytes(kHopperNarrow), "the scores fit");

}  // namespace radapter::cuda

#endif
