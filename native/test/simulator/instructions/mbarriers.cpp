// mbarrier.* and cp.async.mbarrier.arrive.
#include <string.h>

#include <algorithm>

#include "instructions/asynchronous.h"
#include "instructions/instructions.h"

namespace radapter_simulator {
namespace {

constexpr uint32_t kBarrierBytes = 8;
constexpr uint32_t kMostArrivals = (1u << 20) - 1;

// The phase is over when nothing is missing.
void settle(Cluster& cluster, MBarrier& barrier) {
  if (barrier.pending != 0 || barrier.transactions != 0) {
    return;
  }
  ++barrier.phase;
  barrier.pending = barrier.expected;
  barrier.released = barrier.clocks;
  ++cluster.progress;
}

}  // namespace

MBarrier& mbarrier_at(Warp& warp, const Instruction& instruction, int lane, Block& block, uint32_t offset) {
  if (offset % kBarrierBytes != 0) {
    fault(warp, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS, "mbarrier address shared+%#x is not a multiple of %u",
          offset, kBarrierBytes);
  }
  const auto found = block.mbarriers.find(offset);
  if (found == block.mbarriers.end()) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS, "there is no initialised mbarrier at shared+%lld",
          static_cast<long long>(offset) - block.shared_begin);
  }
  if (warp.cluster->options.race && !ordered(warp, lane, block.cells[offset >> 2].write)) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "the mbarrier at shared+%u is used by a thread that no barrier orders after its mbarrier.init",
          offset - block.shared_begin);
  }
  return found->second;
}

MBarrier& mbarrier_for_copy(Warp& warp, const Instruction& instruction, int lane, Block& block, uint32_t offset) {
  MBarrier& barrier = mbarrier_at(warp, instruction, lane, block, offset);
  if (warp.cluster->options.race) {
    const Access& init = block.cells[offset >> 2].write;
    if (block.barrier_fenced[init.warp] < init.clock) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "the asynchronous proxy uses the mbarrier at shared+%u, and no fence.mbarrier_init or fence.proxy.async "
            "follows its mbarrier.init",
            offset - block.shared_begin);
    }
  }
  return barrier;
}

void complete_transaction(Cluster& cluster, const BulkCopy& copy) {
  const auto found = copy.barrier_block->mbarriers.find(copy.barrier);
  if (found == copy.barrier_block->mbarriers.end()) {
    return;
  }
  MBarrier& barrier = found->second;
  barrier.transactions -= copy.bytes;
  join_clocks(barrier.clocks, copy.clocks);
  ++cluster.progress;
  settle(cluster, barrier);
}

