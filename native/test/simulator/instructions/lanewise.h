// Loops over the lanes of a warp. The loop over all of them vectorises: sources and destination are arrays of 32 that
// are equal or disjoint.
#ifndef RADAPTER_SIMULATOR_LANEWISE_H
#define RADAPTER_SIMULATOR_LANEWISE_H

#include "machine/machine.h"

namespace radapter_simulator {

template <class Body>
__attribute__((always_inline)) inline void for_each_lane(Mask mask, Body body) {
  if (mask == kFullMask) {
#pragma GCC ivdep
    for (int lane = 0; lane < kLanes; ++lane) {
      body(lane);
    }
  } else {
    for (const int lane : lanes_of(mask)) {
      body(lane);
    }
  }
}

// d ← Operation::apply(a, …) in each lane, for registers of types D, A, B, C.

template <class D, class A, class Operation>
Status unary(Warp& warp, const Instruction& instruction, Mask mask) {
  D* d = warp.lanes<D>(instruction.d);
  const A* a = warp.lanes<A>(instruction.a);
  for_each_lane(mask, [=](int lane) { d[lane] = Operation::apply(a[lane]); });
  return Status::next;
}

template <class D, class A, class B, class Operation>
Status binary(Warp& warp, const Instruction& instruction, Mask mask) {
  D* d = warp.lanes<D>(instruction.d);
  const A* a = warp.lanes<A>(instruction.a);
  const B* b = warp.lanes<B>(instruction.b);
  for_each_lane(mask, [=](int lane) { d[lane] = Operation::apply(a[lane], b[lane]); });
  return Status::next;
}

template <class D, class A, class B, class C, class Operation>
Status ternary(Warp& warp, const Instruction& instruction, Mask mask) {
  D* d = warp.lanes<D>(instruction.d);
  const A* a = warp.lanes<A>(instruction.a);
  const B* b = warp.lanes<B>(instruction.b);
  const C* c = warp.lanes<C>(instruction.c);
  for_each_lane(mask, [=](int lane) { d[lane] = Operation::apply(a[lane], b[lane], c[lane]); });
  return Status::next;
}

}  // namespace radapter_simulator

#endif
