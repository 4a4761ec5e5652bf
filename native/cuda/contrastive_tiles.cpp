#include "contrastive_tiles.h"

#include "gemm.h"
#include "hopper_contrastive_kernels.h"
#include "hopper_gemm.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(contrastive, contrastive_scale);
RADAPTER_KERNEL(contrastive, contrastive_sums_bf16, contrastive_shared_bytes(kLargeTile));
RADAPTER_KERNEL(contrastive, contrastive_sums_f32, contrastive_shared_bytes(kSmallTile));
RADAPTER_KERNEL(contrastive, contrastive_gradient_bf16, contrastive_shared_bytes(kLargeTile));
RADAPTER_KERNEL(contrastive, contrastive_gradient_f32, contrastive_shared_bytes(kSmallTile));
RADAPTER_KERNEL(hopper_contrastive, hopper_contrastive_sums, hopper_contrastive_shared_bytes());
RADAPTER_KERNEL(hopper_contrastive, hopper_contrastive_gradient, hopper_contrastive_shared_bytes());
RADAPTER_KERNEL(contrastive, merge_lines);

bool is_bf16(const ContrastiveArguments& a) { return a.scores.b.dtype == RADAPTER_BF16; }

/** The kernels of one pass. */
struct TileKernels {
  const Kernel& hopper;
  const Kernel& bf16;
  const Kernel& f32;
};

int launch_tiles(radapter_context* context, CUstream_st* stream, const TileKernels& kernels,
                 const ContrastiveArguments& chunk) {
  const Grid grid = {contrastive_tiles(chunk)};
  const GemmProblem& scores = chunk.scores;
  if (!is_bf16(chunk)) {
    return launch(context, stream, kernels.f32, grid, 2 * kSmallTile, chunk);
  }
  if (!fits_hopper(context, scores, RADAPTER_BF16)) {
    return launch(context, stream, kernels.bf16, grid, 2 * kLargeTile, chunk);
  }
  HopperContrastiveArguments arguments;
  arguments.tile = chunk;
  RADAPTER_TRY(describe_operand(scores.a, scores.m, scores.k, kHopperRows, &arguments.f));
  RADAPTER_TRY(describe_operand(scores.b, scores.n, scores.k, kHopperNarrow, &arguments.g));
  return launch(context, stream, kernels.hopper, grid, kHopperThreads, arguments);
}

}  // namespace

ContrastiveArguments contrastive_arguments(int64_t n, int64_t m, int64_t d, const void* f, int64_t ldf, const void* g,
                                           int64_t ldg, int dtype, const int32_t* row_labels,
                                           const int32_t* column_labels, const int64_t* row_offsets,
                                           const int32_t* row_columns, double margin, const float* scale) {
  ContrastiveArguments arguments = {};
  arguments.scores.n = m;
  arguments.scores.k = d;
  arguments.scores.a = input(f, ldf, dtype);
  arguments.scores.b = input(g, ldg, dtype);
  arguments.scores.transpose_b = 1;
  arguments.row_labels = row_labels;
  arguments.column_labels = column_labels;
  arguments.row_offsets = row_offsets;
  arguments.row_columns = row_columns;
  arguments.scale = scale;
  arguments.margin = static_cast<float>(margin);
  arguments.row_weight = static_cast<float>(0.5 / static_cast<double>(n));
  arguments.column_weight = static_cast<float>(0.5 / static_cast<double>(m));
  return arguments;
}

int put_scale(radapter_context* context, CUstream_st* stream, double given, const float* log_scale, float* scale) {
  const ContrastiveScaleArguments arguments = {static_cast<float>(given), log_scale, scale};
  return launch(context, stream, contrastive_scale_kernel, {1}, 1, arguments);
}

int contrastive_tile(const ContrastiveArguments& arguments) { return is_bf16(arguments) ? kLargeTile : kSmallTile; }

ContrastiveArguments contrastive_chunk(const ContrastiveArguments& whole, int64_t first, int64_t count) {
  ContrastiveArguments chunk = whole;
  const Input& f = whole.scores.a;
  chunk.first_row = first;
  chunk.scores.m = count;
  chunk.scores.a = input(static_cast<const char*>(f.data) + first * f.ld * element_bytes(f.dtype), f.ld, f.dtype);
  return chunk;
}

int64_t contrastive_tiles(const ContrastiveArguments& chunk) {
  const int tile = contrastive_tile(chunk);
  return divide_up(chunk.scores.m, tile) * divide_up(chunk.scores.n, tile);
}

int sum_tiles(radapter_context* context, CUstream_st* stream, const ContrastiveArguments& chunk) {
  return launch_tiles(context, stream,
                      {hopper_contrastive_sums_kernel, contrastive_sums_bf16_kernel, contrastive_sums_f32_kernel},
                      chunk);
}

int differentiate_tiles(radapter_context* context, CUstream_st* stream, const ContrastiveArguments& chunk) {
  return launch_tiles(
      context, stream,
      {hopper_contrastive_gradient_kernel, contrastive_gradient_bf16_kernel, contrastive_gradient_f32_kernel}, chunk);
}

int merge_line_parts(radapter_context* context, CUstream_st* stream, const MergeLinesArguments& arguments) {
  return launch(context, stream, merge_lines_kernel, {divide_up(arguments.lines, kLineThreads / 32)}, kLineThreads,
                arguments);
}

int multiply_gradient_by_g(radapter_context* context, CUstream_st* stream, const ContrastiveArguments& chunk, void* d_f,
                           int64_t lddf) {
  GemmProblem problem;
  problem.m = chunk.scores.m;
  problem.n = chunk.scores.k;
  problem.k = chunk.scores.n;
  problem.a = input(chunk.gradient.data, chunk.gradient.ld, chunk.gradient.dtype);
  problem.b = chunk.scores.b;
  problem.epilogue.c = output(d_f, lddf, chunk.scores.b.dtype);
  return multiply(context, stream, problem);
}

}  // namespace radapter::cuda
