// Mean cross-entropy over rows; the mean is summed in the order of the rows.
#include "cross_entropy_kernels.h"
#include "operands.h"

using namespace radapter;

extern "C" size_t radapter_cross_entropy_workspace(const radapter_context*, int64_t rows, int64_t) {
  return rows <= 0 ? 0 : round_to_line(rows * sizeof(double));
}

extern "C" int radapter_cross_entropy(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t classes,
                                      const void* logits, int64_t ldl, int dtype, const int32_t* labels,
                                      double smoothing, float* loss, void* d_logits, int64_t lddl, void* workspace,
                                      size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(logits, rows, classes, ldl, dtype);
  RADAPTER_REQUIRE(rows > 0 && classes > 0, "rows is %lld and classes %lld, must be positive", (long long)rows,
                   (long long)classes);
  if (d_logits != nullptr) {
    RADAPTER_CHECK_MATRIX(d_logits, rows, classes, lddl, dtype);
    RADAPTER_REQUIRE(d_logits != logits || lddl == ldl, "d_logits is logits with another leading dimension");
  }
  RADAPTER_CHECK_POINTER(labels);
  RADAPTER_CHECK_POINTER(loss);
  RADAPTER_REQUIRE(smoothing >= 0 && smoothing <= 1, "smoothing is %g, must be in [0, 1]", smoothing);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_cross_entropy_workspace(context, rows, classes));
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
