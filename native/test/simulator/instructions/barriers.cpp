// bar.sync, bar.arrive, bar.red; bar.warp.sync; barrier.cluster; fences.
#include <algorithm>

#include "instructions/instructions.h"

namespace radapter_simulator {

void Block::finish_barrier(NamedBarrier& barrier) {
  NamedBarrier next;
  next.generation = barrier.generation + 1;
  next.released = std::move(barrier.clocks);
  next.released_count = barrier.count;
  next.released_all = barrier.all;
  next.released_any = barrier.any;
  barrier = std::move(next);
  ++cluster->progress;
}

// From sm_70 on, a barrier waits for the threads that have not ended.
void Block::barriers_after_exit() {
  for (NamedBarrier& barrier : barriers) {
    if (barrier.arrived != 0 && barrier.expected == 0 && barrier.arrived >= live_warps * kLanes) {
      finish_barrier(barrier);
    }
  }
}

namespace {

/** Instruction::mode. */
enum BarrierMode : uint16_t { kSync, kArrive, kReducePopc, kReduceAnd, kReduceOr };

bool is_reduction(const Instruction& instruction) { return instruction.mode >= kReducePopc; }

void arrive(Warp& warp, const Instruction& instruction, Mask mask, NamedBarrier& barrier, int count) {
  barrier.expected = count;
  barrier.arrived += kLanes;
  warp.release(barrier.clocks);
  ++warp.cluster->progress;
  if (is_reduction(instruction)) {
    const Mask value = *warp.lanes<Mask>(instruction.c);
    const Mask holds = (instruction.negate_predicate ? ~value : value) & mask;
    barrier.count += lane_count(holds);
    barrier.all &= holds == mask;
    barrier.any |= holds != 0;
  }
  warp.current.ticket = static_cast<int64_t>(barrier.generation);
  if (barrier.arrived >= (count != 0 ? count : warp.block->live_warps * kLanes)) {
    warp.block->finish_barrier(barrier);
  }
}

Status block_barrier(Warp& warp, const Instruction& instruction, Mask mask) {
  const int lane = first_lane(mask);
  if (!warp.converged()) {
    return Status::diverged;
  }
  if (mask != warp.current.mask) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "a barrier is executed by some lanes of a warp only (predicated)");
  }
  const uint32_t number = warp.lanes<uint32_t>(instruction.a)[lane];
  const int count = instruction.has_b ? static_cast<int>(warp.lanes<uint32_t>(instruction.b)[lane]) : 0;
  if (number > 15) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION, "barrier number %u; there are 16", number);
  }
  if (count % kLanes != 0) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "barrier thread count %d is no multiple of the warp size", count);
  }
  NamedBarrier& barrier = warp.block->barriers[number];
  if (warp.current.ticket < 0) {
    if (barrier.arrived != 0 && barrier.expected != count) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
            "barrier %u is used with thread counts %d and %d at once", number, barrier.expected, count);
    }
    arrive(warp, instruction, mask, barrier, count);
    if (instruction.mode == kArrive) {
      warp.current.ticket = -1;
      return Status::next;
    }
  }
  if (static_cast<int64_t>(barrier.generation) == warp.current.ticket) {
    return Status::wait;
  }
  warp.current.ticket = -1;
  warp.acquire(barrier.released);
  warp.warp_sync();
  if (instruction.mode == kReducePopc) {
    for (const int each : lanes_of(mask)) {
      warp.lanes<uint32_t>(instruction.d)[each] = barrier.released_count;
    }
  } else if (is_reduction(instruction)) {
    const bool holds = instruction.mode == kReduceAnd ? barrier.released_all : barrier.released_any;
    warp.set_predicate(instruction.d, mask, holds ? kFullMask : 0);
  }
  return Status::next;
}

Status warp_barrier(Warp& warp, const Instruction& instruction, Mask mask) {
  const Mask members = warp.lanes<uint32_t>(instruction.a)[first_lane(mask)] & warp.live;
  if ((mask & members) != members) {
    return Status::diverged;
  }
  warp.warp_sync();
  return Status::next;
}

