// setp, set, selp, testp.
#ifndef RADAPTER_SIMULATOR_COMPARISONS_H
#define RADAPTER_SIMULATOR_COMPARISONS_H

#include "instructions/float_operations.h"
#include "instructions/lanewise.h"

namespace radapter_simulator {

#define COMPARISON(name, expression) \
  struct name {                      \
    template <class T>               \
    static bool holds(T a, T b) {    \
      return expression;             \
    }                                \
  }

COMPARISON(Equal, a == b);
COMPARISON(NotEqual, a != b && a == a && b == b);
COMPARISON(Less, a < b);
COMPARISON(LessOrEqual, a <= b);
COMPARISON(Greater, a > b);
COMPARISON(GreaterOrEqual, a >= b);
// The same, true also where one operand is NaN.
COMPARISON(UnorderedEqual, !(a < b) && !(a > b));
COMPARISON(UnorderedNotEqual, a != b);
COMPARISON(UnorderedLess, !(a >= b));
COMPARISON(UnorderedLessOrEqual, !(a > b));
COMPARISON(UnorderedGreater, !(a <= b));
COMPARISON(UnorderedGreaterOrEqual, !(a < b));
COMPARISON(BothNumbers, a == a && b == b);
COMPARISON(EitherNaN, a != a || b != b);

#undef COMPARISON

/** What follows the comparison: setp.lt.and and the like. The numbers are in Instruction::mode. */
enum Combination : uint16_t { kAlone, kAnd, kOr, kXor };

inline Mask combine_masks(int combination, Mask compared, Mask predicate) {
  switch (combination) {
    case kAnd:
      return compared & predicate;
    case kOr:
      return compared | predicate;
    case kXor:
      return compared ^ predicate;
    default:
      return compared;
  }
}

template <class T>
struct Comparable {
  static T of(T value) { return value; }
};
template <>
struct Comparable<F16> {
  static float of(F16 value) { return widen(value); }
};
template <>
struct Comparable<BF16> {
  static float of(BF16 value) { return widen(value); }
};

/** The operand of a comparison with .ftz. */
struct FlushedFloat {
  float value;
};
template <>
struct Comparable<FlushedFloat> {
  static float of(FlushedFloat flushed) { return flush(flushed.value); }
};

template <class T, class Comparison>
Mask compare(const Warp& warp, const Instruction& instruction) {
  const T* a = warp.lanes<T>(instruction.a);
  const T* b = warp.lanes<T>(instruction.b);
  uint8_t holds[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) {
    holds[lane] = Comparison::holds(Comparable<T>::of(a[lane]), Comparable<T>::of(b[lane]));
  }
  Mask all = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    all |= static_cast<Mask>(holds[lane]) << lane;
  }
  return all;
}

/** The predicate operand c, negated if it is `!p`; 0 without one. */
inline Mask predicate_operand(const Warp& warp, const Instruction& instruction) {
  const Mask predicate = instruction.has_c ? *warp.lanes<Mask>(instruction.c) : 0;
  return instruction.negate_predicate ? ~predicate : predicate;
}

/** d|e ← compared, not compared; each combined with c. */
template <class T, class Comparison>
Status set_predicates(Warp& warp, const Instruction& instruction, Mask mask) {
  const Mask compared = compare<T, Comparison>(warp, instruction);
  const Mask predicate = predicate_operand(warp, instruction);
  warp.set_predicate(instruction.d, mask, combine_masks(instruction.mode, compared, predicate));
  if (instruction.e != 0) {
    warp.set_predicate(instruction.e, mask, combine_masks(instruction.mode, ~compared, predicate));
  }
  return Status::next;
}

/** f16x2 and bf16x2: d|e ← the lower, the upper half. */
template <class Pair, class Comparison>
Status set_predicates_packed(Warp& warp, const Instruction& instruction, Mask mask) {
  const Pair* a = warp.lanes<Pair>(instruction.a);
  const Pair* b = warp.lanes<Pair>(instruction.b);
  Mask lower = 0, upper = 0;
  for (const int lane : lanes_of(mask)) {
    lower |= static_cast<Mask>(Comparison::holds(widen(low(a[lane])), widen(low(b[lane])))) << lane;
    upper |= static_cast<Mask>(Comparison::holds(widen(high(a[lane])), widen(high(b[lane])))) << lane;
  }
  warp.set_predicate(instruction.d, mask, lower);
  if (instruction.e != 0) {
    warp.set_predicate(instruction.e, mask, upper);
  }
  return Status::next;
}