namespace {

// A thread waits on this mbarrier: if all that is missing is in flight, it lands now. With random timing some of it may
// land although more is missing.
void land_missing(Cluster& cluster, Block& block, uint32_t offset) {
  MBarrier& barrier = block.mbarriers[offset];
  const auto belongs = [&](const BulkCopy& copy) { return copy.barrier_block == &block && copy.barrier == offset; };
  int64_t flying = 0;
  for (const BulkCopy& copy : cluster.bulk_copies) {
    flying += belongs(copy) ? copy.bytes : 0;
  }
  const auto arrivals =
      static_cast<uint32_t>(std::count_if(block.copy_arrivals.begin(), block.copy_arrivals.end(),
                                          [&](const CopyArrival& arrival) { return arrival.barrier == offset; }));
  if (flying == 0 && arrivals == 0) {
    return;
  }
  const bool some = cluster.options.timing == Timing::random && cluster.coin();
  if (!some && (barrier.pending != arrivals || barrier.transactions != flying)) {
    return;
  }
  for (size_t k = 0; k < block.copy_arrivals.size();) {
    const CopyArrival arrival = block.copy_arrivals[k];
    if (arrival.barrier != offset || (some && cluster.coin())) {
      ++k;
      continue;
    }
    block.copy_arrivals.erase(block.copy_arrivals.begin() + static_cast<std::ptrdiff_t>(k));
    Warp& warp = *block.warps[arrival.warp];
    land_async_copies(warp, 1u << arrival.lane);
    warp.release(barrier.clocks);
    barrier.pending -= barrier.pending != 0 ? 1 : 0;
    ++cluster.progress;
    settle(cluster, barrier);
  }
  for (size_t k = 0; k < cluster.bulk_copies.size();) {
    if (!belongs(cluster.bulk_copies[k]) || (some && cluster.coin())) {
      ++k;
      continue;
    }
    BulkCopy copy = std::move(cluster.bulk_copies[k]);
    cluster.bulk_copies.erase(cluster.bulk_copies.begin() + static_cast<std::ptrdiff_t>(k));
    land_bulk(copy);
    complete_transaction(cluster, copy);
  }
}

/** Instruction::mode. The address is pushed; `b` holds a count, an expected number of bytes, a parity or a state. */
enum BarrierOperation : uint16_t { kInit, kInvalidate, kArrive, kArriveDrop, kExpect, kComplete, kTest };

void initialise(Warp& warp, const Instruction& instruction, int lane, uint32_t address, Block& block, uint32_t offset) {
  const uint32_t count = warp.lanes<uint32_t>(instruction.b)[lane];
  if (count == 0 || count > kMostArrivals) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION, "mbarrier.init with count %u", count);
  }
  if (block.mbarriers.count(offset) != 0) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "mbarrier.init on a live mbarrier (mbarrier.inval is missing)");
  }
  memset(warp.shared(instruction, lane, address, kBarrierBytes, Touch::write), 0, kBarrierBytes);
  memset(&block.init[offset], kIsBarrier, kBarrierBytes);
  MBarrier barrier;
  barrier.expected = barrier.pending = count;
  block.mbarriers[offset] = barrier;
  ++warp.cluster->progress;
}

// has_b: .expect_tx, its bytes in `b`; has_c: the count of arrivals in `c`. d: the state.
void arrive(Warp& warp, const Instruction& instruction, int lane, Block& block, uint32_t offset, MBarrier& barrier) {
  const uint32_t count = instruction.has_c ? warp.lanes<uint32_t>(instruction.c)[lane] : 1;
  if (count > barrier.pending) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "mbarrier at shared+%u: more arrivals than its count %u in phase %llu", offset - block.shared_begin,
          barrier.expected, static_cast<unsigned long long>(barrier.phase));
  }
  if (instruction.has_b) {
    barrier.transactions += warp.lanes<uint32_t>(instruction.b)[lane];
  }
  if (instruction.d != 0) {
    warp.lanes<uint64_t>(instruction.d)[lane] = barrier.phase;
  }
  if (instruction.mode == kArriveDrop) {
    --barrier.expected;
  }
  warp.clocks[warp.cluster_index] = warp.clock;
  join_clocks(barrier.clocks, warp.clocks);
  barrier.pending -= count;
  ++warp.cluster->progress;
  settle(*warp.cluster, barrier);
}

// variant: .parity. Is the phase over that the lane asks for?
bool test(Warp& warp, const Instruction& instruction, int lane, Block& block, uint32_t offset, MBarrier& barrier) {
  const auto is_over = [&] {
    return instruction.variant != 0 ? (barrier.phase & 1) != (warp.lanes<uint32_t>(instruction.b)[lane] & 1)
                                    : barrier.phase != warp.lanes<uint64_t>(instruction.b)[lane];
  };
  if (!is_over()) {
    land_missing(*warp.cluster, block, offset);
  }
  if (!is_over()) {
    return false;
  }
  warp.acquire(barrier.released);
  const auto own = static_cast<size_t>(warp.cluster_index);
  if (own < barrier.released.size()) {
    warp.acquired[lane] = std::max(warp.acquired[lane], barrier.released[own]);
  }
  return true;
}

