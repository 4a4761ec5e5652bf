// Lane-wise arithmetic: one table maps "name.type" to a handler and to the types of its operands.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "instructions/comparisons.h"
#include "instructions/float_operations.h"
#include "instructions/host_rounding.h"
#include "instructions/instructions.h"
#include "instructions/integer_operations.h"
#include "instructions/lanewise.h"

namespace radapter_simulator {
namespace {

// ---- handlers that are no plain loop ----

template <class T, class Operation>
Status quaternary(Warp& warp, const Instruction& instruction, Mask mask) {
  T* d = warp.lanes<T>(instruction.d);
  const T* a = warp.lanes<T>(instruction.a);
  const T* b = warp.lanes<T>(instruction.b);
  const uint32_t* c = warp.lanes<uint32_t>(instruction.c);
  const uint32_t* e = warp.lanes<uint32_t>(instruction.e);
  for_each_lane(mask, [=](int lane) { d[lane] = Operation::apply(a[lane], b[lane], c[lane], e[lane]); });
  return Status::next;
}

// Any function of three bits: bit 4a + 2b + c of the immediate.
Status lop3(Warp& warp, const Instruction& instruction, Mask mask) {
  uint32_t* d = warp.lanes<uint32_t>(instruction.d);
  const uint32_t* a = warp.lanes<uint32_t>(instruction.a);
  const uint32_t* b = warp.lanes<uint32_t>(instruction.b);
  const uint32_t* c = warp.lanes<uint32_t>(instruction.c);
  uint32_t table[8];
  for (int k = 0; k < 8; ++k) {
    table[k] = (instruction.immediate >> k & 1) != 0 ? ~0u : 0;
  }
  for_each_lane(mask, [=](int lane) {
    const uint32_t x = a[lane], y = b[lane], z = c[lane];
    d[lane] = (table[0] & ~x & ~y & ~z) | (table[1] & ~x & ~y & z) | (table[2] & ~x & y & ~z) |
              (table[3] & ~x & y & z) | (table[4] & x & ~y & ~z) | (table[5] & x & ~y & z) | (table[6] & x & y & ~z) |
              (table[7] & x & y & z);
  });
  return Status::next;
}

// add.cc and its kin; mode: the flags are written.
template <class T, bool SUBTRACT, bool CARRY_IN>
Status with_carry(Warp& warp, const Instruction& instruction, Mask mask) {
  using Wider = Wide<T>;
  T* d = warp.lanes<T>(instruction.d);
  const T* a = warp.lanes<T>(instruction.a);
  const T* b = warp.lanes<T>(instruction.b);
  const Mask flags = *warp.lanes<Mask>(kCarrySlot);
  Mask out = 0;
  for (const int lane : lanes_of(mask)) {
    const Wider x = a[lane], y = b[lane], in = CARRY_IN ? flags >> lane & 1 : 0;
    const Wider result = SUBTRACT ? x - y - in : x + y + in;
    d[lane] = static_cast<T>(result);
    out |= static_cast<Mask>(result >> kBits<T> & 1) << lane;
  }
  if (instruction.mode != 0) {
    warp.set_predicate(kCarrySlot, mask, out);
  }
  return Status::next;
}

// Directed rounding and .sat.
enum RoundedOperation : uint16_t {
  kNoOperation,
  kRoundedAdd,
  kRoundedSubtract,
  kRoundedMultiply,
  kRoundedDivide,
  kRoundedFused,
  kRoundedSquareRoot,
  kRoundedReciprocal
};

template <class T>
T rounded(const Instruction& instruction, T a, T b, T c) {
  const HostRounding host(instruction.rounding);
  volatile T x = a, y = b, z = c, result = 0;
  switch (instruction.mode) {
    case kRoundedAdd:
      result = x + y;
      break;
    case kRoundedSubtract:
      result = x - y;
      break;
    case kRoundedMultiply:
      result = x * y;
      break;
    case kRoundedDivide:
      result = x / y;
      break;
    case kRoundedFused:
      result = std::fma(static_cast<T>(x), static_cast<T>(y), static_cast<T>(z));
      break;
    case kRoundedSquareRoot:
      result = std::sqrt(static_cast<T>(x));
      break;
    default:
      result = T{1} / x;
  }
  return result;
}

template <class T>
Status rounded_float(Warp& warp, const Instruction& instruction, Mask mask) {
  const auto flushed = [&](T value) {
    if constexpr (std::is_same_v<T, float>) {
      return instruction.ftz ? flush(value) : value;
    } else {
      return value;
    }
  };
  for (const int lane : lanes_of(mask)) {
    const T a = flushed(warp.lanes<T>(instruction.a)[lane]);
    const T b = instruction.has_b ? flushed(warp.lanes<T>(instruction.b)[lane]) : T{0};
    const T c = instruction.has_c ? flushed(warp.lanes<T>(instruction.c)[lane]) : T{0};
    const T result = flushed(rounded(instruction, a, b, c));
    warp.lanes<T>(instruction.d)[lane] = instruction.sat ? saturate(result) : result;
  }
  return Status::next;
}

// ---- the table ----

// Operand letters: t the type; w one twice as wide; u .u32; p a predicate; i an immediate. The first is the
// destination. The words "setp", "set", "testp" and "slct" stand for what decode_arithmetic does with these.
struct Entry {
  Handler handler;
  const char* operands;
};

using Table = std::unordered_map<std::string, Entry>;

template <class T>
void add_comparisons(Table& table, const std::string& type) {
  const auto add = [&](const char* name, auto comparison) {
    using Comparison = decltype(comparison);
    table[std::string("setp.") + name + "." + type] = {set_predicates<T, Comparison>, "setp"};
    table[std::string("set.") + name + "." + type] = {set_value<T, Comparison>, "set"};
  };
  add("eq", Equal());
  add("ne", NotEqual());
  add("lt", Less());
  add("le", LessOrEqual());
  add("gt", Greater());
  add("ge", GreaterOrEqual());
  if constexpr (std::is_unsigned_v<T>) {
    add("lo", Less());
    add("ls", LessOrEqual());
    add("hi", Greater());
    add("hs", GreaterOrEqual());
  }
  if constexpr (!std::is_integral_v<T>) {
    add("equ", UnorderedEqual());
    add("neu", UnorderedNotEqual());
    add("ltu", UnorderedLess());
    add("leu", UnorderedLessOrEqual());
    add("gtu", UnorderedGreater());
    add("geu", UnorderedGreaterOrEqual());
    add("num", BothNumbers());
    add("nan", EitherNaN());
  }
}

template <class Pair>
void add_packed_comparisons(Table& table, const std::string& type) {
  const auto add = [&](const char* name, auto comparison) {
    using Comparison = decltype(comparison);
    table[std::string("setp.") + name + "." + type] = {set_predicates_packed<Pair, Comparison>, "setp"};
    table[std::string("set.") + name + "." + type] = {set_value_packed<Pair, Comparison>, "set"};
  };
  add("eq", Equal());
  add("ne", NotEqual());
  add("lt", Less());
  add("le", LessOrEqual());
  add("gt", Greater());
  add("ge", GreaterOrEqual());
  add("equ", UnorderedEqual());
  add("neu", UnorderedNotEqual());
  add("ltu", UnorderedLess());
  add("leu", UnorderedLessOrEqual());
  add("gtu", UnorderedGreater());
  add("geu", UnorderedGreaterOrEqual());
  add("num", BothNumbers());
  add("nan", EitherNaN());
}

template <class T>
void add_integers(Table& table, const std::string& type) {
  using U = Unsigned<T>;
  table["add." + type] = {binary<U, U, U, Add>, "ttt"};
  table["sub." + type] = {binary<U, U, U, Subtract>, "ttt"};
  table["mul.lo." + type] = {binary<U, U, U, MultiplyLow>, "ttt"};
  table["mul.hi." + type] = {binary<T, T, T, MultiplyHigh>, "ttt"};
  table["mad.lo." + type] = {ternary<U, U, U, U, MultiplyAdd<MultiplyLow>>, "tttt"};
  table["mad.hi." + type] = {ternary<T, T, T, T, MultiplyAdd<MultiplyHigh>>, "tttt"};
  table["div." + type] = {binary<T, T, T, Divide>, "ttt"};
  table["rem." + type] = {binary<T, T, T, Remainder>, "ttt"};
  table["min." + type] = {binary<T, T, T, Minimum>, "ttt"};
  table["max." + type] = {binary<T, T, T, Maximum>, "ttt"};
  table["neg." + type] = {unary<T, T, Negate>, "tt"};
  table["abs." + type] = {unary<T, T, Absolute>, "tt"};
  table["shr." + type] = {binary<T, T, uint32_t, ShiftRight>, "ttu"};
  table["sad." + type] = {ternary<T, T, T, T, SumOfDifference>, "tttt"};
  table["add.carry." + type] = {with_carry<U, false, false>, "ttt"};
  table["addc.carry." + type] = {with_carry<U, false, true>, "ttt"};
  table["sub.carry." + type] = {with_carry<U, true, false>, "ttt"};
  table["subc.carry." + type] = {with_carry<U, true, true>, "ttt"};
  if constexpr (sizeof(T) < 8) {
    table["mul.wide." + type] = {binary<Wide<T>, T, T, MultiplyWide>, "wtt"};
    table["mad.wide." + type] = {ternary<Wide<T>, T, T, Wide<T>, MultiplyAddWide>, "wttw"};
  }
  if constexpr (sizeof(T) >= 4) {
    table["bfind." + type] = {unary<uint32_t, T, FindLeading<false>>, "ut"};
    table["bfind.shiftamt." + type] = {unary<uint32_t, T, FindLeading<true>>, "ut"};
    table["bfe." + type] = {ternary<T, T, uint32_t, uint32_t, ExtractBits>, "ttuu"};
  }
  add_comparisons<T>(table, type);
}

template <class U>
void add_bits(Table& table, const std::string& type) {
  table["and." + type] = {binary<U, U, U, And>, "ttt"};
  table["or." + type] = {binary<U, U, U, Or>, "ttt"};
  table["xor." + type] = {binary<U, U, U, Xor>, "ttt"};
  table["not." + type] = {unary<U, U, Not>, "tt"};
  table["shl." + type] = {binary<U, U, uint32_t, ShiftLeft>, "ttu"};
  table["shr." + type] = {binary<U, U, uint32_t, ShiftRight>, "ttu"};
  table["setp.eq." + type] = {set_predicates<U, Equal>, "setp"};
  table["setp.ne." + type] = {set_predicates<U, NotEqual>, "setp"};
  if constexpr (sizeof(U) >= 4) {
    table["popc." + type] = {unary<uint32_t, U, CountOnes>, "ut"};
    table["clz." + type] = {unary<uint32_t, U, CountLeadingZeros>, "ut"};
    table["brev." + type] = {unary<U, U, ReverseBits>, "tt"};
    table["bfi." + type] = {quaternary<U, InsertBits>, "tttuu"};
  }
}

void add_words(Table& table) {
  using W = uint32_t;
  table["shf.l.wrap.b32"] = {ternary<W, W, W, W, FunnelShift<true, false>>, "tttu"};
  table["shf.r.wrap.b32"] = {ternary<W, W, W, W, FunnelShift<false, false>>, "tttu"};
  table["shf.l.clamp.b32"] = {ternary<W, W, W, W, FunnelShift<true, true>>, "tttu"};
  table["shf.r.clamp.b32"] = {ternary<W, W, W, W, FunnelShift<false, true>>, "tttu"};
  table["bmsk.clamp.b32"] = {binary<W, W, W, BitMask<true>>, "ttt"};
  table["bmsk.wrap.b32"] = {binary<W, W, W, BitMask<false>>, "ttt"};
  table["prmt.b32"] = {ternary<W, W, W, W, Permute>, "tttt"};
  table["lop3.b32"] = {lop3, "tttti"};
  for (const char* type : {"u32", "s32", "b32", "f32"}) {
    table[std::string("slct.") + type + ".s32"] = {ternary<W, W, W, int32_t, SelectBySign>, "slct"};
  }
  table["dp4a.u32.u32"] = {ternary<W, W, W, W, DotBytes<uint8_t, uint8_t>>, "uuuu"};
  table["dp4a.s32.s32"] = {ternary<W, W, W, W, DotBytes<int8_t, int8_t>>, "uuuu"};
  table["dp4a.s32.u32"] = {ternary<W, W, W, W, DotBytes<int8_t, uint8_t>>, "uuuu"};
  table["dp4a.u32.s32"] = {ternary<W, W, W, W, DotBytes<uint8_t, int8_t>>, "uuuu"};
}

// MODIFIED: Canonical, or Flushed for ".ftz.f32".
template <class T, template <class> class MODIFIED>
void add_floats(Table& table, const std::string& suffix) {
  const auto two = [&](const char* name, auto operation) {
    table[name + suffix] = {binary<T, T, T, MODIFIED<decltype(operation)>>, "ttt"};
  };
  const auto one = [&](const char* name, auto operation) {
    table[name + suffix] = {unary<T, T, MODIFIED<decltype(operation)>>, "tt"};
  };
  two("add", FloatAdd());
  two("sub", FloatSubtract());
  two("mul", FloatMultiply());
  two("div", FloatDivide());
  two("min", FloatMinimum());
  two("max", FloatMaximum());
  two("min.NaN", PropagateNaN<FloatMinimum>());
  two("max.NaN", PropagateNaN<FloatMaximum>());
  one("sqrt", FloatSquareRoot());
  one("rsqrt", FloatReciprocalSquareRoot());
  one("rcp", FloatReciprocal());
  one("ex2", FloatExp2());
  one("lg2", FloatLog2());
  one("sin", FloatSine());
  one("cos", FloatCosine());
  one("tanh", FloatTanh());
  table["fma" + suffix] = table["mad" + suffix] = {ternary<T, T, T, T, MODIFIED<FloatFused>>, "tttt"};
  table["testp" + suffix] = {test_class<T>, "testp"};
}

// These change the sign alone, of a NaN too.
template <class T>
void add_sign_operations(Table& table, const std::string& suffix) {
  table["neg" + suffix] = {unary<T, T, FloatNegate>, "tt"};
  table["abs" + suffix] = {unary<T, T, FloatAbsolute>, "tt"};
  table["copysign" + suffix] = {binary<T, T, T, FloatCopySign>, "ttt"};
}

template <class Half, class Pair>
void add_halves(Table& table, const std::string& type) {
  const auto two = [&](const std::string& name, auto operation) {
    using InOne = InHalf<Half, decltype(operation)>;
    table[name + "." + type] = {binary<Half, Half, Half, InOne>, "ttt"};
    table[name + "." + type + "x2"] = {binary<Pair, Pair, Pair, Packed<InOne>>, "ttt"};
  };
  const auto one = [&](const std::string& name, auto operation) {
    using InOne = decltype(operation);
    table[name + "." + type] = {unary<Half, Half, InOne>, "tt"};
    table[name + "." + type + "x2"] = {unary<Pair, Pair, Packed<InOne>>, "tt"};
  };
  const auto fused = [&](const std::string& name, auto operation) {
    using InOne = decltype(operation);
    table[name + "." + type] = {ternary<Half, Half, Half, Half, InOne>, "tttt"};
    table[name + "." + type + "x2"] = {ternary<Pair, Pair, Pair, Pair, Packed<InOne>>, "tttt"};
  };
  two("add", FloatAdd());
  two("sub", FloatSubtract());
  two("mul", FloatMultiply());
  two("min", FloatMinimum());
  two("max", FloatMaximum());
  two("min.NaN", PropagateNaN<FloatMinimum>());
  two("max.NaN", PropagateNaN<FloatMaximum>());
  one("neg", HalfNegate());
  one("abs", HalfAbsolute());
  one("ex2", InHalf<Half, FloatExp2>());
  one("tanh", InHalf<Half, FloatTanh>());
  fused("fma", HalfFused<Half, false>());
  fused("fma.relu", HalfFused<Half, true>());
  add_comparisons<Half>(table, type);
  add_packed_comparisons<Pair>(table, type + "x2");
}

Table make_table() {
  Table table;
  add_integers<uint16_t>(table, "u16");
  add_integers<int16_t>(table, "s16");
  add_integers<uint32_t>(table, "u32");
  add_integers<int32_t>(table, "s32");
  add_integers<uint64_t>(table, "u64");
  add_integers<int64_t>(table, "s64");
  add_bits<uint16_t>(table, "b16");
  add_bits<uint32_t>(table, "b32");
  add_bits<uint64_t>(table, "b64");
  add_words(table);
  add_floats<float, Canonical>(table, ".f32");
  add_floats<float, Flushed>(table, ".ftz.f32");
  add_floats<double, Canonical>(table, ".f64");
  add_sign_operations<float>(table, ".f32");
  add_sign_operations<double>(table, ".f64");
  table["neg.ftz.f32"] = {unary<float, float, FlushedInput<FloatNegate>>, "tt"};
  table["abs.ftz.f32"] = {unary<float, float, FlushedInput<FloatAbsolute>>, "tt"};
  add_comparisons<float>(table, "f32");
  add_comparisons<FlushedFloat>(table, "ftz.f32");
  add_comparisons<double>(table, "f64");
  add_halves<F16, F16x2>(table, "f16");
  add_halves<BF16, BF16x2>(table, "bf16");
  for (const char* type : {"b16", "u16", "s16", "f16", "bf16"}) {
    table[std::string("selp.") + type] = {select<uint16_t>, "tttp"};
  }
  for (const char* type : {"b32", "u32", "s32", "f32"}) {
    table[std::string("selp.") + type] = {select<uint32_t>, "tttp"};
  }
  for (const char* type : {"b64", "u64", "s64", "f64"}) {
    table[std::string("selp.") + type] = {select<uint64_t>, "tttp"};
  }
  table["and.pred"] = {combine_predicates<And>, "ppp"};
  table["or.pred"] = {combine_predicates<Or>, "ppp"};
  table["xor.pred"] = {combine_predicates<Xor>, "ppp"};
  table["not.pred"] = {negate_predicate, "pp"};
  return table;
}

// ---- decoding ----

bool is_any_of(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

// The table's key for a statement: its opcode without what does not choose the operation. What does so in another way
// goes into `mode`.
std::string key_of(const Statement& statement, Instruction& instruction) {
  static const char* const kClasses[] = {"finite", "infinite", "number", "notanumber", "normal", "subnormal"};
  const std::string& name = statement.parts[0];
  const bool carries = statement.has("cc") || name == "addc" || name == "subc";
  std::string key = name;
  for (size_t k = 1; k < statement.parts.size(); ++k) {
    const std::string& part = statement.parts[k];
    const bool is_type = type_named(part) != Type::none;
    if (part == "and") {
      instruction.mode = kAnd;
    } else if (part == "or") {
      instruction.mode = kOr;
    } else if (part == "xor") {
      instruction.mode = kXor;
    } else if (name == "testp" && !is_type) {
      for (uint16_t which = 0; which < 6; ++which) {
        if (part == kClasses[which]) {
          instruction.mode = which;
        }
      }
    } else if (carries && is_type) {
      key += ".carry." + (part[0] == 'b' ? "u" + part.substr(1) : part);
    } else if (name == "set" && k + 2 == statement.parts.size() && is_type) {
      // set.lt.u32.f32: the destination's type.
      continue;
    } else if (part == "ftz" && last_type(statement) != Type::f32) {
      continue;
    } else if (!is_any_of(part, {"rn", "rz", "rm", "rp", "sat", "approx", "full", "cc", "uni"})) {
      key += "." + part;
    }
  }
  if (carries) {
    instruction.mode = statement.has("cc");
  }
  return key;
}

void decode_comparison(Decoder& decoder, const Statement& statement, Instruction& instruction, bool to_predicate) {
  const std::vector<Operand>& operands = statement.operands;
  if (operands.size() < 3) {
    decoder.error(statement, "wrong number of operands");
  }
  const Type compared = instruction.type;
  if (to_predicate) {
    instruction.d = decoder.predicate(operands[0]);
    if (!operands[0].pair.empty()) {
      instruction.e = decoder.predicate(operands[0].pair[0]);
    }
  } else {
    const Type named = type_named(statement.parts[statement.parts.size() - 2]);
    instruction.type = named != Type::none ? named : compared;
    instruction.d = decoder.destination(operands[0], instruction.type);
    instruction.d_size = static_cast<uint8_t>(size_of(instruction.type));
  }
  instruction.a = decoder.value(operands[1], compared);
  instruction.b = decoder.value(operands[2], compared);
  if (operands.size() > 3) {
    instruction.c = decoder.predicate(operands[3]);
    instruction.has_c = true;
    instruction.negate_predicate = operands[3].negated;
  }
}

void use_host_rounding(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  static const std::unordered_map<std::string, RoundedOperation> operations = {
      {"add", kRoundedAdd},   {"sub", kRoundedSubtract}, {"mul", kRoundedMultiply},    {"div", kRoundedDivide},
      {"fma", kRoundedFused}, {"mad", kRoundedFused},    {"sqrt", kRoundedSquareRoot}, {"rcp", kRoundedReciprocal}};
  const auto operation = operations.find(statement.parts[0]);
  if (operation == operations.end() || (instruction.type != Type::f32 && instruction.type != Type::f64)) {
    decoder.error(statement, "rounding or saturation not supported here");
  }
  instruction.mode = operation->second;
  instruction.handler = instruction.type == Type::f32 ? rounded_float<float> : rounded_float<double>;
}

Type wide_type(Type type) {
  switch (type) {
    case Type::u16:
      return Type::u32;
    case Type::s16:
      return Type::s32;
    case Type::u32:
      return Type::u64;
    default:
      return Type::s64;
  }
}

void decode_operands(Decoder& decoder, const Statement& statement, Instruction& instruction,
                     const std::string& letters) {
  uint32_t* const places[] = {&instruction.d, &instruction.a, &instruction.b, &instruction.c, &instruction.e};
  if (!statement.operands[0].pair.empty()) {
    decoder.error(statement, "a second destination is not supported here");
  }
  for (size_t k = 0; k < letters.size(); ++k) {
    const Operand& operand = statement.operands[k];
    if (letters[k] == 'i') {
      instruction.immediate = operand.immediate;
      continue;
    }
    if (letters[k] == 'p') {
      *places[k] = decoder.predicate(operand);
      instruction.negate_predicate |= operand.negated;
      continue;
    }
    const Type type = letters[k] == 't'   ? instruction.type
                      : letters[k] == 'w' ? wide_type(instruction.type)
                                          : Type::u32;
    *places[k] = k == 0 ? decoder.destination(operand, type) : decoder.value(operand, type);
  }
  instruction.has_b = letters.size() > 2;
  instruction.has_c = letters.size() > 3;
}

void decode_arithmetic(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  static const Table table = make_table();
  const std::string key = key_of(statement, instruction);
  const auto entry = table.find(key);
  if (entry == table.end()) {
    decoder.error(statement, "unknown or unsupported arithmetic form '" + key + "'");
  }
  instruction.handler = entry->second.handler;
  const std::string letters = entry->second.operands;
  if (letters == "setp" || letters == "set") {
    decode_comparison(decoder, statement, instruction, letters == "setp");
    return;
  }
  const size_t count = letters == "testp" ? 2 : letters == "slct" ? 4 : letters.size();
  if (statement.operands.size() != count) {
    decoder.error(statement, "wrong number of operands");
  }
  if (letters == "testp") {
    instruction.d = decoder.predicate(statement.operands[0]);
    instruction.a = decoder.value(statement.operands[1], instruction.type);
    return;
  }
  if (letters == "slct") {
    instruction.d = decoder.destination(statement.operands[0], Type::b32);
    instruction.a = decoder.value(statement.operands[1], Type::b32);
    instruction.b = decoder.value(statement.operands[2], Type::b32);
    instruction.c = decoder.value(statement.operands[3], Type::s32);
    return;
  }
  decode_operands(decoder, statement, instruction, letters);
  if (is_float(instruction.type) && (is_directed(instruction.rounding) || instruction.sat)) {
    use_host_rounding(decoder, statement, instruction);
  } else if (instruction.sat) {
    decoder.error(statement, "integer saturation is not supported");
  }
}

}  // namespace

void register_arithmetic(DecodeTable& table) {
  for (const char* name :
       {"add",   "sub",  "mul", "mad",  "fma",  "div", "rem",  "min",      "max",   "abs",  "neg",   "sqrt",
        "rsqrt", "rcp",  "ex2", "lg2",  "sin",  "cos", "tanh", "copysign", "testp", "setp", "set",   "selp",
        "slct",  "and",  "or",  "xor",  "not",  "shl", "shr",  "shf",      "bfe",   "bfi",  "bfind", "prmt",
        "lop3",  "popc", "clz", "brev", "dp4a", "sad", "bmsk", "addc",     "subc"}) {
    table[name] = decode_arithmetic;
  }
}

}  // namespace radapter_simulator
