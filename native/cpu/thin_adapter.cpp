#include "thin_adapter.h"

#include <string.h>

#include "row_groups.h"
#include "weight_gradient.h"

namespace radapter {
namespace {

/** Floats of a factor as the kernels read it. */
int64_t factor_words(int64_t d, int64_t rank) { return thin_ranks(rank) * thin_width(d); }

static_assert(2 * kThinRank * kThinWidth * 4 <= static_cast<int64_t>(kThreadScratchBytes), "a chunk's gradients");
static_assert(2 * kThinRank * kThinWidth * 4 <= static_cast<int64_t>(kSharedScratchBytes), "both factors");

/** In the scratch memory of the call. */
ThinFactors arrange(radapter_context* context, int64_t d, int64_t rank, const LowRankFactors& factors) {
  const int64_t wide = thin_width(d);
  const int64_t words = factor_words(d, rank);
  float* const down_transposed = shared_scratch(context);
  float* const up = down_transposed + words;
  memset(down_transposed, 0, 2 * words * sizeof(float));
  // There are no factors without columns.
  for (int64_t r = 0; d > 0 && r < rank; ++r) {
    for (int64_t j = 0; j < d; ++j) {
      down_transposed[r * wide + j] = factors.down[j * rank + r];
    }
    memcpy(up + r * wide, factors.up + r * d, d * sizeof(float));
  }
  return {down_transposed, up};
}

/** Where the parts of the backward pass's workspace lie. */
struct Workspace {
  size_t row_sums;
  size_t product;
  /** Of each factor's gradient, [groups, factor_words]. */
  size_t parts;
  size_t total() const { return row_sums + product + 2 * parts; }
};

Workspace workspace_of(int64_t rows, int64_t d, int64_t rank) {
  return {aligned_bytes(rank, sizeof(double)), aligned_bytes(rank * d, sizeof(float)),
          aligned_bytes(group_count(rows) * factor_words(d, rank), sizeof(float))};
}

void add_chunk(const float* chunk, int64_t words, bool is_first, float* part) {
  for (int64_t i = 0; i < words; ++i) {
    part[i] = is_first ? chunk[i] : part[i] + chunk[i];
  }
}

/** Every group's part of both gradients, where they are not NULL, and dx. */
void add_up_groups(radapter_context* context, int64_t rows, const ThinBackward& adapter, float* down_parts,
                   float* up_parts) {
  const ThinAdapterKernels* const kernels = thin_adapter_kernels(context->isa);
  const int64_t words = factor_words(adapter.d, adapter.rank);
  const int64_t step = group_rows(rows);
  parallel(context->pool, group_count(rows), [&](int64_t group, int thread) {
    float* const down = down_parts == nullptr ? nullptr : thread_scratch(context, thread);
    float* const up = up_parts == nullptr ? nullptr : thread_scratch(context, thread) + words;
    const int64_t first = group * step;
    const int64_t last = least(first + step, rows);
    for (int64_t begin = first; begin < last; begin += kChunkRows) {
      memset(thread_scratch(context, thread), 0, 2 * words * sizeof(float));
      kernels->backward(&adapter, begin, least(begin + kChunkRows, last), down, up);
      if (down != nullptr) {
        add_chunk(down, words, begin == first, down_parts + group * words);
      }
      if (up != nullptr) {
        add_chunk(up, words, begin == first, up_parts + group * words);
      }
    }
  });
}

}  // namespace

void thin_forward(radapter_context* context, int64_t rows, ThinForward adapter, const LowRankFactors& factors) {
  adapter.factors = arrange(context, adapter.d, adapter.rank, factors);
  parallel(context->pool, divide_up(rows, kChunkRows), [&](int64_t chunk, int) {
    const int64_t begin = chunk * kChunkRows;
    thin_adapter_kernels(context->isa)->forward(&adapter, begin, least(begin + kChunkRows, rows));
  });
}

size_t thin_backward_workspace(int64_t rows, int64_t d, int64_t rank) { return workspace_of(rows, d, rank).total(); }

void thin_backward(radapter_context* context, int64_t rows, ThinBackward adapter, const LowRankFactors& factors,
                   const LowRankGradients& to, void* workspace) {
  const int64_t d = adapter.d;
  const int64_t rank = adapter.rank;
  const int64_t wide = thin_width(d);
  const int64_t words = factor_words(d, rank);
  const int64_t groups = group_count(rows);
  const Workspace sizes = workspace_of(rows, d, rank);
  auto* const row_sums = static_cast<double*>(workspace);
  auto* const spare = reinterpret_cast<float*>(static_cast<char*>(workspace) + sizes.row_sums);
  float* const down_parts = spare + sizes.product / sizeof(float);
  float* const up_parts = down_parts + sizes.parts / sizeof(float);
  const bool has_up = to.d_up != nullptr || to.d_scale != nullptr;
  adapter.factors = arrange(context, d, rank, factors);
  add_up_groups(context, rows, adapter, to.d_down == nullptr ? nullptr : down_parts, has_up ? up_parts : nullptr);
  if (to.d_down != nullptr) {
    add_groups(context, down_parts, groups, words, adapter.scale, down_parts);
    for (int64_t j = 0; j < d; ++j) {
      for (int64_t r = 0; r < rank; ++r) {
        to.d_down[j * rank + r] = down_parts[r * wide + j];
      }
    }
  }
  if (has_up) {
    add_groups(context, up_parts, groups, words, 1, up_parts);
    float* const product = to.d_up != nullptr ? to.d_up : spare;
    for (int64_t r = 0; r < rank; ++r) {
      memcpy(product + r * d, up_parts + r * wide, d * sizeof(float));
    }
    finish_weight_gradient(context, rank, d, factors.up, adapter.scale, product, row_sums, to.d_scale);
  }
}

}  // namespace radapter
