#include "machine/device_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <iterator>

namespace radapter_simulator {
namespace {

constexpr uint64_t kDeviceBase = 0x0000200000000000u;
constexpr uint64_t kRange = uint64_t{256} << 30;
constexpr uint64_t kGuardBytes = 512;
constexpr uint64_t kAlignment = 512;
constexpr uint64_t kPage = 4096;
// A larger allocation is left as it is, so that its pages are made only when they are used.
constexpr uint64_t kPoisonLimit = 64u << 20;
constexpr uint64_t kNear = 1 << 20;

}  // namespace

DeviceMemory& DeviceMemory::get() {
  static DeviceMemory* memory = new DeviceMemory;
  return *memory;
}

DeviceMemory::DeviceMemory() {
  const char* gigabytes = getenv("PTXSIM_MEMORY_GB");
  total_ = static_cast<size_t>((gigabytes != nullptr ? atof(gigabytes) : 16) * (1 << 30));
  // The device addresses are reserved without access: a host that dereferences one faults, as it does with a GPU.
  void* range = mmap(reinterpret_cast<void*>(kDeviceBase), kRange, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  void* bytes = mmap(nullptr, kRange, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED || bytes == MAP_FAILED) {
    fprintf(stderr, "ptxsim: cannot reserve the range of device addresses\n");
    return;
  }
  next_ = kDeviceBase + kNear;
  end_ = kDeviceBase + kRange;
  delta_ = reinterpret_cast<intptr_t>(bytes) - static_cast<intptr_t>(kDeviceBase);
}

uint64_t DeviceMemory::allocate(size_t bytes, const char* kind) {
  const uint64_t step = (bytes + kGuardBytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes == 0 || used_ + bytes > total_ || next_ + step > end_) {
    return 0;
  }
  const uint64_t address = next_;
  next_ += step;
  blocks_[address] = {address, bytes, delta_, false, kind};
  if (bytes <= kPoisonLimit) {
    memset(host(address, bytes), 0xff, bytes);
  }
  used_ += bytes;
  return address;
}

bool DeviceMemory::release(uint64_t address) {
  const auto found = blocks_.find(address);
  if (found == blocks_.end() || found->second.freed || found->second.delta == 0) {
    return false;
  }
  Allocation& block = found->second;
  const uint64_t first = (block.begin + kPage - 1) / kPage * kPage, last = (block.begin + block.size) / kPage * kPage;
  if (last > first) {
    madvise(host(first, 0), last - first, MADV_DONTNEED);
  }
  block.freed = true;
  used_ -= block.size;
  return true;
}

void* DeviceMemory::allocate_host(size_t bytes) {
  void* address = nullptr;
  if (posix_memalign(&address, kPage, bytes) != 0) {
    return nullptr;
  }
  const auto begin = reinterpret_cast<uint64_t>(address);
  blocks_[begin] = {begin, bytes, 0, false, "cuMemHostAlloc"};
  return address;
}

bool DeviceMemory::release_host(void* address) {
  const auto found = blocks_.find(reinterpret_cast<uint64_t>(address));
  if (found == blocks_.end() || found->second.delta != 0) {
    return false;
  }
  blocks_.erase(found);
  free(address);
  return true;
}

const Allocation* DeviceMemory::find(uint64_t address) const {
  auto above = blocks_.upper_bound(address);
  if (above == blocks_.begin()) {
    return nullptr;
  }
  const Allocation& block = std::prev(above)->second;
  return address < block.begin + block.size ? &block : nullptr;
}

char* DeviceMemory::host(uint64_t address, size_t bytes) const {
  const Allocation* block = find(address);
  return block != nullptr && block->holds(address, bytes)
             ? reinterpret_cast<char*>(address + static_cast<uint64_t>(block->delta))
             : nullptr;
}

std::string DeviceMemory::describe(uint64_t address) const {
  const auto bytes = [](uint64_t count) { return std::to_string(count) + " bytes "; };
  const auto size = [&](const Allocation& block) {
    return std::string(block.kind) + " block of " + std::to_string(block.size) + " bytes";
  };
  if (const Allocation* block = find(address)) {
    return (block->freed ? "use after free: " : "it is ") + bytes(address - block->begin) + "into a " + size(*block);
  }
  const auto above = blocks_.upper_bound(address);
  if (above != blocks_.begin()) {
    const Allocation& below = std::prev(above)->second;
    const uint64_t past = address - (below.begin + below.size);
    if (past < kNear) {
      return bytes(past) + "past the end of a " + (below.freed ? "freed " : "") + size(below);
    }
  }
  if (above != blocks_.end() && above->first - address < kNear) {
    return bytes(above->first - address) + "before a " + size(above->second);
  }
  return "no allocation is near";
}

}  // namespace radapter_simulator
