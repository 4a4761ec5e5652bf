// Number formats: f16, bf16 and tf32, and the float rules that PTX adds to IEEE.
#ifndef RADAPTER_SIMULATOR_NUMBERS_H
#define RADAPTER_SIMULATOR_NUMBERS_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include <cmath>

namespace radapter_simulator {

template <class To, class From>
inline To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From), "a bit cast keeps the size");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

inline float float_from_bits(uint32_t bits) { return bit_cast<float>(bits); }

inline uint32_t bits_of(float value) { return bit_cast<uint32_t>(value); }

constexpr uint32_t kNaN32 = 0x7fffffffu;

/** A NaN result is always this one. */
inline float canonical(float value) { return value == value ? value : float_from_bits(kNaN32); }

/** .ftz: a subnormal number becomes zero of its sign. */
inline float flush(float value) {
  const uint32_t bits = bits_of(value);
  return (bits & 0x7f800000u) != 0 ? value : float_from_bits(bits & 0x80000000u);
}

/** .sat; NaN becomes 0. */
template <class T>
inline T saturate(T value) {
  return value > 0 ? (value < 1 ? value : T{1}) : T{0};
}

enum class Rounding : uint8_t { rn, rz, rm, rp, rna, none };

inline bool is_directed(Rounding rounding) {
  return rounding == Rounding::rz || rounding == Rounding::rm || rounding == Rounding::rp;
}

inline float half_to_float(uint16_t half) { return canonical(_cvtsh_ss(half)); }

inline uint16_t float_to_half(float value, Rounding rounding = Rounding::rn) {
  if (value != value) {
    return 0x7fff;
  }
  switch (rounding) {
    case Rounding::rz:
      return _cvtss_sh(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    case Rounding::rm:
      return _cvtss_sh(value, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    case Rounding::rp:
      return _cvtss_sh(value, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
    default:
      return _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
}

inline float bf16_to_float(uint16_t bf16) { return float_from_bits(static_cast<uint32_t>(bf16) << 16); }

inline uint16_t float_to_bf16(float value, Rounding rounding = Rounding::rn) {
  if (value != value) {
    return 0x7fff;
  }
  const uint32_t bits = bits_of(value);
  const bool away = !std::isinf(value) && (bits & 0xffff) != 0;
  const bool negative = std::signbit(value);
  switch (rounding) {
    case Rounding::rz:
      return static_cast<uint16_t>(bits >> 16);
    case Rounding::rm:
      return static_cast<uint16_t>((bits >> 16) + (negative && away));
    case Rounding::rp:
      return static_cast<uint16_t>((bits >> 16) + (!negative && away));
    default:
      return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
  }
}

/** Keeps 10 bits of the mantissa. */
inline float round_tf32(float value, Rounding rounding) {
  const uint32_t bits = bits_of(value);
  if (!std::isfinite(value)) {
    return value;
  }
  if (rounding == Rounding::rz) {
    return float_from_bits(bits & ~0x1fffu);
  }
  if (rounding == Rounding::rna) {
    return float_from_bits((bits + 0x1000u) & ~0x1fffu);
  }
  return float_from_bits((bits + 0xfffu + (bits >> 13 & 1)) & ~0x1fffu);
}

/** What the tensor core takes for a tf32 operand: it ignores the low 13 bits. */
inline float to_tf32(uint32_t bits) { return float_from_bits(bits & ~0x1fffu); }

/**
 * double → float, rounded to odd: a value that is then rounded to f16 or bf16 comes out as if it had been rounded once
 * (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums").
 */
inline float round_to_odd(double value) {
  const float nearest = static_cast<float>(value);
  const uint32_t bits = bits_of(nearest);
  if (static_cast<double>(nearest) == value || value != value || !std::isfinite(nearest) || (bits & 1) != 0) {
    return nearest;
  }
  const bool too_large = std::fabs(static_cast<double>(nearest)) > std::fabs(value);
  return float_from_bits(too_large ? bits - 1 : bits + 1);
}

inline double round_integral(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::rz:
      return std::trunc(value);
    case Rounding::rm:
      return std::floor(value);
    case Rounding::rp:
      return std::ceil(value);
    case Rounding::rna:
      return std::round(value);
    default:
      return std::nearbyint(value);
  }
}

struct F16 {
  uint16_t bits;
};

struct BF16 {
  uint16_t bits;
};

/** Two of them in a register. */
struct F16x2 {
  uint32_t bits;
};

struct BF16x2 {
  uint32_t bits;
};

inline float widen(F16 half) { return half_to_float(half.bits); }

inline float widen(BF16 half) { return bf16_to_float(half.bits); }

template <class T>
T narrow(float value);

template <>
inline F16 narrow<F16>(float value) {
  return {float_to_half(value)};
}

template <>
inline BF16 narrow<BF16>(float value) {
  return {float_to_bf16(value)};
}

}  // namespace radapter_simulator

#endif
