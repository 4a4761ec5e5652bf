// The wrappers of cuda/hopper.h that the plug-in's kernels are made of, one operation a kernel.
#include "../../../cuda/hopper.h"

using namespace radapter::cuda;

extern __shared__ __align__(1024) unsigned char dynamic_shared[];

constexpr int kTileB = 8192, kBarrierOffset = 40960;

/**
 * One product of 16 terms on tiles that tensor copies load, as the plug-in stores them. out [N / 2, 128]: accumulator i
 * of thread t. The accumulators start as 1000.
 */
template <int N, bool F16, bool TransposeA, bool TransposeB>
__device__ __forceinline__ void multiply(const TensorMap* map_a, const TensorMap* map_b, float* out) {
  auto* barrier = reinterpret_cast<uint64_t*>(dynamic_shared + kBarrierOffset);
  if (threadIdx.x == 0) {
    barrier_init(barrier, 1);
    barrier_init_fence();
  }
  __syncthreads();
  // Rows along K: a box of 64 terms; else boxes of 16 terms by 64.
  constexpr int kBox = 16 * 128;
  constexpr int kBytesA = TransposeA ? kBox : 64 * 128;
  constexpr int kBytesB = TransposeB ? N / 64 * kBox : N * 128;
  if (threadIdx.x == 0) {
    barrier_expect(barrier, kBytesA + kBytesB);
    tensor_load(dynamic_shared, map_a, barrier, 0, 0);
    for (int i = 0; i < (TransposeB ? N / 64 : 1); ++i) {
      tensor_load(dynamic_shared + kTileB + i * kBox, map_b, barrier, i * 64, 0);
    }
  }
  barrier_wait(barrier, 0);
  float d[N / 2];
#pragma unroll
  for (int i = 0; i < N / 2; ++i) {
    d[i] = 1000.0f;
  }
  wgmma_fence();
  const uint64_t a = matrix_descriptor(dynamic_shared, kBox);
  const uint64_t b = matrix_descriptor(dynamic_shared + kTileB, kBox);
  if (F16) {
    wgmma_f16<TransposeA, TransposeB>(d, a, b);
  } else {
    wgmma_bf16<TransposeA, TransposeB>(d, a, b);
  }
  wgmma_commit();
  wgmma_wait<0>();
#pragma unroll
  for (int i = 0; i < N / 2; ++i) {
    out[i * 128 + threadIdx.x] = d[i];
  }
}

#define PRODUCT(name, n, f16, transpose_a, transpose_b)                                       \
  extern "C" __global__ void __launch_bounds__(128) name##_##transpose_a##transpose_b(        \
      const __grid_constant__ TensorMap a, const __grid_constant__ TensorMap b, float* out) { \
    multiply<n, f16, transpose_a != 0, transpose_b != 0>(&a, &b, out);                        \
  }
#define PRODUCTS(name, n, f16) \
  PRODUCT(name, n, f16, 0, 0)  \
  PRODUCT(name, n, f16, 0, 1)  \
  PRODUCT(name, n, f16, 1, 0)  \
  PRODUCT(name, n, f16, 1, 1)

PRODUCTS(bf16_64, 64, false)
PRODUCTS(f16_64, 64, true)
PRODUCTS(bf16_128, 128, false)
PRODUCTS(f16_128, 128, true)
PRODUCTS(bf16_256, 256, false)
PRODUCTS(f16_256, 256, true)

/** Warp 1 hands `rounds` numbers a lane to warp 0, one at a time, through two mbarriers. 64 threads. */
extern "C" __global__ void hand_over(const int* in, int* out, int rounds) {
  __shared__ uint64_t full;
  __shared__ uint64_t empty;
  __shared__ int values[32];
  const int lane = threadIdx.x % 32;
  if (threadIdx.x == 0) {
    barrier_init(&full, 32);
    barrier_init(&empty, 32);
    barrier_init_fence();
  }
  __syncthreads();
  for (int round = 0; round < rounds; ++round) {
    if (threadIdx.x >= 32) {
      if (round > 0) {
        barrier_wait(&empty, (round - 1) & 1);
      }
      values[lane] = in[round * 32 + lane];
      barrier_arrive(&full);
    } else {
      barrier_wait(&full, round & 1);
      out[round * 32 + lane] = values[31 - lane];
      barrier_arrive(&empty);
    }
  }
}
