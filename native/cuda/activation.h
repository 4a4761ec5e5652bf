// Activation functions on the device, see radapter_activation.
#ifndef RADAPTER_CUDA_ACTIVATION_H
#define RADAPTER_CUDA_ACTIVATION_H

#include "radapter.h"

namespace radapter::cuda {

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

/** Φ(x), the normal distribution. */
__device__ __forceinline__ float normal(float x) { return 0.5f * erfcf(-0.707106781f * x); }

/** act(x) for QUICK_GELU and GELU. */
__device__ __forceinline__ float activate(int activation, float x) {
  return activation == RADAPTER_QUICK_GELU ? x * sigmoid(1.702f * x) : x * normal(x);
}

/** act'(x) for QUICK_GELU and GELU. */
__device__ __forceinline__ float activate_gradient(int activation, float x) {
  if (activation == RADAPTER_QUICK_GELU) {
    // σ(z) and 1 - σ(z) from e^-|z|: the smaller of the two keeps all its digits.
    const float z = 1.702f * x;
    const float small = expf(-fabsf(z));
    const float larger = 1.0f / (1.0f + small);
    const float smaller = small * larger;
    return (z < 0 ? smaller : larger) + z * larger * smaller;
  }
  return normal(x) + x * expf(-0.5f * x * x) * 0.398942280f;
}

}  // namespace radapter::cuda

#endif
