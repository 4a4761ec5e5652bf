// cp.async.bulk: copies of any number of 16 bytes, issued by one thread; and their groups.
#include <string.h>

#include "instructions/asynchronous.h"
#include "instructions/tensor_map.h"

namespace radapter_simulator {
namespace {

constexpr uint32_t kUnit = 16;

Warp& issuer(const BulkCopy& copy) { return *copy.block->warps[copy.warp]; }

// Takes the copy out of those in flight.
BulkCopy take(Cluster& cluster, size_t index) {
  BulkCopy copy = std::move(cluster.bulk_copies[index]);
  cluster.bulk_copies.erase(cluster.bulk_copies.begin() + static_cast<std::ptrdiff_t>(index));
  return copy;
}

}  // namespace

void issue_bulk(Warp& warp, BulkCopy copy) {
  Cluster& cluster = *warp.cluster;
  warp.clocks[warp.cluster_index] = warp.clock;
  copy.by = {warp.clock, static_cast<uint16_t>(warp.cluster_index), static_cast<uint8_t>(copy.lane), 0xf};
  copy.clocks = warp.clocks;
  ++warp.clock;
  if (cluster.early()) {
    if (!copy.is_store()) {
      land_bulk(copy);
      complete_transaction(cluster, copy);
      return;
    }
    // A store takes its data early, but the bytes stay the copy's until the wait.
    read_bulk_source(copy);
    copy.read_done = false;
  }
  cluster.bulk_copies.push_back(std::move(copy));
}

void read_bulk_source(BulkCopy& copy) {
  copy.read_done = true;
  if (!copy.data.empty()) {
    return;
  }
  Warp& warp = issuer(copy);
  const int span = copy.kind == BulkCopy::tensor_store ? swizzle_span(*copy.map) : 0;
  copy.data.resize(copy.bytes);
  for (uint32_t at = 0; at < copy.bytes; at += kUnit) {
    const uint32_t address = swizzle(copy.shared + at, span);
    memcpy(&copy.data[at], warp.shared(*copy.instruction, copy.lane, address, kUnit, Touch::async_read), kUnit);
  }
}

char* bulk_memory(const BulkCopy& copy, uint64_t address, uint32_t bytes) {
  char* at = DeviceMemory::get().host(address, bytes);
  if (at == nullptr) {
    fault(issuer(copy), *copy.instruction, copy.lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "the bulk copy touches %u bytes at %#llx outside any live allocation: %s", bytes,
          static_cast<unsigned long long>(address), DeviceMemory::get().describe(address).c_str());
  }
  return at;
}

void land_bulk(BulkCopy& copy) {
  Block* block = copy.barrier_block;
  switch (copy.kind) {
    case BulkCopy::load:
      count_range_load(copy.block->counters, copy.global, copy.bytes);
      block->land(copy.shared, bulk_memory(copy, copy.global, copy.bytes), copy.bytes, copy.by, false);
      break;
    case BulkCopy::shared_to_shared:
      block->land(copy.shared, copy.data.data(), copy.bytes, copy.by, false);
      break;
    case BulkCopy::store:
      count_range_store(copy.block->counters, copy.global, copy.bytes);
      read_bulk_source(copy);
      memcpy(bulk_memory(copy, copy.global, copy.bytes), copy.data.data(), copy.bytes);
      break;
    case BulkCopy::tensor_load:
      land_tensor_load(copy);
      break;
    case BulkCopy::tensor_store:
      read_bulk_source(copy);
      land_tensor_store(copy);
      break;
  }
}

void finish_block_copies(Cluster& cluster, Block& block) {
  for (size_t k = 0; k < cluster.bulk_copies.size();) {
    const BulkCopy& copy = cluster.bulk_copies[k];
    if (copy.block == &block && copy.is_store()) {
      BulkCopy taken = take(cluster, k);
      land_bulk(taken);
      continue;
    }
    if (copy.barrier_block == &block) {
      Warp& warp = *block.warps[copy.block == &block ? copy.warp : 0];
      fault(warp, *copy.instruction, copy.lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "the block ends while a bulk copy into its shared memory is in flight: nobody waited on its mbarrier");
    }
    ++k;
  }
}

namespace {

Status commit_group(Warp& warp, const Instruction&, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    ++warp.bulk_group[lane];
  }
  return Status::next;
}

// immediate: how many groups may stay in flight. variant: .read.
Status wait_group(Warp& warp, const Instruction& instruction, Mask mask) {
  Cluster& cluster = *warp.cluster;
  const auto keep = static_cast<uint32_t>(instruction.immediate);
  for (const int lane : lanes_of(mask)) {
    for (size_t k = 0; k < cluster.bulk_copies.size();) {
      BulkCopy& copy = cluster.bulk_copies[k];
      const bool own = copy.block == warp.block && copy.warp == warp.index && copy.lane == lane && copy.is_store();
      if (!own || copy.group + keep >= warp.bulk_group[lane]) {
        ++k;
      } else if (instruction.variant != 0) {
        read_bulk_source(copy);
        ++k;
      } else {
        BulkCopy taken = take(cluster, k);
        land_bulk(taken);
      }
    }
  }
  ++warp.clock;
  return Status::next;
}

// mode: BulkCopy::Kind. Addresses: destination, source, and the mbarrier of a load; b: the bytes.
Status copy_bulk(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    const uint64_t destination = pushed_address(warp, instruction, 0, lane);
    const uint64_t source = pushed_address(warp, instruction, 2, lane);
    BulkCopy copy;
    copy.kind = static_cast<BulkCopy::Kind>(instruction.mode);
    copy.instruction = &instruction;
    copy.block = warp.block;
    copy.warp = warp.index;
    copy.lane = lane;
    copy.group = warp.bulk_group[lane];
    copy.bytes = warp.lanes<uint32_t>(instruction.b)[lane];
    if (copy.bytes % kUnit != 0 || destination % kUnit != 0 || source % kUnit != 0) {
      fault(warp, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS,
            "cp.async.bulk: size %u, source and destination must be multiples of %u", copy.bytes, kUnit);
    }
    if (copy.kind != BulkCopy::shared_to_shared) {
      copy.global = copy.kind == BulkCopy::store ? destination : source;
      bulk_memory(copy, copy.global, copy.bytes);
    }
    if (copy.kind == BulkCopy::store) {
      copy.shared = shared_address(source);
      issue_bulk(warp, copy);
      continue;
    }
    Block& block = warp.shared_block(instruction, lane, shared_address(destination), &copy.shared);
    const uint32_t barrier = shared_address(pushed_address(warp, instruction, 4, lane));
    if (&block != &warp.shared_block(instruction, lane, barrier, &copy.barrier)) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS, "destination and mbarrier lie in different blocks");
    }
    mbarrier_for_copy(warp, instruction, lane, block, copy.barrier);
    copy.barrier_block = &block;
    if (copy.kind == BulkCopy::shared_to_shared) {
      copy.shared = shared_address(source);
      read_bulk_source(copy);
      copy.shared = shared_address(destination) & kOffsetMask;
    }
    block.begin_flight(warp, instruction, lane, copy.shared, copy.bytes, true);
    issue_bulk(warp, copy);
  }
  return Status::next;
}

