// The address of a lane's operand [base + offset].
#ifndef RADAPTER_SIMULATOR_ADDRESSING_H
#define RADAPTER_SIMULATOR_ADDRESSING_H

#include "machine/machine.h"

namespace radapter_simulator {

/** A lane's value of a register that holds an address of 32 or 64 bits. */
inline uint64_t address_in(const Warp& warp, const Slot& slot, int lane) {
  return slot.size == sizeof(uint32_t) ? warp.lanes<uint32_t>(slot.offset)[lane]
                                       : warp.lanes<uint64_t>(slot.offset)[lane];
}

inline uint64_t lane_address(const Warp& warp, const Instruction& instruction, int lane) {
  return address_in(warp, {instruction.a, instruction.a_size}, lane) + static_cast<uint64_t>(instruction.immediate);
}

/** The shared-memory address that a shared or a generic address means. */
inline uint32_t shared_address(uint64_t address) {
  return static_cast<uint32_t>(address >= kSharedWindow ? address - kSharedWindow : address);
}

}  // namespace radapter_simulator

#endif
