// Cross-entropy: a block a row. Everything is measured from the row's largest logit, where nothing cancels.
#include "cross_entropy_kernels.h"
#include "numbers.h"
#include "sums.h"

using namespace radapter::cuda;

namespace {

constexpr int kWarps = kCrossEntropyThreads / kWarp;

/** Calls body(column, count, v) for this thread's groups of the row. */
template <typename Body>
__device__ __forceinline__ void for_each_group(const CrossEntropyArguments& a, int64_t row, Body body) {
  for (int64_t column = threadIdx.x * kGroup; column < a.classes; column += kCrossEntropyThreads * kGroup) {
    const int count = group_count(column, a.classes);
    float v[kGroup];
    load_group(a.logits, row, column, count, v);
    body(column, count, v);
  }
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kCrossEntropyThreads) cross_entropy_rows(CrossEntropyArguments a) {
  __shared__ Pair pairs[kWarps];
  __shared__ float tops[kWarps];
  const int64_t row = blockIdx.x;
  const int64_t label = a.labels[row];
  const bool known = label >= 0 && label < a.classes;
  const float at_label =
      known ? load_element(a.logits.data, row * a.logits.ld + label, a.logits.dtype) : __uint_as_float(0x7fffffffu);
  float top = __uint_as_float(0xff800000u);
  for_each_group(a, row, [&](int64_t, int count, const float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      top = i < count ? fmaxf(top, v[i]) : top;
    }
  });
  top = block_most<kWarps>(top, tops);
  Pair exponentials = {0, 0};
  Pair distances = {0, 0};
  for_each_group(a, row, [&](int64_t, int count, const float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      exponentials = exponentials + (i < count ? expf(v[i] - top) : 0.0f);
      distances = distances + (i < count ? top - v[i] : 0.0f);
    }
  });
  const float sum = value(block_sum<kWarps>(exponentials, pairs));
  const float distance = value(block_sum<kWarps>(distances, pairs));
  if (threadIdx.x == 0) {
    a.losses[row] = logf(sum) + a.label_weight * (top - at_label) + a.uniform * distance;
  }
  if (a.d_logits.data == nullptr) {
    return;
  }
  const float unknown = known ? 0.0f : at_label;
  for_each_group(a, row, [&](int64_t column, int count, float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      const float soft = a.uniform + (column + i == label ? a.label_weight : 0.0f);
      v[i] = (expf(v[i] - top) / sum - soft) * a.scale + unknown;
    }
    store_group(a.d_logits, row, column, count, v);
  });
}
