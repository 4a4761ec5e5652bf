// C [M, N] = A [M, K] · B [N, K]ᵀ on Hopper: a producer warp feeds a ring of tiles by tensor copies, one warpgroup runs
// wgmma. K must be a multiple of 8, as a tensor map wants it.
#include "hopper.h"

constexpr int kM = 64, kN = 64, kK = 64, kStages = 3, kConsumers = 128;

struct Tiles {
  alignas(1024) __nv_bfloat16 a[kStages][kM * kK];
  alignas(1024) __nv_bfloat16 b[kStages][kN * kK];
  uint64_t full[kStages], empty[kStages];
};

// A 128-byte swizzle repeats after 1024 bytes: a tile must lie on a multiple of that.
#ifdef PLANT_ALIGNMENT
#define TILE_ALIGNMENT 128
#else
#define TILE_ALIGNMENT 1024
#endif
#ifdef PLANT_STRIDE
constexpr uint64_t kGroupStride = 512;
#else
constexpr uint64_t kGroupStride = 1024;
#endif
#ifdef PLANT_NO_SWIZZLE
constexpr uint64_t kSwizzle = 0;
#else
constexpr uint64_t kSwizzle = 1;
#endif
#ifdef PLANT_BYTES
constexpr int kStageBytes = (kM + kN) * kK * 2 + 16;
#else
constexpr int kStageBytes = (kM + kN) * kK * 2;
#endif

// K-major, 128-byte swizzle, groups of 8 rows 1024 bytes apart.
__device__ uint64_t descriptor(const void* tile) {
  return static_cast<uint64_t>(shared_address(tile) >> 4 & 0x3fff) | uint64_t{1} << 16 | kGroupStride >> 4 << 32 |
         kSwizzle << 62;
}

__device__ int empty_parity(int step) {
#ifdef PLANT_PARITY
  return step / kStages & 1;
#else
  return (step / kStages - 1) & 1;
#endif
}

/** grid: N / 64 and M / 64, rounded up; 160 threads; dynamic shared memory: sizeof(Tiles), rounded up to 1024. */
extern "C" __global__ void __launch_bounds__(kConsumers + 32)
    gemm_wgmma(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_b, float* c, int M, int N,
               int K) {
  extern __shared__ __align__(TILE_ALIGNMENT) unsigned char dynamic_shared[];
  auto* tiles = reinterpret_cast<Tiles*>(dynamic_shared);
  const int row = blockIdx.y * kM, column = blockIdx.x * kN, steps = (K + kK - 1) / kK;
  if (threadIdx.x == 0) {
    for (int s = 0; s < kStages; ++s) {
      barrier_init(&tiles->full[s], 1);
      barrier_init(&tiles->empty[s], 1);
    }
    barrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x >= kConsumers) {
    if (threadIdx.x == kConsumers) {
      for (int step = 0; step < steps; ++step) {
        const int stage = step % kStages;
        if (step >= kStages) {
          barrier_wait(&tiles->empty[stage], empty_parity(step));
        }
        barrier_expect(&tiles->full[stage], kStageBytes);
        tensor_load_2d(tiles->a[stage], &map_a, &tiles->full[stage], step * kK, row);
        tensor_load_2d(tiles->b[stage], &map_b, &tiles->full[stage], step * kK, column);
      }
    }
    return;
  }
  float sums[32] = {};
  for (int step = 0; step < steps; ++step) {
    const int stage = step % kStages;
    barrier_wait(&tiles->full[stage], step / kStages & 1);
#ifndef PLANT_NO_FENCE
    wgmma_fence();
#endif
    for (int k = 0; k < kK; k += 16) {
      wgmma_m64n64k16<0, 0>(sums, descriptor(tiles->a[stage] + k), descriptor(tiles->b[stage] + k));
    }
    wgmma_commit();
#ifdef PLANT_EARLY_RELEASE
    wgmma_wait<1>();
#elif !defined(PLANT_NO_WAIT)
    wgmma_wait<0>();
#endif
    if (threadIdx.x == 0) {
      barrier_arrive(&tiles->empty[stage]);
    }
  }
#ifndef PLANT_NO_WAIT
  wgmma_wait<0>();
#endif
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int i = 0; i < 32; ++i) {
    const int m = row + warp * 16 + lane / 4 + i / 2 % 2 * 8, n = column + i / 4 * 8 + lane % 4 * 2 + i % 2;
    if (m < M && n < N) {
      c[static_cast<size_t>(m) * N + n] = sums[i];
    }
  }
}
