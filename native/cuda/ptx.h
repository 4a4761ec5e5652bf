// The PTX instructions of the portable tier (sm_80), one function each.
#ifndef RADAPTER_CUDA_PTX_H
#define RADAPTER_CUDA_PTX_H

#include <stdint.h>

namespace radapter::cuda {

/** Two bf16 numbers, rounded to nearest even, the first in the lower half. */
__device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

/** Two fp16 numbers, rounded to nearest even, the first in the lower half. */
__device__ __forceinline__ uint32_t pack_f16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

__device__ __forceinline__ float f16_to_float(uint16_t half) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
  return value;
}

}  // namespace radapter::cuda

#endif
