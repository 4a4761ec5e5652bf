// Rows taken out of a matrix and put back.
#include <string.h>

#include "operands.h"

using namespace radapter;

namespace {

/** Refuses a row that is not there. */
int check_rows(const char* function, const int32_t* rows, int64_t count, int64_t total) {
  for (int64_t i = 0; i < count; ++i) {
    if (rows[i] < 0 || rows[i] >= total) {
      return fail(RADAPTER_INVALID_ARGUMENT, function, "rows[%lld] is %d, must be in [0, %lld)", (long long)i,
                  (int)rows[i], (long long)total);
    }
  }
  return RADAPTER_OK;
}

}  // namespace

int cpu::gather_rows(radapter_context* context, CUstream_st*, int64_t count, int64_t total, int64_t columns,
                     const int32_t* rows, const void* x, int64_t ldx, void* y, int64_t ldy, int dtype) {
  RADAPTER_TRY(check_rows(__func__, rows, count, total));
  ContextLock lock(context);
  const size_t bytes = columns * float_dtype_size(dtype);
  parallel_ranges(context->pool, count, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end && bytes > 0; ++i) {
      memcpy(element(y, i, 0, ldy, dtype), element(x, rows[i], 0, ldx, dtype), bytes);
    }
  });
  return RADAPTER_OK;
}

int cpu::scatter_rows(radapter_context* context, CUstream_st*, int64_t count, int64_t total, int64_t columns,
                      const int32_t* rows, const void* y, int64_t ldy, void* x, int64_t ldx, int dtype) {
  RADAPTER_TRY(check_rows(__func__, rows, count, total));
  ContextLock lock(context);
  const size_t bytes = columns * float_dtype_size(dtype);
  if (bytes == 0) {
    return RADAPTER_OK;
  }
  parallel_ranges(context->pool, total, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      memset(element(x, i, 0, ldx, dtype), 0, bytes);
    }
  });
  parallel_ranges(context->pool, count, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      memcpy(element(x, rows[i], 0, ldx, dtype), element(y, i, 0, ldy, dtype), bytes);
    }
  });
  return RADAPTER_OK;
}
