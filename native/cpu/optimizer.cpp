// The optimiser's step over many tensors at once: they are cut into blocks of a fixed size, numbered through.
#include <math.h>

#include "operands.h"
#include "optimizer_kernels.h"

using namespace radapter;

namespace {

constexpr int64_t kBlock = 8192;

/** Where the blocks of each segment begin, [count + 1], followed by one sum for each block. */
struct Blocks {
  int64_t* starts;
  double* sums;
};

int64_t block_count(const radapter_segment* segments, int64_t count) {
  int64_t blocks = 0;
  for (int64_t s = 0; s < count; ++s) {
    blocks += segments[s].count <= 0 ? 0 : divide_up(segments[s].count, kBlock);
  }
  return blocks;
}

Blocks number_blocks(const radapter_segment* segments, int64_t count, void* workspace) {
  auto* starts = static_cast<int64_t*>(workspace);
  starts[0] = 0;
  for (int64_t s = 0; s < count; ++s) {
    starts[s + 1] = starts[s] + divide_up(segments[s].count, kBlock);
  }
  return {starts, reinterpret_cast<double*>(starts + count + 1)};
}

/** Last segment whose blocks begin at or before `block`. */
int64_t segment_of(const int64_t* starts, int64_t count, int64_t block) {
  int64_t low = 0;
  int64_t high = count - 1;
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (starts[middle] <= block) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Calls body(segment, offset, count, block) for every block. */
template <typename Body>
void for_each_block(radapter_context* context, const radapter_segment* segments, int64_t count, const int64_t* starts,
                    Body&& body) {
  parallel_ranges(context->pool, starts[count], 2, [&](int64_t begin, int64_t end, int) {
    int64_t s = segment_of(starts, count, begin);
    for (int64_t block = begin; block < end; ++block) {
      while (starts[s + 1] <= block) {
        ++s;
      }
      const int64_t offset = (block - starts[s]) * kBlock;
      const int64_t rest = segments[s].count - offset;
      body(segments[s], offset, rest < kBlock ? rest : kBlock, block);
    }
  });
}

double norm_of_gradients(radapter_context* context, const radapter_segment* segments, int64_t count,
                         const Blocks& blocks) {
  const OptimizerKernels* kernels = optimizer_kernels(context->isa);
  for_each_block(context, segments, count, blocks.starts,
                 [&](const radapter_segment& segment, int64_t offset, int64_t elements, int64_t block) {
                   blocks.sums[block] = kernels->sum_of_squares(elements, segment.gradient + offset);
                 });
  double total = 0;
  for (int64_t block = 0; block < blocks.starts[count]; ++block) {
    total += blocks.sums[block];
  }
  return sqrt(total);
}

void step_all(radapter_context* context, const radapter_segment* segments, int64_t count, const Blocks& blocks,
              const double* settings, double steps, double clip) {
  const OptimizerKernels* kernels = optimizer_kernels(context->isa);
  const double rate = settings[0];
  const AdamStep shared = {clip,
                           settings[1],
                           settings[2],
                           1,
                           rate / (1 - pow(settings[1], steps)),
                           1 / sqrt(1 - pow(settings[2], steps)),
                           settings[3],
                           1 - settings[5]};
  for_each_block(context, segments, count, blocks.starts,
                 [&](const radapter_segment& segment, int64_t offset, int64_t elements, int64_t) {
                   AdamStep step = shared;
                   step.keep = 1 - rate * segment.weight_decay;
                   kernels->adamw(elements, &step, segment.gradient + offset, segment.parameter + offset,
                                  segment.exp_avg + offset, segment.exp_avg_sq + offset,
                                  segment.average == nullptr ? nullptr : segment.average + offset);
                 });
}

}  // namespace

size_t cpu::adamw_ema_workspace(const radapter_context*, const radapter_segment* segments, int64_t count) {
  if (count < 0 || (count > 0 && segments == nullptr)) {
    return 0;
  }
  return round_to_line((count + 1) * sizeof(int64_t) + block_count(segments, count) * sizeof(double));
}

int cpu::adamw_ema(radapter_context* context, CUstream_st*, const radapter_segment* segments, int64_t count,
                   const double* settings, double* state, void* workspace, size_t) {
  ContextLock lock(context);
  const Blocks blocks = number_blocks(segments, count, workspace);
  const double norm = norm_of_gradients(context, segments, count, blocks);
  state[3] = norm;
  if (!isfinite(norm)) {
    state[1] += 1;
    state[2] += 1;
    return RADAPTER_OK;
  }
  const double ratio = settings[4] / (norm + 1e-6);
  const double clip = settings[4] > 0 && ratio < 1 ? ratio : 1;
  state[0] += 1;
  state[2] = 0;
  state[4] = clip;
  step_all(context, segments, count, blocks, settings, state[0], clip);
  return RADAPTER_OK;
}

int cpu::ema_update(radapter_context* context, CUstream_st*, const radapter_segment* segments, int64_t count,
                    double decay) {
  ContextLock lock(context);
  const OptimizerKernels* kernels = optimizer_kernels(context->isa);
  for (int64_t s = 0; s < count; ++s) {
    const radapter_segment& segment = segments[s];
    if (segment.average != nullptr) {
      parallel_ranges(context->pool, segment.count, kTaskElements, [&](int64_t begin, int64_t end, int) {
        kernels->move_average(end - begin, 1 - decay, segment.parameter + begin, segment.average + begin);
      });
    }
  }
  return RADAPTER_OK;
}
