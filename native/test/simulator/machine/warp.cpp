// A warp: groups of lanes that run apart and meet again at the smallest program counter.
#include <string.h>

#include <algorithm>

#include "machine/machine.h"

namespace radapter_simulator {

void Warp::start(const Program& its_program, Block& its_block, int its_index, int its_cluster_index) {
  program = &its_program;
  block = &its_block;
  cluster = block->cluster;
  index = its_index;
  cluster_index = its_cluster_index;
  const int threads = std::min(kLanes, static_cast<int>(cluster->shape.block_threads()) - index * kLanes);
  live = threads == kLanes ? kFullMask : (1u << threads) - 1;
  current = LaneGroup();
  current.mask = live;
  others.clear();
  done = false;
  stopped = Status::next;
  stamp = 0;
  if (file.size() < program->register_bytes + 64) {
    file.assign(program->register_bytes + 64, static_cast<char>(0xff));
    registers = file.data() + (64 - reinterpret_cast<uintptr_t>(file.data()) % 64);
  }
  local.assign(static_cast<size_t>(program->local_bytes) * kLanes, static_cast<char>(0xff));
  for (const Constant& constant : program->constants) {
    if (constant.size == 0) {
      *lanes<Mask>(constant.offset) = constant.value != 0 ? kFullMask : 0;
      continue;
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      memcpy(registers + constant.offset + lane * constant.size, &constant.value, constant.size);
    }
  }
  for (const SpecialRegister& special : program->specials) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const uint64_t value = special_value(*this, lane, special.name);
      memcpy(registers + special.offset + lane * special.size, &value, special.size);
    }
  }
  copies.clear();
  std::fill_n(copy_group, kLanes, 0);
  std::fill_n(bulk_group, kLanes, 0);
  wgmma_operations.clear();
  wgmma_issued = 0;
  wgmma_groups.clear();
  deferred_moves.clear();
  owned_registers.clear();
  wgmma_fenced = false;
  clocks.assign(cluster->warps.size(), 0);
  clock = sync_clock = 1;
  cluster_ticket = -1;
  std::fill_n(acquired, kLanes, 0);
}

void Warp::jump(Mask taken, uint32_t target) {
  const Mask rest = current.mask & ~taken;
  if (rest != 0) {
    LaneGroup other = current;
    other.mask = rest;
    other.pc = current.pc + 1;
    other.spun = false;
    others.push_back(other);
    current.mask = taken;
  }
  current.pc = target;
}

Status Warp::end_lanes(Mask mask) {
  live &= ~mask;
  current.mask &= ~mask;
  ++cluster->progress;
  if (current.mask == 0) {
    return Status::exited;
  }
  ++current.pc;
  return Status::jumped;
}

// Groups that stand at one place become one group.
void Warp::merge() {
  for (size_t k = 0; k < others.size();) {
    if (others[k].pc == current.pc && others[k].ticket < 0 && current.ticket < 0) {
      current.mask |= others[k].mask;
      current.waiting = current.needs_others = current.spun = false;
      others[k] = others.back();
      others.pop_back();
    } else {
      ++k;
    }
  }
}

bool Warp::has_runnable() const {
  return std::any_of(others.begin(), others.end(), [](const LaneGroup& g) { return !g.waiting && !g.spun; });
}

void Warp::forget_spins() {
  for (LaneGroup& group : others) {
    group.spun = false;
  }
}

// Changes to the runnable group with the smallest program counter: there the others will come too.
bool Warp::pick() {
  if (current.mask != 0) {
    others.push_back(current);
  }
  current.mask = 0;
  for (int pass = 0; pass < 2; ++pass) {
    auto best = others.end();
    for (auto group = others.begin(); group != others.end(); ++group) {
      if (!group->waiting && !group->spun && (best == others.end() || group->pc < best->pc)) {
        best = group;
      }
    }
    if (best != others.end()) {
      current = *best;
      others.erase(best);
      merge();
      return true;
    }
    forget_spins();
  }
  return false;
}

