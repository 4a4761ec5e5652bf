// One pass over memory each. A contiguous matrix comes as one long row.
#include "activation.h"
#include "elementwise_kernels.h"
#include "numbers.h"

using namespace radapter::cuda;

namespace {

/** Calls body(row, column, count) for every group of eight elements. */
template <typename Body>
__device__ __forceinline__ void for_each_group(const ElementwiseArguments& e, Body body) {
  const int64_t column = (static_cast<int64_t>(blockIdx.x) * kElementwiseThreads + threadIdx.x) * kGroup;
  if (column < e.columns) {
    for (int64_t row = blockIdx.y; row < e.rows; row += gridDim.y) {
      body(row, column, group_count(column, e.columns));
    }
  }
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kElementwiseThreads) convert(ElementwiseArguments e) {
  for_each_group(e, [&](int64_t row, int64_t column, int count) {
    float v[kGroup];
    load_group(e.a, row, column, count, v);
    store_group(e.y, row, column, count, v);
  });
}

extern "C" __global__ void __launch_bounds__(kElementwiseThreads) add(ElementwiseArguments e) {
  for_each_group(e, [&](int64_t row, int64_t column, int count) {
    float a[kGroup];
    float b[kGroup];
    load_group(e.a, row, column, count, a);
    load_group(e.b, row, column, count, b);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      a[i] += b[i];
    }
    store_group(e.y, row, column, count, a);
  });
}

extern "C" __global__ void __launch_bounds__(kElementwiseThreads) fill(ElementwiseArguments e) {
  float v[kGroup];
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    v[i] = e.value;
  }
  for_each_group(e, [&](int64_t row, int64_t column, int count) { store_group(e.y, row, column, count, v); });
}

extern "C" __global__ void __launch_bounds__(kElementwiseThreads) activation_forward(ElementwiseArguments e) {
  for_each_group(e, [&](int64_t row, int64_t column, int count) {
    float v[kGroup];
    load_group(e.a, row, column, count, v);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] = activate(e.activation, v[i]);
    }
    store_group(e.y, row, column, count, v);
  });
}

/** a: x, b: dy. */
extern "C" __global__ void __launch_bounds__(kElementwiseThreads) activation_backward(ElementwiseArguments e) {
  for_each_group(e, [&](int64_t row, int64_t column, int count) {
    float x[kGroup];
    float d[kGroup];
    load_group(e.a, row, column, count, x);
    load_group(e.b, row, column, count, d);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      d[i] *= activate_gradient(e.activation, x[i]);
    }
    store_group(e.y, row, column, count, d);
  });
}
