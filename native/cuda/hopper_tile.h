// One tile of a product of halves on one block, by the tensor cores of Hopper (wgmma). One warp copies: it keeps a ring
// of stages filled through tensor maps. Two warpgroups multiply: each forms 64 rows of sums in registers, in the order
// of the terms, so that a sum has the same bits in a narrow tile and in a wide one. Each stage has two mbarriers:
// `full`, which its copies complete, and `empty`, on which every multiplying warp arrives once it has read the stage.
#ifndef RADAPTER_CUDA_HOPPER_TILE_H
#define RADAPTER_CUDA_HOPPER_TILE_H

#include "gemm_tile.h"
#include "hopper.h"
#include "hopper_gemm_kernels.h"

namespace radapter::cuda {

/** A stage of the ring, and the parity of its mbarriers' phase. */
template <int Stages>
struct RingPlace {
  int stage = 0;
  int parity = 0;

  __device__ __forceinline__ void advance() {
    if (++stage == Stages) {
      stage = 0;
      parity ^= 1;
    }
  }
};

/**
 * A warpgroup's sums += kHopperDepth terms of 64 rows of op(A) and 2·Count columns of op(B), both as tensor copies with
 * a 128-byte swizzle lay them out: a box, or boxes side by side along N. A group of wgmma, under way when this returns.
 */
template <int Dtype, bool TransposeA, bool TransposeB, int Count>
__device__ __forceinline__ void multiply_stage(float (&sums)[Count], const unsigned char* a_tile,
                                               const unsigned char* b_tile) {
  constexpr int kBox = kHopperDepth * kHopperSpan * 2;
  // Terms of one wgmma.
  constexpr int kTerms = 16;
  const uint64_t a = matrix_descriptor(a_tile, kBox);
  const uint64_t b = matrix_descriptor(b_tile, kBox);
  wgmma_fence();
#pragma unroll
  for (int k = 0; k < kHopperDepth; k += kTerms) {
    // In units of 16 bytes: along a line, or so many lines further.
    const uint64_t step_a = (TransposeA ? k * kHopperSpan * 2 : k * 2) >> 4;
    const uint64_t step_b = (TransposeB ? k * 2 : k * kHopperSpan * 2) >> 4;
    if (Dtype == RADAPTER_BF16) {
      wgmma_bf16<TransposeA, !TransposeB>(sums, a + step_a, b + step_b);
    } else {
      wgmma_f16<TransposeA, !TransposeB>(sums, a + step_a, b + step_b);
    }
  }
  wgmma_commit();
}

/** kHopperRows x Columns sums. Dtype: RADAPTER_BF16 or RADAPTER_F16. */
template <int Dtype, bool TransposeA, bool TransposeB, int Columns>
struct HopperTile {
  static constexpr int kStages = hopper_stages(Columns);
  static constexpr int kStageBytes = hopper_stage_bytes(Columns);
  static constexpr int kOperandA = kHopperRows * kHopperDepth * 2;
  /** Bytes of a box of kHopperSpan columns of an operand whose rows are not along K. */
  static constexpr int kBox = kHopperDepth * kHopperSpan * 2;
  static constexpr int kGroupRows = 64;
  /** The sums of a thread, laid out as wgmma does. */
  typedef float Sums[Columns / 2];

  static __device__ __forceinline__ uint64_t* full(unsigned char* shared, int stage) {
    return reinterpret_cast<uint64_t*>(shared + kStages * kStageBytes) + stage;
  }
  static __device__ __forceinline__ uint64_t* empty(unsigned char* shared, int stage) {
    return full(shared, kStages + stage);
  }

  static __device__ __forceinline__ void init(unsigned char* shared) {
    if (threadIdx.x == 0) {
#pragma unroll
      for (int s = 0; s < kStages; ++s) {
        barrier_init(full(shared, s), 1);
        barrier_init(empty(shared, s), kHopperConsumers / kWarp);
      }
      barrier_init_fence();
    }
    __syncthreads();
  }

  /** Copies terms [k, k + kHopperDepth) of one operand, `lines` of its rows or columns from `line` on. */
  template <bool TermsFirst>
  static __device__ __forceinline__ void load(unsigned char* to, const TensorMap* map, uint64_t* barrier, int line,
                                              int lines, int k) {
    if (TermsFirst) {
#pragma unroll
      for (int box = 0; box < lines / kHopperSpan; ++box) {
        tensor_load(to + box * kBox, map, barrier, line + box * kHopperSpan, k);
      }
    } else {
      tensor_load(to, map, barrier, k, line);
    }
  }

