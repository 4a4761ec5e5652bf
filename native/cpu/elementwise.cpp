// Conversion, addition, filling and activation functions: one pass over memory each.
#include "elementwise_kernels.h"
#include "operands.h"

using namespace radapter;

extern "C" int radapter_convert(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                                const void* x, int64_t ldx, int x_dtype, void* y, int64_t ldy, int y_dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, x_dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, y_dtype);
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  parallel_runs(context, rows, columns, ldx == columns && ldy == columns,
                [&](int64_t row, int64_t column, int64_t count) {
                  kernels->convert(count, element(x, row, column, ldx, x_dtype), x_dtype,
                                   element(y, row, column, ldy, y_dtype), y_dtype);
                });
  return RADAPTER_OK;
}

extern "C" int radapter_add(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                            const void* a, int64_t lda, const void* b, int64_t ldb, void* c, int64_t ldc, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(a, rows, columns, lda, dtype);
  RADAPTER_CHECK_MATRIX(b, rows, columns, ldb, dtype);
  RADAPTER_CHECK_MATRIX(c, rows, columns, ldc, dtype);
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  const bool contiguous = lda == columns && ldb == columns && ldc == columns;
  parallel_runs(context, rows, columns, contiguous, [&](int64_t row, int64_t column, int64_t count) {
    kernels->add(count, element(a, row, column, lda, dtype), element(b, row, column, ldb, dtype),
                 element(c, row, column, ldc, dtype), dtype);
  });
  return RADAPTER_OK;
}

extern "C" int radapter_fill(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                             double value, void* x, int64_t ldx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  parallel_runs(context, rows, columns, ldx == columns, [&](int64_t row, int64_t column, int64_t count) {
    kernels->fill(count, static_cast<float>(value), element(x, row, column, ldx, dtype), dtype);
  });
  return RADAPTER_OK;
}

extern "C" int radapter_activation_forward(radapter_context* context, CUstream_st* stream, int activation, int64_t rows,
                                           int64_t columns, const void* x, int64_t ldx, void* y, int64_t ldy,
                                           int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(activation == RADAPTER_QUICK_GELU || activation == RADAPTER_GELU,
                   "activation is %d, must be QUICK_GELU (1) or GELU (2)", activation);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  parallel_runs(context, rows, columns, ldx == columns && ldy == columns,
                [&](int64_t row, int64_t column, int64_t count) {
                  kernels->activation_forward(activation, count, element(x, row, column, ldx, dtype),
                                              element(y, row, column, ldy, dtype), dtype);
                });
  return RADAPTER_OK;
}

extern "C" int radapter_activation_backward(radapter_context* context, CUstream_st* stream, int activation,
                                            int64_t rows, int64_t columns, const void* x, int64_t ldx, const void* dy,
                                            int64_t lddy, void* dx, int64_t lddx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(activation == RADAPTER_QUICK_GELU || activation == RADAPTER_GELU,
                   "activation is %d, must be QUICK_GELU (1) or GELU (2)", activation);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(dy, rows, columns, lddy, dtype);
  RADAPTER_CHECK_MATRIX(dx, rows, columns, lddx, dtype);
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  const bool contiguous = ldx == columns && lddy == columns && lddx == columns;
  parallel_runs(context, rows, columns, contiguous, [&](int64_t row, int64_t column, int64_t count) {
    kernels->activation_backward(activation, count, element(x, row, column, ldx, dtype),
                                 element(dy, row, column, lddy, dtype), element(dx, row, column, lddx, dtype), dtype);
  });
  return RADAPTER_OK;
}
