// Sums in a fixed order, on the device.
#ifndef RADAPTER_CUDA_SUMS_H
#define RADAPTER_CUDA_SUMS_H

namespace radapter::cuda {

constexpr int kWarp = 32;
constexpr unsigned kWholeWarp = 0xffffffffu;

/** A sum as two floats, some 48 bits: double's precision where a GPU has hardly any double arithmetic. */
struct Pair {
  float high;
  float low;
};

/** What rounding took off high + x (Knuth's two-sum). */
__device__ __forceinline__ float lost(float high, float x, float sum) {
  const float part = sum - high;
  return (high - (sum - part)) + (x - part);
}

__device__ __forceinline__ Pair operator+(Pair s, float x) {
  const float sum = s.high + x;
  return {sum, s.low + lost(s.high, x, sum)};
}

/** The same bits whichever comes first. */
__device__ __forceinline__ Pair operator+(Pair a, Pair b) {
  const float sum = a.high + b.high;
  return {sum, lost(a.high, b.high, sum) + (a.low + b.low)};
}

/** s + a·b, the product exact. */
__device__ __forceinline__ Pair add_product(Pair s, float a, float b) {
  const float product = __fmul_rn(a, b);
  const Pair sum = s + product;
  return {sum.high, sum.low + __fmaf_rn(a, b, -product)};
}

__device__ __forceinline__ float value(Pair s) { return s.high + s.low; }

/** s / n as a pair. */
__device__ __forceinline__ Pair divide(Pair s, float n) {
  const float quotient = value(s) / n;
  return {quotient, (__fmaf_rn(-quotient, n, s.high) + s.low) / n};
}

__device__ __forceinline__ float shuffle_xor(float x, int mask) { return __shfl_xor_sync(kWholeWarp, x, mask); }
__device__ __forceinline__ Pair shuffle_xor(Pair x, int mask) {
  return {shuffle_xor(x.high, mask), shuffle_xor(x.low, mask)};
}

/** Sum over the warp, in every lane. T: float or Pair. */
template <typename T>
__device__ __forceinline__ T warp_sum(T x) {
#pragma unroll
  for (int mask = kWarp / 2; mask > 0; mask /= 2) {
    x = x + shuffle_xor(x, mask);
  }
  return x;
}

/** Largest number of the warp, NaN left out, in every lane. */
__device__ __forceinline__ float warp_most(float x) {
#pragma unroll
  for (int mask = kWarp / 2; mask > 0; mask /= 2) {
    x = fmaxf(x, shuffle_xor(x, mask));
  }
  return x;
}

/** Sum over a block of Warps warps, in every thread; `shared` holds Warps numbers. All threads take part. */
template <int Warps, typename T>
__device__ __forceinline__ T block_sum(T x, T* shared) {
  x = warp_sum(x);
  __syncthreads();
  if (threadIdx.x % kWarp == 0) {
    shared[threadIdx.x / kWarp] = x;
  }
  __syncthreads();
  T sum = shared[0];
#pragma unroll
  for (int warp = 1; warp < Warps; ++warp) {
    sum = sum + shared[warp];
  }
  return sum;
}

template <int Warps>
__device__ __forceinline__ float block_most(float x, float* shared) {
  x = warp_most(x);
  __syncthreads();
  if (threadIdx.x % kWarp == 0) {
    shared[threadIdx.x / kWarp] = x;
  }
  __syncthreads();
  float most = shared[0];
#pragma unroll
  for (int warp = 1; warp < Warps; ++warp) {
    most = fmaxf(most, shared[warp]);
  }
  return most;
}

}  // namespace radapter::cuda

#endif
