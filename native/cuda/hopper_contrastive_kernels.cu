// The contrastive loss on Hopper: its scores by tensor copies and wgmma, the rest as in contrastive_kernels.cu.
#include "contrastive_tile.h"
#include "hopper_contrastive_kernels.h"
#include "hopper_tile.h"

using namespace radapter::cuda;

namespace {

// A 128-byte swizzle repeats after 1024 bytes.
extern __shared__ __align__(1024) unsigned char dynamic_shared[];

typedef HopperTile<RADAPTER_BF16, false, true, kHopperNarrow> Tile;
typedef Marks<kLargeTile> TileMarks;

/**
 * Puts this warp's 16 rows of sums, as wgmma lays them out, into shared memory with rows kLargeTile + 1 apart, the
 * margin added where a score is of no positive.
 */
__device__ __forceinline__ void store_scores(float* scores, const Tile::Sums& sums, float margin,
                                             const TileMarks& marks) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = static_cast<int>(threadIdx.x) / kWarp * 16 + half * 8 + lane / 4;
    float* to = scores + row * (kLargeTile + 1) + lane % 4 * 2;
#pragma unroll
    for (int word = 0; word < kLargeTile / 32; ++word) {
      const uint32_t positives = marks.rows[row][word] >> (lane % 4 * 2);
#pragma unroll
      for (int j = 0; j < 4; ++j) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          to[word * 32 + j * 8 + e] =
              sums[(word * 4 + j) * 4 + half * 2 + e] + ((positives >> (j * 8 + e) & 1) != 0 ? 0.0f : margin);
        }
      }
    }
  }
}

/** The scores of this block's tile in shared memory, and which of them are of positives. */
__device__ __forceinline__ TileRange form_scores(const HopperContrastiveArguments& a, TileMarks* marks) {
  const TileRange at = range_of<kHopperRows, kHopperNarrow>(a.tile.scores, blockIdx.x, 0, kHopperDepth);
  Tile::init(dynamic_shared);
  mark<kLargeTile, kHopperThreads>(a.tile, at, marks);
  Tile::Sums sums = {};
  Tile::run(sums, &a.f, &a.g, at, dynamic_shared);
  if (Tile::consumes()) {
    store_scores(reinterpret_cast<float*>(dynamic_shared), sums, a.tile.margin, *marks);
  }
  __syncthreads();
  return at;
}

__device__ __forceinline__ TileMarks& marks_of_tile() {
  return *reinterpret_cast<TileMarks*>(dynamic_shared + hopper_shared_bytes(kHopperNarrow));
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kHopperThreads, 2)
    hopper_contrastive_sums(const __grid_constant__ HopperContrastiveArguments a) {
  const TileRange at = form_scores(a, &marks_of_tile());
  sum_scores<kLargeTile>(a.tile, at, reinterpret_cast<const float*>(dynamic_shared), marks_of_tile());
}

extern "C" __global__ void __launch_bounds__(kHopperThreads, 2)
    hopper_contrastive_gradient(const __grid_constant__ HopperContrastiveArguments a) {
  const TileRange at = form_scores(a, &marks_of_tile());
  differentiate_scores<kLargeTile, kHopperThreads>(a.tile, at, reinterpret_cast<const float*>(dynamic_shared),
                                                   marks_of_tile(), reinterpret_cast<float*>(&marks_of_tile() + 1));
}
