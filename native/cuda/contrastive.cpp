// MPM-NCE and InfoNCE, a chunk of rows after another: first the sums of all rows and columns, then the gradients.
#include "column_sum.h"
#include "contrastive_tiles.h"
#include "gemm.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(contrastive, finish_lines);
RADAPTER_KERNEL(contrastive, contrastive_losses);

/** The workspace, divided. */
struct Buffers {
  float* scale;
  LineSums* row_parts;
  LineSums* column_parts;
  LineSums* row_states;
  LineSums* column_states;
  LineSoft* row_soft;
  LineSoft* column_soft;
  float* row_losses;
  float* column_losses;
  float* tile_parts;
  float* chunk_parts;
  /** [chunk, m] of the features' type. */
  void* gradient;
  /** [m, d]: the gradient to g while chunks add to it. */
  float* d_g;
};

/** Sized for either type: tiles of single precision are the smaller, its numbers the larger. */
size_t divide(void* workspace, int64_t n, int64_t m, int64_t d, Buffers* b) {
  Divider divider(workspace);
  const int64_t chunk = least(n, kChunkRows);
  const int64_t across = divide_up(m, kSmallTile);
  const int64_t down = divide_up(chunk, kSmallTile);
  divider.take(&b->scale, 1);
  divider.take(&b->row_parts, across * chunk);
  divider.take(&b->column_parts, down * m);
  divider.take(&b->row_states, n);
  divider.take(&b->column_states, m);
  divider.take(&b->row_soft, n);
  divider.take(&b->column_soft, m);
  divider.take(&b->row_losses, n);
  divider.take(&b->column_losses, m);
  divider.take(&b->tile_parts, across * down);
  divider.take(&b->chunk_parts, divide_up(n, kChunkRows));
  divider.take(&b->gradient, chunk * divide_up(m, kGroup) * kGroup, sizeof(float));
  divider.take(&b->d_g, m * d);
  return divider.used();
}

/** One call's way through the chunks. */
class Loss {
 public:
  Loss(radapter_context* context, CUstream_st* stream, int64_t n, const ContrastiveArguments& arguments,
       const Buffers& buffers)
      : context_(context), stream_(stream), n_(n), a_(arguments), b_(buffers) {}

  int sums(double smoothing, float* losses);
  int gradients(void* d_f, int64_t lddf, void* d_g, int64_t lddg, float* d_log_scale);

 private:
  bool is_bf16() const { return a_.scores.b.dtype == RADAPTER_BF16; }
  int tile() const { return contrastive_tile(a_); }
  int64_t columns() const { return a_.scores.n; }
  ContrastiveArguments chunk(int64_t first) const {
    return contrastive_chunk(a_, first, least(n_ - first, kChunkRows));
  }
  int merge(int64_t lines, int64_t parts, const LineSums* sums, LineSums* states, bool first) const;
  int finish(int64_t lines, int64_t others, double smoothing, const LineSums* states, LineSoft* soft,
             float* losses) const;
  int add_gradient_to_g(const ContrastiveArguments& chunk, void* d_g, int64_t lddg) const;

  radapter_context* context_;
  CUstream_st* stream_;
  int64_t n_;
  const ContrastiveArguments& a_;
  const Buffers& b_;
};

int Loss::merge(int64_t lines, int64_t parts, const LineSums* sums, LineSums* states, bool first) const {
  return merge_line_parts(context_, stream_, {lines, parts, sums, states, b_.scale, first ? 1 : 0});
}

int Loss::finish(int64_t lines, int64_t others, double smoothing, const LineSums* states, LineSoft* soft,
                 float* losses) const {
  const FinishLinesArguments arguments = {
      lines, static_cast<float>(others), static_cast<float>(smoothing), b_.scale, states, soft, losses};
  return launch(context_, stream_, finish_lines_kernel, {divide_up(lines, kLineThreads)}, kLineThreads, arguments);
}

int Loss::sums(double smoothing, float* losses) {
  for (int64_t first = 0; first < n_; first += kChunkRows) {
    const ContrastiveArguments chunk = this->chunk(first);
    const int64_t rows = chunk.scores.m;
    RADAPTER_TRY(sum_tiles(context_, stream_, chunk));
    RADAPTER_TRY(merge(rows, divide_up(columns(), tile()), b_.row_parts, b_.row_states + first, true));
    RADAPTER_TRY(merge(columns(), divide_up(rows, tile()), b_.column_parts, b_.column_states, first == 0));
  }
  RADAPTER_TRY(finish(n_, columns(), smoothing, b_.row_states, b_.row_soft, b_.row_losses));
  RADAPTER_TRY(finish(columns(), n_, smoothing, b_.column_states, b_.column_soft, b_.column_losses));
  const LossesArguments arguments = {n_, columns(), b_.row_losses, b_.column_losses, losses};
  return launch(context_, stream_, contrastive_losses_kernel, {1}, kLineThreads, arguments);
}

