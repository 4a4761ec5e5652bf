// The last step of an adapter's weight gradient.
#ifndef RADAPTER_CPU_WEIGHT_GRADIENT_H
#define RADAPTER_CPU_WEIGHT_GRADIENT_H

#include <stdint.h>

#include "radapter.h"

namespace radapter {

/**
 * With `product` = T [rows, columns], the gradient before it is scaled: d_scale[0] = ⟨weight, T⟩, then T ← scale·T in
 * place. d_scale nullable; `row_sums` has room for `rows` numbers. Taking the inner product from T, which is not yet
 * scaled, makes a scale of zero no special case.
 */
void finish_weight_gradient(radapter_context* context, int64_t rows, int64_t columns, const float* weight, float scale,
                            float* product, double* row_sums, float* d_scale);

}  // namespace radapter

#endif
