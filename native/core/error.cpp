#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dtype.h"
#include "sizes.h"

namespace radapter {
namespace {

thread_local char last_error[512] = "";

}  // namespace

int fail(int status, const char* function, const char* format, ...) {
  // Operators of a backend are named without the prefix that callers know them by.
  const char* prefix = strncmp(function, "radapter_", 9) == 0 ? "" : "radapter_";
  const int length = snprintf(last_error, sizeof(last_error), "%s%s: ", prefix, function);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error + length, sizeof(last_error) - length, format, arguments);
  va_end(arguments);
  return status;
}

int check_matrix(const char* function, const char* name, const void* matrix, int64_t rows, int64_t columns,
                 int64_t leading_dimension, int dtype) {
  if (rows < 0 || columns < 0) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "%s is [%lld, %lld], sizes must not be negative", name,
                (long long)rows, (long long)columns);
  }
  if (!is_float_dtype(dtype)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "%s has dtype %d, must be F32 (0), BF16 (1) or F16 (2)", name,
                dtype);
  }
  if (leading_dimension < columns) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "leading dimension of %s is %lld, must be at least %lld", name,
                (long long)leading_dimension, (long long)columns);
  }
  if (!is_possible({rows, leading_dimension})) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "%s is too large: %lld rows of %lld", name, (long long)rows,
                (long long)leading_dimension);
  }
  if (matrix == nullptr && rows > 0 && columns > 0) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "%s is NULL", name);
  }
  return RADAPTER_OK;
}

int check_nullable_matrix(const char* function, const char* name, const void* matrix, int64_t rows, int64_t columns,
                          int64_t leading_dimension, int dtype) {
  return matrix == nullptr ? RADAPTER_OK
                           : check_matrix(function, name, matrix, rows, columns, leading_dimension, dtype);
}

}  // namespace radapter

extern "C" const char* radapter_last_error(void) { return radapter::last_error; }
