// Rows of unit length and the way back.
#include "normalize_kernels.h"
#include "operands.h"

using namespace radapter;

extern "C" int radapter_normalize_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                                          const void* x, int64_t ldx, void* y, int64_t ldy, int dtype, float* norm) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  RADAPTER_REQUIRE(rows == 0 || norm != nullptr, "norm is NULL");
  ContextLock lock(context);
  const NormalizeKernels* kernels = normalize_kernels(context->isa);
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    kernels->forward(end - begin, columns, element(x, begin, 0, ldx, dtype), ldx, element(y, begin, 0, ldy, dtype), ldy,
                     dtype, norm + begin);
  });
  return RADAPTER_OK;
}

extern "C" int radapter_normalize_backward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                           int64_t columns, const void* dy, int64_t lddy, const void* y, int64_t ldy,
                                           const float* norm, void* dx, int64_t lddx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(dy, rows, columns, lddy, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  RADAPTER_CHECK_MATRIX(dx, rows, columns, lddx, dtype);
  RADAPTER_REQUIRE(rows == 0 || norm != nullptr, "norm is NULL");
  ContextLock lock(context);
  const NormalizeKernels* kernels = normalize_kernels(context->isa);
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    kernels->backward(end - begin, columns, element(dy, begin, 0, lddy, dtype), lddy, element(y, begin, 0, ldy, dtype),
                      ldy, norm + begin, element(dx, begin, 0, lddx, dtype), lddx, dtype);
  });
  return RADAPTER_OK;
}
