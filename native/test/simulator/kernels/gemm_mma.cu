// C [M, N] = A [M, K] · B [K, N], bf16 in, fp32 out: cp.async into two buffers, ldmatrix, mma.sync m16n8k16. Rows that
// are no multiple of 8 elements are copied one element at a time, for 16-byte copies would be misaligned.
#include "ptx.h"

constexpr int kM = 64, kN = 64, kK = 32, kPadding = 8, kWarps = 4, kThreads = 32 * kWarps, kVector = 8;

struct Tiles {
  __nv_bfloat16 a[2][kM][kK + kPadding];
  __nv_bfloat16 b[2][kK][kN + kPadding];
};

// Eight elements of row `row` from `column` on, or zeros outside the matrix.
__device__ void load_vector(__nv_bfloat16* to, const __nv_bfloat16* from, int row, int column, int rows, int columns) {
  const bool inside = row < rows && column < columns;
  const size_t offset = static_cast<size_t>(row) * columns + column;
#ifndef PLANT_MISALIGNED
  if (columns % kVector != 0) {
    for (int k = 0; k < kVector; ++k) {
      to[k] = row < rows && column + k < columns ? from[offset + k] : __float2bfloat16(0.f);
    }
    return;
  }
#endif
  copy_async16(to, inside ? from + offset : from, inside);
}

__device__ void load_tiles(Tiles* tiles, int stage, const __nv_bfloat16* a, const __nv_bfloat16* b, int row, int column,
                           int k, int M, int N, int K) {
  for (int i = threadIdx.x; i < kM * kK / kVector; i += kThreads) {
    const int r = i / (kK / kVector), c = i % (kK / kVector) * kVector;
    load_vector(&tiles->a[stage][r][c], a, row + r, k + c, M, K);
  }
  for (int i = threadIdx.x; i < kK * kN / kVector; i += kThreads) {
    const int r = i / (kN / kVector), c = i % (kN / kVector) * kVector;
    load_vector(&tiles->b[stage][r][c], b, k + r, column + c, K, N);
  }
  copy_async_commit();
}

#ifdef PLANT_NOT_TRANSPOSED
#define LOAD_B load_matrix_x4
#else
#define LOAD_B load_matrix_x4_transposed
#endif

/** grid: N / 64 and M / 64, rounded up; dynamic shared memory: sizeof(Tiles). */
extern "C" __global__ void __launch_bounds__(kThreads)
    gemm_bf16(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int M, int N, int K) {
  extern __shared__ __align__(16) unsigned char dynamic_shared[];
  auto* tiles = reinterpret_cast<Tiles*>(dynamic_shared);
  const int row = blockIdx.y * kM, column = blockIdx.x * kN;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
  float sums[2][4][4] = {};
  const int steps = (K + kK - 1) / kK;
  load_tiles(tiles, 0, a, b, row, column, 0, M, N, K);
  for (int step = 0; step < steps; ++step) {
    const int stage = step % 2;
    if (step + 1 < steps) {
      load_tiles(tiles, 1 - stage, a, b, row, column, (step + 1) * kK, M, N, K);
#ifdef PLANT_WAIT_SHORT
      copy_async_wait<2>();
#else
      copy_async_wait<1>();
#endif
    } else {
      copy_async_wait<0>();
    }
    __syncthreads();
    for (int k = 0; k < kK; k += 16) {
      unsigned x[2][4], y[2][4];
      for (int i = 0; i < 2; ++i) {
        load_matrix_x4(x[i], &tiles->a[stage][warp_row + i * 16 + lane % 16][k + lane / 16 * 8]);
      }
      for (int j = 0; j < 2; ++j) {
        LOAD_B(y[j], &tiles->b[stage][k + lane % 16][warp_column + j * 16 + lane / 16 * 8]);
      }
      for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 4; ++j) {
#ifdef PLANT_SWAPPED_FRAGMENTS
          mma_m16n8k16(sums[i][j], x[i], y[j / 2][j % 2 * 2 + 1], y[j / 2][j % 2 * 2]);
#else
          mma_m16n8k16(sums[i][j], x[i], y[j / 2][j % 2 * 2], y[j / 2][j % 2 * 2 + 1]);
#endif
        }
      }
    }
#ifndef PLANT_NO_SYNC
    __syncthreads();
#endif
  }
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 4; ++j) {
      for (int e = 0; e < 4; ++e) {
        const int m = row + warp_row + i * 16 + lane / 4 + e / 2 * 8;
        const int n = column + warp_column + j * 8 + lane % 4 * 2 + e % 2;
        if (m < M && n < N) {
          c[static_cast<size_t>(m) * N + n] = sums[i][j][e];
        }
      }
    }
  }
}
