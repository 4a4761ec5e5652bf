// Checks and addresses that the operators share.
#ifndef RADAPTER_CPU_OPERANDS_H
#define RADAPTER_CPU_OPERANDS_H

#include "context.h"
#include "dtype.h"

namespace radapter {

/** Address of element (row, column) of a matrix of F32, BF16 or F16. */
inline const void* element(const void* matrix, int64_t row, int64_t column, int64_t ld, int dtype) {
  return matrix == nullptr ? nullptr : static_cast<const char*>(matrix) + (row * ld + column) * float_dtype_size(dtype);
}

inline void* element(void* matrix, int64_t row, int64_t column, int64_t ld, int dtype) {
  return const_cast<void*>(element(static_cast<const void*>(matrix), row, column, ld, dtype));
}

inline size_t round_to_line(size_t bytes) { return (bytes + 63) / 64 * 64; }

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/** Elements a task should have before handing it to another thread pays. */
constexpr int64_t kTaskElements = 16384;

/** Rows that make such a task. */
inline int64_t row_grain(int64_t columns) { return columns >= kTaskElements ? 1 : kTaskElements / (columns + 1) + 1; }

/** Calls body(row, column, count) so that runs of elements cover [rows, columns]; a contiguous matrix is one long row.
 */
template <typename Body>
void parallel_runs(radapter_context* context, int64_t rows, int64_t columns, bool contiguous, Body&& body) {
  if (rows == 0 || columns == 0) {
    return;
  }
  if (contiguous) {
    parallel_ranges(context->pool, rows * columns, kTaskElements,
                    [&](int64_t begin, int64_t end, int) { body(0, begin, end - begin); });
    return;
  }
  parallel_ranges(context->pool, rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      body(row, 0, columns);
    }
  });
}

}  // namespace radapter

#endif
