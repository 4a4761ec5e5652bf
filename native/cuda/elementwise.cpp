// Conversion, addition, filling and activation functions.
#include "elementwise_kernels.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(elementwise, convert);
RADAPTER_KERNEL(elementwise, add);
RADAPTER_KERNEL(elementwise, fill);
RADAPTER_KERNEL(elementwise, activation_forward);
RADAPTER_KERNEL(elementwise, activation_backward);

bool is_contiguous(const ElementwiseArguments& e) {
  return (e.a.data == nullptr || e.a.ld == e.columns) && (e.b.data == nullptr || e.b.ld == e.columns) &&
         e.y.ld == e.columns;
}

int run(radapter_context* context, CUstream_st* stream, const Kernel& kernel, ElementwiseArguments e) {
  if (is_contiguous(e)) {
    e.columns *= e.rows;
    e.rows = e.rows == 0 ? 0 : 1;
    // Rows no longer matter, only where the first begins.
    e.a.wide = is_wide(e.a.data, 0, e.a.dtype);
    e.b.wide = is_wide(e.b.data, 0, e.b.dtype);
    e.y.wide = is_wide(e.y.data, 0, e.y.dtype);
  }
  const Grid grid = {divide_up(e.columns, kElementwiseThreads * kGroup), least(e.rows, kMostGrid)};
  return launch(context, stream, kernel, grid, kElementwiseThreads, e);
}

}  // namespace

int convert(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* x, int64_t ldx,
            int x_dtype, void* y, int64_t ldy, int y_dtype) {
  return run(context, stream, convert_kernel,
             {rows, columns, input(x, ldx, x_dtype), {}, output(y, ldy, y_dtype), 0, RADAPTER_NONE});
}

int add(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* a, int64_t lda,
        const void* b, int64_t ldb, void* c, int64_t ldc, int dtype) {
  return run(context, stream, add_kernel,
             {rows, columns, input(a, lda, dtype), input(b, ldb, dtype), output(c, ldc, dtype), 0, RADAPTER_NONE});
}

int fill(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, double value, void* x,
         int64_t ldx, int dtype) {
  return run(context, stream, fill_kernel,
             {rows, columns, {}, {}, output(x, ldx, dtype), static_cast<float>(value), RADAPTER_NONE});
}

int activation_forward(radapter_context* context, CUstream_st* stream, int activation, int64_t rows, int64_t columns,
                       const void* x, int64_t ldx, void* y, int64_t ldy, int dtype) {
  return run(context, stream, activation_forward_kernel,
             {rows, columns, input(x, ldx, dtype), {}, output(y, ldy, dtype), 0, activation});
}

int activation_backward(radapter_context* context, CUstream_st* stream, int activation, int64_t rows, int64_t columns,
                        const void* x, int64_t ldx, const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype) {
  return run(context, stream, activation_backward_kernel,
             {rows, columns, input(x, ldx, dtype), input(dy, lddy, dtype), output(dx, lddx, dtype), 0, activation});
}

}  // namespace radapter::cuda
