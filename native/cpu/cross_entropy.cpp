// Mean cross-entropy over rows; the mean is summed in the order of the rows.
#include "cross_entropy_kernels.h"
#include "operands.h"

using namespace radapter;

size_t cpu::cross_entropy_workspace(const radapter_context*, int64_t rows, int64_t) {
  return rows <= 0 ? 0 : round_to_line(rows * sizeof(double));
}

int cpu::cross_entropy(radapter_context* context, CUstream_st*, int64_t rows, int64_t classes, const void* logits,
                       int64_t ldl, int dtype, const int32_t* labels, double smoothing, float* loss, void* d_logits,
                       int64_t lddl, void* workspace, size_t) {
  for (int64_t i = 0; i < rows; ++i) {
    RADAPTER_REQUIRE(labels[i] >= 0 && labels[i] < classes, "labels[%lld] is %d, must be in [0, %lld)", (long long)i,
                     (int)labels[i], (long long)classes);
  }
  ContextLock lock(context);
  const CrossEntropyKernels* kernels = cross_entropy_kernels(context->isa);
  auto* losses = static_cast<double*>(workspace);
  const int64_t grain = divide_up(row_grain(classes), 4);
  parallel_ranges(context->pool, rows, grain, [&](int64_t begin, int64_t end, int) {
    kernels->rows(end - begin, classes, element(logits, begin, 0, ldl, dtype), ldl, dtype, labels + begin, smoothing,
                  1.0 / static_cast<double>(rows), losses + begin, element(d_logits, begin, 0, lddl, dtype), lddl);
  });
  double total = 0;
  for (int64_t i = 0; i < rows; ++i) {
    total += losses[i];
  }
  loss[0] = static_cast<float>(total / static_cast<double>(rows));
  return RADAPTER_OK;
}
