// The factor that a gate gives a row. Only for *_kernels.cpp, see vector.h.
#ifndef RADAPTER_CPU_GATE_KERNELS_H
#define RADAPTER_CPU_GATE_KERNELS_H

#include "gemm.h"

namespace radapter {
namespace {

inline float gate_of(const RowGate& gate, int64_t row) {
  return gate.gate == nullptr ? 1.0f : gate.gate[(gate.first + row) / gate.divisor % gate.count];
}

}  // namespace
}  // namespace radapter

#endif