/** d_g += gradientᵀ f over the chunk's rows. Halves are rounded once, when all chunks are in. */
int Loss::add_gradient_to_g(const ContrastiveArguments& chunk, void* d_g, int64_t lddg) const {
  const bool alone = n_ <= kChunkRows || !is_bf16();
  const Output sum = alone ? output(d_g, lddg, a_.scores.b.dtype) : output(b_.d_g, a_.scores.k, RADAPTER_F32);
  GemmProblem problem;
  problem.m = columns();
  problem.n = a_.scores.k;
  problem.k = chunk.scores.m;
  problem.a = input(chunk.gradient.data, chunk.gradient.ld, chunk.gradient.dtype);
  problem.transpose_a = 1;
  problem.b = chunk.scores.a;
  problem.epilogue.c = sum;
  if (chunk.first_row > 0) {
    problem.epilogue.residual = input(sum.data, sum.ld, sum.dtype);
  }
  RADAPTER_TRY(multiply(context_, stream_, problem));
  if (alone || chunk.first_row + chunk.scores.m < n_) {
    return RADAPTER_OK;
  }
  return convert(context_, stream_, columns(), a_.scores.k, b_.d_g, a_.scores.k, RADAPTER_F32, d_g, lddg,
                 a_.scores.b.dtype);
}

int Loss::gradients(void* d_f, int64_t lddf, void* d_g, int64_t lddg, float* d_log_scale) {
  const int dtype = a_.scores.b.dtype;
  int64_t chunks = 0;
  for (int64_t first = 0; first < n_; first += kChunkRows) {
    ContrastiveArguments chunk = this->chunk(first);
    if (d_f != nullptr) {
      chunk.gradient = output(b_.gradient, divide_up(columns(), kGroup) * kGroup, dtype);
    }
    RADAPTER_TRY(differentiate_tiles(context_, stream_, chunk));
    RADAPTER_TRY(sum_all(context_, stream_, contrastive_tiles(chunk), b_.tile_parts, 1, b_.chunk_parts + chunks++));
    if (d_f == nullptr) {
      continue;
    }
    RADAPTER_TRY(multiply_gradient_by_g(context_, stream_, chunk,
                                        static_cast<char*>(d_f) + first * lddf * element_bytes(dtype), lddf));
    RADAPTER_TRY(add_gradient_to_g(chunk, d_g, lddg));
  }
  return d_log_scale == nullptr ? static_cast<int>(RADAPTER_OK)
                                : sum_all(context_, stream_, chunks, b_.chunk_parts, 1, d_log_scale);
}

}  // namespace

size_t contrastive_workspace(const radapter_context*, int64_t n, int64_t m, int64_t d) {
  Buffers buffers;
  return n <= 0 || m <= 0 || d <= 0 ? 0 : divide(nullptr, n, m, d, &buffers);
}

/** Scores are never kept: forming them again costs less than reading n·m of them from memory. */
size_t contrastive_full_workspace(const radapter_context* context, int64_t n, int64_t m, int64_t d) {
  return contrastive_workspace(context, n, m, d);
}

int contrastive(radapter_context* context, CUstream_st* stream, int64_t n, int64_t m, int64_t d, const void* f,
                int64_t ldf, const void* g, int64_t ldg, int dtype, const int32_t* row_labels,
                const int32_t* column_labels, const int64_t* row_offsets, const int32_t* row_columns, const int64_t*,
                const int32_t*, double scale, const float* log_scale, double margin, double smoothing, float* losses,
                void* d_f, int64_t lddf, void* d_g, int64_t lddg, float* d_log_scale, void* workspace, size_t) {
  Buffers buffers;
  divide(workspace, n, m, d, &buffers);
  RADAPTER_TRY(put_scale(context, stream, scale, log_scale, buffers.scale));
  ContrastiveArguments arguments = contrastive_arguments(n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels,
                                                         row_offsets, row_columns, margin, buffers.scale);
  arguments.row_parts = buffers.row_parts;
  arguments.column_parts = buffers.column_parts;
  arguments.row_soft = buffers.row_soft;
  arguments.column_soft = buffers.column_soft;
  arguments.scale_parts = buffers.tile_parts;
  Loss loss(context, stream, n, arguments, buffers);
  RADAPTER_TRY(loss.sums(smoothing, losses));
  return d_f == nullptr && d_log_scale == nullptr ? static_cast<int>(RADAPTER_OK)
                                                  : loss.gradients(d_f, lddf, d_g, lddg, d_log_scale);
}

}  // namespace radapter::cuda
