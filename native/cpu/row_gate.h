// The gate of an adapter: which rows it was dropped in.
#ifndef RADAPTER_CPU_ROW_GATE_H
#define RADAPTER_CPU_ROW_GATE_H

#include "error.h"
#include "gemm.h"

namespace radapter {

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

/** Whether all rows share one factor. */
inline bool is_uniform(const RowGate& gate) { return gate.gate == nullptr || gate.count == 1; }

}  // namespace radapter

#endif
