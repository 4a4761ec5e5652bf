// Device memory: a reserved address range that host code cannot touch, backed elsewhere. Addresses are not used again
// until the range is spent, so that a freed pointer is recognised.
#ifndef RADAPTER_SIMULATOR_DEVICE_MEMORY_H
#define RADAPTER_SIMULATOR_DEVICE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <map>
#include <string>

namespace radapter_simulator {

struct Allocation {
  uint64_t begin = 0;
  uint64_t size = 0;
  /** What is added to an address to reach its bytes; 0 for pinned memory, which has one address for host and device. */
  intptr_t delta = 0;
  bool freed = false;
  const char* kind = "cuMemAlloc";

  bool holds(uint64_t address, uint64_t bytes) const {
    return !freed && address >= begin && address + bytes <= begin + size;
  }
};

class DeviceMemory {
 public:
  static DeviceMemory& get();

  /** A device address whose bytes are NaN; 0 if there is no room. */
  uint64_t allocate(size_t bytes, const char* kind = "cuMemAlloc");
  /** False unless `address` is the start of a live allocation. */
  bool release(uint64_t address);
  /** Pinned memory; null if there is no room. */
  void* allocate_host(size_t bytes);
  bool release_host(void* address);
  /** The allocation, live or freed, that holds an address; null if there is none. */
  const Allocation* find(uint64_t address) const;
  /** The bytes of [address, address + bytes); null unless one live allocation holds them. */
  char* host(uint64_t address, size_t bytes) const;
  /** "3 bytes past the end of a cuMemAlloc block of 400 bytes". */
  std::string describe(uint64_t address) const;

  size_t used() const { return used_; }
  size_t total() const { return total_; }

 private:
  DeviceMemory();

  size_t used_ = 0;
  size_t total_ = 0;
  uint64_t next_ = 0;
  uint64_t end_ = 0;
  intptr_t delta_ = 0;
  std::map<uint64_t, Allocation> blocks_;
};

/** Generic addresses of shared memory are kSharedWindow + (rank + 1 << kRankShift) + offset; rank + 1 = 0: one's own.
 */
constexpr uint64_t kSharedWindow = 0x0000010000000000u;
/** Generic addresses of a thread's local memory, and of the kernel's parameters. */
constexpr uint64_t kLocalWindow = 0x0000018000000000u;
constexpr uint64_t kParamWindow = 0x000001c000000000u;
constexpr uint64_t kWindowSize = 0x0000000040000000u;
constexpr uint32_t kRankShift = 24;
constexpr uint32_t kOffsetMask = 0xffffff;

}  // namespace radapter_simulator

#endif
