// Which access happens before which: vector clocks, one component for each warp of a cluster.
#ifndef RADAPTER_SIMULATOR_ORDERING_H
#define RADAPTER_SIMULATOR_ORDERING_H

#include <stddef.h>
#include <stdint.h>

#include <vector>

namespace radapter_simulator {

using Clocks = std::vector<uint32_t>;

inline void join_clocks(Clocks& into, const Clocks& from) {
  if (into.size() < from.size()) {
    into.resize(from.size());
  }
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] > into[i]) {
      into[i] = from[i];
    }
  }
}

/** The lane of an access that the warp makes as a whole. */
constexpr uint8_t kWholeWarp = 0xff;

/** Who touched a cell of shared memory, and when. */
struct Access {
  uint32_t clock = 0;
  uint16_t warp = 0;
  uint8_t lane = 0;
  /** Which of the cell's four bytes, a bit for each; 0: no access. */
  uint8_t bytes = 0;
};

/** Four bytes of shared memory: their last write, and the last three readers since. */
struct Cell {
  Access write;
  Access read[3];
  /** Written by ordinary stores, not by the asynchronous proxy. */
  bool generic = false;
  bool strong_write = false;
};

enum class Touch : uint8_t { read, write, atomic, async_read, async_write };

}  // namespace radapter_simulator

#endif
