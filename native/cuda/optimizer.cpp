// The optimiser's step over many tensors: segments are cut into blocks of a fixed size, numbered through.
#include "launch.h"
#include "optimizer_kernels.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(optimizer, square_sums);
RADAPTER_KERNEL(optimizer, decide);
RADAPTER_KERNEL(optimizer, adamw_ema);
RADAPTER_KERNEL(optimizer, ema_update);

constexpr size_t kStepBytes = (sizeof(OptimizerStep) + 63) / 64 * 64;

int64_t blocks_of(const radapter_segment& segment) {
  return segment.count <= 0 ? 0 : divide_up(segment.count, kOptimizerBlock);
}

int64_t block_count(const radapter_segment* segments, int64_t count) {
  int64_t blocks = 0;
  for (int64_t s = 0; s < count; ++s) {
    blocks += blocks_of(segments[s]);
  }
  return blocks;
}

bool is_wide(const float* array) { return cuda::is_wide(array, 0, RADAPTER_F32) != 0; }

OptimizerSegment describe(const radapter_segment& segment, int64_t first_block) {
  const bool wide = is_wide(segment.parameter) && is_wide(segment.gradient) && is_wide(segment.exp_avg) &&
                    is_wide(segment.exp_avg_sq) && is_wide(segment.average);
  return {segment.parameter,
          segment.gradient,
          segment.exp_avg,
          segment.exp_avg_sq,
          segment.average,
          segment.count,
          static_cast<float>(segment.weight_decay),
          static_cast<int32_t>(first_block),
          wide ? 1 : 0};
}

/** Launches `kernel` over all segments that have elements, kMostSegments at a time. */
int launch_segments(radapter_context* context, CUstream_st* stream, const Kernel& kernel,
                    const radapter_segment* segments, int64_t count, bool only_averaged, OptimizerArguments arguments) {
  arguments.blocks_before = 0;
  int64_t s = 0;
  while (s < count) {
    int64_t blocks = 0;
    arguments.count = 0;
    for (; s < count && arguments.count < kMostSegments; ++s) {
      if (segments[s].count > 0 && (!only_averaged || segments[s].average != nullptr)) {
        arguments.segments[arguments.count++] = describe(segments[s], blocks);
        blocks += blocks_of(segments[s]);
      }
    }
    RADAPTER_TRY(launch(context, stream, kernel, {blocks}, kOptimizerThreads, arguments));
    arguments.blocks_before += blocks;
  }
  return RADAPTER_OK;
}

}  // namespace

size_t adamw_ema_workspace(const radapter_context*, const radapter_segment* segments, int64_t count) {
  if (count < 0 || (count > 0 && segments == nullptr)) {
    return 0;
  }
  return kStepBytes + round_to_line(block_count(segments, count) * 2 * sizeof(float));
}

int adamw_ema(radapter_context* context, CUstream_st* stream, const radapter_segment* segments, int64_t count,
              const double* settings, double* state, void* workspace, size_t) {
  auto* step = static_cast<OptimizerStep*>(workspace);
  auto* sums = reinterpret_cast<float*>(static_cast<char*>(workspace) + kStepBytes);
  OptimizerArguments arguments = {};
  arguments.sums = sums;
  arguments.step = step;
  RADAPTER_TRY(launch_segments(context, stream, square_sums_kernel, segments, count, false, arguments));
  const DecideArguments decision = {block_count(segments, count), sums, settings, state, step};
  RADAPTER_TRY(launch(context, stream, decide_kernel, {1}, kOptimizerThreads, decision));
  return launch_segments(context, stream, adamw_ema_kernel, segments, count, false, arguments);
}

int ema_update(radapter_context* context, CUstream_st* stream, const radapter_segment* segments, int64_t count,
               double decay) {
  OptimizerArguments arguments = {};
  arguments.average_weight = static_cast<float>(1 - decay);
  return launch_segments(context, stream, ema_update_kernel, segments, count, true, arguments);
}

}  // namespace radapter::cuda
