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
  double positive;
  double negative;
};

/** Without negatives nothing is taken from the positives; without positives the label is infinite, the loss NaN. */
__device__ __forceinline__ Labels labels_of(double positives, double others, double smoothing) {
  const double negatives = others - positives;
  return negatives == 0 ? Labels{1 / positives, 0} : Labels{(1 - smoothing) / positives, smoothing / negatives};
}

/** A thread's share of Σ loss. */
__device__ __forceinline__ double losses_of_thread(const LineSummary* lines, int64_t count) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kLineThreads) {
    sum += lines[i].loss;
  }
  return sum;
}

__device__ __forceinline__ double mean_of(const double* shares, int64_t count) {
  double sum = 0;
  for (int i = 0; i < kLineThreads; ++i) {
    sum += shares[i];
  }
  return sum / static_cast<double>(count);
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
  const double log_sum = log(static_cast<double>(sums.sum));
  a.summaries[line] = {scale * sums.top + log_sum, sums.count, log_sum + scale * below};
}

extern "C" __global__ void __launch_bounds__(kLineThreads) soften_lines(SoftenLinesArguments a) {
  const int64_t line = thread_number();
  if (line >= a.lines) {
    return;
  }
  const LineSummary summary = a.summaries[line];
  const double scale = a.scale[0];
  const Labels labels = labels_of(summary.positives, a.others, a.smoothing);
  // The score whose exponential is the whole sum; what its rounding leaves is in the inverse.
  const auto top = static_cast<float>(summary.log_sum / scale);
  a.soft[line] = {top, static_cast<float>(exp(scale * top - summary.log_sum)), static_cast<float>(labels.positive),
                  static_cast<float>(labels.negative)};
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
    a.losses[1] = static_cast<float>(mean_of(by_row, a.rows));
    a.losses[2] = static_cast<float>(mean_of(by_column, a.columns));
    a.losses[0] = 0.5f * (a.losses[1] + a.losses[2]);
  }
}
