// Rows of unit length and the way back.
#include "normalize_kernels.h"
#include "operands.h"

using namespace radapter;

int cpu::normalize_forward(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* x,
                           int64_t ldx, void* y, int64_t ldy, int dtype, float* norm) {
  ContextLock lock(context);
  const NormalizeKernels* kernels = normalize_kernels(context->isa);
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    kernels->forward(end - begin, columns, element(x, begin, 0, ldx, dtype), ldx, element(y, begin, 0, ldy, dtype), ldy,
                     dtype, norm + begin);
  });
  return RADAPTER_OK;
}

int cpu::normalize_backward(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* dy,
                            int64_t lddy, const void* y, int64_t ldy, const float* norm, void* dx, int64_t lddx,
                            int dtype) {
  ContextLock lock(context);
  const NormalizeKernels* kernels = normalize_kernels(context->isa);
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    kernels->backward(end - begin, columns, element(dy, begin, 0, lddy, dtype), lddy, element(y, begin, 0, ldy, dtype),
                      ldy, norm + begin, element(dx, begin, 0, lddx, dtype), lddx, dtype);
  });
  return RADAPTER_OK;
}
