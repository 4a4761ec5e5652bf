#ifndef RADAPTER_SIMULATOR_CALLS_H
#define RADAPTER_SIMULATOR_CALLS_H

#include "machine/machine.h"

namespace radapter_simulator {

/** Copies the results of a call, for the lanes that return to it, to where the caller wants them. */
void copy_results(Warp& warp, const Instruction& call, Mask mask);

}  // namespace radapter_simulator

#endif
