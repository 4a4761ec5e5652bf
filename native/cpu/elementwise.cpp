// Conversion, addition, filling and activation functions: one pass over memory each.
#include "elementwise_kernels.h"
#include "operands.h"

using namespace radapter;

int cpu::convert(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* x, int64_t ldx,
                 int x_dtype, void* y, int64_t ldy, int y_dtype) {
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  parallel_runs(context, rows, columns, ldx == columns && ldy == columns,
                [&](int64_t row, int64_t column, int64_t count) {
                  kernels->convert(count, element(x, row, column, ldx, x_dtype), x_dtype,
                                   element(y, row, column, ldy, y_dtype), y_dtype);
                });
  return RADAPTER_OK;
}

int cpu::add(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, const void* a, int64_t lda,
             const void* b, int64_t ldb, void* c, int64_t ldc, int dtype) {
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  const bool contiguous = lda == columns && ldb == columns && ldc == columns;
  parallel_runs(context, rows, columns, contiguous, [&](int64_t row, int64_t column, int64_t count) {
    kernels->add(count, element(a, row, column, lda, dtype), element(b, row, column, ldb, dtype),
                 element(c, row, column, ldc, dtype), dtype);
  });
  return RADAPTER_OK;
}

int cpu::fill(radapter_context* context, CUstream_st*, int64_t rows, int64_t columns, double value, void* x,
              int64_t ldx, int dtype) {
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  parallel_runs(context, rows, columns, ldx == columns, [&](int64_t row, int64_t column, int64_t count) {
    kernels->fill(count, static_cast<float>(value), element(x, row, column, ldx, dtype), dtype);
  });
  return RADAPTER_OK;
}

int cpu::activation_forward(radapter_context* context, CUstream_st*, int activation, int64_t rows, int64_t columns,
                            const void* x, int64_t ldx, void* y, int64_t ldy, int dtype) {
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  parallel_runs(context, rows, columns, ldx == columns && ldy == columns,
                [&](int64_t row, int64_t column, int64_t count) {
                  kernels->activation_forward(activation, count, element(x, row, column, ldx, dtype),
                                              element(y, row, column, ldy, dtype), dtype);
                });
  return RADAPTER_OK;
}

int cpu::activation_backward(radapter_context* context, CUstream_st*, int activation, int64_t rows, int64_t columns,
                             const void* x, int64_t ldx, const void* dy, int64_t lddy, void* dx, int64_t lddx,
                             int dtype) {
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  const bool contiguous = ldx == columns && lddy == columns && lddx == columns;
  parallel_runs(context, rows, columns, contiguous, [&](int64_t row, int64_t column, int64_t count) {
    kernels->activation_backward(activation, count, element(x, row, column, ldx, dtype),
                                 element(dy, row, column, lddy, dtype), element(dx, row, column, lddx, dtype), dtype);
  });
  return RADAPTER_OK;
}
