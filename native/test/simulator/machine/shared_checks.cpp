// What may be read and written in shared memory: initialised bytes, bytes no copy in flight owns, and bytes whose last
// accesses happened before.
#include <string.h>

#include <algorithm>

#include "machine/machine.h"

namespace radapter_simulator {
namespace {

constexpr int kReaders = 3;

bool is_read(Touch touch) { return touch == Touch::read || touch == Touch::async_read || touch == Touch::atomic; }

bool is_write(Touch touch) { return touch == Touch::write || touch == Touch::async_write || touch == Touch::atomic; }

bool is_async(Touch touch) { return touch == Touch::async_read || touch == Touch::async_write; }

bool is_same_lane(const Warp& warp, int lane, const Access& access) {
  return access.warp == warp.cluster_index && access.lane == static_cast<uint8_t>(lane);
}

[[noreturn]] void report_race(Warp& warp, const Instruction& instruction, int lane, const char* what, uint32_t offset,
                              const Access& other) {
  const std::string who =
      other.lane == kWholeWarp ? format("warp %d", other.warp) : format("warp %d lane %d", other.warp, other.lane);
  fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
        "shared-memory race: %s at shared+%u (offset %u of the block): the other access is by %s, and no barrier, "
        "mbarrier or __syncwarp orders the two",
        what, offset, offset - warp.block->shared_begin, who.c_str());
}

// Where a new reader is remembered: in the place of one that this access makes superfluous, if there is one.
Access& reader_place(Cell& cell, const Warp& warp, int lane, uint32_t any) {
  for (Access& reader : cell.read) {
    const bool own = reader.warp == warp.cluster_index &&
                     (reader.lane == static_cast<uint8_t>(lane) || reader.clock < warp.sync_clock);
    if (reader.bytes == 0 || own) {
      return reader;
    }
  }
  for (Access& reader : cell.read) {
    if (ordered(warp, lane, reader)) {
      return reader;
    }
  }
  return cell.read[any % kReaders];
}

}  // namespace

bool ordered(const Warp& warp, int lane, const Access& access) {
  if (access.bytes == 0) {
    return true;
  }
  if (access.warp != warp.cluster_index) {
    return warp.clocks[access.warp] >= access.clock;
  }
  if (access.lane == kWholeWarp || access.lane == static_cast<uint8_t>(lane) || access.clock < warp.sync_clock) {
    return true;
  }
  if (lane != kWholeWarp) {
    return access.clock <= warp.acquired[lane];
  }
  for (const int other : lanes_of(warp.live)) {
    if (other != access.lane && access.clock > warp.acquired[other]) {
      return false;
    }
  }
  return true;
}

void Block::note(Warp& warp, const Instruction& instruction, int lane, uint32_t offset, uint32_t bytes, Touch touch,
                 const void* data) {
  const bool reading = is_read(touch), writing = is_write(touch);
  if (!cluster->options.uninitialised) {
    if (writing) {
      memset(&init[offset], 1, bytes);
    }
    return;
  }
  for (uint32_t k = offset; k < offset + bytes; ++k) {
    if (flight[k] != 0) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "shared+%u is %s while an asynchronous copy into it is in flight: no wait (cp.async.wait_group, mbarrier) "
            "lies between",
            offset - shared_begin, reading ? "read" : "written");
    }
    if (init[k] == kIsBarrier) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "shared+%u holds a live mbarrier and is %s as ordinary data", offset - shared_begin,
            reading ? "read" : "written");
    }
    if (reading && init[k] == 0) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "read of uninitialised shared memory at shared+%u (%u bytes)", offset - shared_begin, bytes);
    }
  }
  if (writing) {
    memset(&init[offset], 1, bytes);
    for (const BulkCopy& copy : cluster->bulk_copies) {
      if (copy.block == this && copy.is_store() && !copy.read_done && offset < copy.shared + copy.bytes &&
          copy.shared < offset + bytes) {
        fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
              "shared+%u is written while a bulk store still reads it: cp.async.bulk.wait_group.read is missing",
              offset - shared_begin);
      }
    }
  }
  if (!cluster->options.race || bytes == 0) {
    return;
  }
  for (uint32_t index = offset >> 2; index <= (offset + bytes - 1) >> 2; ++index) {
    Cell& cell = cells[index];
    const uint32_t first = std::max(offset, index << 2) & 3;
    const uint32_t last = (std::min(offset + bytes, (index << 2) + 4) - 1) & 3;
    const auto touched = static_cast<uint8_t>((0xf << first) & (0xf >> (3 - last)));
    const bool both_strong = (touch == Touch::atomic || instruction.strong) && cell.strong_write;
    const bool wrote_same = touch == Touch::write && data != nullptr && memcmp(&shared[offset], data, bytes) == 0;
    if ((cell.write.bytes & touched) != 0 && !both_strong && !wrote_same && !ordered(warp, lane, cell.write)) {
      const char* what = !writing ? "read after write" : reading ? "atomic after write" : "write after write";
      report_race(warp, instruction, lane, what, offset, cell.write);
    }
    if (touch == Touch::async_read && cell.generic && (cell.write.bytes & touched) != 0 &&
        proxy_fenced[cell.write.warp] < cell.write.clock) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "the asynchronous proxy reads shared+%u, written by ordinary stores without fence.proxy.async",
            offset - shared_begin);
    }
    const Access access{warp.clock, static_cast<uint16_t>(warp.cluster_index), static_cast<uint8_t>(lane), touched};
    if (writing) {
      for (Access& reader : cell.read) {
        const bool happened = ordered(warp, lane, reader);
        if ((reader.bytes & touched) != 0 && !both_strong && !happened && !is_same_lane(warp, lane, reader)) {
          report_race(warp, instruction, lane, "write after read", offset, reader);
        }
        if (happened) {
          reader.bytes = 0;
        }
      }
      cell.write = access;
      cell.generic = !is_async(touch);
      cell.strong_write = touch == Touch::atomic || instruction.strong;
    } else if (!instruction.strong) {
      reader_place(cell, warp, lane, warp.clock + index) = access;
    }
  }
}

// The bytes belong to the copy from now on until it lands, and are NaN in every format.
void Block::begin_flight(Warp& warp, const Instruction& instruction, int lane, uint32_t offset, uint32_t bytes,
                         bool async_proxy) {
  if (bytes == 0) {
    return;
  }
  if (offset < shared_begin || offset + bytes > shared_end) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "asynchronous copy of %u bytes to shared offset %lld is outside the block's %u bytes", bytes,
          static_cast<long long>(offset) - shared_begin, shared_end - shared_begin);
  }
  note(warp, instruction, lane, offset, bytes, async_proxy ? Touch::async_write : Touch::write, nullptr);
  memset(&shared[offset], 0xff, bytes);
  memset(&flight[offset], 1, bytes);
}

void Block::land(uint32_t offset, const void* data, uint32_t bytes, const Access& by, bool generic) {
  if (bytes == 0) {
    return;
  }
  memcpy(&shared[offset], data, bytes);
  memset(&flight[offset], 0, bytes);
  memset(&init[offset], 1, bytes);
  if (!cluster->options.race) {
    return;
  }
  for (uint32_t index = offset >> 2; index <= (offset + bytes - 1) >> 2; ++index) {
    cells[index].write = by;
    cells[index].write.bytes = 0xf;
    cells[index].generic = generic;
  }
}

}  // namespace radapter_simulator
