// ld and st.
#include "instructions/load_store.h"

#include <string.h>

#include "instructions/instructions.h"

namespace radapter_simulator {
namespace {

// A parameter of a call lies in the thread's own memory: Instruction::variant.
char* data_at(Warp& warp, const Instruction& instruction, int lane, uint64_t address, uint32_t bytes, Touch touch,
              const void* data) {
  if (instruction.variant != 0) {
    return warp.local_at(lane, static_cast<uint32_t>(address));
  }
  return resolve(warp, instruction, lane, address, bytes, touch, data);
}

bool is_watched(const Warp& warp, const Instruction& instruction) {
  return instruction.space == Space::global && warp.cluster->watch_global;
}

void count(Warp& warp, Space space, const WarpAccess& access, bool is_store) {
  Counters& counters = warp.block->counters;
  if (space == Space::shared) {
    access.count_shared(counters);
  } else if (space == Space::global && is_store) {
    access.count_store(counters);
  } else if (space == Space::global) {
    access.count_load(counters);
  }
}

// E is the type in memory, R the register's, which may be wider.
template <class E, class R>
Status load(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint32_t bytes = instruction.vector_length * sizeof(E);
  const bool watched = is_watched(warp, instruction);
  WarpAccess access(bytes);
  uint64_t address = 0;
  for (const int lane : lanes_of(mask)) {
    address = lane_address(warp, instruction, lane);
    access.add(address);
    const char* from = data_at(warp, instruction, lane, address, bytes, Touch::read, nullptr);
    if (watched) {
      warp.cluster->note_global(warp, instruction, lane, address, bytes, nullptr, from);
    }
    for (const Slot& slot : instruction.slots) {
      E value;
      memcpy(&value, from, sizeof value);
      warp.lanes<R>(slot.offset)[lane] = static_cast<R>(value);
      from += sizeof value;
    }
  }
  count(warp, space_of_address(instruction.space, address), access, false);
  return Status::next;
}

template <class E, class R>
Status store(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint32_t bytes = instruction.vector_length * sizeof(E);
  const bool watched = is_watched(warp, instruction);
  WarpAccess access(bytes);
  uint64_t address = 0;
  if (instruction.strong) {
    ++warp.cluster->progress;
  }
  for (const int lane : lanes_of(mask)) {
    E values[8];
    for (size_t k = 0; k < instruction.slots.size(); ++k) {
      values[k] = static_cast<E>(warp.lanes<R>(instruction.slots[k].offset)[lane]);
    }
    address = lane_address(warp, instruction, lane);
    access.add(address);
    char* to = data_at(warp, instruction, lane, address, bytes, Touch::write, values);
    if (watched) {
      warp.cluster->note_global(warp, instruction, lane, address, bytes, values, to);
    }
    memcpy(to, values, bytes);
  }
  count(warp, space_of_address(instruction.space, address), access, true);
  return Status::next;
}

template <class E, class R>
Handler handler_for(bool is_store) {
  if constexpr (sizeof(R) >= sizeof(E)) {
    return is_store ? store<E, R> : load<E, R>;
  } else {
    return nullptr;
  }
}

template <class E>
Handler handler_for(uint8_t register_size, bool is_store) {
  switch (register_size) {
    case 1:
      return handler_for<E, uint8_t>(is_store);
    case 2:
      return handler_for<E, uint16_t>(is_store);
    case 4:
      return handler_for<E, uint32_t>(is_store);
    case 8:
      return handler_for<E, uint64_t>(is_store);
    case 16:
      return handler_for<E, unsigned __int128>(is_store);
    default:
      return nullptr;
  }
}

Handler handler_for(Type type, uint8_t register_size, bool is_store) {
  // Signed types extend their sign into a wider register.
  switch (type) {
    case Type::s8:
      return handler_for<int8_t>(register_size, is_store);
    case Type::s16:
      return handler_for<int16_t>(register_size, is_store);
    case Type::s32:
      return handler_for<int32_t>(register_size, is_store);
    default:
      break;
  }
  switch (size_of(type)) {
    case 1:
      return handler_for<uint8_t>(register_size, is_store);
    case 2:
      return handler_for<uint16_t>(register_size, is_store);
    case 4:
      return handler_for<uint32_t>(register_size, is_store);
    case 8:
      return handler_for<uint64_t>(register_size, is_store);
    case 16:
      return handler_for<unsigned __int128>(register_size, is_store);
    default:
      return nullptr;
  }
}

void decode_load_store(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const bool is_store = statement.parts[0] == "st";
  const Operand& memory = statement.operands[is_store ? 0 : 1];
  const Operand& data = statement.operands[is_store ? 1 : 0];
  instruction.strong = statement.has("volatile") || statement.has("relaxed") || statement.has("acquire") ||
                       statement.has("release") || statement.has("mmio");
  instruction.vector_length = statement.has("v2") ? 2 : statement.has("v4") ? 4 : statement.has("v8") ? 8 : 1;
  decoder.fragments(data, instruction.type, instruction, !is_store);
  if (instruction.slots.size() != instruction.vector_length) {
    decoder.error(statement, "vector length does not fit");
  }
  uint32_t offset = 0;
  if (instruction.space == Space::param && memory.elements[0].kind == Operand::kSymbol &&
      decoder.local_place(memory.elements[0].name, &offset)) {
    instruction.variant = 1;
  } else if (instruction.space == Space::param && is_store) {
    decoder.error(statement, "st.param needs a parameter name");
  }
  decoder.address(memory, instruction, instruction.space);
  instruction.handler = handler_for(instruction.type, instruction.slots[0].size, is_store);
  if (instruction.handler == nullptr) {
    decoder.error(statement, "register narrower than the access");
  }
}

}  // namespace

void register_load_store(DecodeTable& table) { table["ld"] = table["ldu"] = table["st"] = decode_load_store; }

}  // namespace radapter_simulator
