// atom and red: lanes one after another. mapa: the address of a variable in another block of the cluster.
#include <string.h>

#include <type_traits>

#include "instructions/instructions.h"
#include "instructions/load_store.h"

namespace radapter_simulator {
namespace {

/** Instruction::mode, in the order of kNames. */
enum Operation : uint16_t { kAdd, kMin, kMax, kAnd, kOr, kXor, kExchange, kCompare, kIncrement, kDecrement };
const char* const kNames[] = {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"};

template <class T>
T combine(int operation, T old, T b, T c) {
  switch (operation) {
    case kAdd:
      return static_cast<T>(old + b);
    case kMin:
      return b < old ? b : old;
    case kMax:
      return b > old ? b : old;
    case kExchange:
      return b;
    case kCompare:
      return old == b ? c : old;
    case kIncrement:
      return old >= b ? T{0} : static_cast<T>(old + 1);
    case kDecrement:
      return old == T{0} || old > b ? b : static_cast<T>(old - 1);
    default:
      break;
  }
  if constexpr (std::is_integral_v<T>) {
    return operation == kAnd ? old & b : operation == kOr ? old | b : old ^ b;
  } else {
    return old;
  }
}

template <class Half>
uint16_t add_halves(uint16_t a, uint16_t b) {
  return narrow<Half>(widen(Half{a}) + widen(Half{b})).bits;
}

template <class Half>
uint32_t add_pairs(uint32_t a, uint32_t b) {
  const uint32_t upper = add_halves<Half>(static_cast<uint16_t>(a >> 16), static_cast<uint16_t>(b >> 16));
  return upper << 16 | add_halves<Half>(static_cast<uint16_t>(a), static_cast<uint16_t>(b));
}

template <class T>
T apply(const Instruction& instruction, T old, T b, T c) {
  if constexpr (std::is_same_v<T, uint16_t>) {
    if (instruction.type == Type::f16) {
      return add_halves<F16>(old, b);
    }
    if (instruction.type == Type::bf16) {
      return add_halves<BF16>(old, b);
    }
  }
  if constexpr (std::is_same_v<T, uint32_t>) {
    if (instruction.type == Type::f16x2) {
      return add_pairs<F16>(old, b);
    }
    if (instruction.type == Type::bf16x2) {
      return add_pairs<BF16>(old, b);
    }
  }
  return combine<T>(instruction.mode, old, b, c);
}

// An atomic on shared memory orders the warps that use it.
void order_users(Warp& warp, const Instruction& instruction, int lane, uint64_t address) {
  const uint64_t shared = instruction.space == Space::shared ? address : address - kSharedWindow;
  if (!warp.cluster->options.race || shared >= kWindowSize) {
    return;
  }
  uint32_t offset = 0;
  Block& block = warp.shared_block(instruction, lane, static_cast<uint32_t>(shared), &offset);
  Clocks& known = block.atomics[offset];
  warp.acquire(known);
  warp.clocks[warp.cluster_index] = warp.clock;
  join_clocks(known, warp.clocks);
}

template <class T>
Status atomic(Warp& warp, const Instruction& instruction, Mask mask) {
  ++warp.cluster->progress;
  WarpAccess access(static_cast<uint32_t>(instruction.slots.size() * sizeof(T)));
  uint64_t address = 0;
  for (const int lane : lanes_of(mask)) {
    address = lane_address(warp, instruction, lane);
    access.add(address);
    order_users(warp, instruction, lane, address);
    for (size_t k = 0; k < instruction.slots.size(); ++k) {
      char* at = resolve(warp, instruction, lane, address + k * sizeof(T), sizeof(T), Touch::atomic);
      T old;
      memcpy(&old, at, sizeof old);
      const T b = warp.lanes<T>(instruction.slots[k].offset)[lane];
      const T c = instruction.has_c ? warp.lanes<T>(instruction.c)[lane] : T{0};
      const T result = apply<T>(instruction, old, b, c);
      memcpy(at, &result, sizeof result);
      if (instruction.d != 0) {
        warp.lanes<T>(instruction.d)[lane] = old;
      }
    }
  }
  const Space space = space_of_address(instruction.space, address);
  if (space == Space::shared) {
    access.count_shared(warp.block->counters);
  } else if (space == Space::global) {
    warp.block->counters.global_atomics += lane_count(mask);
  }
  ++warp.clock;
  return Status::next;
}

Handler handler_for(Type type) {
  switch (type) {
    case Type::u32:
    case Type::b32:
    case Type::f16x2:
    case Type::bf16x2:
      return atomic<uint32_t>;
    case Type::s32:
      return atomic<int32_t>;
    case Type::u64:
    case Type::b64:
      return atomic<uint64_t>;
    case Type::s64:
      return atomic<int64_t>;
    case Type::f32:
      return atomic<float>;
    case Type::f64:
      return atomic<double>;
    case Type::b16:
    case Type::f16:
    case Type::bf16:
      return atomic<uint16_t>;
    default:
      return nullptr;
  }
}

void decode_atomic(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const bool has_result = statement.parts[0] == "atom";
  const size_t first = has_result ? 1 : 0;
  const Type type = instruction.type;
  int operation = -1;
  for (int k = 0; k < 10; ++k) {
    operation = statement.has(kNames[k]) ? k : operation;
  }
  const bool is_half = type == Type::f16 || type == Type::bf16 || type == Type::f16x2 || type == Type::bf16x2;
  if (operation < 0 || statement.has("async") || (is_half && operation != kAdd)) {
    decoder.error(statement, "atomic operation not supported");
  }
  instruction.mode = static_cast<uint16_t>(operation);
  instruction.strong = true;
  instruction.vector_length = statement.has("v2") ? 2 : statement.has("v4") ? 4 : statement.has("v8") ? 8 : 1;
  if (has_result && instruction.vector_length > 1) {
    decoder.error(statement, "vector atom with a result");
  }
  if (has_result) {
    instruction.d = decoder.destination(statement.operands[0], type);
  }
  decoder.address(statement.operands[first], instruction, instruction.space);
  decoder.fragments(statement.operands[first + 1], type, instruction);
  if (instruction.slots.size() != instruction.vector_length) {
    decoder.error(statement, "vector length does not fit");
  }
  if (operation == kCompare) {
    instruction.c = decoder.value(statement.operands[first + 2], type);
    instruction.has_c = true;
  }
  instruction.handler = handler_for(type);
}

Status map_address(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    const uint64_t address = lane_address(warp, instruction, lane);
    const uint32_t rank = warp.lanes<uint32_t>(instruction.b)[lane];
    if (rank >= warp.cluster->blocks.size()) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS, "mapa names block %u of a cluster of %zu", rank,
            warp.cluster->blocks.size());
    }
    const uint64_t window = address >= kSharedWindow ? kSharedWindow : 0;
    const uint64_t mapped =
        window + (static_cast<uint64_t>(rank + 1) << kRankShift) + ((address - window) & kOffsetMask);
    if (instruction.d_size == sizeof(uint32_t)) {
      warp.lanes<uint32_t>(instruction.d)[lane] = static_cast<uint32_t>(mapped);
    } else {
      warp.lanes<uint64_t>(instruction.d)[lane] = mapped;
    }
  }
  return Status::next;
}

void decode_map_address(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const Slot destination = decoder.destination_slot(statement.operands[0], instruction.type);
  const Slot source = decoder.slot(statement.operands[1], instruction.type);
  instruction.d = destination.offset;
  instruction.d_size = destination.size;
  instruction.a = source.offset;
  instruction.a_size = source.size;
  instruction.b = decoder.value(statement.operands[2], Type::u32);
  instruction.handler = map_address;
}

}  // namespace

void register_atomics(DecodeTable& table) {
  table["atom"] = table["red"] = decode_atomic;
  table["mapa"] = decode_map_address;
}

}  // namespace radapter_simulator
