// What the floating-point instructions of PTX compute, one lane at a time.
#ifndef RADAPTER_SIMULATOR_FLOAT_OPERATIONS_H
#define RADAPTER_SIMULATOR_FLOAT_OPERATIONS_H

#include <cmath>

#include "machine/numbers.h"

namespace radapter_simulator {

// ---- the plain operations ----

struct FloatAdd {
  template <class T>
  static T apply(T a, T b) {
    return a + b;
  }
};

struct FloatSubtract {
  template <class T>
  static T apply(T a, T b) {
    return a - b;
  }
};

struct FloatMultiply {
  template <class T>
  static T apply(T a, T b) {
    return a * b;
  }
};

struct FloatDivide {
  template <class T>
  static T apply(T a, T b) {
    return a / b;
  }
};

/** The other operand where one is NaN; −0 is below +0. */
struct FloatMinimum {
  template <class T>
  static T apply(T a, T b) {
    if (a != a || b != b) {
      return a != a ? b : a;
    }
    return a < b || (a == b && std::signbit(a)) ? a : b;
  }
};

struct FloatMaximum {
  template <class T>
  static T apply(T a, T b) {
    if (a != a || b != b) {
      return a != a ? b : a;
    }
    return a > b || (a == b && !std::signbit(a)) ? a : b;
  }
};

/** .NaN: NaN where one operand is. */
template <class Operation>
struct PropagateNaN {
  template <class T>
  static T apply(T a, T b) {
    return a != a || b != b ? static_cast<T>(NAN) : Operation::apply(a, b);
  }
};

struct FloatFused {
  static float apply(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

  static double apply(double a, double b, double c) { return __builtin_fma(a, b, c); }
};

struct FloatNegate {
  template <class T>
  static T apply(T a) {
    return -a;
  }
};

struct FloatAbsolute {
  template <class T>
  static T apply(T a) {
    return std::fabs(a);
  }
};

struct FloatSquareRoot {
  template <class T>
  static T apply(T a) {
    return std::sqrt(a);
  }
};

struct FloatReciprocal {
  template <class T>
  static T apply(T a) {
    return T{1} / a;
  }
};

/** The magnitude of b, the sign of a. */
struct FloatCopySign {
  template <class T>
  static T apply(T a, T b) {
    return std::copysign(b, a);
  }
};

// The .approx forms compute in double and round once: at least as accurate as the hardware's tables.

template <double (*FUNCTION)(double)>
struct Approximate {
  template <class T>
  static T apply(T a) {
    return static_cast<T>(FUNCTION(static_cast<double>(a)));
  }
};

inline double reciprocal_square_root(double a) { return 1 / std::sqrt(a); }

using FloatReciprocalSquareRoot = Approximate<reciprocal_square_root>;
using FloatExp2 = Approximate<::exp2>;
using FloatLog2 = Approximate<::log2>;
using FloatSine = Approximate<::sin>;
using FloatCosine = Approximate<::cos>;
using FloatTanh = Approximate<::tanh>;

// ---- what a modifier makes of them ----

/** A NaN result is the canonical one. */
template <class Operation>
struct Canonical {
  template <class... Arguments>
  static float apply(float a, Arguments... rest) {
    return canonical(Operation::apply(a, rest...));
  }

  template <class... Arguments>
  static double apply(double a, Arguments... rest) {
    return Operation::apply(a, rest...);
  }
};

/** .ftz: subnormal inputs and results are zero. */
template <class Operation>
struct Flushed {
  template <class... Arguments>
  static float apply(Arguments... arguments) {
    return canonical(flush(Operation::apply(flush(arguments)...)));
  }
};

/** .ftz of an operation on the sign. */
template <class Operation>
struct FlushedInput {
  static float apply(float a) { return Operation::apply(flush(a)); }
};

/** f16 and bf16: exact in float, or rounded there in a way that does no harm, then narrowed. */
template <class Half, class Operation>
struct InHalf {
  static Half apply(Half a) { return narrow<Half>(Operation::apply(widen(a))); }

  static Half apply(Half a, Half b) { return narrow<Half>(Operation::apply(widen(a), widen(b))); }
};

template <class Half, bool RELU>
struct HalfFused {
  static Half apply(Half a, Half b, Half c) {
    const double sum =
        __builtin_fma(static_cast<double>(widen(a)), static_cast<double>(widen(b)), static_cast<double>(widen(c)));
    const Half result = narrow<Half>(round_to_odd(sum));
    return RELU && widen(result) <= 0 ? Half{0} : result;
  }
};

struct HalfNegate {
  template <class Half>
  static Half apply(Half a) {
    return {static_cast<uint16_t>(a.bits ^ 0x8000)};
  }
};

struct HalfAbsolute {
  template <class Half>
  static Half apply(Half a) {
    return {static_cast<uint16_t>(a.bits & 0x7fff)};
  }
};

template <class Pair>
struct HalfOf;
template <>
struct HalfOf<F16x2> {
  using type = F16;
};
template <>
struct HalfOf<BF16x2> {
  using type = BF16;
};

template <class Pair>
typename HalfOf<Pair>::type low(Pair pair) {
  return {static_cast<uint16_t>(pair.bits)};
}

template <class Pair>
typename HalfOf<Pair>::type high(Pair pair) {
  return {static_cast<uint16_t>(pair.bits >> 16)};
}

/** f16x2 and bf16x2: the same in both halves. */
template <class Operation>
struct Packed {
  template <class Pair, class... Pairs>
  static Pair apply(Pair a, Pairs... rest) {
    const auto lower = Operation::apply(low(a), low(rest)...);
    const auto upper = Operation::apply(high(a), high(rest)...);
    return {lower.bits | static_cast<uint32_t>(upper.bits) << 16};
  }
};

}  // namespace radapter_simulator

#endif
