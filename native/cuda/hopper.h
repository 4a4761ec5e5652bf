// The PTX instructions of the Hopper tier (sm_90a), one function each: mbarriers, tensor copies, wgmma.
#ifndef RADAPTER_CUDA_HOPPER_H
#define RADAPTER_CUDA_HOPPER_H

#include "ptx.h"
#include "tensor_map.h"

namespace radapter::cuda {

/** Makes 8 bytes of shared memory an mbarrier whose phases end after `count` arrivals. */
__device__ __forceinline__ void barrier_init(uint64_t* barrier, int count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(count) : "memory");
}

/** Shows this thread's barrier_init to the asynchronous proxy. */
__device__ __forceinline__ void barrier_init_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/** Arrives, and lets the phase wait for `bytes` more of copies. */
__device__ __forceinline__ void barrier_expect(uint64_t* barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
               : "memory");
}

__device__ __forceinline__ void barrier_arrive(uint64_t* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}

/** Waits for the end of the phase of this parity: 0 for the first, the third, … */
__device__ __forceinline__ void barrier_wait(uint64_t* barrier, int parity) {
  asm volatile(
      "{\n.reg .pred over;\nagain: mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n@!over bra again;\n}" ::
          "r"(shared_address(barrier)),
      "r"(parity)
      : "memory");
}

/** Tells the asynchronous proxy of this thread's writes to shared memory. */
__device__ __forceinline__ void async_proxy_fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

/**
 * Copies a box of the tensor, its first element at column x of row y, into shared memory, zero outside the tensor; the
 * bytes count for the mbarrier. One thread, for the whole block.
 */
__device__ __forceinline__ void tensor_load(void* to, const TensorMap* map, uint64_t* barrier, int x, int y) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(
          shared_address(to)),
      "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y)
      : "memory");
}

/** Orders this warpgroup's use of registers, and of shared memory, before its next wgmma. */
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/** Ends a group of wgmma. */
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

/** Waits until at most Pending groups are under way. */
template <int Pending>
__device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}

/**
 * What wgmma needs to know of an operand in shared memory that tensor copies with a 128-byte swizzle brought, in boxes
 * of 64 halves by as many rows as they have, each box at a multiple of 1024 bytes: address, `leading` (bytes between
 * boxes side by side along M or N; of no meaning where rows are along K), 1024 bytes between groups of 8 rows.
 */
__device__ __forceinline__ uint64_t matrix_descriptor(const void* tile, int leading) {
  return static_cast<uint64_t>(shared_address(tile) >> 4) | static_cast<uint64_t>(leading >> 4) << 16 |
         uint64_t{1024 >> 4} << 32 | uint64_t{1} << 62;
}

// Accumulators %0 to %31, %63 and %127.
#define RADAPTER_SUMS_32                                                                                           \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, " \
  "%24, %25, %26, %27, %28, %29, %30, %31"
#define RADAPTER_SUMS_64                                                                                             \
  RADAPTER_SUMS_32                                                                                                   \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, " \
  "%54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define RADAPTER_SUMS_128                                                                                           \
  RADAPTER_SUMS_64                                                                                                  \
  ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, "     \
  "%85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, " \
  "%106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, "    \
  "%124, %125, %126, %127"
#define RADAPTER_8(d, i)                                                                                      \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), \
      "+f"(d[i + 7])
#define RADAPTER_32(d, i) RADAPTER_8(d, i), RADAPTER_8(d, i + 8), RADAPTER_8(d, i + 16), RADAPTER_8(d, i + 24)
#define RADAPTER_64(d, i) RADAPTER_32(d, i), RADAPTER_32(d, i + 32)

/**
 * d += a b: [64, 16] by [16, 64], sums in fp32, by four warps; later, see wgmma_wait. Transposed: rows of the operand
 * in shared memory are along M or N, else along K. Element d[i] of thread t of the warpgroup is in row
 * 16 (t / 32) + t % 32 / 4 + 8 (i / 2 % 2) and column 8 (i / 4) + 2 (t % 4) + i % 2.
 */
template <bool TransposeA, bool TransposeB>
__device__ __forceinline__ void wgmma_bf16(float (&d)[32], uint64_t a, uint64_t b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {" RADAPTER_SUMS_32
               "}, %32, %33, 1, 1, 1, %34, %35;"
               : RADAPTER_32(d, 0)
               : "l"(a), "l"(b), "n"(TransposeA ? 1 : 0), "n"(TransposeB ? 1 : 0));
}

/** The same with fp16. */
template <bool TransposeA, bool TransposeB>
__device__ __forceinline__ void wgmma_f16(float (&d)[32], uint64_t a, uint64_t b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {" RADAPTER_SUMS_32 "}, %32, %33, 1, 1, 1, %34, %35;"
               : RADAPTER_32(d, 0)
               : "l"(a), "l"(b), "n"(TransposeA ? 1 : 0), "n"(TransposeB ? 1 : 0));
}

/** [64, 16] by [16, 128]. */
template <bool TransposeA, bool TransposeB>
__device__ __forceinline__ void wgmma_bf16(float (&d)[64], uint64_t a, uint64_t b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {" RADAPTER_SUMS_64
               "}, %64, %65, 1, 1, 1, %66, %67;"
               : RADAPTER_64(d, 0)
               : "l"(a), "l"(b), "n"(TransposeA ? 1 : 0), "n"(TransposeB ? 1 : 0));
}

template <bool TransposeA, bool TransposeB>
__device__ __forceinline__ void wgmma_f16(float (&d)[64], uint64_t a, uint64_t b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {" RADAPTER_SUMS_64
               "}, %64, %65, 1, 1, 1, %66, %67;"
               : RADAPTER_64(d, 0)
               : "l"(a), "l"(b), "n"(TransposeA ? 1 : 0), "n"(TransposeB ? 1 : 0));
}

/** [64, 16] by [16, 256]. */
template <bool TransposeA, bool TransposeB>
__device__ __forceinline__ void wgmma_bf16(float (&d)[128], uint64_t a, uint64_t b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {" RADAPTER_SUMS_128
               "}, %128, %129, 1, 1, 1, %130, %131;"
               : RADAPTER_64(d, 0), RADAPTER_64(d, 64)
               : "l"(a), "l"(b), "n"(TransposeA ? 1 : 0), "n"(TransposeB ? 1 : 0));
}

template <bool TransposeA, bool TransposeB>
__device__ __forceinline__ void wgmma_f16(float (&d)[128], uint64_t a, uint64_t b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {" RADAPTER_SUMS_128
               "}, %128, %129, 1, 1, 1, %130, %131;"
               : RADAPTER_64(d, 0), RADAPTER_64(d, 64)
               : "l"(a), "l"(b), "n"(TransposeA ? 1 : 0), "n"(TransposeB ? 1 : 0));
}

#undef RADAPTER_SUMS_32
#undef RADAPTER_SUMS_64
#undef RADAPTER_SUMS_128
#undef RADAPTER_8
#undef RADAPTER_32
#undef RADAPTER_64

}  // namespace radapter::cuda

#endif
