// Element types on the device: groups of eight elements as eight floats.
#ifndef RADAPTER_CUDA_NUMBERS_H
#define RADAPTER_CUDA_NUMBERS_H

#include "operands.h"
#include "ptx.h"

namespace radapter::cuda {

__device__ __forceinline__ float bf16_to_float(uint32_t half) { return __uint_as_float(half << 16); }

/** Two packed halves as floats. */
__device__ __forceinline__ void unpack(uint32_t packed, int dtype, float* low, float* high) {
  if (dtype == RADAPTER_BF16) {
    *low = __uint_as_float(packed << 16);
    *high = __uint_as_float(packed & 0xffff0000u);
  } else {
    *low = f16_to_float(static_cast<uint16_t>(packed));
    *high = f16_to_float(static_cast<uint16_t>(packed >> 16));
  }
}

__device__ __forceinline__ uint32_t pack(float low, float high, int dtype) {
  return dtype == RADAPTER_BF16 ? pack_bf16(low, high) : pack_f16(low, high);
}

/** One element as a float. */
__device__ __forceinline__ float load_element(const void* data, int64_t index, int dtype) {
  if (dtype == RADAPTER_F32) {
    return static_cast<const float*>(data)[index];
  }
  const uint16_t half = static_cast<const uint16_t*>(data)[index];
  return dtype == RADAPTER_BF16 ? bf16_to_float(half) : f16_to_float(half);
}

__device__ __forceinline__ void store_element(void* data, int64_t index, int dtype, float value) {
  if (dtype == RADAPTER_F32) {
    static_cast<float*>(data)[index] = value;
  } else {
    static_cast<uint16_t*>(data)[index] = static_cast<uint16_t>(pack(value, 0, dtype));
  }
}

/** Elements [row, column .. column + 8) of x; those from `count` on are 0. `column` is a multiple of 8. */
__device__ __forceinline__ void load_group(const Input& x, int64_t row, int64_t column, int count, float (&v)[kGroup]) {
  const int64_t index = row * x.ld + column;
  if (x.wide && count >= kGroup) {
    if (x.dtype == RADAPTER_F32) {
      const float4* from = reinterpret_cast<const float4*>(static_cast<const float*>(x.data) + index);
      const float4 low = from[0];
      const float4 high = from[1];
      v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
      v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
    } else {
      const uint4 packed = *reinterpret_cast<const uint4*>(static_cast<const uint16_t*>(x.data) + index);
      unpack(packed.x, x.dtype, &v[0], &v[1]);
      unpack(packed.y, x.dtype, &v[2], &v[3]);
      unpack(packed.z, x.dtype, &v[4], &v[5]);
      unpack(packed.w, x.dtype, &v[6], &v[7]);
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    v[i] = i < count ? load_element(x.data, index + i, x.dtype) : 0.0f;
  }
}

/** Stores the first `count` of eight numbers at [row, column ..), rounded. `column` is a multiple of 8. */
__device__ __forceinline__ void store_group(const Output& y, int64_t row, int64_t column, int count,
                                            const float (&v)[kGroup]) {
  const int64_t index = row * y.ld + column;
  if (y.wide && count >= kGroup) {
    if (y.dtype == RADAPTER_F32) {
      float4* to = reinterpret_cast<float4*>(static_cast<float*>(y.data) + index);
      to[0] = make_float4(v[0], v[1], v[2], v[3]);
      to[1] = make_float4(v[4], v[5], v[6], v[7]);
    } else {
      uint4* to = reinterpret_cast<uint4*>(static_cast<uint16_t*>(y.data) + index);
      *to = make_uint4(pack(v[0], v[1], y.dtype), pack(v[2], v[3], y.dtype), pack(v[4], v[5], y.dtype),
                       pack(v[6], v[7], y.dtype));
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    if (i < count) {
      store_element(y.data, index + i, y.dtype, v[i]);
    }
  }
}

/** Elements of a group that lie before `end`. */
__device__ __forceinline__ int group_count(int64_t column, int64_t end) {
  return end - column < kGroup ? static_cast<int>(end - column) : kGroup;
}

}  // namespace radapter::cuda

#endif