  /** The copying thread's part. */
  static __device__ __forceinline__ void produce(const TensorMap* a, const TensorMap* b, const TileRange& at,
                                                 unsigned char* shared) {
    RingPlace<kStages> place;
#pragma unroll 1
    for (int64_t k = at.k; k < at.k_end; k += kHopperDepth) {
      // The phase before this one: at first there was none, which counts as over.
      barrier_wait(empty(shared, place.stage), place.parity ^ 1);
      uint64_t* barrier = full(shared, place.stage);
      unsigned char* to = shared + place.stage * kStageBytes;
      barrier_expect(barrier, kStageBytes);
      load<TransposeA>(to, a, barrier, static_cast<int>(at.row), kHopperRows, static_cast<int>(k));
      load<!TransposeB>(to + kOperandA, b, barrier, static_cast<int>(at.column), Columns, static_cast<int>(k));
      place.advance();
    }
  }

  static __device__ __forceinline__ void multiply(Sums& sums, const unsigned char* stage) {
    const int group = static_cast<int>(threadIdx.x) / (4 * kWarp);
    // 64 rows of A: so many lines of 128 bytes, or a box.
    multiply_stage<Dtype, TransposeA, TransposeB>(sums, stage + group * kGroupRows * kHopperSpan * 2,
                                                  stage + kOperandA);
  }

  static __device__ __forceinline__ void release(unsigned char* shared, int stage) {
    if (threadIdx.x % kWarp == 0) {
      barrier_arrive(empty(shared, stage));
    }
  }

  /** The multiplying warpgroups' part. A stage is given back one step later, when the next one's wgmma are under way.
   */
  static __device__ __forceinline__ void consume(Sums& sums, const TileRange& at, unsigned char* shared) {
    RingPlace<kStages> place;
    int read = -1;
#pragma unroll 1
    for (int64_t k = at.k; k < at.k_end; k += kHopperDepth) {
      barrier_wait(full(shared, place.stage), place.parity);
      multiply(sums, shared + place.stage * kStageBytes);
      wgmma_wait<1>();
      if (read >= 0) {
        release(shared, read);
      }
      read = place.stage;
      place.advance();
    }
    wgmma_wait<0>();
  }

  /** Whether this thread forms sums; the others copy. */
  static __device__ __forceinline__ bool consumes() { return threadIdx.x < kHopperConsumers; }

  /** The whole block's part, after init: sums over the terms of the range. Then all have read the stages. */
  static __device__ __forceinline__ void run(Sums& sums, const TensorMap* a, const TensorMap* b, const TileRange& at,
                                             unsigned char* shared) {
    if (consumes()) {
      consume(sums, at, shared);
    } else {
      if (threadIdx.x == kHopperConsumers) {
        produce(a, b, at, shared);
      }
      __syncwarp();
    }
    __syncthreads();
  }

  static constexpr int kStride = Columns + kHopperPadding;

  /** Writes this warp's 16 rows of sums into its part of shared memory, which this returns. Nobody reads stages then.
   */
  static __device__ __forceinline__ float* store(unsigned char* shared, const Sums& sums) {
    const int lane = threadIdx.x % kWarp;
    float* rows = reinterpret_cast<float*>(shared) + static_cast<int>(threadIdx.x) / kWarp * 16 * kStride;
    float* to = rows + lane / 4 * kStride + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < Columns / 2; i += 4) {
      *reinterpret_cast<float2*>(to + i * 2) = make_float2(sums[i], sums[i + 1]);
      *reinterpret_cast<float2*>(to + 8 * kStride + i * 2) = make_float2(sums[i + 2], sums[i + 3]);
    }
    __syncwarp();
    return rows;
  }
};

/** Eight sums from shared memory; lanes side by side read in an order that spreads them over the banks. */
__device__ __forceinline__ void read_sums(const float* from, float (&v)[kGroup]) {
  const bool swapped = (threadIdx.x & 4) != 0;
  const float4 first = *reinterpret_cast<const float4*>(from + (swapped ? 4 : 0));
  const float4 second = *reinterpret_cast<const float4*>(from + (swapped ? 0 : 4));
  const float4 low = swapped ? second : first;
  const float4 high = swapped ? first : second;
  v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
  v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
}

}  // namespace radapter::cuda

#endif
