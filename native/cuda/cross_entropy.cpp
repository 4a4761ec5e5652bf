// Mean cross-entropy over rows; the mean is summed in a fixed order.
#include "column_sum.h"
#include "cross_entropy_kernels.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(cross_entropy, cross_entropy_rows);

}  // namespace

size_t cross_entropy_workspace(const radapter_context*, int64_t rows, int64_t) {
  return rows <= 0 ? 0 : round_to_line(rows * sizeof(float));
}

int cross_entropy(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t classes, const void* logits,
                  int64_t ldl, int dtype, const int32_t* labels, double smoothing, float* loss, void* d_logits,
                  int64_t lddl, void* workspace, size_t) {
  auto* losses = static_cast<float*>(workspace);
  const CrossEntropyArguments arguments = {rows,
                                           classes,
                                           input(logits, ldl, dtype),
                                           labels,
                                           static_cast<float>(1 - smoothing),
                                           static_cast<float>(smoothing / static_cast<double>(classes)),
                                           static_cast<float>(1.0 / static_cast<double>(rows)),
                                           losses,
                                           output(d_logits, lddl, dtype)};
  RADAPTER_TRY(launch(context, stream, cross_entropy_rows_kernel, {rows}, kCrossEntropyThreads, arguments));
  return sum_all(context, stream, rows, losses, 1.0 / static_cast<double>(rows), loss);
}

}  // namespace radapter::cuda
