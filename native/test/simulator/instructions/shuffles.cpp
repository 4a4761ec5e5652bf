// What the lanes of a warp tell one another: shfl, vote, match, redux, activemask, elect. The member mask is operand e.
#include <string.h>

#include <algorithm>

#include "instructions/instructions.h"
#include "instructions/warp_wide.h"

namespace radapter_simulator {
namespace {

// What a lane gets that asks one that takes no part: undefined, so poison.
constexpr uint32_t kUndefined = 0xffffffffu;

void fill(Warp& warp, uint32_t offset, Mask mask, uint32_t value) {
  for (const int lane : lanes_of(mask)) {
    warp.lanes<uint32_t>(offset)[lane] = value;
  }
}

// ---- shfl ----

enum ShuffleMode { kUp, kDown, kButterfly, kIndex };

// The PTX manual's pseudo-code: the lane that `lane` reads, and whether it lies in range.
template <ShuffleMode MODE>
int source_lane(int lane, uint32_t b, uint32_t c, bool* in_range) {
  const int value = static_cast<int>(b & 31), clamp = static_cast<int>(c & 31);
  const int segment = static_cast<int>(c >> 8 & 31);
  const int most = (lane & segment) | (clamp & ~segment), least = lane & segment;
  int source = 0;
  switch (MODE) {
    case kUp:
      source = lane - value;
      *in_range = source >= most;
      break;
    case kDown:
      source = lane + value;
      *in_range = source <= most;
      break;
    case kButterfly:
      source = lane ^ value;
      *in_range = source <= most;
      break;
    case kIndex:
      source = least | (value & ~segment);
      *in_range = source <= most;
      break;
  }
  return *in_range ? source : lane;
}

template <ShuffleMode MODE>
Status shuffle(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!gathered(warp, instruction, mask, instruction.e)) {
    return Status::diverged;
  }
  uint32_t values[kLanes];
  memcpy(values, warp.lanes<uint32_t>(instruction.a), sizeof values);
  uint32_t out[kLanes];
  Mask in_range = 0;
  for (const int lane : lanes_of(mask)) {
    bool found = false;
    const int source = source_lane<MODE>(lane, warp.lanes<uint32_t>(instruction.b)[lane],
                                         warp.lanes<uint32_t>(instruction.c)[lane], &found);
    out[lane] = (mask >> source & 1) != 0 ? values[source] : kUndefined;
    in_range |= static_cast<Mask>(found) << lane;
  }
  for (const int lane : lanes_of(mask)) {
    warp.lanes<uint32_t>(instruction.d)[lane] = out[lane];
  }
  if (instruction.has_b) {
    warp.set_predicate(static_cast<uint32_t>(instruction.immediate), mask, in_range);
  }
  return Status::next;
}

// has_b: there is a second destination, its slot in `immediate`.
void decode_shuffle(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  if (!statement.has("sync")) {
    decoder.error(statement, "shfl without .sync");
  }
  const std::vector<Operand>& operands = statement.operands;
  instruction.d = decoder.destination(operands[0], Type::b32);
  if (!operands[0].pair.empty()) {
    instruction.immediate = decoder.predicate(operands[0].pair[0]);
    instruction.has_b = true;
  }
  instruction.a = decoder.value(operands[1], Type::b32);
  instruction.b = decoder.value(operands[2], Type::u32);
  instruction.c = decoder.value(operands[3], Type::u32);
  instruction.e = decoder.value(operands[4], Type::u32);
  instruction.handler = statement.has("up")     ? shuffle<kUp>
                        : statement.has("down") ? shuffle<kDown>
                        : statement.has("bfly") ? shuffle<kButterfly>
                                                : shuffle<kIndex>;
}

// ---- vote ----

enum VoteMode : uint16_t { kBallot, kAll, kAny, kUniform };

Status vote(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!gathered(warp, instruction, mask, instruction.e)) {
    return Status::diverged;
  }
  const Mask value = *warp.lanes<Mask>(instruction.a);
  const Mask holds = (instruction.negate_predicate ? ~value : value) & mask;
  if (instruction.mode == kBallot) {
    fill(warp, instruction.d, mask, holds);
    return Status::next;
  }
  const bool result = instruction.mode == kAll   ? holds == mask
                      : instruction.mode == kAny ? holds != 0
                                                 : holds == mask || holds == 0;
  warp.set_predicate(instruction.d, mask, result ? kFullMask : 0);
  return Status::next;
}

void decode_vote(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  instruction.mode = statement.has("ballot") ? kBallot
                     : statement.has("all")  ? kAll
                     : statement.has("any")  ? kAny
                                             : kUniform;
  instruction.d =
      instruction.mode == kBallot ? decoder.destination(operands[0], Type::b32) : decoder.predicate(operands[0]);
  instruction.a = decoder.predicate(operands[1]);
  instruction.negate_predicate = operands[1].negated;
  instruction.e = decoder.value(operands[2], Type::u32);
  instruction.handler = vote;
}

