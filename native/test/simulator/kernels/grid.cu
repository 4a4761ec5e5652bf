// Kernels whose blocks talk to one another through global memory while they run.
#include <cooperative_groups.h>

namespace groups = cooperative_groups;

/** out[0] ← the sum of x [n], by way of one part a block; a cooperative launch. parts: one a block. */
extern "C" __global__ void sum_with_grid_sync(const float* x, int n, float* parts, float* out) {
  __shared__ float part;
  if (threadIdx.x == 0) {
    part = 0;
  }
  __syncthreads();
  float value = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    value += x[i];
  }
  atomicAdd(&part, value);
  __syncthreads();
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = part;
  }
  groups::this_grid().sync();
  if (blockIdx.x == 0 && threadIdx.x == 0) {
    float sum = 0;
    for (int b = 0; b < gridDim.x; ++b) {
      sum += parts[b];
    }
    out[0] = sum;
  }
}

/** A block waits for the one behind it: flags[b] ← flags[b + step] + 1, from a block that has nobody to wait for. */
extern "C" __global__ void chain(volatile int* flags, int step) {
  if (threadIdx.x == 0) {
    const int other = static_cast<int>(blockIdx.x) + step;
    int value = 0;
    if (other >= 0 && other < static_cast<int>(gridDim.x)) {
      while ((value = flags[other]) == 0) {
      }
    }
    __threadfence();
    flags[blockIdx.x] = value + 1;
  }
}

/** Two blocks take turns: turn[0] counts up to `rounds`, the even ones by block 0. */
extern "C" __global__ void take_turns(volatile int* turn, int rounds) {
  if (threadIdx.x == 0) {
    for (int round = blockIdx.x; round < rounds; round += 2) {
      while (turn[0] != round) {
        __nanosleep(20);
      }
      __threadfence();
      turn[0] = round + 1;
    }
  }
}
