// Branches, the ends of threads, and what has no effect here.
#include <string.h>

#include "instructions/calls.h"
#include "instructions/instructions.h"

namespace radapter_simulator {
namespace {

Status branch(Warp& warp, const Instruction& instruction, Mask mask) {
  warp.jump(mask, static_cast<uint32_t>(instruction.target));
  return Status::jumped;
}

void decode_branch(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  instruction.target = decoder.code_base() + statement.target;
  instruction.handler = branch;
}

// Lanes with one value of `register` of a mask.
Mask lanes_with_first_value(const uint32_t* values, Mask mask) {
  Mask same = 0;
  for (const int lane : lanes_of(mask)) {
    same |= static_cast<Mask>(values[lane] == values[first_lane(mask)]) << lane;
  }
  return same;
}

using BranchTable = std::vector<int>;

Status branch_indexed(Warp& warp, const Instruction& instruction, Mask mask) {
  const auto& table = *static_cast<const BranchTable*>(instruction.table);
  const uint32_t* index = warp.lanes<uint32_t>(instruction.a);
  const LaneGroup whole = warp.current;
  const auto send = [&](Mask lanes, uint32_t pc) {
    LaneGroup group = whole;
    group.mask = lanes;
    group.pc = pc;
    return group;
  };
  if (whole.mask != mask) {
    warp.others.push_back(send(whole.mask & ~mask, whole.pc + 1));
  }
  for (Mask rest = mask; rest != 0;) {
    const Mask same = lanes_with_first_value(index, rest);
    const uint32_t chosen = index[first_lane(rest)];
    if (chosen >= table.size()) {
      fault(warp, instruction, first_lane(rest), CUDA_ERROR_ILLEGAL_ADDRESS, "brx.idx index %u beyond its %zu targets",
            chosen, table.size());
    }
    const LaneGroup group = send(same, static_cast<uint32_t>(table[chosen]));
    if (rest == mask) {
      warp.current = group;
    } else {
      warp.others.push_back(group);
    }
    rest &= ~same;
  }
  return Status::jumped;
}

void decode_branch_indexed(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const Operand& named = statement.operands[1];
  const auto labels = decoder.current().branch_tables.find(named.name);
  if (labels == decoder.current().branch_tables.end()) {
    decoder.error(statement, "no .branchtargets " + named.name);
  }
  BranchTable table;
  for (const std::string& label : labels->second) {
    const int target = decoder.current().find_label(named.scope, label);
    if (target < 0) {
      decoder.error(statement, "no label " + label);
    }
    table.push_back(decoder.code_base() + target);
  }
  instruction.table = decoder.keep(table);
  instruction.a = decoder.value(statement.operands[0], Type::u32);
  instruction.handler = branch_indexed;
}

// ---- the end of a thread, and of a function ----

Status end_thread(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const AsyncCopy& copy : warp.copies) {
    if ((mask >> copy.lane & 1) != 0) {
      fault(warp, instruction, copy.lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "the thread ends with a cp.async still in flight (issued at ptx line %d): cp.async.wait_group is missing",
            copy.instruction->statement->line);
    }
  }
  if (warp.wgmma_issued > warp.block->warpgroups[warp.index / 4].done) {
    fault(warp, instruction, first_lane(mask), CUDA_ERROR_ILLEGAL_ADDRESS,
          "the warp ends with a wgmma still in flight: wgmma.wait_group is missing");
  }
  for (const BulkCopy& copy : warp.cluster->bulk_copies) {
    if (copy.block == warp.block && copy.warp == warp.index && (mask >> copy.lane & 1) != 0 && copy.is_store() &&
        !copy.read_done) {
      fault(warp, instruction, copy.lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "the thread ends while a bulk store (ptx line %d) may still read its shared memory: "
            "cp.async.bulk.wait_group.read is missing",
            copy.instruction->statement->line);
    }
  }
  return warp.end_lanes(mask);
}

Status return_from_function(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint32_t* to = warp.lanes<uint32_t>(instruction.a);
  const Mask same = lanes_with_first_value(to, mask);
  const uint32_t pc = to[first_lane(mask)];
  copy_results(warp, warp.program->code[pc - 1], same);
  if (same != mask) {
    // The lanes that were called from elsewhere return next.
    LaneGroup rest = warp.current;
    rest.mask = mask & ~same;
    warp.others.push_back(rest);
    warp.current.mask &= ~rest.mask;
  }
  warp.jump(same, pc);
  return Status::jumped;
}

void decode_return(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  if (decoder.current().entry || statement.parts[0] == "exit") {
    instruction.handler = end_thread;
    return;
  }
  instruction.a = decoder.return_slot(decoder.current());
  instruction.handler = return_from_function;
}

void decode_trap(Decoder&, const Statement&, Instruction& instruction) {
  instruction.handler = [](Warp& warp, const Instruction& trap, Mask mask) -> Status {
    fault(warp, trap, first_lane(mask), CUDA_ERROR_ILLEGAL_INSTRUCTION, "trap executed");
  };
}

void decode_nothing(Decoder&, const Statement&, Instruction& instruction) {
  instruction.handler = [](Warp&, const Instruction&, Mask) { return Status::next; };
}

void decode_sleep(Decoder&, const Statement&, Instruction& instruction) {
  instruction.handler = [](Warp&, const Instruction&, Mask) { return Status::spin; };
}

}  // namespace

void register_branches(DecodeTable& table) {
  table["bra"] = decode_branch;
  table["brx"] = decode_branch_indexed;
  table["ret"] = table["exit"] = decode_return;
  table["trap"] = table["brkpt"] = decode_trap;
  table["nanosleep"] = decode_sleep;
  for (const char* name : {"setmaxnreg", "griddepcontrol", "prefetch", "prefetchu", "applypriority", "discard",
                           "pmevent", "createpolicy"}) {
    table[name] = decode_nothing;
  }
}

}  // namespace radapter_simulator
