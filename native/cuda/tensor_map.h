// Tensor maps, by which Hopper's tensor copies (TMA) find a matrix: shared by the host and the device.
#ifndef RADAPTER_CUDA_TENSOR_MAP_H
#define RADAPTER_CUDA_TENSOR_MAP_H

namespace radapter::cuda {

/** CUtensorMap, without cuda.h. */
struct TensorMap {
  alignas(128) unsigned char bytes[128];
};

}  // namespace radapter::cuda

#endif
