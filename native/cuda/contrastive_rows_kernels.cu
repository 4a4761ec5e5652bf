// What lies between the tiles of the contrastive loss when several processes share a batch: a number for each line, in
// double, for the sums of a line travel as logarithms and come back as factors.
#include "contrastive_rows_kernels.h"
#include "sums.h"

using namespace radapter::cuda;

namespace {

__device__ __forceinline__ int64_t thread_number() {
  return static_cast<int64_t>(blockIdx.x) * kLineThreads + threadIdx.x;
}

struct Labels {
  float positive;
  float negative;
};

/** Without negatives nothing is taken from the positives; without positives the label is infinite, the loss NaN. */
__device__ __forceinline__ Labels labels_of(float positives, float others, float smoothing) {
  const float negatives = others - positives;
  return negatives == 0 ? Labels{1 / positives, 0} : Labels{(1 - smoothing) / positives, smoothing / negatives};
}

/**
 * log x for x of [1, ∞), to 1e-12: 2 atanh((m - 1)/(m + 1)) for x = m·2ᵉ. The library's takes any double, and five
 * times the code. NaN and infinity stay.
 */
__device__ __forceinline__ double log_of(float x) {
  if (!(x < __builtin_inff())) {
    return x;
  }
  constexpr double kLog2 = 0.6931471805599453;
  const uint32_t bits = __float_as_uint(x);
  int exponent = static_cast<int>(bits >> 23) - 127;
  float m = __uint_as_float((bits & 0x7fffffu) | 0x3f800000u);
  if (m > 1.4142135f) {
    m *= 0.5f;
    ++exponent;
  }
  const double above = static_cast<double>(m) + 1;
  double inverse = 1.0f / static_cast<float>(above);
  inverse *= 2 - above * inverse;
  inverse *= 2 - above * inverse;
  const double s = (static_cast<double>(m) - 1) * inverse;
  const double square = s * s;
  double series = 1.0 / 15;
#pragma unroll
  for (int k = 13; k > 0; k -= 2) {
    series = fma(series, square, 1.0 / k);
  }
  return exponent * kLog2 + 2 * s * series;
}

/** exp(x) for x that is what rounding left of a number: 1e-9 for |x| up to 1/16. */
__device__ __forceinline__ double exp_of_rest(double x) {
  return fma(x, fma(x, fma(x, fma(x, 1.0 / 24, 1.0 / 6), 0.5), 1.0), 1.0);
}

/** A thread's share of Σ loss. */
__device__ __forceinline__ double losses_of_thread(const LineSummary* lines, int64_t count) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kLineThreads) {
    sum += lines[i].loss;
  }
  return sum;
}

__device__ __forceinline__ double sum_of(const double* shares) {
  double sum = 0;
  for (int i = 0; i < kLineThreads; ++i) {
    sum += shares[i];
  }
  return sum;
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kLineThreads) summarise_lines(SummariseLinesArguments a) {
  const int64_t line = thread_number();
  if (line >= a.lines) {
    return;
  }
  const LineSums sums = a.states[line];
  const double scale = a.scale[0];
  const Labels labels = labels_of(sums.count, a.others, a.smoothing);
  const double positives = sums.positives;
  const double below = labels.positive * positives + labels.negative * (static_cast<double>(sums.all) - positives);
  const double log_sum = log_of(sums.sum);
  a.summaries[line] = {scale * sums.top + log_sum, sums.count, log_sum + scale * below};
}

extern "C" __global__ void __launch_bounds__(kLineThreads) soften_lines(SoftenLinesArguments a) {
  const int64_t line = thread_number();
  if (line >= a.lines) {
    return;
  }
  const LineSummary summary = a.summaries[line];
  const float scale = a.scale[0];
  const Labels labels = labels_of(static_cast<float>(summary.positives), a.others, a.smoothing);
  // The score whose exponential is the whole sum; what its rounding leaves is in the inverse.
  const float top = static_cast<float>(summary.log_sum) / scale;
  const double rest = static_cast<double>(scale) * top - summary.log_sum;
  a.soft[line] = {top, static_cast<float>(exp_of_rest(rest)), labels.positive, labels.negative};
}

extern "C" __global__ void __launch_bounds__(kLineThreads) contrastive_row_scale(RowScaleArguments a) {
  const int64_t row = thread_number();
  if (row >= a.rows) {
    return;
  }
  double sum = 0;
  for (int64_t part = 0; part < a.parts; ++part) {
    sum += a.of_tiles[part * a.rows + row];
  }
  a.sums[row] = static_cast<float>(sum);
}

extern "C" __global__ void __launch_bounds__(kLineThreads) contrastive_summary_losses(SummaryLossesArguments a) {
  __shared__ double by_row[kLineThreads];
  __shared__ double by_column[kLineThreads];
  by_row[threadIdx.x] = losses_of_thread(a.row_summaries, a.rows);
  by_column[threadIdx.x] = losses_of_thread(a.column_summaries, a.columns);
  __syncthreads();
  if (threadIdx.x == 0) {
    a.losses[1] = static_cast<float>(sum_of(by_row) * a.row_share);
    a.losses[2] = static_cast<float>(sum_of(by_column) * a.column_share);
    a.losses[0] = 0.5f * (a.losses[1] + a.losses[2]);
  }
}
