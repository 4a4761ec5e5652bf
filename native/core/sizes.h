// Sizes that some memory may have. Products of sizes are formed only of these, so that none overflows.
#ifndef RADAPTER_CORE_SIZES_H
#define RADAPTER_CORE_SIZES_H

#include <stdint.h>

#include <initializer_list>

namespace radapter {

/** Elements that no array has; sixty-four times as many bytes can still be counted. */
constexpr int64_t kTooMany = int64_t{1} << 56;

/** Whether an array of these sizes may be: none is negative, and their product, empty ones left out, small enough. */
inline bool is_possible(std::initializer_list<int64_t> sizes) {
  int64_t elements = 1;
  for (const int64_t size : sizes) {
    if (size < 0 || (size > 0 && elements >= kTooMany / size)) {
      return false;
    }
    elements *= size > 0 ? size : 1;
  }
  return true;
}

}  // namespace radapter

#endif