Status Warp::run(uint64_t quantum) {
  const Instruction* code = program->code.data();
  uint64_t* coverage = cluster->coverage;
  for (LaneGroup& group : others) {
    group.waiting = group.needs_others = false;
  }
  current.waiting = current.needs_others = false;
  if (current.mask == 0 && !pick()) {
    return Status::exited;
  }
  if (!others.empty()) {
    merge();
  }
  while (quantum-- > 0) {
    const Instruction& instruction = code[current.pc];
    Mask mask = current.mask;
    ++issued;
    Status status = Status::next;
    if (instruction.guard != 0) {
      const Mask guard = *lanes<Mask>(instruction.guard);
      mask &= instruction.guard_negated ? ~guard : guard;
    }
    if (mask != 0) {
      if (__builtin_expect(!owned_registers.empty(), 0) && !instruction.may_touch_owned) {
        check_owned(instruction, mask);
      }
      executed += lane_count(mask);
      if (__builtin_expect(coverage != nullptr, 0)) {
        ++coverage[current.pc];
      }
      status = instruction.handler(*this, instruction, mask);
    }
    switch (status) {
      case Status::next:
        ++current.pc;
        break;
      case Status::jumped:
        break;
      case Status::spin:
        ++current.pc;
        if (!has_runnable()) {
          forget_spins();
          return status;
        }
        current.spun = true;
        pick();
        continue;
      case Status::wait:
      case Status::diverged:
        current.waiting = true;
        current.needs_others = status == Status::diverged;
        if (!others.empty() && pick()) {
          continue;
        }
        if (current.mask == 0 && !others.empty()) {
          current = others.back();
          others.pop_back();
        }
        if (current.needs_others &&
            std::all_of(others.begin(), others.end(), [](const LaneGroup& g) { return g.needs_others; })) {
          report_divergence();
        }
        return Status::wait;
      case Status::exited:
        current.mask = 0;
        if (others.empty()) {
          done = true;
          return Status::exited;
        }
        if (!pick()) {
          current = others.back();
          others.pop_back();
          return Status::wait;
        }
        continue;
    }
    if (!others.empty()) {
      bool meets = false, behind = false;
      for (const LaneGroup& group : others) {
        meets |= group.pc <= current.pc && !group.spun && (!group.waiting || group.pc == current.pc);
      }
      if (meets) {
        merge();
        for (const LaneGroup& group : others) {
          behind |= group.pc < current.pc && !group.waiting && !group.spun;
        }
        if (behind) {
          pick();
        }
      }
    }
  }
  // Another group's turn, or a group that polls in a loop would keep the rest from ever running.
  if (has_runnable()) {
    current.spun = true;
    pick();
  } else {
    current.spun = false;
    forget_spins();
  }
  return Status::next;
}

void Warp::report_divergence() {
  const auto describe = [this](const LaneGroup& group) {
    const Statement& statement = *program->code[group.pc].statement;
    return format("lanes %08x wait at ptx line %d %s; ", group.mask, statement.line, statement.opcode.c_str());
  };
  std::string text = describe(current);
  for (const LaneGroup& group : others) {
    text += describe(group);
  }
  fault(*this, program->code[current.pc], first_lane(current.mask), CUDA_ERROR_ILLEGAL_INSTRUCTION,
        "a warp-wide instruction is executed by a diverged warp: %slanes %08x have ended", text.c_str(), ~live);
}

void Warp::check_owned(const Instruction& instruction, Mask mask) {
  for (const uint32_t offset : instruction.touched) {
    if (owned_registers.count(offset) != 0) {
      fault(*this, instruction, first_lane(mask), CUDA_ERROR_ILLEGAL_ADDRESS,
            "register is read or written while an unfinished wgmma.mma_async owns it: wgmma.wait_group is missing "
            "before this instruction");
    }
  }
}

}  // namespace radapter_simulator
