// What the integer and bit instructions of PTX compute, one lane at a time.
#ifndef RADAPTER_SIMULATOR_INTEGER_OPERATIONS_H
#define RADAPTER_SIMULATOR_INTEGER_OPERATIONS_H

#include <stdint.h>

#include <algorithm>
#include <type_traits>

namespace radapter_simulator {

template <class T>
constexpr uint32_t kBits = 8 * sizeof(T);

template <class T>
using Unsigned = std::make_unsigned_t<T>;

template <class T>
struct WideOf;
template <>
struct WideOf<int16_t> {
  using type = int32_t;
};
template <>
struct WideOf<uint16_t> {
  using type = uint32_t;
};
template <>
struct WideOf<int32_t> {
  using type = int64_t;
};
template <>
struct WideOf<uint32_t> {
  using type = uint64_t;
};
template <>
struct WideOf<int64_t> {
  using type = __int128;
};
template <>
struct WideOf<uint64_t> {
  using type = unsigned __int128;
};
/** Twice as wide. */
template <class T>
using Wide = typename WideOf<T>::type;

#define UNARY_OPERATION(name, expression) \
  struct name {                           \
    template <class T>                    \
    static T apply(T a) {                 \
      return static_cast<T>(expression);  \
    }                                     \
  }
#define BINARY_OPERATION(name, expression) \
  struct name {                            \
    template <class T>                     \
    static T apply(T a, T b) {             \
      return static_cast<T>(expression);   \
    }                                      \
  }

UNARY_OPERATION(Not, ~a);
UNARY_OPERATION(Negate, Unsigned<T>{0} - static_cast<Unsigned<T>>(a));
UNARY_OPERATION(Absolute, a < 0 ? Negate::apply(a) : a);
BINARY_OPERATION(Add, a + b);
BINARY_OPERATION(Subtract, a - b);
BINARY_OPERATION(MultiplyLow, static_cast<Wide<T>>(a) * b);
BINARY_OPERATION(MultiplyHigh, static_cast<Wide<T>>(a) * b >> kBits<T>);
BINARY_OPERATION(And, a& b);
BINARY_OPERATION(Or, a | b);
BINARY_OPERATION(Xor, a ^ b);
BINARY_OPERATION(Minimum, std::min(a, b));
BINARY_OPERATION(Maximum, std::max(a, b));

#undef UNARY_OPERATION
#undef BINARY_OPERATION

/** Division by zero gives all ones, and a remainder of a, as the hardware's routines do. */
struct Divide {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0) {
      return static_cast<T>(-1);
    }
    return std::is_signed_v<T> && b == static_cast<T>(-1) ? Negate::apply(a) : static_cast<T>(a / b);
  }
};

struct Remainder {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0) {
      return a;
    }
    return std::is_signed_v<T> && b == static_cast<T>(-1) ? T{0} : static_cast<T>(a % b);
  }
};

template <class Product>
struct MultiplyAdd {
  template <class T>
  static T apply(T a, T b, T c) {
    return static_cast<T>(static_cast<Unsigned<T>>(Product::apply(a, b)) + static_cast<Unsigned<T>>(c));
  }
};

struct MultiplyWide {
  template <class T>
  static Wide<T> apply(T a, T b) {
    return static_cast<Wide<T>>(a) * b;
  }
};

struct MultiplyAddWide {
  template <class T>
  static Wide<T> apply(T a, T b, Wide<T> c) {
    using U = Unsigned<Wide<T>>;
    return static_cast<Wide<T>>(static_cast<U>(static_cast<Wide<T>>(a) * b) + static_cast<U>(c));
  }
};

struct SumOfDifference {
  template <class T>
  static T apply(T a, T b, T c) {
    return static_cast<T>(c + (a < b ? b - a : a - b));
  }
};

/** Shifts clamp their count at the width. */
struct ShiftLeft {
  template <class T>
  static T apply(T a, uint32_t count) {
    return count >= kBits<T> ? T{0} : static_cast<T>(a << count);
  }
};

struct ShiftRight {
  template <class T>
  static T apply(T a, uint32_t count) {
    if (count >= kBits<T>) {
      return std::is_signed_v<T> ? static_cast<T>(a >> (kBits<T> - 1)) : T{0};
    }
    return static_cast<T>(a >> count);
  }
};

