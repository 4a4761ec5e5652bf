// The low-rank adapter of a very low rank, see thin_adapter_kernels.h.
#ifndef RADAPTER_CPU_THIN_ADAPTER_H
#define RADAPTER_CPU_THIN_ADAPTER_H

#include "context.h"
#include "thin_adapter_kernels.h"

namespace radapter {

/** Whether an adapter is one. */
inline bool is_thin(int64_t d, int64_t rank) { return rank <= kThinRank && d <= kThinWidth; }

/** D [d, rank] and U [rank, d] as they are given. */
struct LowRankFactors {
  const float* down;
  const float* up;
};

/** What a backward pass writes beside dx; all nullable. */
struct LowRankGradients {
  float* d_down;
  float* d_up;
  float* d_scale;
};

/** hidden and y; adapter.factors are made from `factors`. */
void thin_forward(radapter_context* context, int64_t rows, ThinForward adapter, const LowRankFactors& factors);

size_t thin_backward_workspace(int64_t rows, int64_t d, int64_t rank);

/** dx and `to`; adapter.factors are made from `factors`. */
void thin_backward(radapter_context* context, int64_t rows, ThinBackward adapter, const LowRankFactors& factors,
                   const LowRankGradients& to, void* workspace);

}  // namespace radapter

#endif
