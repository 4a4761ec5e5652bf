// Tensor maps: the simulator's own encoding of the opaque 128 bytes; and swizzles.
#ifndef RADAPTER_SIMULATOR_TENSOR_MAP_H
#define RADAPTER_SIMULATOR_TENSOR_MAP_H

#include <cuda.h>
#include <stdint.h>

#include "machine/machine.h"

namespace radapter_simulator {

constexpr int kMostDimensions = 5;
constexpr uint64_t kTensorMagic = 0x70616d5358545030u;

struct TensorMap {
  uint64_t magic;
  uint64_t base;
  /** Bytes, of dimensions 1 to 4. */
  uint64_t strides[kMostDimensions - 1];
  uint32_t dimensions_minus_1[kMostDimensions];
  uint16_t box[kMostDimensions];
  uint8_t rank;
  uint8_t element_bytes;
  /** CUtensorMapSwizzle. */
  uint8_t swizzle;
  uint8_t rest[128 - 8 - 8 - 32 - 20 - 10 - 3];
};
static_assert(sizeof(TensorMap) == sizeof(CUtensorMap), "a tensor map has the size that the driver gives it");

/** What cuTensorMapEncodeTiled is asked for. */
struct TensorMapRequest {
  CUtensorMapDataType type;
  uint32_t rank;
  uint64_t base;
  const cuuint64_t* dimensions;
  const cuuint64_t* strides;
  const cuuint32_t* box;
  const cuuint32_t* element_strides;
  CUtensorMapInterleave interleave;
  CUtensorMapSwizzle swizzle;
  CUtensorMapFloatOOBfill fill;
};

/** CUDA_SUCCESS, or a code with `why` set. */
CUresult encode_tensor_map(TensorMap* map, const TensorMapRequest& request, const char** why);

/** 0, 32, 64 or 128 bytes. */
inline int swizzle_span(const TensorMap& map) { return map.swizzle == 0 ? 0 : 16 << map.swizzle; }

/** Bits 4 and on of the address are combined with bits 7 and on: 1, 2 or 3 of them for spans of 32, 64 and 128 bytes.
 */
inline uint32_t swizzle(uint32_t address, int span) {
  const uint32_t mask = span == 128 ? 7 : span == 64 ? 3 : span == 32 ? 1 : 0;
  return address ^ ((address >> 7 & mask) << 4);
}

/** Moves the box of a tensor copy, clipped to the tensor; what lies outside is read as zeros. */
void land_tensor_load(BulkCopy& copy);
void land_tensor_store(BulkCopy& copy);
/** The bytes of global memory that a copy touches; a fault outside any allocation. */
char* bulk_memory(const BulkCopy& copy, uint64_t address, uint32_t bytes);

}  // namespace radapter_simulator

#endif
