// How launches run: read from PTXSIM_* environment variables at each launch.
#ifndef RADAPTER_SIMULATOR_OPTIONS_H
#define RADAPTER_SIMULATOR_OPTIONS_H

#include <stdint.h>

namespace radapter_simulator {

enum class Schedule : uint8_t { round_robin, greedy, reverse, random };
/** When asynchronous copies and wgmma land. */
enum class Timing : uint8_t { late, early, random };

struct Options {
  Schedule schedule = Schedule::round_robin;
  Timing timing = Timing::late;
  uint64_t seed = 1;
  /** Checks for races, and for initialised shared memory. Bounds are always checked. */
  bool race = true;
  bool uninitialised = true;
  /** Dynamic shared memory lies where the hardware happens to put it, not where it is no better aligned than the kernel
   * declares. */
  bool hardware_shared = false;
  /** Warp instructions of one block. */
  uint64_t max_instructions = 4000000000u;

  static Options from_environment();
};

/** The compute capability that PTXSIM_DEVICE names, times ten: 90. */
int device_capability();
/** PTXSIM_VERBOSE is set. */
bool is_verbose();

}  // namespace radapter_simulator

#endif
