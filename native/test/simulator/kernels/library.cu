// Other people's code, which nobody wrote for the simulator: CUB's sorting and scanning, cuda::barrier, cuda::pipeline,
// half2 and the math library.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda_fp16.h>

#include <cub/cub.cuh>
#include <cuda/barrier>
#include <cuda/pipeline>

namespace groups = cooperative_groups;

constexpr int kThreads = 128, kEach = 4;

/** x [512] ← sorted; y [513] ← its exclusive sums, and the largest element. */
extern "C" __global__ void library_sort(int* x, int* y) {
  using Sort = cub::BlockRadixSort<int, kThreads, kEach>;
  using Scan = cub::BlockScan<int, kThreads>;
  using Reduce = cub::BlockReduce<int, kThreads>;
  __shared__ union {
    Sort::TempStorage sort;
    Scan::TempStorage scan;
    Reduce::TempStorage reduce;
  } storage;
  int values[kEach], sums[kEach];
  for (int i = 0; i < kEach; ++i) {
    values[i] = x[threadIdx.x * kEach + i];
  }
  Sort(storage.sort).Sort(values);
  __syncthreads();
  Scan(storage.scan).ExclusiveSum(values, sums);
  __syncthreads();
  const int largest = Reduce(storage.reduce).Reduce(values, cuda::maximum<>{});
  for (int i = 0; i < kEach; ++i) {
    x[threadIdx.x * kEach + i] = values[i];
    y[threadIdx.x * kEach + i] = sums[i];
  }
  if (threadIdx.x == 0) {
    y[kThreads * kEach] = largest;
  }
}

/** y [128]: the sum over the warp of x reversed, plus a neighbour. */
extern "C" __global__ void library_barrier(const int* x, int* y) {
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  __shared__ int buffer[kThreads];
  auto block = groups::this_thread_block();
  if (block.thread_rank() == 0) {
    init(&barrier, block.size());
  }
  block.sync();
  cuda::memcpy_async(block, buffer, x, sizeof buffer, barrier);
  barrier.arrive_and_wait();
  auto warp = groups::tiled_partition<32>(block);
  const int sum = groups::reduce(warp, buffer[kThreads - 1 - threadIdx.x], groups::plus<int>());
  y[threadIdx.x] = sum + buffer[threadIdx.x ^ 1];
}

/** y [n]: functions of x reversed in chunks of 128, through two buffers; n is a multiple of 128. */
extern "C" __global__ void library_pipeline(const float* x, float* y, int n) {
  __shared__ float buffer[2][kThreads];
  auto block = groups::this_thread_block();
  auto pipeline = cuda::make_pipeline();
  const int steps = n / kThreads;
  for (int step = 0, fetched = 0; step < steps; ++step) {
    for (; fetched < steps && fetched < step + 2; ++fetched) {
      pipeline.producer_acquire();
      cuda::memcpy_async(&buffer[fetched & 1][threadIdx.x], &x[fetched * kThreads + threadIdx.x],
                         cuda::aligned_size_t<4>(4), pipeline);
      pipeline.producer_commit();
    }
    pipeline.consumer_wait();
    block.sync();
    const float mirrored = buffer[step & 1][kThreads - 1 - threadIdx.x], own = buffer[step & 1][threadIdx.x];
    y[step * kThreads + threadIdx.x] = tanhf(mirrored) + expf(sinf(own)) + powf(fabsf(own), 1.3f) + erff(own);
    block.sync();
    pipeline.consumer_release();
  }
}

extern "C" __global__ void library_half(const __half2* x, __half2* y, int n) {
  const int i = threadIdx.x;
  __half2 v = __hfma2(x[i], x[i], __float2half2_rn(0.5f));
  v = h2exp(v);
  if (__hgt(__low2half(v), __high2half(v))) {
    v = __hmul2(v, v);
  }
  y[i] = __hmax2(v, h2sqrt(__habs2(x[i])));
  atomicAdd(&y[n], v);
}
