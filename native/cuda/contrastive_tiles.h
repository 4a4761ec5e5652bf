// Launches of the tiles of the contrastive loss, for the whole batch and for some of its rows.
#ifndef RADAPTER_CUDA_CONTRASTIVE_TILES_H
#define RADAPTER_CUDA_CONTRASTIVE_TILES_H

#include "context.h"
#include "contrastive_kernels.h"
#include "launch.h"

namespace radapter::cuda {

/** Rows whose scores are in work at once: their gradient is a matrix in the workspace. */
constexpr int64_t kChunkRows = 1024;

/** Hands out parts of a workspace; with a NULL base it only counts. */
class Divider {
 public:
  explicit Divider(void* base) : base_(static_cast<char*>(base)) {}
  template <typename T>
  void take(T** part, int64_t count, size_t size = sizeof(T)) {
    *part = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    used_ += round_to_line(static_cast<size_t>(count) * size);
  }
  size_t used() const { return used_; }

 private:
  char* base_;
  size_t used_ = 0;
};

/** Scores of f [.., d] and g [m, d] with their positives, and nothing else yet; `scale` is of the device. */
ContrastiveArguments contrastive_arguments(int64_t n, int64_t m, int64_t d, const void* f, int64_t ldf, const void* g,
                                           int64_t ldg, int dtype, const int32_t* row_labels,
                                           const int32_t* column_labels, const int64_t* row_offsets,
                                           const int32_t* row_columns, double margin, const float* scale);

/** Writes the scale that is given, or exp(log_scale[0]), to the device. */
int put_scale(radapter_context* context, CUstream_st* stream, double given, const float* log_scale, float* scale);

/** The side of a tile. */
int contrastive_tile(const ContrastiveArguments& arguments);

/** The tiles of rows [first, first + count). */
ContrastiveArguments contrastive_chunk(const ContrastiveArguments& whole, int64_t first, int64_t count);

int64_t contrastive_tiles(const ContrastiveArguments& chunk);

/** Sums over a chunk's rows and, if their parts have a place, columns. */
int sum_tiles(radapter_context* context, CUstream_st* stream, const ContrastiveArguments& chunk);

/** Gradients to a chunk's cosines. */
int differentiate_tiles(radapter_context* context, CUstream_st* stream, const ContrastiveArguments& chunk);

/** Adds parts [parts, lines] to the lines' states, which hold nothing yet if this is the first time. */
int merge_line_parts(radapter_context* context, CUstream_st* stream, const MergeLinesArguments& arguments);

/** d_f = gradient g for the chunk's rows. */
int multiply_gradient_by_g(radapter_context* context, CUstream_st* stream, const ContrastiveArguments& chunk, void* d_f,
                           int64_t lddf);

}  // namespace radapter::cuda

#endif
