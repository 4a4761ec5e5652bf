#ifndef RADAPTER_SIMULATOR_LOAD_STORE_H
#define RADAPTER_SIMULATOR_LOAD_STORE_H

#include "instructions/addressing.h"

namespace radapter_simulator {

/** The bytes at a lane's address in the instruction's space, with every check. `data`: what a store writes. */
inline char* resolve(Warp& warp, const Instruction& instruction, int lane, uint64_t address, uint32_t bytes,
                     Touch touch, const void* data = nullptr) {
  switch (instruction.space) {
    case Space::shared:
      return warp.shared(instruction, lane, static_cast<uint32_t>(address), bytes, touch, data);
    case Space::global:
    case Space::constant: {
      const Allocation* cached = warp.cluster->cached;
      if (__builtin_expect(cached != nullptr && cached->holds(address, bytes) && (address & (bytes - 1)) == 0, 1)) {
        return reinterpret_cast<char*>(address + static_cast<uint64_t>(cached->delta));
      }
      return warp.global(instruction, lane, address, bytes);
    }
    case Space::local:
      return warp.any(instruction, lane, address < kLocalWindow ? address + kLocalWindow : address, bytes, touch, data);
    case Space::param:
      return warp.any(instruction, lane, address < kParamWindow ? address + kParamWindow : address, bytes, touch, data);
    default:
      return warp.any(instruction, lane, address, bytes, touch, data);
  }
}

/** Where a lane's access goes: `space`, unless that is generic. */
inline Space space_of_address(Space space, uint64_t address) {
  if (space != Space::generic) {
    return space;
  }
  return address - kSharedWindow < kWindowSize  ? Space::shared
         : address - kLocalWindow < kWindowSize ? Space::local
         : address - kParamWindow < kWindowSize ? Space::param
                                                : Space::global;
}

}  // namespace radapter_simulator

#endif
