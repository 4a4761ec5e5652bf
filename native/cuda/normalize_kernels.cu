// Rows of unit length and the way back: a warp a row.
#include "normalize_kernels.h"
#include "rows.h"

using namespace radapter::cuda;

namespace {

__device__ __forceinline__ int64_t row_of_warp() {
  return static_cast<int64_t>(blockIdx.x) * kNormalizeWarps + threadIdx.x / kWarp;
}

/** A power of two near 1/x, so that squares of numbers up to x neither overflow nor vanish. */
__device__ __forceinline__ float inverse_scale(float x) {
  const int exponent = static_cast<int>(__float_as_uint(x) >> 23 & 0xff);
  // 2^(127 - exponent); at both ends of the range one step less, to stay a normal number.
  const int scale = 254 - exponent;
  return __uint_as_float(static_cast<unsigned>(scale < 1 ? 1 : scale > 253 ? 253 : scale) << 23);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kNormalizeThreads) normalize(NormalizeArguments a) {
  const int64_t row = row_of_warp();
  if (row >= a.rows) {
    return;
  }
  WarpRow<0> x(a.x, row, a.columns);
  float largest = 0;
  x.for_each([&](int64_t, int, const float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      largest = fmaxf(largest, fabsf(v[i]));
    }
  });
  const float scale = inverse_scale(warp_most(largest));
  Pair squares = {0, 0};
  x.for_each([&](int64_t, int, const float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      squares = add_product(squares, v[i] * scale, v[i] * scale);
    }
  });
  const float length = sqrtf(value(warp_sum(squares))) / scale;
  const float norm = length < 1e-12f ? 1e-12f : length;
  x.for_each([&](int64_t column, int count, const float(&v)[kGroup]) {
    float y[kGroup];
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      y[i] = v[i] / norm;
    }
    store_group(a.result, row, column, count, y);
  });
  if (threadIdx.x % kWarp == 0) {
    a.norm[row] = norm;
  }
}

extern "C" __global__ void __launch_bounds__(kNormalizeThreads) normalize_backward(NormalizeArguments a) {
  const int64_t row = row_of_warp();
  if (row >= a.rows) {
    return;
  }
  WarpRow<0> dy(a.x, row, a.columns);
  Pair sum = {0, 0};
  dy.for_each([&](int64_t column, int count, const float(&v)[kGroup]) {
    float y[kGroup];
    load_group(a.y, row, column, count, y);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      sum = add_product(sum, v[i], y[i]);
    }
  });
  const float dot = value(warp_sum(sum));
  const float norm = a.norm[row];
  dy.for_each([&](int64_t column, int count, const float(&v)[kGroup]) {
    float y[kGroup];
    load_group(a.y, row, column, count, y);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      y[i] = fmaf(-y[i], dot, v[i]) / norm;
    }
    store_group(a.result, row, column, count, y);
  });
}
