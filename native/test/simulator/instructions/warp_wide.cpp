#include "instructions/warp_wide.h"

namespace radapter_simulator {

bool gathered(Warp& warp, const Instruction& instruction, Mask mask, uint32_t members) {
  const Mask named = warp.lanes<uint32_t>(members)[first_lane(mask)];
  if ((mask & ~named) != 0) {
    fault(warp, instruction, first_lane(mask & ~named), CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "the lane executes a .sync instruction whose member mask %08x leaves it out", named);
  }
  const Mask needed = named & warp.live;
  return (mask & needed) == needed;
}

bool is_whole_warp(Warp& warp, const Instruction& instruction, Mask mask) {
  if (warp.live != kFullMask) {
    fault(warp, instruction, first_lane(mask), CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "an .aligned warp instruction is executed by a warp of which lanes %08x have ended or never were",
          ~warp.live);
  }
  return mask == kFullMask;
}

}  // namespace radapter_simulator
