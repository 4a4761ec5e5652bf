// Sizes of element types. For files that are compiled once; per-ISA files have vector.h.
#ifndef RADAPTER_CORE_DTYPE_H
#define RADAPTER_CORE_DTYPE_H

#include <stddef.h>

#include "radapter.h"

namespace radapter {

inline bool is_float_dtype(int dtype) {
  return dtype == RADAPTER_F32 || dtype == RADAPTER_BF16 || dtype == RADAPTER_F16;
}

/** Bytes of an element, for F32, BF16 and F16. */
inline size_t float_dtype_size(int dtype) { return dtype == RADAPTER_F32 ? 4 : 2; }

}  // namespace radapter

#endif
