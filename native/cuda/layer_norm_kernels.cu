// LayerNorm: a warp a row. The mean is kept as a pair of floats while it is used, so that a large one costs no digits.
#include "column_partials.h"
#include "layer_norm_kernels.h"
#include "rows.h"

using namespace radapter::cuda;

namespace {

__device__ __forceinline__ int64_t row_of_warp() {
  return static_cast<int64_t>(blockIdx.x) * kNormWarps + threadIdx.x / kWarp;
}

template <int Groups>
__device__ __forceinline__ void forward(const LayerNormArguments& a) {
  const int64_t row = row_of_warp();
  if (row >= a.rows) {
    return;
  }
  const float n = static_cast<float>(a.columns);
  WarpRow<Groups> x(a.x, row, a.columns);
  Pair sum = {0, 0};
  x.for_each([&](int64_t, int, const float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      sum = sum + v[i];
    }
  });
  const Pair mean = divide(warp_sum(sum), n);
  Pair squares = {0, 0};
  x.for_each([&](int64_t, int count, const float(&v)[kGroup]) {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      const float centred = i < count ? (v[i] - mean.high) - mean.low : 0.0f;
      squares = squares + centred * centred;
    }
  });
  const float rstd = 1.0f / sqrtf(value(warp_sum(squares)) / n + a.epsilon);
  x.for_each([&](int64_t column, int count, const float(&v)[kGroup]) {
    float gain[kGroup];
    float y[kGroup];
    load_group(a.gain, 0, column, count, gain);
    load_group(a.bias, 0, column, count, y);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      y[i] = fmaf(((v[i] - mean.high) - mean.low) * rstd, gain[i], y[i]);
    }
    store_group(a.y, row, column, count, y);
  });
  if (a.mean != nullptr && threadIdx.x % kWarp == 0) {
    a.mean[row] = value(mean);
    a.rstd[row] = rstd;
  }
}

template <int Groups>
__device__ __forceinline__ void backward(const LayerNormBackwardArguments& a) {
  const int64_t row = row_of_warp();
  if (row >= a.rows) {
    return;
  }
  const float n = static_cast<float>(a.columns);
  const float mean = a.mean[row];
  const float rstd = a.rstd[row];
  WarpRow<Groups> dy(a.dy, row, a.columns);
  float sum_q = 0;
  float sum_qx = 0;
  dy.for_each([&](int64_t column, int count, const float(&v)[kGroup]) {
    float x[kGroup];
    float gain[kGroup];
    load_group(a.x, row, column, count, x);
    load_group(a.gain, 0, column, count, gain);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      const float q = v[i] * gain[i];
      sum_q += q;
      sum_qx += q * ((x[i] - mean) * rstd);
    }
  });
  const float mean_q = warp_sum(sum_q) / n;
  const float mean_qx = warp_sum(sum_qx) / n;
  dy.for_each([&](int64_t column, int count, const float(&v)[kGroup]) {
    float x[kGroup];
    float gain[kGroup];
    float dx[kGroup] = {};
    load_group(a.x, row, column, count, x);
    load_group(a.gain, 0, column, count, gain);
    if (a.residual.data != nullptr) {
      load_group(a.residual, row, column, count, dx);
    }
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      dx[i] += rstd * ((v[i] * gain[i] - mean_q) - (x[i] - mean) * rstd * mean_qx);
    }
    store_group(a.dx, row, column, count, dx);
  });
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kNormThreads) layer_norm_small(LayerNormArguments a) { forward<1>(a); }
extern "C" __global__ void __launch_bounds__(kNormThreads) layer_norm_medium(LayerNormArguments a) { forward<4>(a); }
extern "C" __global__ void __launch_bounds__(kNormThreads) layer_norm_large(LayerNormArguments a) { forward<0>(a); }

extern "C" __global__ void __launch_bounds__(kNormThreads) layer_norm_backward_small(LayerNormBackwardArguments a) {
  backward<1>(a);
}
extern "C" __global__ void __launch_bounds__(kNormThreads) layer_norm_backward_medium(LayerNormBackwardArguments a) {
  backward<4>(a);
}
extern "C" __global__ void __launch_bounds__(kNormThreads) layer_norm_backward_large(LayerNormBackwardArguments a) {
  backward<0>(a);
}

/** Numbers: dy·x̂ for d_gain, dy for d_bias. */
extern "C" __global__ void __launch_bounds__(kColumnSumThreads) layer_norm_sums(LayerNormSumArguments a) {
  sum_block_rows<2>(a.rows, a.columns, a.block_rows, a.partial,
                    [&](int64_t row, int64_t column, int count, float(&v)[2][kGroup]) {
                      float x[kGroup];
                      load_group(a.x, row, column, count, x);
                      load_group(a.dy, row, column, count, v[1]);
#pragma unroll
                      for (int i = 0; i < kGroup; ++i) {
                        v[0][i] = v[1][i] * ((x[i] - a.mean[row]) * a.rstd[row]);
                      }
                    });
}
