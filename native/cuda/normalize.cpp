// Rows of unit length and the way back.
#include "launch.h"
#include "normalize_kernels.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(normalize, normalize);
RADAPTER_KERNEL(normalize, normalize_backward);

}  // namespace

int normalize_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* x,
                      int64_t ldx, void* y, int64_t ldy, int dtype, float* norm) {
  const NormalizeArguments arguments = {rows, columns, input(x, ldx, dtype), {}, output(y, ldy, dtype), norm};
  return launch(context, stream, normalize_kernel, {divide_up(rows, kNormalizeWarps)}, kNormalizeThreads, arguments);
}

int normalize_backward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns, const void* dy,
                       int64_t lddy, const void* y, int64_t ldy, const float* norm, void* dx, int64_t lddx, int dtype) {
  const NormalizeArguments arguments = {
      rows, columns, input(dy, lddy, dtype), input(y, ldy, dtype), output(dx, lddx, dtype), const_cast<float*>(norm)};
  return launch(context, stream, normalize_backward_kernel, {divide_up(rows, kNormalizeWarps)}, kNormalizeThreads,
                arguments);
}

}  // namespace radapter::cuda
