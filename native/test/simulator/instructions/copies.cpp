// cp.async: copies of 4, 8 or 16 bytes, one a thread.
#include <string.h>

#include "instructions/asynchronous.h"
#include "instructions/instructions.h"

namespace radapter_simulator {
namespace {

void land(Warp& warp, const AsyncCopy& copy) {
  if (copy.landed) {
    // The data came early; now it may be read.
    memset(&warp.block->flight[copy.shared], 0, copy.bytes);
    return;
  }
  uint8_t data[16] = {};
  if (copy.source_bytes != 0) {
    memcpy(data, warp.global(*copy.instruction, copy.lane, copy.global, copy.source_bytes), copy.source_bytes);
  }
  const Access by{warp.clock, static_cast<uint16_t>(warp.cluster_index), static_cast<uint8_t>(copy.lane), 0xf};
  warp.block->land(copy.shared, data, copy.bytes, by, true);
}

template <class Chosen>
void land_if(Warp& warp, Chosen chosen) {
  size_t left = 0;
  for (const AsyncCopy& copy : warp.copies) {
    if (chosen(copy)) {
      land(warp, copy);
    } else {
      warp.copies[left++] = copy;
    }
  }
  warp.copies.resize(left);
}

}  // namespace

void land_async_copies(Warp& warp, Mask mask) {
  land_if(warp, [=](const AsyncCopy& copy) { return (mask >> copy.lane & 1) != 0; });
}

void land_async_copies(Warp& warp, Mask mask, uint32_t keep) {
  land_if(warp, [&](const AsyncCopy& copy) {
    return (mask >> copy.lane & 1) != 0 && copy.group + keep < warp.copy_group[copy.lane];
  });
}

void push_address(Decoder& decoder, const Operand& operand, Instruction& instruction, Space space) {
  Instruction address;
  decoder.address(operand, address, space);
  instruction.slots.push_back({address.a, address.a_size});
  instruction.slots.push_back({static_cast<uint32_t>(address.immediate), 0});
}

namespace {

/** Instruction::variant: what operand b is. */
enum SourceOperand : uint16_t { kSourceSize, kIgnoreSource };

// How many bytes are read; the rest become zeros.
uint32_t source_bytes(Warp& warp, const Instruction& instruction, int lane, uint32_t bytes) {
  if (!instruction.has_b) {
    return bytes;
  }
  if (instruction.variant == kIgnoreSource) {
    const bool ignore = (*warp.lanes<Mask>(instruction.b) >> lane & 1) != instruction.negate_predicate;
    return ignore ? 0 : bytes;
  }
  return warp.lanes<uint32_t>(instruction.b)[lane];
}

// In steps of a power of two, as the bounds check wants them.
void check_source(Warp& warp, const Instruction& instruction, int lane, uint64_t address, uint32_t bytes) {
  for (uint32_t done = 0; done < bytes;) {
    uint32_t step = 1;
    while (2 * step <= bytes - done) {
      step *= 2;
    }
    warp.global(instruction, lane, address + done, step);
    done += step;
  }
}

Status copy_async(Warp& warp, const Instruction& instruction, Mask mask) {
  const auto bytes = static_cast<uint32_t>(instruction.immediate);
  WarpAccess access(bytes);
  for (const int lane : lanes_of(mask)) {
    const uint32_t shared = shared_address(pushed_address(warp, instruction, 0, lane));
    const uint64_t global = pushed_address(warp, instruction, 2, lane);
    const uint32_t from_source = source_bytes(warp, instruction, lane, bytes);
    if (from_source > bytes) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION, "cp.async src-size %u exceeds cp-size %u",
            from_source, bytes);
    }
    if (shared % bytes != 0 || global % bytes != 0) {
      fault(warp, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS,
            "cp.async of %u bytes: shared+%#x or global %#llx is misaligned", bytes, shared,
            static_cast<unsigned long long>(global));
    }
    check_source(warp, instruction, lane, global, from_source);
    if (from_source != 0) {
      access.add(global);
    }
    uint32_t offset = 0;
    if (&warp.shared_block(instruction, lane, shared, &offset) != warp.block) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS, "cp.async goes to another block's shared memory");
    }
    warp.block->begin_flight(warp, instruction, lane, offset, bytes, false);
    AsyncCopy copy{&instruction, lane, offset, global, bytes, from_source, warp.copy_group[lane]};
    if (warp.cluster->early()) {
      // The data is there, the permission to read it is not.
      land(warp, copy);
      memset(&warp.block->flight[offset], 1, bytes);
      copy.landed = true;
    }
    warp.copies.push_back(copy);
  }
  access.count_load(warp.block->counters);
  return Status::next;
}

Status commit_group(Warp& warp, const Instruction&, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    ++warp.copy_group[lane];
  }
  return Status::next;
}

Status wait_group(Warp& warp, const Instruction& instruction, Mask mask) {
  land_async_copies(warp, mask, static_cast<uint32_t>(instruction.immediate));
  return Status::next;
}

Status wait_all(Warp& warp, const Instruction&, Mask mask) {
  land_async_copies(warp, mask);
  return Status::next;
}

void decode_copy(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  if (statement.has("bulk")) {
    decode_bulk_copy(decoder, statement, instruction);
    return;
  }
  if (statement.parts[1] != "async") {
    decoder.error(statement, "this form of cp is not supported");
  }
  if (statement.has("commit_group")) {
    instruction.handler = commit_group;
    return;
  }
  if (statement.has("wait_group")) {
    instruction.immediate = operands[0].immediate;
    instruction.handler = wait_group;
    return;
  }
  if (statement.has("wait_all")) {
    instruction.handler = wait_all;
    return;
  }
  if (statement.has("mbarrier")) {
    decode_copy_arrival(decoder, statement, instruction);
    return;
  }
  push_address(decoder, operands[0], instruction, Space::shared);
  push_address(decoder, operands[1], instruction, Space::global);
  instruction.immediate = operands[2].immediate;
  if (instruction.immediate != 4 && instruction.immediate != 8 && instruction.immediate != 16) {
    decoder.error(statement, "cp.async copies 4, 8 or 16 bytes");
  }
  if (operands.size() > (statement.has("L2::cache_hint") ? 4u : 3u)) {
    const Operand& operand = operands[3];
    instruction.has_b = true;
    if (operand.kind == Operand::kRegister && decoder.current().registers[operand.register_index].type == Type::pred) {
      instruction.variant = kIgnoreSource;
      instruction.b = decoder.predicate(operand);
      instruction.negate_predicate = operand.negated;
    } else {
      instruction.variant = kSourceSize;
      instruction.b = decoder.value(operand, Type::u32);
    }
  }
  instruction.handler = copy_async;
}

}  // namespace

void register_copies(DecodeTable& table) { table["cp"] = decode_copy; }

}  // namespace radapter_simulator
