// The gate of an adapter: which rows it was dropped in.
#ifndef RADAPTER_CPU_ROW_GATE_H
#define RADAPTER_CPU_ROW_GATE_H

#include "error.h"
#include "gemm.h"

namespace radapter {

/** Refuses a gate without elements, or one whose elements stand for no rows. */
inline int check_gate(const char* function, const RowGate& gate) {
  if (gate.gate != nullptr && (gate.divisor < 1 || gate.count < 1)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "gate_divisor is %lld and gate_count %lld, both must be positive",
                (long long)gate.divisor, (long long)gate.count);
  }
  return RADAPTER_OK;
}

/** Whether the adapter is dropped in every row. */
inline bool closed_everywhere(const RowGate& gate) {
  if (gate.gate == nullptr) {
    return false;
  }
  for (int64_t i = 0; i < gate.count; ++i) {
    if (gate.gate[i] != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace radapter

#endif