Status cluster_arrive(Warp& warp, const Instruction&, Mask) {
  if (!warp.converged()) {
    return Status::diverged;
  }
  Cluster& cluster = *warp.cluster;
  NamedBarrier& barrier = cluster.cluster_barrier;
  warp.cluster_ticket = static_cast<int64_t>(barrier.generation);
  warp.release(barrier.clocks);
  ++barrier.arrived;
  ++cluster.progress;
  const auto live =
      std::count_if(cluster.warps.begin(), cluster.warps.end(), [](const auto& one) { return !one->done; });
  if (barrier.arrived >= live) {
    barrier.released = barrier.clocks;
    barrier.arrived = 0;
    ++barrier.generation;
  }
  return Status::next;
}

Status cluster_wait(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!warp.converged()) {
    return Status::diverged;
  }
  if (warp.cluster_ticket < 0) {
    fault(warp, instruction, first_lane(mask), CUDA_ERROR_ILLEGAL_INSTRUCTION, "barrier.cluster.wait without arrive");
  }
  const NamedBarrier& barrier = warp.cluster->cluster_barrier;
  if (static_cast<int64_t>(barrier.generation) == warp.cluster_ticket) {
    return Status::wait;
  }
  warp.cluster_ticket = -1;
  warp.acquire(barrier.released);
  warp.warp_sync();
  return Status::next;
}

void decode_barrier(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  if (statement.has("cluster")) {
    instruction.handler = statement.has("arrive") ? cluster_arrive : statement.has("wait") ? cluster_wait : nullptr;
    return;
  }
  if (statement.has("warp")) {
    instruction.a = decoder.value(operands[0], Type::u32);
    instruction.handler = warp_barrier;
    return;
  }
  instruction.handler = block_barrier;
  instruction.mode = statement.has("arrive") ? kArrive : kSync;
  size_t first = 0, last = operands.size();
  if (statement.has("red")) {
    instruction.mode = statement.has("popc") ? kReducePopc : statement.has("and") ? kReduceAnd : kReduceOr;
    instruction.d =
        instruction.mode == kReducePopc ? decoder.destination(operands[0], Type::u32) : decoder.predicate(operands[0]);
    instruction.c = decoder.predicate(operands.back());
    instruction.negate_predicate = operands.back().negated;
    ++first;
    --last;
  }
  if (first >= last) {
    decoder.error(statement, "wrong number of operands");
  }
  instruction.a = decoder.value(operands[first], Type::u32);
  if (last - first > 1) {
    instruction.b = decoder.value(operands[first + 1], Type::u32);
    instruction.has_b = true;
  }
}

// ---- fences ----

// Ordinary fences order nothing here: memory is one, and the race check asks for barriers.
Status fence(Warp&, const Instruction&, Mask) { return Status::next; }

// What this warp knows was written may be read by the asynchronous proxy.
Status async_proxy_fence(Warp& warp, const Instruction&, Mask) {
  join_clocks(warp.block->barrier_fenced, warp.clocks);
  warp.block->barrier_fenced[warp.cluster_index] = warp.clock;
  warp.release(warp.block->proxy_fenced);
  return Status::next;
}

Status barrier_init_fence(Warp& warp, const Instruction&, Mask) {
  warp.release(warp.block->barrier_fenced);
  return Status::next;
}

void decode_fence(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  instruction.handler = statement.has("mbarrier_init") ? barrier_init_fence : fence;
  if (!statement.has("proxy")) {
    return;
  }
  const std::string which = statement.parts.size() > 2 ? statement.parts[2] : "";
  if (which.rfind("async", 0) == 0) {
    instruction.handler = async_proxy_fence;
  } else if (which != "tensormap::generic" && which != "alias") {
    decoder.error(statement, "this proxy fence is not supported");
  }
}

}  // namespace

void register_barriers(DecodeTable& table) {
  table["bar"] = table["barrier"] = decode_barrier;
  table["fence"] = table["membar"] = decode_fence;
}

}  // namespace radapter_simulator
