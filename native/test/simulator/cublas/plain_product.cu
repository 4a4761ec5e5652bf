// What the stand-in for cuBLAS launches: a thread for each element, its terms one after another.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "plain_product.h"

namespace {

__device__ float load(const Columns& x, int row, int column) {
  const long long at =
      x.transposed ? row * static_cast<long long>(x.ld) + column : column * static_cast<long long>(x.ld) + row;
  switch (x.type) {
    case 0:
      return static_cast<const float*>(x.data)[at];
    case 2:
      return __half2float(static_cast<const __half*>(x.data)[at]);
    default:
      return __bfloat162float(static_cast<const __nv_bfloat16*>(x.data)[at]);
  }
}

__device__ void store(const Columns& x, int row, int column, float value) {
  void* data = const_cast<void*>(x.data);
  const long long at = column * static_cast<long long>(x.ld) + row;
  switch (x.type) {
    case 0:
      static_cast<float*>(data)[at] = value;
      break;
    case 2:
      static_cast<__half*>(data)[at] = __float2half_rn(value);
      break;
    default:
      static_cast<__nv_bfloat16*>(data)[at] = __float2bfloat16_rn(value);
  }
}

}  // namespace

extern "C" __global__ void plain_product(PlainProduct p) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= p.m * p.n) {
    return;
  }
  const int row = at % p.m;
  const int column = at / p.m;
  float sum = 0;
  for (int i = 0; i < p.k; ++i) {
    sum += load(p.a, row, i) * load(p.b, i, column);
  }
  store(p.c, row, column, sum);
}
