// The sum of a vector: shuffles in a warp, shared memory across warps, one atomic a block; and a persistent variant.
#include <stdint.h>
#include <stdio.h>

/** Reached through cuModuleGetGlobal. */
extern "C" {
__device__ unsigned next_tile;
}

constexpr int kTile = 512;

__device__ float block_sum(float value) {
  __shared__ float part[32];
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_down_sync(~0u, value, offset);
  }
  if (threadIdx.x % 32 == 0) {
    part[threadIdx.x / 32] = value;
  }
#ifndef PLANT_NO_SYNC
  __syncthreads();
#endif
  value = threadIdx.x < blockDim.x / 32 ? part[threadIdx.x] : 0.f;
  if (threadIdx.x < 32) {
    for (int offset = 16; offset > 0; offset /= 2) {
      value += __shfl_down_sync(~0u, value, offset);
    }
  }
  __syncthreads();
  return value;
}

extern "C" __global__ void sum(const float* x, int n, float* out) {
#ifdef PLANT_TAIL
  n += 1;
#endif
  float value = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    value += x[i];
  }
  value = block_sum(value);
  if (threadIdx.x == 0) {
    atomicAdd(out, value);
  }
}

/** Blocks draw tiles from a counter until none is left. */
extern "C" __global__ void sum_persistent(const float* x, int n, float* out, unsigned* tiles_done) {
  __shared__ unsigned drawn;
  float total = 0;
  for (;;) {
    if (threadIdx.x == 0) {
      drawn = atomicAdd(&next_tile, 1u);
    }
    __syncthreads();
    const int tile = static_cast<int>(drawn);
    __syncthreads();
    if (tile * kTile >= n) {
      break;
    }
    float value = 0;
    for (int i = tile * kTile + threadIdx.x; i < n && i < (tile + 1) * kTile; i += blockDim.x) {
      value += x[i];
    }
    total += block_sum(value);
    if (threadIdx.x == 0) {
      atomicInc(tiles_done, 1u << 30);
    }
  }
  if (threadIdx.x == 0) {
    atomicAdd(out, total);
  }
}

__device__ __noinline__ float twice(float x, int n) {
  for (int i = 0; i < n; ++i) {
    x = x * 2 + 0.f;
  }
  return x;
}

/** Calls, switches, votes, local arrays, 64-bit arithmetic, integer division. */
extern "C" __global__ void medley(const int* in, long long* out, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int v = i < n ? in[i] : 0;
  const unsigned ballot = __ballot_sync(~0u, v & 1);
  int table[8];
  for (int k = 0; k < 8; ++k) {
    table[k] = v * (k + 1) - i;
  }
  long long r = table[static_cast<unsigned>(v) & 7];
  switch (static_cast<unsigned>(v) % 6) {
    case 0:
      r += v / 7;
      break;
    case 1:
      r *= v;
      break;
    case 2:
      r -= __popc(v) + __clz(v) + __brev(v) % 1000;
      break;
    case 3:
      r ^= static_cast<long long>(v) << (i & 31);
      break;
    case 4:
      r = static_cast<long long>(twice(static_cast<float>(v & 1023), i & 7));
      break;
    default:
      r = (r << 3) / ((v & 15) + 1);
      break;
  }
  if (v < 0) {
    r = -r;
  } else {
    for (int k = 0; k < (v & 3); ++k) {
      r += k * static_cast<long long>(i);
    }
  }
  if (i < n) {
    out[i] = r + __popc(ballot);
  }
}

extern "C" __global__ void say(const int* x) {
  printf("thread %d of %s: %d %.2f\n", static_cast<int>(threadIdx.x), "say", x[threadIdx.x], x[threadIdx.x] * 0.5);
}

// ---- kernels that are wrong ----

/** Lanes of one warp at two warp-wide instructions. */
extern "C" __global__ void planted_divergent_shuffle(int* x) {
  int v = x[threadIdx.x];
  if (threadIdx.x < 16) {
    v += __shfl_xor_sync(~0u, v, 1);
    v *= 3;
  } else {
    v -= 5;
    asm volatile("bar.warp.sync 0xffffffff;");
  }
  x[threadIdx.x] = v;
}

/** Half of the array is never written. */
extern "C" __global__ void planted_uninitialised(int* x) {
  __shared__ int s[64];
  if (threadIdx.x < 32) {
    s[threadIdx.x] = 1;
  }
  __syncthreads();
  x[threadIdx.x] = s[threadIdx.x];
}

/** Two warps at two named barriers that each expect both. */
extern "C" __global__ void planted_barrier_hang(int* x) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 64;");
  } else {
    asm volatile("bar.sync 2, 64;");
  }
  x[threadIdx.x] = 1;
}

/** Each block reads what the one before it wrote. */
extern "C" __global__ void planted_shift(int* x) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i + 1] = x[i] + 1;
}