Status use_mbarrier(Warp& warp, const Instruction& instruction, Mask mask) {
  Cluster& cluster = *warp.cluster;
  Mask over = 0;
  for (const int lane : lanes_of(mask)) {
    const uint32_t address = shared_address(pushed_address(warp, instruction, 0, lane));
    uint32_t offset = 0;
    Block& block = warp.shared_block(instruction, lane, address, &offset);
    if (instruction.mode == kInit) {
      initialise(warp, instruction, lane, address, block, offset);
      continue;
    }
    MBarrier& barrier = mbarrier_at(warp, instruction, lane, block, offset);
    switch (instruction.mode) {
      case kInvalidate:
        memset(&block.init[offset], 0, kBarrierBytes);
        block.mbarriers.erase(offset);
        break;
      case kExpect:
        barrier.transactions += warp.lanes<uint32_t>(instruction.b)[lane];
        ++cluster.progress;
        break;
      case kComplete:
        barrier.transactions -= warp.lanes<uint32_t>(instruction.b)[lane];
        ++cluster.progress;
        settle(cluster, barrier);
        break;
      case kTest:
        over |= static_cast<Mask>(test(warp, instruction, lane, block, offset, barrier)) << lane;
        break;
      default:
        arrive(warp, instruction, lane, block, offset, barrier);
    }
  }
  ++warp.clock;
  if (instruction.mode != kTest) {
    return Status::next;
  }
  warp.set_predicate(instruction.d, mask, over);
  return over == mask ? Status::next : Status::spin;
}

// variant: .noinc.
Status arrive_with_copies(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    uint32_t offset = 0;
    Block& block =
        warp.shared_block(instruction, lane, shared_address(pushed_address(warp, instruction, 0, lane)), &offset);
    MBarrier& barrier = mbarrier_at(warp, instruction, lane, block, offset);
    barrier.pending += instruction.variant == 0 ? 1 : 0;
    block.copy_arrivals.push_back({warp.index, lane, offset});
    ++warp.cluster->progress;
  }
  return Status::next;
}

void decode_arrive(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  const size_t at = operands[0].kind == Operand::kMemory ? 0 : 1;
  if (at == 1) {
    instruction.d = decoder.destination(operands[0], Type::b64);
  }
  push_address(decoder, operands[at], instruction, Space::shared);
  if (statement.has("expect_tx")) {
    instruction.b = decoder.value(operands[at + 1], Type::u32);
    instruction.has_b = true;
  } else if (operands.size() > at + 1) {
    instruction.c = decoder.value(operands[at + 1], Type::u32);
    instruction.has_c = true;
  }
}

void decode_mbarrier(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::string& operation = statement.parts[1];
  const std::vector<Operand>& operands = statement.operands;
  instruction.handler = use_mbarrier;
  if (operation == "arrive" || operation == "arrive_drop") {
    instruction.mode = operation == "arrive" ? kArrive : kArriveDrop;
    decode_arrive(decoder, statement, instruction);
    return;
  }
  if (operation == "test_wait" || operation == "try_wait") {
    instruction.mode = kTest;
    instruction.variant = statement.has("parity");
    instruction.d = decoder.predicate(operands[0]);
    push_address(decoder, operands[1], instruction, Space::shared);
    instruction.b = decoder.value(operands[2], instruction.variant != 0 ? Type::u32 : Type::b64);
    return;
  }
  static const std::unordered_map<std::string, BarrierOperation> others = {
      {"init", kInit}, {"inval", kInvalidate}, {"expect_tx", kExpect}, {"complete_tx", kComplete}};
  const auto found = others.find(operation);
  if (found == others.end()) {
    decoder.error(statement, "mbarrier operation not supported");
  }
  instruction.mode = found->second;
  push_address(decoder, operands[0], instruction, Space::shared);
  if (instruction.mode != kInvalidate) {
    instruction.b = decoder.value(operands[1], Type::u32);
  }
}

}  // namespace

void decode_copy_arrival(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  push_address(decoder, statement.operands[0], instruction, Space::shared);
  instruction.variant = statement.has("noinc");
  instruction.handler = arrive_with_copies;
}

void register_mbarriers(DecodeTable& table) { table["mbarrier"] = decode_mbarrier; }

}  // namespace radapter_simulator