/** 32 bits out of a 64-bit number b:a. */
template <bool LEFT, bool CLAMP>
struct FunnelShift {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t count = CLAMP ? std::min(c, 32u) : c & 31;
    const uint64_t both = static_cast<uint64_t>(b) << 32 | a;
    return static_cast<uint32_t>(LEFT ? (both << count) >> 32 : both >> count);
  }
};

struct CountOnes {
  template <class T>
  static uint32_t apply(T a) {
    return static_cast<uint32_t>(__builtin_popcountll(a));
  }
};

struct CountLeadingZeros {
  static uint32_t apply(uint32_t a) { return a != 0 ? static_cast<uint32_t>(__builtin_clz(a)) : 32; }

  static uint32_t apply(uint64_t a) { return a != 0 ? static_cast<uint32_t>(__builtin_clzll(a)) : 64; }
};

struct ReverseBits {
  template <class T>
  static T apply(T a) {
    T reversed = 0;
    for (uint32_t k = 0; k < kBits<T>; ++k) {
      reversed |= (a >> k & 1) << (kBits<T> - 1 - k);
    }
    return reversed;
  }
};

/** Position of the highest bit that is not the sign; with SHIFT the count that would bring it to the top. */
template <bool SHIFT>
struct FindLeading {
  template <class T>
  static uint32_t apply(T a) {
    const auto bits = static_cast<Unsigned<T>>(a < 0 ? ~a : a);
    if (bits == 0) {
      return 0xffffffffu;
    }
    const auto position = 63 - static_cast<uint32_t>(__builtin_clzll(bits));
    return SHIFT ? kBits<T> - 1 - position : position;
  }
};

struct ExtractBits {
  template <class T>
  static T apply(T a, uint32_t position, uint32_t length) {
    position &= 255;
    length &= 255;
    const uint32_t top = std::min(position + length - 1, kBits<T> - 1);
    const bool sign = std::is_signed_v<T> && length > 0 && (a >> top & 1) != 0;
    Unsigned<T> bits = 0;
    for (uint32_t k = 0; k < kBits<T>; ++k) {
      const bool bit = k < length && position + k < kBits<T> ? (a >> (position + k) & 1) != 0 : sign;
      bits |= static_cast<Unsigned<T>>(bit) << k;
    }
    return static_cast<T>(bits);
  }
};

struct InsertBits {
  template <class T>
  static T apply(T a, T b, uint32_t position, uint32_t length) {
    position &= 255;
    length &= 255;
    for (uint32_t k = 0; k < length && position + k < kBits<T>; ++k) {
      b = (b & ~(T{1} << (position + k))) | (a >> k & 1) << (position + k);
    }
    return b;
  }
};

/** Bytes of b:a, each chosen by four bits of c; the highest of them asks for copies of the byte's sign. */
struct Permute {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    const uint64_t both = static_cast<uint64_t>(b) << 32 | a;
    uint32_t bytes = 0;
    for (uint32_t k = 0; k < 4; ++k) {
      const uint32_t selector = c >> (4 * k) & 15;
      uint32_t byte = both >> (8 * (selector & 7)) & 0xff;
      if ((selector & 8) != 0) {
        byte = (byte & 0x80) != 0 ? 0xff : 0;
      }
      bytes |= byte << (8 * k);
    }
    return bytes;
  }
};

/** b ones from bit a on. */
template <bool CLAMP>
struct BitMask {
  static uint32_t apply(uint32_t a, uint32_t b) {
    const uint32_t first = a & 31, after = first + (b & 31);
    const uint32_t from = CLAMP && a >= 32 ? 0 : ~0u << first;
    const uint32_t beyond = after >= 32 || (CLAMP && b >= 32) ? 0 : ~0u << after;
    return from & ~beyond;
  }
};

struct SelectBySign {
  static uint32_t apply(uint32_t a, uint32_t b, int32_t c) { return c >= 0 ? a : b; }
};

/** c plus the dot product of four signed or unsigned bytes. */
template <class A, class B>
struct DotBytes {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    for (uint32_t k = 0; k < 4; ++k) {
      c += static_cast<uint32_t>(static_cast<A>(a >> 8 * k) * static_cast<B>(b >> 8 * k));
    }
    return c;
  }
};

}  // namespace radapter_simulator

#endif