Status prefetch(Warp&, const Instruction&, Mask) { return Status::next; }

}  // namespace

void decode_bulk_copy(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  if (statement.has("commit_group")) {
    instruction.handler = commit_group;
    return;
  }
  if (statement.has("wait_group")) {
    instruction.immediate = operands[0].immediate;
    instruction.variant = statement.has("read");
    instruction.handler = wait_group;
    return;
  }
  if (statement.has("prefetch")) {
    instruction.handler = prefetch;
    return;
  }
  if (statement.has("reduce")) {
    decoder.error(statement, "cp.reduce.async is not supported");
  }
  if (statement.has("tensor")) {
    decode_tensor_copy(decoder, statement, instruction);
    return;
  }
  if (statement.has("multicast::cluster")) {
    decoder.error(statement, "multicast of plain bulk copies is not supported");
  }
  const bool is_store = statement.parts[3] == "global";
  instruction.mode = is_store                                     ? BulkCopy::store
                     : statement.parts[4].rfind("shared", 0) == 0 ? BulkCopy::shared_to_shared
                                                                  : BulkCopy::load;
  push_address(decoder, operands[0], instruction, is_store ? Space::global : Space::shared);
  push_address(decoder, operands[1], instruction, instruction.mode == BulkCopy::load ? Space::global : Space::shared);
  instruction.b = decoder.value(operands[2], Type::u32);
  if (!is_store) {
    push_address(decoder, operands[3], instruction, Space::shared);
  }
  instruction.handler = copy_bulk;
}

}  // namespace radapter_simulator