/** All ones, or 1.0 where the destination is a float type: `type`. */
inline uint32_t true_value(Type type) {
  switch (type) {
    case Type::f32:
      return bits_of(1.0f);
    case Type::f16:
    case Type::f16x2:
      return 0x3c00;
    case Type::bf16:
    case Type::bf16x2:
      return 0x3f80;
    default:
      return 0xffffffff;
  }
}

template <class T, class Comparison>
Status set_value(Warp& warp, const Instruction& instruction, Mask mask) {
  const Mask compared =
      combine_masks(instruction.mode, compare<T, Comparison>(warp, instruction), predicate_operand(warp, instruction));
  const uint32_t yes = true_value(instruction.type);
  for (const int lane : lanes_of(mask)) {
    const uint32_t value = (compared >> lane & 1) != 0 ? yes : 0;
    if (instruction.d_size == sizeof(uint32_t)) {
      warp.lanes<uint32_t>(instruction.d)[lane] = value;
    } else {
      warp.lanes<uint16_t>(instruction.d)[lane] = static_cast<uint16_t>(value);
    }
  }
  return Status::next;
}

template <class Pair, class Comparison>
Status set_value_packed(Warp& warp, const Instruction& instruction, Mask mask) {
  const Pair* a = warp.lanes<Pair>(instruction.a);
  const Pair* b = warp.lanes<Pair>(instruction.b);
  const uint32_t yes = true_value(instruction.type) & 0xffff;
  for (const int lane : lanes_of(mask)) {
    const uint32_t lower = Comparison::holds(widen(low(a[lane])), widen(low(b[lane]))) ? yes : 0;
    const uint32_t upper = Comparison::holds(widen(high(a[lane])), widen(high(b[lane]))) ? yes : 0;
    warp.lanes<uint32_t>(instruction.d)[lane] = lower | upper << 16;
  }
  return Status::next;
}

template <class T>
Status select(Warp& warp, const Instruction& instruction, Mask mask) {
  T* d = warp.lanes<T>(instruction.d);
  const T* a = warp.lanes<T>(instruction.a);
  const T* b = warp.lanes<T>(instruction.b);
  const Mask predicate = predicate_operand(warp, instruction);
  for_each_lane(mask, [=](int lane) { d[lane] = (predicate >> lane & 1) != 0 ? a[lane] : b[lane]; });
  return Status::next;
}

template <class Operation>
Status combine_predicates(Warp& warp, const Instruction& instruction, Mask mask) {
  const Mask a = *warp.lanes<Mask>(instruction.a), b = *warp.lanes<Mask>(instruction.b);
  warp.set_predicate(instruction.d, mask, Operation::apply(a, b));
  return Status::next;
}

inline Status negate_predicate(Warp& warp, const Instruction& instruction, Mask mask) {
  warp.set_predicate(instruction.d, mask, ~*warp.lanes<Mask>(instruction.a));
  return Status::next;
}

/** testp; Instruction::mode says which. */
enum FloatClass : uint16_t { kFinite, kInfinite, kNumber, kNotANumber, kNormal, kSubnormal };

template <class T>
bool is_of_class(T value, int which) {
  switch (which) {
    case kFinite:
      return std::isfinite(value);
    case kInfinite:
      return std::isinf(value);
    case kNumber:
      return value == value;
    case kNotANumber:
      return value != value;
    case kNormal:
      return std::isnormal(value);
    default:
      return std::fpclassify(value) == FP_SUBNORMAL;
  }
}

template <class T>
Status test_class(Warp& warp, const Instruction& instruction, Mask mask) {
  Mask found = 0;
  for (const int lane : lanes_of(mask)) {
    found |= static_cast<Mask>(is_of_class(warp.lanes<T>(instruction.a)[lane], instruction.mode)) << lane;
  }
  warp.set_predicate(instruction.d, mask, found);
  return Status::next;
}

}  // namespace radapter_simulator

#endif
