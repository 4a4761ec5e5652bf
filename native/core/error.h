// Failures: a status to return and a message for radapter_last_error().
#ifndef RADAPTER_CORE_ERROR_H
#define RADAPTER_CORE_ERROR_H

#include <stdint.h>

#include "radapter.h"
#include "sizes.h"

namespace radapter {

/** Keeps "function: message" as the calling thread's last error and returns `status`. */
int fail(int status, const char* function, const char* format, ...) __attribute__((format(printf, 3, 4)));

/** Refuses a matrix that is missing, has a negative size, rows that overlap, or a dtype other than F32, BF16, F16. */
int check_matrix(const char* function, const char* name, const void* matrix, int64_t rows, int64_t columns,
                 int64_t leading_dimension, int dtype);

/** The same for a matrix that may be NULL. */
int check_nullable_matrix(const char* function, const char* name, const void* matrix, int64_t rows, int64_t columns,
                          int64_t leading_dimension, int dtype);

}  // namespace radapter

/** RADAPTER_REQUIRE(n > 0, "n is %lld, must be positive", (long long)n) */
#define RADAPTER_REQUIRE(condition, ...)                                         \
  do {                                                                           \
    if (!(condition)) {                                                          \
      return ::radapter::fail(RADAPTER_INVALID_ARGUMENT, __func__, __VA_ARGS__); \
    }                                                                            \
  } while (0)

/** Hands a failed status on to the caller. */
#define RADAPTER_TRY(expression)               \
  do {                                         \
    const int radapter_status_ = (expression); \
    if (radapter_status_ != RADAPTER_OK) {     \
      return radapter_status_;                 \
    }                                          \
  } while (0)

#define RADAPTER_CHECK_SIZE(size) \
  RADAPTER_REQUIRE((size) >= 0, #size " is %lld, must not be negative", (long long)(size))

/** Checks that the product of sizes, none of them negative, is a size. */
#define RADAPTER_CHECK_SIZES(...)                                                                              \
  RADAPTER_REQUIRE(::radapter::is_possible({__VA_ARGS__}), "%s: together more than the memory of any machine", \
                   #__VA_ARGS__)

#define RADAPTER_CHECK_POINTER(pointer) RADAPTER_REQUIRE((pointer) != nullptr, #pointer " is NULL")

/** Checks matrix `name` [rows, columns] of the calling function. */
#define RADAPTER_CHECK_MATRIX(name, rows, columns, ld, dtype) \
  RADAPTER_TRY(::radapter::check_matrix(__func__, #name, name, rows, columns, ld, dtype))

#define RADAPTER_CHECK_NULLABLE_MATRIX(name, rows, columns, ld, dtype) \
  RADAPTER_TRY(::radapter::check_nullable_matrix(__func__, #name, name, rows, columns, ld, dtype))

/** Checks a caller's workspace of `needed` bytes. */
#define RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, needed)                                              \
  do {                                                                                                            \
    RADAPTER_REQUIRE((workspace_bytes) >= (needed), "workspace has %llu bytes, %llu are needed",                  \
                     (unsigned long long)(workspace_bytes), (unsigned long long)(needed));                        \
    RADAPTER_REQUIRE((needed) == 0 || (workspace) != nullptr, "workspace is NULL");                               \
    RADAPTER_REQUIRE((reinterpret_cast<uintptr_t>(workspace) & 63) == 0, "workspace is not aligned to 64 bytes"); \
  } while (0)

#endif