// ---- match: mode 1 is .all ----

template <class T>
Status match(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!gathered(warp, instruction, mask, instruction.e)) {
    return Status::diverged;
  }
  const T* a = warp.lanes<T>(instruction.a);
  Mask same[kLanes] = {};
  bool all = true;
  for (const int lane : lanes_of(mask)) {
    for (const int other : lanes_of(mask)) {
      same[lane] |= static_cast<Mask>(a[other] == a[lane]) << other;
    }
    all &= same[lane] == mask;
  }
  for (const int lane : lanes_of(mask)) {
    warp.lanes<uint32_t>(instruction.d)[lane] = instruction.mode == 0 ? same[lane] : all ? mask : 0;
  }
  if (instruction.mode == 1 && instruction.has_b) {
    warp.set_predicate(instruction.b, mask, all ? kFullMask : 0);
  }
  return Status::next;
}

void decode_match(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  instruction.mode = statement.has("all");
  instruction.d = decoder.destination(operands[0], Type::b32);
  if (!operands[0].pair.empty()) {
    instruction.b = decoder.predicate(operands[0].pair[0]);
    instruction.has_b = true;
  }
  instruction.a = decoder.value(operands[1], instruction.type);
  instruction.e = decoder.value(operands[2], Type::u32);
  instruction.handler = size_of(instruction.type) == 8 ? match<uint64_t> : match<uint32_t>;
}

// ---- redux ----

enum ReduceOperation : uint16_t { kAdd, kMin, kMax, kAnd, kOr, kXor };
const char* const kReduceNames[] = {"add", "min", "max", "and", "or", "xor"};

template <class T>
T combine(int operation, T a, T b) {
  switch (operation) {
    case kAdd:
      return static_cast<T>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
    case kMin:
      return std::min(a, b);
    case kMax:
      return std::max(a, b);
    case kAnd:
      return a & b;
    case kOr:
      return a | b;
    default:
      return a ^ b;
  }
}

template <class T>
Status reduce(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!gathered(warp, instruction, mask, instruction.e)) {
    return Status::diverged;
  }
  const T* a = warp.lanes<T>(instruction.a);
  T result = a[first_lane(mask)];
  for (const int lane : lanes_of(mask & (mask - 1))) {
    result = combine(instruction.mode, result, a[lane]);
  }
  fill(warp, instruction.d, mask, static_cast<uint32_t>(result));
  return Status::next;
}

void decode_reduce(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  for (uint16_t k = 0; k < 6; ++k) {
    if (statement.has(kReduceNames[k])) {
      instruction.mode = k;
    }
  }
  if (instruction.type == Type::f32) {
    decoder.error(statement, "redux.f32 is not supported");
  }
  instruction.d = decoder.destination(statement.operands[0], Type::b32);
  instruction.a = decoder.value(statement.operands[1], Type::b32);
  instruction.e = decoder.value(statement.operands[2], Type::u32);
  instruction.handler = instruction.type == Type::s32 ? reduce<int32_t> : reduce<uint32_t>;
}

// ---- activemask, elect ----

Status active_mask(Warp& warp, const Instruction& instruction, Mask mask) {
  fill(warp, instruction.d, mask, warp.current.mask);
  return Status::next;
}

void decode_active_mask(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  instruction.d = decoder.destination(statement.operands[0], Type::b32);
  instruction.handler = active_mask;
}

Status elect(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!gathered(warp, instruction, mask, instruction.e)) {
    return Status::diverged;
  }
  const int leader = first_lane(mask);
  if (instruction.d != 0) {
    fill(warp, instruction.d, mask, static_cast<uint32_t>(leader));
  }
  warp.set_predicate(instruction.b, mask, 1u << leader);
  return Status::next;
}

void decode_elect(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const Operand& to = statement.operands[0];
  if (to.pair.empty()) {
    decoder.error(statement, "elect.sync needs d|p");
  }
  instruction.d = decoder.destination(to, Type::b32);
  instruction.b = decoder.predicate(to.pair[0]);
  instruction.e = decoder.value(statement.operands[1], Type::u32);
  instruction.handler = elect;
}

}  // namespace

void register_shuffles(DecodeTable& table) {
  table["shfl"] = decode_shuffle;
  table["vote"] = decode_vote;
  table["match"] = decode_match;
  table["redux"] = decode_reduce;
  table["activemask"] = decode_active_mask;
  table["elect"] = decode_elect;
}

}  // namespace radapter_simulator
