// Matrices as kernels get them: shared by the host and the device.
#ifndef RADAPTER_CUDA_OPERANDS_H
#define RADAPTER_CUDA_OPERANDS_H

#include <stdint.h>

#include "radapter.h"

namespace radapter::cuda {

/** Elements a thread reads or writes at once. */
constexpr int kGroup = 8;

/** A matrix that is read; data may be NULL where an operand may be left out. */
struct Input {
  const void* data;
  int64_t ld;
  int32_t dtype;
  /** Whether a group of elements that begins at a multiple of kGroup is aligned to 16 bytes in every row. */
  int32_t wide;
};

/** A matrix that is written. */
struct Output {
  void* data;
  int64_t ld;
  int32_t dtype;
  int32_t wide;
};

/** Bytes of an element of F32, BF16 or F16. */
inline
#ifdef __CUDACC__
    __host__ __device__
#endif
    int
    element_bytes(int dtype) {
  return dtype == RADAPTER_F32 ? 4 : 2;
}

inline int32_t is_wide(const void* data, int64_t ld, int dtype) {
  return reinterpret_cast<uintptr_t>(data) % 16 == 0 && ld * element_bytes(dtype) % 16 == 0 ? 1 : 0;
}

inline Input input(const void* data, int64_t ld, int dtype) { return {data, ld, dtype, is_wide(data, ld, dtype)}; }

inline Output output(void* data, int64_t ld, int dtype) { return {data, ld, dtype, is_wide(data, ld, dtype)}; }

/** Factor of row r: gate[(r / divisor) mod count], or 1 where gate is NULL. */
struct RowGate {
  const float* gate;
  int64_t divisor;
  int64_t count;
};

}  // namespace radapter::cuda

#endif
