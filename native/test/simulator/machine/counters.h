// What the accesses of a warp cost: sectors of global memory, passes through the banks of shared memory.
#ifndef RADAPTER_SIMULATOR_COUNTERS_H
#define RADAPTER_SIMULATOR_COUNTERS_H

#include <stdint.h>

#include "ptxsim.h"

namespace radapter_simulator {

using Counters = ptxsim_counters;

/** The addresses of one access of a warp: one a lane, each of `bytes`. */
class WarpAccess {
 public:
  explicit WarpAccess(uint32_t bytes) : bytes_(bytes) {}

  void add(uint64_t address) { addresses_[count_++] = address; }

  void count_load(Counters& counters) const;
  void count_store(Counters& counters) const;
  void count_shared(Counters& counters) const;

 private:
  uint64_t sectors() const;
  uint64_t requested() const { return static_cast<uint64_t>(count_) * bytes_; }

  uint32_t bytes_;
  uint32_t count_ = 0;
  uint64_t addresses_[32];
};

/** A copy of one contiguous range. */
void count_range_load(Counters& counters, uint64_t address, uint64_t bytes);
void count_range_store(Counters& counters, uint64_t address, uint64_t bytes);

void add_counters(Counters& sum, const Counters& more);

}  // namespace radapter_simulator

#endif
