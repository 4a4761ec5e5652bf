// cvt: from one number format to another.
#include <string.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "instructions/host_rounding.h"
#include "instructions/instructions.h"
#include "instructions/lanewise.h"

namespace radapter_simulator {
namespace {

/** Instruction::mode; Instruction::variant is set for .rni and its kin, which round to an integer and keep the format.
 */
enum Clamp : uint16_t { kNoClamp, kRelu, kFinite };

// Integers as they are; what is cut off or sign-extended is as in C.
template <class D, class S>
Status convert_integer(Warp& warp, const Instruction& instruction, Mask mask) {
  D* d = warp.lanes<D>(instruction.d);
  const S* a = warp.lanes<S>(instruction.a);
  for_each_lane(mask, [=](int lane) { d[lane] = static_cast<D>(a[lane]); });
  return Status::next;
}

/** A source operand: `real`, or an integer in 64 bits. */
struct Number {
  bool is_real = false;
  bool is_signed = false;
  double real = 0;
  uint64_t integer = 0;
};

/** The lower bits of `value` as a number of `type`, in 64 bits. */
uint64_t extend(uint64_t value, Type type) {
  const int shift = 64 - 8 * size_of(type);
  return is_signed(type) ? static_cast<uint64_t>(static_cast<int64_t>(value << shift) >> shift)
                         : value << shift >> shift;
}

Number load_number(const Warp& warp, uint32_t offset, uint8_t width, Type type, int lane, bool ftz) {
  uint64_t raw = 0;
  memcpy(&raw, warp.registers + offset + lane * width, width);
  Number number;
  number.is_real = is_float(type);
  switch (type) {
    case Type::f16:
      number.real = half_to_float(static_cast<uint16_t>(raw));
      break;
    case Type::bf16:
      number.real = bf16_to_float(static_cast<uint16_t>(raw));
      break;
    case Type::f32:
    case Type::tf32: {
      const float value = float_from_bits(static_cast<uint32_t>(raw));
      number.real = ftz ? flush(value) : value;
      break;
    }
    case Type::f64:
      number.real = bit_cast<double>(raw);
      break;
    default:
      number.is_signed = is_signed(type);
      number.integer = extend(raw, type);
  }
  return number;
}

uint64_t real_to_integer(double value, Type type, Rounding rounding) {
  const int bits = 8 * size_of(type);
  const double limit = std::ldexp(1.0, is_signed(type) ? bits - 1 : bits);
  const double lowest = is_signed(type) ? -limit : 0;
  const uint64_t largest = ~uint64_t{0} >> (is_signed(type) ? 65 - bits : 64 - bits);
  if (value != value) {
    return 0;
  }
  const double integral = round_integral(value, rounding);
  if (integral <= lowest) {
    return is_signed(type) ? ~largest : 0;
  }
  if (integral >= limit) {
    return largest;
  }
  return is_signed(type) ? static_cast<uint64_t>(static_cast<int64_t>(integral)) : static_cast<uint64_t>(integral);
}

uint64_t saturate_integer(const Number& number, Type type) {
  const int bits = 8 * size_of(type);
  const auto value = static_cast<int64_t>(number.integer);
  const bool negative = number.is_signed && value < 0;
  const uint64_t largest = ~uint64_t{0} >> (is_signed(type) ? 65 - bits : 64 - bits);
  if (!negative) {
    return std::min(number.integer, largest);
  }
  return is_signed(type) ? static_cast<uint64_t>(std::max(value, static_cast<int64_t>(~largest))) : 0;
}

uint64_t to_integer(const Number& number, const Instruction& instruction) {
  if (number.is_real) {
    return real_to_integer(number.real, instruction.type,
                           instruction.rounding == Rounding::none ? Rounding::rz : instruction.rounding);
  }
  return instruction.sat ? saturate_integer(number, instruction.type) : number.integer;
}

float integer_to_float(const Number& number, Rounding rounding) {
  const HostRounding host(rounding);
  volatile uint64_t integer = number.integer;
  volatile float value = number.is_signed ? static_cast<float>(static_cast<int64_t>(integer))
                                          : static_cast<float>(static_cast<uint64_t>(integer));
  return value;
}

float double_to_float(double number, Rounding rounding) {
  const HostRounding host(rounding);
  volatile double wide = number;
  volatile float value = static_cast<float>(wide);
  return value;
}

/** .satfinite: the largest number where rounding gave infinity. */
uint16_t finite(uint16_t half, uint16_t infinity, int clamp) {
  return clamp == kFinite && (half & 0x7fff) == infinity ? static_cast<uint16_t>(half - 1) : half;
}

uint64_t to_real(const Number& number, Type type, const Instruction& instruction) {
  double value = number.is_real     ? number.real
                 : number.is_signed ? static_cast<double>(static_cast<int64_t>(number.integer))
                                    : static_cast<double>(number.integer);
  if (instruction.variant != 0) {
    value = round_integral(value, instruction.rounding);
  }
  if (instruction.mode == kRelu && value <= 0) {
    value = 0;
  }
  if (type == Type::f64) {
    return bit_cast<uint64_t>(instruction.sat ? saturate(value) : value);
  }
  if (type == Type::tf32) {
    return bits_of(canonical(round_tf32(
        static_cast<float>(value), instruction.rounding == Rounding::none ? Rounding::rna : instruction.rounding)));
  }
  const Rounding rounding = instruction.variant != 0 ? Rounding::rn : instruction.rounding;
  float narrowed = type != Type::f32 ? round_to_odd(value)
                   : number.is_real  ? double_to_float(value, rounding)
                                     : integer_to_float(number, rounding);
  if (instruction.sat) {
    narrowed = saturate(narrowed);
  }
  switch (type) {
    case Type::f16:
      return finite(float_to_half(narrowed, rounding), 0x7c00, instruction.mode);
    case Type::bf16:
      return finite(float_to_bf16(narrowed, rounding), 0x7f80, instruction.mode);
    default:
      narrowed = canonical(narrowed);
      return bits_of(instruction.ftz ? flush(narrowed) : narrowed);
  }
}

Status convert(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    const Number number =
        load_number(warp, instruction.a, instruction.a_size, instruction.source_type, lane, instruction.ftz);
    const uint64_t value = is_float(instruction.type) ? to_real(number, instruction.type, instruction)
                                                      : extend(to_integer(number, instruction), instruction.type);
    memcpy(warp.registers + instruction.d + lane * instruction.d_size, &value, instruction.d_size);
  }
  return Status::next;
}

// cvt.rn.bf16x2.f32 d, a, b: a is the upper half.
Status convert_pair(Warp& warp, const Instruction& instruction, Mask mask) {
  const Type half = instruction.type == Type::bf16x2 ? Type::bf16 : Type::f16;
  const auto part = [&](uint32_t offset, int lane) {
    return to_real(load_number(warp, offset, sizeof(float), Type::f32, lane, false), half, instruction);
  };
  for (const int lane : lanes_of(mask)) {
    warp.lanes<uint32_t>(instruction.d)[lane] =
        static_cast<uint32_t>(part(instruction.a, lane) << 16 | part(instruction.b, lane));
  }
  return Status::next;
}

/** A handler that vectorises, for the conversions that addresses and indices go through; null for the others. */
Handler fast_handler(const Instruction& instruction) {
  const Type to = instruction.type, from = instruction.source_type;
  if (is_float(to) || is_float(from) || instruction.sat || instruction.d_size != size_of(to) ||
      instruction.a_size != size_of(from)) {
    return nullptr;
  }
  if (size_of(to) == 8 && from == Type::s32) {
    return convert_integer<int64_t, int32_t>;
  }
  if (size_of(to) == 8 && from == Type::u32) {
    return convert_integer<uint64_t, uint32_t>;
  }
  if (size_of(to) == 4 && size_of(from) == 8) {
    return convert_integer<uint32_t, uint64_t>;
  }
  if (size_of(to) == 2 && size_of(from) == 4) {
    return convert_integer<uint16_t, uint32_t>;
  }
  return nullptr;
}

void decode_conversion(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  std::vector<Type> types;
  for (const std::string& part : statement.parts) {
    if (type_named(part) != Type::none) {
      types.push_back(type_named(part));
    }
  }
  if (types.size() != 2) {
    decoder.error(statement, "cvt form not supported");
  }
  instruction.type = types[0];
  instruction.source_type = types[1];
  instruction.variant =
      statement.has("rni") || statement.has("rzi") || statement.has("rmi") || statement.has("rpi") ? 1 : 0;
  instruction.mode = statement.has("relu") ? kRelu : statement.has("satfinite") ? kFinite : kNoClamp;
  if (instruction.type == Type::bf16x2 || instruction.type == Type::f16x2) {
    if (statement.operands.size() != 3 || instruction.source_type != Type::f32) {
      decoder.error(statement, "packed cvt form not supported");
    }
    instruction.d = decoder.destination(statement.operands[0], Type::b32);
    instruction.a = decoder.value(statement.operands[1], Type::f32);
    instruction.b = decoder.value(statement.operands[2], Type::f32);
    instruction.handler = convert_pair;
    return;
  }
  const Slot destination = decoder.destination_slot(statement.operands[0], instruction.type);
  const Slot source = decoder.slot(statement.operands[1], instruction.source_type);
  instruction.d = destination.offset;
  instruction.d_size = destination.size;
  instruction.a = source.offset;
  instruction.a_size = source.size;
  if (instruction.d_size < size_of(instruction.type) || instruction.a_size < size_of(instruction.source_type)) {
    decoder.error(statement, "register narrower than its type");
  }
  const Handler fast = fast_handler(instruction);
  instruction.handler = fast != nullptr ? fast : convert;
}

}  // namespace

void register_conversions(DecodeTable& table) { table["cvt"] = decode_conversion; }

}  // namespace radapter_simulator
