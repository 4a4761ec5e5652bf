// What four neighbouring lanes exchange.
#ifndef RADAPTER_CUDA_QUADS_H
#define RADAPTER_CUDA_QUADS_H

#include "sums.h"

namespace radapter::cuda {

/** Transposes a 4 x 4 matrix of pairs that four lanes side by side hold, a row each. */
__device__ __forceinline__ void transpose_quad(float2 (&x)[4]) {
  const int lane = threadIdx.x;
#pragma unroll
  for (int mask = 1; mask <= 2; mask *= 2) {
    const bool upper = (lane & mask) != 0;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if ((j & mask) == 0) {
        const float2 sent = upper ? x[j] : x[j + mask];
        const float2 got = {shuffle_xor(sent.x, mask), shuffle_xor(sent.y, mask)};
        x[j] = upper ? got : x[j];
        x[j + mask] = upper ? x[j + mask] : got;
      }
    }
  }
}

}  // namespace radapter::cuda

#endif
