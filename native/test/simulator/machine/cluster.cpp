// A cluster of blocks and its scheduler.
#include <string.h>

#include <algorithm>

#include "instructions/asynchronous.h"
#include "machine/machine.h"

namespace radapter_simulator {

void Cluster::prepare(const Program& its_program, const LaunchShape& its_shape, const uint8_t* its_params) {
  program = &its_program;
  shape = its_shape;
  params = its_params;
  random.seed(options.seed);
  const uint32_t warps_each = (shape.block_threads() + kLanes - 1) / kLanes;
  for (uint32_t b = 0; b < shape.cluster_blocks(); ++b) {
    blocks.push_back(std::make_unique<Block>());
    blocks.back()->cluster = this;
    for (uint32_t w = 0; w < warps_each; ++w) {
      warps.push_back(std::make_unique<Warp>());
    }
  }
}

void Cluster::start_block(Block& block, size_t rank) {
  block.rank = static_cast<int>(rank);
  const auto r = static_cast<uint32_t>(rank);
  const uint32_t within[3] = {r % shape.cluster[0], r / shape.cluster[0] % shape.cluster[1],
                              r / shape.cluster[0] / shape.cluster[1]};
  for (int axis = 0; axis < 3; ++axis) {
    block.id[axis] = cluster_id[axis] * shape.cluster[axis] + within[axis];
  }
  block.shared_begin = program->shared_base;
  block.shared_end = program->shared_base + program->shared_static;
  if (shape.dynamic_shared != 0) {
    block.shared_end = std::max(block.shared_end, program->dynamic_offset + shape.dynamic_shared);
  }
  block.shared.assign(block.shared_end, 0xff);
  block.init.assign(block.shared_end, 0);
  block.flight.assign(block.shared_end, 0);
  if (options.race) {
    block.cells.assign(block.shared_end / 4 + 1, Cell());
  }
  for (NamedBarrier& barrier : block.barriers) {
    barrier = NamedBarrier();
  }
  block.counters = Counters();
  block.mbarriers.clear();
  block.copy_arrivals.clear();
  block.atomics.clear();
  block.proxy_fenced.assign(warps.size(), 0);
  block.barrier_fenced.assign(warps.size(), 0);
  for (Warpgroup& group : block.warpgroups) {
    group = Warpgroup();
  }
  const size_t warps_each = warps.size() / blocks.size();
  block.warps.clear();
  block.live_warps = static_cast<int>(warps_each);
  for (size_t w = 0; w < warps_each; ++w) {
    const size_t index = rank * warps_each + w;
    block.warps.push_back(warps[index].get());
    warps[index]->start(*program, block, static_cast<int>(w), static_cast<int>(index));
  }
}

bool Cluster::find_ready() {
  ready_.clear();
  for (size_t k = 0; k < warps.size(); ++k) {
    const Warp& warp = *warps[k];
    if (!warp.done && (warp.stopped == Status::next || warp.stamp != progress)) {
      ready_.push_back(k);
    }
  }
  if (!ready_.empty()) {
    return true;
  }
  for (size_t k = 0; k < warps.size(); ++k) {
    if (!warps[k]->done && warps[k]->stopped == Status::spin) {
      ready_.push_back(k);
    }
  }
  return false;
}

size_t Cluster::choose(bool only_pollers, uint64_t* quantum) {
  const std::vector<size_t>& ready = ready_;
  switch (options.schedule) {
    case Schedule::greedy: {
      *quantum = 1 << 16;
      const auto same = std::find(ready.begin(), ready.end(), last_);
      if (same == ready.end()) {
        return ready.front();
      }
      if (!only_pollers) {
        return last_;
      }
      return same + 1 == ready.end() ? ready.front() : same[1];
    }
    case Schedule::reverse: {
      *quantum = 1 << 12;
      const auto not_below = std::lower_bound(ready.begin(), ready.end(), last_);
      return not_below == ready.begin() ? ready.back() : not_below[-1];
    }
    case Schedule::random: {
      const size_t choice = ready[random() % ready.size()];
      *quantum = 1 + random() % 200;
      return choice;
    }
    case Schedule::round_robin:
      break;
  }
  *quantum = 64;
  const auto above = std::upper_bound(ready.begin(), ready.end(), last_);
  return above == ready.end() ? ready.front() : *above;
}

void Cluster::finish_warp(Warp& warp) {
  warp.done = true;
  ++progress;
  Block& block = *warp.block;
  --block.live_warps;
  block.barriers_after_exit();
  if (block.live_warps == 0) {
    finish_block_copies(*this, block);
  }
}

void Cluster::keep_counters(const Block& block) {
  const uint32_t* grid = shape.grid;
  const uint64_t index = (static_cast<uint64_t>(block.id[2]) * grid[1] + block.id[1]) * grid[0] + block.id[0];
  (*block_counters)[index] = block.counters;
}

void Cluster::start(uint32_t its_number) {
  const uint32_t across = shape.grid[0] / shape.cluster[0], down = shape.grid[1] / shape.cluster[1];
  number = its_number;
  cluster_id[0] = number % across;
  cluster_id[1] = number / across % down;
  cluster_id[2] = number / across / down;
  // Where a kernel orders its blocks itself, by atomics or fences, one block may well read what another wrote.
  watch_global = options.race && !program->global_sync;
  bulk_copies.clear();
  progress = issued = 0;
  cluster_barrier = NamedBarrier();
  cached = nullptr;
  last_ = 0;
  left_ = warps.size();
  for (size_t k = 0; k < blocks.size(); ++k) {
    start_block(*blocks[k], k);
  }
}

Progress Cluster::advance(uint64_t budget) {
  const uint64_t end = issued + std::min(budget, ~uint64_t{0} - issued);
  while (issued < end) {
    const bool found = find_ready();
    if (ready_.empty()) {
      deadlock();
    }
    uint64_t quantum = 0;
    last_ = choose(!found, &quantum);
    Warp& warp = *warps[last_];
    const uint64_t issued_before = warp.issued, executed_before = warp.executed, progress_before = progress;
    warp.stopped = warp.run(quantum);
    // A warp that stopped after something had happened may be woken by that very thing: let it look once more.
    const bool looks_again =
        (warp.stopped == Status::spin || warp.stopped == Status::wait) && progress != progress_before;
    warp.stamp = looks_again ? progress - 1 : progress_before;
    issued += warp.issued - issued_before;
    warp.block->counters.instructions += warp.issued - issued_before;
    warp.block->counters.thread_instructions += warp.executed - executed_before;
    if (warp.stopped == Status::exited) {
      finish_warp(warp);
      if (--left_ == 0) {
        for (const auto& block : blocks) {
          keep_counters(*block);
        }
        return Progress::finished;
      }
    }
    if (issued > options.max_instructions) {
      fault(warp, program->code[warp.current.pc], warp.current.mask != 0 ? first_lane(warp.current.mask) : 0,
            CUDA_ERROR_LAUNCH_TIMEOUT,
            "the block executed more than %llu warp instructions (PTXSIM_MAX_INSTRUCTIONS): an endless loop, or a wait "
            "for a block that does not run at the same time",
            static_cast<unsigned long long>(options.max_instructions));
    }
    if (!found && progress == progress_before) {
      return Progress::idle;
    }
  }
  return Progress::running;
}

void Cluster::deadlock() {
  constexpr int kMostGroups = 12;
  std::string text = "deadlock: no warp can go on.";
  const Instruction* at = &program->code[0];
  Warp* who = warps[0].get();
  int shown = 0;
  for (const auto& warp : warps) {
    const auto describe = [&](const LaneGroup& group) {
      if (group.mask == 0 || shown++ > kMostGroups) {
        return;
      }
      at = &program->code[group.pc];
      who = warp.get();
      text += format("\n    block %d warp %d lanes %08x: ", warp->block->rank, warp->index, group.mask) +
              place(*program, *at);
    };
    if (!warp->done) {
      describe(warp->current);
      std::for_each(warp->others.begin(), warp->others.end(), describe);
    }
  }
  for (const auto& block : blocks) {
    for (int k = 0; k < 16; ++k) {
      const NamedBarrier& barrier = block->barriers[k];
      if (barrier.arrived != 0) {
        text += format("\n    bar %d: %d threads arrived, %d expected", k, barrier.arrived,
                       barrier.expected != 0 ? barrier.expected : block->live_warps * kLanes);
      }
    }
    for (const auto& [offset, barrier] : block->mbarriers) {
      int64_t flying = 0;
      for (const BulkCopy& copy : bulk_copies) {
        flying += copy.barrier_block == block.get() && copy.barrier == offset ? copy.bytes : 0;
      }
      text += format(
          "\n    mbarrier at shared+%u: phase %llu, %u of %u arrivals missing, %lld bytes expected, %lld bytes in "
          "flight%s",
          offset - block->shared_begin, static_cast<unsigned long long>(barrier.phase), barrier.pending,
          barrier.expected, static_cast<long long>(barrier.transactions), static_cast<long long>(flying),
          barrier.transactions != flying && barrier.pending == 0 ? " (expect_tx does not match the copies)" : "");
    }
  }
  fault(*who, *at, who->current.mask != 0 ? first_lane(who->current.mask) : 0, CUDA_ERROR_LAUNCH_TIMEOUT, "%s",
        text.c_str());
}

}  // namespace radapter_simulator
