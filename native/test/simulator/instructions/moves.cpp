// mov, and the address conversions cvta and isspacep.
#include <string.h>

#include "instructions/instructions.h"
#include "instructions/lanewise.h"
#include "instructions/load_store.h"

namespace radapter_simulator {
namespace {

// A copy of a register that an unfinished wgmma owns follows when the result lands: ptxas makes one register of the
// two.
bool defer(Warp& warp, const Instruction& instruction, Mask mask, uint8_t size) {
  const auto owned = warp.owned_registers.find(instruction.a);
  if (owned == warp.owned_registers.end() || mask != warp.live) {
    return false;
  }
  const uint64_t operation = owned->second;
  warp.deferred_moves.push_back({operation, {instruction.d, size}, {instruction.a, size}});
  warp.owned_registers[instruction.d] = operation;
  return true;
}

template <class T>
Status move(Warp& warp, const Instruction& instruction, Mask mask) {
  if (__builtin_expect(!warp.owned_registers.empty(), 0)) {
    if (defer(warp, instruction, mask, sizeof(T))) {
      return Status::next;
    }
    warp.check_owned(instruction, mask);
  }
  T* d = warp.lanes<T>(instruction.d);
  const T* a = warp.lanes<T>(instruction.a);
  for_each_lane(mask, [=](int lane) { d[lane] = a[lane]; });
  return Status::next;
}

Status move_predicate(Warp& warp, const Instruction& instruction, Mask mask) {
  const Mask value = *warp.lanes<Mask>(instruction.a);
  warp.set_predicate(instruction.d, mask, instruction.negate_predicate ? ~value : value);
  return Status::next;
}

Status pack(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    char* to = warp.registers + instruction.d + lane * instruction.d_size;
    for (const Slot& part : instruction.slots) {
      memcpy(to, warp.registers + part.offset + lane * part.size, part.size);
      to += part.size;
    }
  }
  return Status::next;
}

Status unpack(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    char whole[16];
    memcpy(whole, warp.registers + instruction.a + lane * instruction.a_size, instruction.a_size);
    const char* from = whole;
    for (const Slot& part : instruction.slots) {
      if (part.offset != 0) {
        memcpy(warp.registers + part.offset + lane * part.size, from, part.size);
      }
      from += part.size;
    }
  }
  return Status::next;
}

// Time is counted in instructions. variant: the upper half.
Status read_clock(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint64_t time = (warp.cluster->issued + warp.issued) >> (instruction.variant != 0 ? 32 : 0);
  for (const int lane : lanes_of(mask)) {
    memcpy(warp.registers + instruction.d + lane * instruction.d_size, &time, instruction.d_size);
  }
  return Status::next;
}

Type part_type(Decoder& decoder, const Statement& statement, Type whole, size_t parts) {
  switch (static_cast<size_t>(size_of(whole)) / parts) {
    case 1:
      return Type::b8;
    case 2:
      return Type::b16;
    case 4:
      return Type::b32;
    case 8:
      return Type::b64;
    default:
      decoder.error(statement, "the parts do not make up the whole");
  }
}

void decode_move(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const Operand& to = statement.operands[0];
  const Operand& from = statement.operands[1];
  const Type type = instruction.type;
  if (type == Type::pred) {
    instruction.d = decoder.predicate(to);
    instruction.a = decoder.predicate(from);
    instruction.negate_predicate = from.negated;
    instruction.may_touch_owned = true;
    instruction.handler = move_predicate;
    return;
  }
  if (to.kind == Operand::kVector) {
    const Slot whole = decoder.slot(from, type);
    instruction.a = whole.offset;
    instruction.a_size = whole.size;
    decoder.fragments(to, part_type(decoder, statement, type, to.elements.size()), instruction, true);
    instruction.handler = unpack;
    return;
  }
  const Slot destination = decoder.destination_slot(to, type);
  instruction.d = destination.offset;
  instruction.d_size = destination.size;
  if (from.kind == Operand::kVector) {
    decoder.fragments(from, part_type(decoder, statement, type, from.elements.size()), instruction);
    instruction.handler = pack;
    return;
  }
  if (from.kind == Operand::kSpecial &&
      (from.name.rfind("%clock", 0) == 0 || from.name.rfind("%globaltimer", 0) == 0)) {
    instruction.variant = from.name.find("_hi") != std::string::npos;
    instruction.handler = read_clock;
    return;
  }
  instruction.a = decoder.value(from, type);
  instruction.may_touch_owned = true;
  switch (size_of(type)) {
    case 2:
      instruction.handler = move<uint16_t>;
      break;
    case 4:
      instruction.handler = move<uint32_t>;
      break;
    case 8:
      instruction.handler = move<uint64_t>;
      break;
    case 16:
      instruction.handler = move<unsigned __int128>;
      break;
    default:
      break;
  }
}

// Shared and local addresses gain or lose their window, `immediate`; global ones do not change.
template <class T>
Status convert_address(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    warp.lanes<T>(instruction.d)[lane] = static_cast<T>(lane_address(warp, instruction, lane));
  }
  return Status::next;
}

void decode_address_conversion(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const Slot destination = decoder.destination_slot(statement.operands[0], instruction.type);
  const Slot source = decoder.slot(statement.operands[1], instruction.type);
  instruction.d = destination.offset;
  instruction.a = source.offset;
  instruction.a_size = source.size;
  const auto window = static_cast<int64_t>(instruction.space == Space::shared  ? kSharedWindow
                                           : instruction.space == Space::local ? kLocalWindow
                                                                               : 0);
  instruction.immediate = statement.has("to") ? -window : window;
  instruction.handler = destination.size == sizeof(uint32_t) ? convert_address<uint32_t> : convert_address<uint64_t>;
}

Status is_in_space(Warp& warp, const Instruction& instruction, Mask mask) {
  Mask found = 0;
  for (const int lane : lanes_of(mask)) {
    found |= static_cast<Mask>(space_of_address(Space::generic, warp.lanes<uint64_t>(instruction.a)[lane]) ==
                               instruction.space)
             << lane;
  }
  warp.set_predicate(instruction.d, mask, found);
  return Status::next;
}

void decode_space_test(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  instruction.d = decoder.predicate(statement.operands[0]);
  instruction.a = decoder.value(statement.operands[1], Type::u64);
  instruction.handler = is_in_space;
}

}  // namespace

void register_moves(DecodeTable& table) {
  table["mov"] = decode_move;
  table["cvta"] = decode_address_conversion;
  table["isspacep"] = decode_space_test;
}

}  // namespace radapter_simulator
