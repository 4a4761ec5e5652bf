// One kernel launch, from its first block to its last.
#ifndef RADAPTER_SIMULATOR_LAUNCH_H
#define RADAPTER_SIMULATOR_LAUNCH_H

#include "machine/machine.h"

namespace radapter_simulator {

struct LaunchResult {
  CUresult code = CUDA_SUCCESS;
  std::string text;
  /** What each block did, x first. */
  std::vector<Counters> blocks;
};

/** Runs the blocks, in clusters, one after another; but side by side, as many as the device holds, if they talk to one
 * another through global memory. `params`: the packed kernel parameters, Program::parameter_bytes of them. */
LaunchResult launch(const Program& program, const LaunchShape& shape, const uint8_t* params);

}  // namespace radapter_simulator

#endif
