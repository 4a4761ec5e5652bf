// Tensor copies and wgmma, one operation a kernel, with every parameter from the host: for the conformance tests.
#include "hopper.h"

extern __shared__ __align__(1024) unsigned char dynamic_shared[];

constexpr int kBarrierOffset = 65536, kTileB = 32768;

__device__ uint64_t* barrier_at(int index) {
  return reinterpret_cast<uint64_t*>(dynamic_shared + kBarrierOffset) + index;
}

/** A box through shared memory: a tensor copy in, raw bytes out (to see the swizzle), a tensor copy out. */
extern "C" __global__ void tensor_box(const __grid_constant__ TensorMap in, const __grid_constant__ TensorMap out,
                                      unsigned char* raw, int dimensions, int x, int y, int z, int bytes) {
  uint64_t* barrier = barrier_at(0);
  if (threadIdx.x == 0) {
    barrier_init(barrier, 1);
    barrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_expect(barrier, bytes);
    if (dimensions == 1) {
      tensor_load_1d(dynamic_shared, &in, barrier, x);
    } else if (dimensions == 2) {
      tensor_load_2d(dynamic_shared, &in, barrier, x, y);
    } else {
      tensor_load_3d(dynamic_shared, &in, barrier, x, y, z);
    }
  }
  barrier_wait(barrier, 0);
  for (int i = threadIdx.x; i < bytes; i += blockDim.x) {
    raw[i] = dynamic_shared[i];
  }
  if (threadIdx.x == 0) {
    if (dimensions == 1) {
      tensor_store_1d(&out, dynamic_shared, x);
    } else if (dimensions == 2) {
      tensor_store_2d(&out, dynamic_shared, x, y);
    } else {
      tensor_store_3d(&out, dynamic_shared, x, y, z);
    }
    bulk_commit();
#ifndef PLANT_NO_BULK_WAIT
    bulk_wait_all();
#endif
  }
}

struct WgmmaTest {
  /** Where the operands' tiles come from: `boxes` tensor copies, `step` columns and `box_bytes` apart. */
  int boxes_a, boxes_b, step_a, step_b, box_bytes_a, box_bytes_b;
  /** 0 to 3: A, then B transposed as its bits say; 4 and 5: A in registers, negated, B transposed or not. */
  int form;
  int scale_d;
};

/**
 * One m64n64k16 on tiles that tensor copies load or, if image is not null, on a raw image of shared memory. out [32,
 * 128]: accumulator i of thread t. The accumulators start as 1000.
 */
extern "C" __global__ void __launch_bounds__(128)
    one_wgmma(const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_b, const unsigned* image,
              const unsigned* fragments, uint64_t descriptor_a, uint64_t descriptor_b, WgmmaTest test, float* out) {
  uint64_t* barrier = barrier_at(0);
  const int thread = threadIdx.x;
  if (thread == 0) {
    barrier_init(barrier, 1);
    barrier_init_fence();
  }
  if (image != nullptr) {
    for (int i = thread; i < kBarrierOffset / 4; i += 128) {
      reinterpret_cast<unsigned*>(dynamic_shared)[i] = image[i];
    }
    async_proxy_fence();
  }
  __syncthreads();
  if (image == nullptr) {
    if (thread == 0) {
      barrier_expect(barrier, test.boxes_a * test.box_bytes_a + test.boxes_b * test.box_bytes_b);
      for (int k = 0; k < test.boxes_a; ++k) {
        tensor_load_2d(dynamic_shared + k * test.box_bytes_a, &map_a, barrier, k * test.step_a, 0);
      }
      for (int k = 0; k < test.boxes_b; ++k) {
        tensor_load_2d(dynamic_shared + kTileB + k * test.box_bytes_b, &map_b, barrier, k * test.step_b, 0);
      }
    }
    barrier_wait(barrier, 0);
  }
  const uint64_t a = descriptor_a | (shared_address(dynamic_shared) >> 4 & 0x3fff);
  const uint64_t b = descriptor_b | (shared_address(dynamic_shared + kTileB) >> 4 & 0x3fff);
  float d[32];
  for (int i = 0; i < 32; ++i) {
    d[i] = 1000.f;
  }
  unsigned fragment[4];
  for (int i = 0; i < 4; ++i) {
    fragment[i] = fragments != nullptr ? fragments[thread * 4 + i] : 0;
  }
  wgmma_fence();
  switch (test.form) {
    case 0:
      wgmma_m64n64k16<0, 0>(d, a, b, test.scale_d);
      break;
    case 1:
      wgmma_m64n64k16<0, 1>(d, a, b, test.scale_d);
      break;
    case 2:
      wgmma_m64n64k16<1, 0>(d, a, b, test.scale_d);
      break;
    case 3:
      wgmma_m64n64k16<1, 1>(d, a, b, test.scale_d);
      break;
    case 4:
      wgmma_m64n64k16_negated<0>(d, fragment, b, test.scale_d);
      break;
    case 5:
      wgmma_m64n64k16_negated<1>(d, fragment, b, test.scale_d);
      break;
  }
  wgmma_commit();
  wgmma_wait<0>();
  for (int i = 0; i < 32; ++i) {
    out[i * 128 + thread] = d[i];
  }
}

/** Block 0 copies one box into both blocks of its cluster; then each block arrives on the other's barrier. */
extern "C" __global__ void __cluster_dims__(2, 1, 1)
    multicast(const __grid_constant__ TensorMap in, unsigned char* out, int bytes) {
  uint64_t *barrier = barrier_at(0), *done = barrier_at(1);
  unsigned rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  if (threadIdx.x == 0) {
    barrier_init(barrier, 1);
    barrier_init(done, 1);
    barrier_init_fence();
    barrier_expect(barrier, bytes);
  }
  asm volatile("barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;" ::: "memory");
  if (rank == 0 && threadIdx.x == 0) {
    tensor_load_multicast(dynamic_shared, &in, barrier, 0, 0, 3);
  }
  barrier_wait(barrier, 0);
  for (int i = threadIdx.x; i < bytes; i += blockDim.x) {
    out[rank * bytes + i] = dynamic_shared[i];
  }
  __syncwarp();
  if (threadIdx.x == 0) {
    asm volatile(
        "{\n.reg .b32 remote;\nmapa.shared::cluster.u32 remote, %0, %1;\n"
        "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [remote];\n}" ::"r"(shared_address(done)),
        "r"(rank ^ 1)
        : "memory");
  }
  // Nobody leaves while the other may still arrive here.
  barrier_wait(done, 0);
}
