#include "instructions/tensor_map.h"

#include <string.h>

namespace radapter_simulator {
namespace {

// In the order of CUtensorMapDataType.
const uint8_t kElementBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};

constexpr uint64_t kUnit = 16;

const char* find_fault(const TensorMapRequest& request, uint32_t element_bytes, uint32_t span) {
  if (request.rank < 1 || request.rank > kMostDimensions) {
    return "rank must be 1 to 5";
  }
  if (request.base == 0 || request.base % kUnit != 0) {
    return "global address must be a multiple of 16";
  }
  for (uint32_t d = 0; d < request.rank; ++d) {
    if (request.dimensions[d] == 0 || request.dimensions[d] > uint64_t{1} << 32) {
      return "dimension must be 1 to 2^32";
    }
    if (request.box[d] == 0 || request.box[d] > 256) {
      return "box dimension must be 1 to 256";
    }
    if (d > 0 && (request.strides[d - 1] % kUnit != 0 || request.strides[d - 1] >= uint64_t{1} << 40)) {
      return "strides must be multiples of 16 below 2^40";
    }
    if (d > 0 && request.strides[d - 1] < (d == 1 ? request.dimensions[0] * element_bytes : 1)) {
      return "stride of dimension 1 is shorter than a row";
    }
  }
  if (request.box[0] * element_bytes % kUnit != 0) {
    return "inner box dimension must be a multiple of 16 bytes";
  }
  if (span != 0 && request.box[0] * element_bytes > span) {
    return "inner box dimension is longer than the swizzle span";
  }
  return nullptr;
}

const char* find_unsupported(const TensorMapRequest& request) {
  if (static_cast<unsigned>(request.type) >= sizeof kElementBytes) {
    return "this data type is not supported";
  }
  if (request.interleave != CU_TENSOR_MAP_INTERLEAVE_NONE) {
    return "interleave is not supported";
  }
  if (request.fill != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) {
    return "filling with NaN is not supported";
  }
  if (static_cast<unsigned>(request.swizzle) > CU_TENSOR_MAP_SWIZZLE_128B) {
    return "this swizzle mode is not supported";
  }
  for (uint32_t d = 0; request.element_strides != nullptr && d < request.rank; ++d) {
    if (request.element_strides[d] != 1) {
      return "element strides other than 1 are not supported";
    }
  }
  return nullptr;
}

}  // namespace

CUresult encode_tensor_map(TensorMap* map, const TensorMapRequest& request, const char** why) {
  *why = find_unsupported(request);
  if (*why != nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const uint8_t element_bytes = kElementBytes[request.type];
  const uint32_t span = request.swizzle == CU_TENSOR_MAP_SWIZZLE_NONE ? 0 : 16u << request.swizzle;
  *why = find_fault(request, element_bytes, span);
  if (*why != nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  memset(map, 0, sizeof *map);
  map->magic = kTensorMagic;
  map->base = request.base;
  map->rank = static_cast<uint8_t>(request.rank);
  map->element_bytes = element_bytes;
  map->swizzle = static_cast<uint8_t>(request.swizzle);
  for (uint32_t d = 0; d < request.rank; ++d) {
    map->dimensions_minus_1[d] = static_cast<uint32_t>(request.dimensions[d] - 1);
    map->box[d] = static_cast<uint16_t>(request.box[d]);
    if (d > 0) {
      map->strides[d - 1] = request.strides[d - 1];
    }
  }
  return CUDA_SUCCESS;
}

}  // namespace radapter_simulator
