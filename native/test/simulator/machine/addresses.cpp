// Every memory access passes here: bounds, alignment, lifetime.
#include "machine/machine.h"

namespace radapter_simulator {
namespace {

bool is_misaligned(uint64_t address, uint32_t bytes) {
  return bytes != 0 && (bytes & (bytes - 1)) == 0 && address % bytes != 0;
}

}  // namespace

char* Warp::global(const Instruction& instruction, int lane, uint64_t address, uint32_t bytes) {
  if (is_misaligned(address, bytes)) {
    fault(*this, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned global access: %u bytes at %#llx", bytes,
          static_cast<unsigned long long>(address));
  }
  const Allocation*& block_of = cluster->cached;
  if (block_of == nullptr || !block_of->holds(address, bytes)) {
    const Allocation* found = DeviceMemory::get().find(address);
    if (found == nullptr || !found->holds(address, bytes)) {
      fault(*this, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "global access of %u bytes at %#llx is outside any live allocation: %s", bytes,
            static_cast<unsigned long long>(address), DeviceMemory::get().describe(address).c_str());
    }
    block_of = found;
  }
  return reinterpret_cast<char*>(address + static_cast<uint64_t>(block_of->delta));
}

Block& Warp::shared_block(const Instruction& instruction, int lane, uint32_t address, uint32_t* offset) {
  const uint32_t rank = address >> kRankShift;
  *offset = address & kOffsetMask;
  if (rank == 0) {
    return *block;
  }
  if (rank > cluster->blocks.size()) {
    fault(*this, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "shared::cluster address %#x names block %u of a cluster of %zu", address, rank - 1, cluster->blocks.size());
  }
  Block& other = *cluster->blocks[rank - 1];
  if (other.live_warps == 0 && &other != block) {
    fault(*this, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "access to the shared memory of block %u of the cluster, which has already ended", rank - 1);
  }
  return other;
}

char* Warp::shared(const Instruction& instruction, int lane, uint32_t address, uint32_t bytes, Touch touch,
                   const void* data) {
  uint32_t offset = 0;
  Block& owner = shared_block(instruction, lane, address, &offset);
  if (is_misaligned(offset, bytes)) {
    fault(*this, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned shared access: %u bytes at shared+%#x",
          bytes, offset);
  }
  if (offset < owner.shared_begin || offset + bytes > owner.shared_end) {
    fault(*this, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "shared access of %u bytes at offset %lld is outside the block's %u bytes", bytes,
          static_cast<long long>(offset) - owner.shared_begin, owner.shared_end - owner.shared_begin);
  }
  owner.note(*this, instruction, lane, offset, bytes, touch, data);
  return reinterpret_cast<char*>(owner.shared.data()) + offset;
}

char* Warp::any(const Instruction& instruction, int lane, uint64_t address, uint32_t bytes, Touch touch,
                const void* data) {
  if (address - kSharedWindow < kWindowSize) {
    return shared(instruction, lane, static_cast<uint32_t>(address - kSharedWindow), bytes, touch, data);
  }
  if (address - kLocalWindow < kWindowSize) {
    const uint64_t offset = address - kLocalWindow;
    if (offset + bytes > program->local_bytes) {
      fault(*this, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "local access of %u bytes at %llu is outside the thread's %u bytes", bytes,
            static_cast<unsigned long long>(offset), program->local_bytes);
    }
    return local_at(lane, static_cast<uint32_t>(offset));
  }
  if (address - kParamWindow < kWindowSize) {
    const uint64_t offset = address - kParamWindow;
    if (offset + bytes > program->parameter_bytes || touch != Touch::read) {
      fault(*this, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "kernel parameters are %s at %llu; there are %u bytes of them", touch == Touch::read ? "read" : "written",
            static_cast<unsigned long long>(offset), program->parameter_bytes);
    }
    return const_cast<char*>(reinterpret_cast<const char*>(cluster->params)) + offset;
  }
  return global(instruction, lane, address, bytes);
}

}  // namespace radapter_simulator
