// What instructions need that the lanes of a warp execute together.
#ifndef RADAPTER_SIMULATOR_WARP_WIDE_H
#define RADAPTER_SIMULATOR_WARP_WIDE_H

#include "machine/machine.h"

namespace radapter_simulator {

/** .sync: have all live lanes of the member mask, in slot `members`, arrived? If not, the group waits for them. */
bool gathered(Warp& warp, const Instruction& instruction, Mask mask, uint32_t members);

/** .aligned: is this the whole warp? If not, the group waits for the others, if there can be others. */
bool is_whole_warp(Warp& warp, const Instruction& instruction, Mask mask);

}  // namespace radapter_simulator

#endif
