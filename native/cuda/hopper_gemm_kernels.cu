// Products of halves on Hopper: grid (tiles, splits).
#include "hopper_gemm_kernels.h"
#include "hopper_tile.h"

using namespace radapter::cuda;

namespace {

// A 128-byte swizzle repeats after 1024 bytes.
extern __shared__ __align__(1024) unsigned char dynamic_shared[];

/** Sends this warp's 16 rows of sums through the epilogue, or as part number `split` into c [splits, m, n]. */
template <int Columns>
__device__ __forceinline__ void finish_rows(const GemmProblem& p, const TileRange& at, int split, const float* rows) {
  constexpr int kAcross = Columns / kGroup;
  const int64_t first = at.row + static_cast<int>(threadIdx.x) / kWarp * 16;
  // Once: the epilogue is long.
#pragma unroll 1
  for (int i = threadIdx.x % kWarp; i < 16 * kAcross; i += kWarp) {
    const int64_t row = first + i / kAcross;
    const int64_t column = at.column + i % kAcross * kGroup;
    if (row < p.m && column < p.n) {
      float v[kGroup];
      read_sums(rows + i / kAcross * (Columns + kHopperPadding) + i % kAcross * kGroup, v);
      const int count = group_count(column, p.n);
      if (p.splits > 0) {
        store_group(p.epilogue.c, split * p.m + row, column, count, v);
      } else {
        finish_group(p.epilogue, row, column, count, v);
      }
    }
  }
}

template <int Dtype, bool TransposeA, bool TransposeB, int Columns>
__device__ __forceinline__ void multiply_tile(const HopperGemmArguments& a) {
  typedef HopperTile<Dtype, TransposeA, TransposeB, Columns> Tile;
  const int split = static_cast<int>(blockIdx.y);
  const TileRange at = range_of<kHopperRows, Columns>(a.problem, blockIdx.x, split, kHopperDepth);
  Tile::init(dynamic_shared);
  typename Tile::Sums sums = {};
  Tile::run(sums, &a.a, &a.b, at, dynamic_shared);
  if (Tile::consumes()) {
    finish_rows<Columns>(a.problem, at, split, Tile::store(dynamic_shared, sums));
  }
}

}  // namespace

/** hopper_TYPE_TRANSPOSED_TILE. */
#define RADAPTER_HOPPER_KERNELS(type, dtype, suffix, transpose_a, transpose_b)           \
  extern "C" __global__ void __launch_bounds__(kHopperThreads, 2)                        \
      hopper_##type##_##suffix##_narrow(const __grid_constant__ HopperGemmArguments a) { \
    multiply_tile<dtype, transpose_a, transpose_b, kHopperNarrow>(a);                    \
  }                                                                                      \
  extern "C" __global__ void __launch_bounds__(kHopperThreads, 1)                        \
      hopper_##type##_##suffix##_wide(const __grid_constant__ HopperGemmArguments a) {   \
    multiply_tile<dtype, transpose_a, transpose_b, kHopperWide>(a);                      \
  }

RADAPTER_HOPPER_KERNELS(bf16, RADAPTER_BF16, nn, false, false)
RADAPTER_HOPPER_KERNELS(bf16, RADAPTER_BF16, nt, false, true)
RADAPTER_HOPPER_KERNELS(bf16, RADAPTER_BF16, tn, true, false)
RADAPTER_HOPPER_KERNELS(bf16, RADAPTER_BF16, tt, true, true)
RADAPTER_HOPPER_KERNELS(f16, RADAPTER_F16, nn, false, false)
RADAPTER_HOPPER_KERNELS(f16, RADAPTER_F16, nt, false, true)
RADAPTER_HOPPER_KERNELS(f16, RADAPTER_F16, tn, true, false)
RADAPTER_HOPPER_KERNELS(f16, RADAPTER_F16, tt, true, true)
