// A cluster of two blocks: each adds its part, then reads the other's sum through distributed shared memory.
#include <cooperative_groups.h>

namespace groups = cooperative_groups;

extern "C" __global__ void __cluster_dims__(2, 1, 1) pair_sum(const float* x, float* out, int n) {
  __shared__ float mine;
  groups::cluster_group cluster = groups::this_cluster();
  if (threadIdx.x == 0) {
    mine = 0;
  }
  __syncthreads();
  float value = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    value += x[i];
  }
  atomicAdd(&mine, value);
#ifndef PLANT_NO_CLUSTER_SYNC
  cluster.sync();
#endif
  const float other = *cluster.map_shared_rank(&mine, cluster.block_rank() ^ 1);
  if (threadIdx.x == 0) {
    out[blockIdx.x] = mine + other;
  }
  cluster.sync();
}
