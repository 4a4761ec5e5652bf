// Clipping, AdamW and the moving average over a list of segments: one kernel for the norm, one block that decides, one
// kernel for the step. What a step depends on lies in the device's memory, so a captured graph never changes.
#include "numbers.h"
#include "optimizer_kernels.h"
#include "sums.h"

using namespace radapter::cuda;

namespace {

constexpr int kWarps = kOptimizerThreads / kWarp;

/** Calls body(segment, element, count) for each group of this block's segment. */
template <typename Body>
__device__ __forceinline__ void for_each_group(const OptimizerArguments& a, Body body) {
  const int block = static_cast<int>(blockIdx.x);
  int s = 0;
  while (s + 1 < a.count && a.segments[s + 1].first_block <= block) {
    ++s;
  }
  const OptimizerSegment& segment = a.segments[s];
  const int64_t first = (block - segment.first_block) * kOptimizerBlock + threadIdx.x * kGroup;
#pragma unroll
  for (int i = 0; i < kOptimizerBlock / (kGroup * kOptimizerThreads); ++i) {
    const int64_t element = first + i * kGroup * kOptimizerThreads;
    if (element < segment.count) {
      body(segment, element, group_count(element, segment.count));
    }
  }
}

__device__ __forceinline__ void load(const OptimizerSegment& segment, const float* array, int64_t element, int count,
                                     float (&v)[kGroup]) {
  load_group({array, 0, RADAPTER_F32, segment.wide}, 0, element, count, v);
}

__device__ __forceinline__ void store(const OptimizerSegment& segment, float* array, int64_t element, int count,
                                      const float (&v)[kGroup]) {
  store_group({array, 0, RADAPTER_F32, segment.wide}, 0, element, count, v);
}

__device__ __forceinline__ float moved(float average, float parameter, float weight) {
  return fmaf(weight, parameter - average, average);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kOptimizerThreads) square_sums(OptimizerArguments a) {
  __shared__ Pair shared[kWarps];
  Pair sum = {0, 0};
  for_each_group(a, [&](const OptimizerSegment& segment, int64_t element, int count) {
    float g[kGroup];
    load(segment, segment.gradient, element, count, g);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      sum = add_product(sum, g[i], g[i]);
    }
  });
  sum = block_sum<kWarps>(sum, shared);
  if (threadIdx.x == 0) {
    reinterpret_cast<Pair*>(a.sums)[a.blocks_before + blockIdx.x] = sum;
  }
}

/** One block: the norm, the clip factor, and whether the step is taken. */
extern "C" __global__ void __launch_bounds__(kOptimizerThreads) decide(DecideArguments a) {
  __shared__ double shared[kOptimizerThreads];
  const Pair* sums = reinterpret_cast<const Pair*>(a.sums);
  double sum = 0;
  for (int64_t block = threadIdx.x; block < a.blocks; block += kOptimizerThreads) {
    sum += static_cast<double>(sums[block].high) + static_cast<double>(sums[block].low);
  }
  shared[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x != 0) {
    return;
  }
  double total = 0;
  for (int i = 0; i < kOptimizerThreads; ++i) {
    total += shared[i];
  }
  const double norm = sqrt(total);
  OptimizerStep step = {};
  a.state[3] = norm;
  if (!isfinite(norm)) {
    a.state[1] += 1;
    a.state[2] += 1;
    step.skip = 1;
    *a.step = step;
    return;
  }
  const double rate = a.settings[0];
  const double beta1 = a.settings[1];
  const double beta2 = a.settings[2];
  const double ratio = a.settings[4] / (norm + 1e-6);
  const double clip = a.settings[4] > 0 && ratio < 1 ? ratio : 1;
  const double steps = a.state[0] + 1;
  a.state[0] = steps;
  a.state[2] = 0;
  a.state[4] = clip;
  step.clip = static_cast<float>(clip);
  step.beta1 = static_cast<float>(beta1);
  step.one_minus_beta1 = static_cast<float>(1 - beta1);
  step.beta2 = static_cast<float>(beta2);
  step.one_minus_beta2 = static_cast<float>(1 - beta2);
  step.learning_rate = static_cast<float>(rate);
  step.corrected_rate = static_cast<float>(rate / (1 - pow(beta1, steps)));
  step.root_correction = static_cast<float>(1 / sqrt(1 - pow(beta2, steps)));
  step.epsilon = static_cast<float>(a.settings[3]);
  step.average_weight = static_cast<float>(1 - a.settings[5]);
  *a.step = step;
}

extern "C" __global__ void __launch_bounds__(kOptimizerThreads) adamw_ema(OptimizerArguments a) {
  const OptimizerStep step = *a.step;
  if (step.skip) {
    return;
  }
  for_each_group(a, [&](const OptimizerSegment& segment, int64_t element, int count) {
    const float decay = step.learning_rate * segment.weight_decay;
    float g[kGroup];
    float p[kGroup];
    float m[kGroup];
    float v[kGroup];
    load(segment, segment.gradient, element, count, g);
    load(segment, segment.parameter, element, count, p);
    load(segment, segment.exp_avg, element, count, m);
    load(segment, segment.exp_avg_sq, element, count, v);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      g[i] *= step.clip;
      m[i] = fmaf(step.beta1, m[i], step.one_minus_beta1 * g[i]);
      v[i] = fmaf(step.beta2, v[i], step.one_minus_beta2 * g[i] * g[i]);
      const float update = step.corrected_rate * m[i] / fmaf(sqrtf(v[i]), step.root_correction, step.epsilon);
      p[i] = fmaf(-decay, p[i], p[i]) - update;
    }
    store(segment, segment.parameter, element, count, p);
    store(segment, segment.exp_avg, element, count, m);
    store(segment, segment.exp_avg_sq, element, count, v);
    if (segment.average != nullptr) {
      load(segment, segment.average, element, count, v);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) {
        v[i] = moved(v[i], p[i], step.average_weight);
      }
      store(segment, segment.average, element, count, v);
    }
  });
}

extern "C" __global__ void __launch_bounds__(kOptimizerThreads) ema_update(OptimizerArguments a) {
  for_each_group(a, [&](const OptimizerSegment& segment, int64_t element, int count) {
    float p[kGroup];
    float e[kGroup];
    load(segment, segment.parameter, element, count, p);
    load(segment, segment.average, element, count, e);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      e[i] = moved(e[i], p[i], a.average_weight);
    }
    store(segment, segment.average, element, count, e);
  });
}
