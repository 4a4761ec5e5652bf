// Vectors as wide as the instruction set being compiled for, by GCC's vector extensions. Only for *_kernels.cpp: all of
// it is in an anonymous namespace, so that no copy compiled for one instruction set is ever used by another.
//
// Floats, Ints and Words are vectors of kLanes; + - * / < ?: work on them lane by lane (`mask ? a : b` selects).
#ifndef RADAPTER_CPU_VECTOR_H
#define RADAPTER_CPU_VECTOR_H

#include <stdint.h>

#if RADAPTER_ISA >= 1
#include <immintrin.h>
#endif

#include "radapter.h"

#if RADAPTER_ISA >= 2
#define RADAPTER_LANES 16
#elif RADAPTER_ISA == 1
#define RADAPTER_LANES 8
#else
#define RADAPTER_LANES 4
#endif

#define RADAPTER_INLINE [[maybe_unused]] static inline __attribute__((always_inline))

namespace radapter {
namespace {

constexpr int kLanes = RADAPTER_LANES;

typedef float Floats __attribute__((vector_size(RADAPTER_LANES * 4)));
typedef int32_t Ints __attribute__((vector_size(RADAPTER_LANES * 4)));
typedef uint32_t Words __attribute__((vector_size(RADAPTER_LANES * 4)));
typedef uint16_t HalfWords __attribute__((vector_size(RADAPTER_LANES * 2)));
typedef float UnalignedFloats __attribute__((vector_size(RADAPTER_LANES * 4), aligned(4), may_alias));
typedef uint16_t UnalignedHalfWords __attribute__((vector_size(RADAPTER_LANES * 2), aligned(2), may_alias));

RADAPTER_INLINE Floats broadcast(float x) { return x - Floats{}; }
RADAPTER_INLINE Floats load(const float* from) { return *reinterpret_cast<const UnalignedFloats*>(from); }
RADAPTER_INLINE void store(float* to, Floats x) { *reinterpret_cast<UnalignedFloats*>(to) = x; }
RADAPTER_INLINE Words bits(Floats x) { return reinterpret_cast<Words>(x); }
RADAPTER_INLINE Floats from_bits(Words x) { return reinterpret_cast<Floats>(x); }

/** a·b + c, rounded once where the instruction set can (every one but the baseline). */
RADAPTER_INLINE Floats fused(Floats a, Floats b, Floats c) {
#if RADAPTER_ISA >= 2 && !defined(RADAPTER_LOWERED)
  return reinterpret_cast<Floats>(_mm512_fmadd_ps(a, b, c));
#elif RADAPTER_ISA >= 2
  typedef float Half __attribute__((vector_size(32)));
  union Split {
    Floats whole;
    Half half[2];
  } x{a}, y{b}, z{c};
  z.half[0] = _mm256_fmadd_ps(x.half[0], y.half[0], z.half[0]);
  z.half[1] = _mm256_fmadd_ps(x.half[1], y.half[1], z.half[1]);
  return z.whole;
#elif RADAPTER_ISA == 1
  return reinterpret_cast<Floats>(_mm256_fmadd_ps(a, b, c));
#else
  return a * b + c;
#endif
}

/** sum + a₁b₁ + a₀b₀ for words of two bf16. */
RADAPTER_INLINE Floats fused_pairs(Floats a, Floats b, Floats sum) {
#if RADAPTER_ISA == 3 && !defined(RADAPTER_LOWERED)
  return reinterpret_cast<Floats>(_mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b)));
#else
  const Floats odd = fused(from_bits(bits(a) & 0xffff0000), from_bits(bits(b) & 0xffff0000), sum);
  return fused(from_bits(bits(a) << 16), from_bits(bits(b) << 16), odd);
#endif
}

/** Words of two bf16, the first in the lower half; both given as floats that are bf16 numbers. */
RADAPTER_INLINE Floats pairs_of(Floats low, Floats high) { return from_bits(bits(low) >> 16 | bits(high)); }

/** The larger lane; a NaN in `x` stays, one in `y` does not. */
RADAPTER_INLINE Floats larger(Floats x, Floats y) {
#if RADAPTER_ISA >= 2 && !defined(RADAPTER_LOWERED)
  return reinterpret_cast<Floats>(_mm512_maskz_max_ps(0xffff, y, x));
#elif RADAPTER_ISA == 1
  return reinterpret_cast<Floats>(_mm256_max_ps(y, x));
#else
  return x < y ? y : x;
#endif
}

/** The smaller lane; a NaN in `x` stays, one in `y` does not. */
RADAPTER_INLINE Floats smaller(Floats x, Floats y) {
#if RADAPTER_ISA >= 2 && !defined(RADAPTER_LOWERED)
  return reinterpret_cast<Floats>(_mm512_maskz_min_ps(0xffff, y, x));
#elif RADAPTER_ISA == 1
  return reinterpret_cast<Floats>(_mm256_min_ps(y, x));
#else
  return x > y ? y : x;
#endif
}

/** Sum of the lanes, always as the same tree. */
RADAPTER_INLINE float sum_lanes(Floats x) {
  float lanes[kLanes];
  store(lanes, x);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) {
      lanes[i] += lanes[i + half];
    }
  }
  return lanes[0];
}

/** Greatest lane. */
RADAPTER_INLINE float max_lanes(Floats x) {
  float lanes[kLanes];
  store(lanes, x);
  for (int i = 1; i < kLanes; ++i) {
    lanes[0] = lanes[0] < lanes[i] ? lanes[i] : lanes[0];
  }
  return lanes[0];
}

// ---- element types: `Element<RADAPTER_BF16>::load(p)` reads kLanes elements as floats ----

template <int DTYPE>
struct Element;

template <>
struct Element<RADAPTER_F32> {
  typedef float Type;
  RADAPTER_INLINE Floats load(const float* from) { return radapter::load(from); }
  RADAPTER_INLINE void store(float* to, Floats x) { radapter::store(to, x); }
};

RADAPTER_INLINE HalfWords load_half_words(const uint16_t* from) {
  return *reinterpret_cast<const UnalignedHalfWords*>(from);
}

/** Lanes that the instructions which round to bf16 would make zero: the denormal ones. */
RADAPTER_INLINE unsigned flushed_lanes([[maybe_unused]] Floats x) {
#if RADAPTER_ISA == 3 && !defined(RADAPTER_LOWERED)
  constexpr int kDenormal = 0x20;
  return _mm512_fpclass_ps_mask(x, kDenormal);
#else
  return 0;
#endif
}

template <>
struct Element<RADAPTER_BF16> {
  typedef uint16_t Type;
  RADAPTER_INLINE Floats load(const uint16_t* from) {
    return from_bits(__builtin_convertvector(load_half_words(from), Words) << 16);
  }
  // The instruction for it flushes denormals; in integers all instruction sets agree.
  RADAPTER_INLINE void store(uint16_t* to, Floats x) {
#if RADAPTER_ISA == 3 && !defined(RADAPTER_LOWERED)
    if (__builtin_expect(flushed_lanes(x) == 0, 1)) {
      const __m256bh rounded = _mm512_cvtneps_pbh(x);
      __builtin_memcpy(to, &rounded, sizeof(rounded));
      return;
    }
#endif
    const Words u = bits(x);
    const Words rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
    const Words quiet = (u >> 16) | 0x40;
    const Words result = (u & 0x7fffffff) > 0x7f800000 ? quiet : rounded;
    *reinterpret_cast<UnalignedHalfWords*>(to) = __builtin_convertvector(result, HalfWords);
  }
};

/** Two neighbours, rounded to bf16. Neither has flushed_lanes. */
[[maybe_unused]] RADAPTER_INLINE void store_two_bf16(uint16_t* to, Floats first, Floats second) {
#if RADAPTER_ISA == 3 && !defined(RADAPTER_LOWERED)
  const __m512bh both = _mm512_cvtne2ps_pbh(second, first);
  __builtin_memcpy(to, &both, sizeof(both));
#else
  Element<RADAPTER_BF16>::store(to, first);
  Element<RADAPTER_BF16>::store(to + kLanes, second);
#endif
}

template <>
struct Element<RADAPTER_F16> {
  typedef uint16_t Type;

#if RADAPTER_ISA >= 1
  RADAPTER_INLINE Floats load(const uint16_t* from) {
#if RADAPTER_ISA >= 2 && !defined(RADAPTER_LOWERED)
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#else
    Floats x;
    for (int i = 0; i < kLanes; i += 8) {
      const __m256 part = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i)));
      __builtin_memcpy(reinterpret_cast<float*>(&x) + i, &part, sizeof(part));
    }
    return x;
#endif
  }
  RADAPTER_INLINE void store(uint16_t* to, Floats x) {
#if RADAPTER_ISA >= 2 && !defined(RADAPTER_LOWERED)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
#else
    for (int i = 0; i < kLanes; i += 8) {
      __m256 part;
      __builtin_memcpy(&part, reinterpret_cast<const float*>(&x) + i, sizeof(part));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm256_cvtps_ph(part, _MM_FROUND_TO_NEAREST_INT));
    }
#endif
  }
#else
  // Multiplying by a power of two does the exponent's shift and the denormals at once; then infinities and NaN.
  RADAPTER_INLINE Floats load(const uint16_t* from) {
    const Words half = __builtin_convertvector(load_half_words(from), Words);
    const Words magnitude = (half & 0x7fff) << 13;
    const Words scaled = bits(from_bits(magnitude) * 0x1p112f);
    const Words special = magnitude | 0x7f800000;
    const Words result = (half & 0x7c00) == 0x7c00 ? special : scaled;
    return from_bits(result | (half & 0x8000) << 16);
  }
  RADAPTER_INLINE void store(uint16_t* to, Floats x) {
    const Words sign = (bits(x) >> 16) & 0x8000;
    const Words u = bits(x) & 0x7fffffff;
    // Adding 0.5 leaves a denormal half, rounded, in the low bits.
    const Words small = bits(from_bits(u) + 0.5f) - 0x3f000000;
    const Words normal = (u - 0x38000000 + 0xfff + ((u >> 13) & 1)) >> 13;
    const Words finite = u < 0x38800000 ? small : normal;
    const Words large = u > 0x7f800000 ? ((u >> 13) & 0x3ff) | 0x7e00 : Words{} + 0x7c00;
    const Words result = u >= 0x477ff000 ? large : finite;
    *reinterpret_cast<UnalignedHalfWords*>(to) = __builtin_convertvector(result | sign, HalfWords);
  }
#endif
};

/** The nearest bf16 numbers, ties to even. */
RADAPTER_INLINE Floats nearest_bf16(Floats x) {
  uint16_t rounded[kLanes];
  Element<RADAPTER_BF16>::store(rounded, x);
  return Element<RADAPTER_BF16>::load(rounded);
}

/** The first `count` < kLanes elements; the other lanes are zero and their memory is not read. */
template <int DTYPE>
RADAPTER_INLINE Floats load_first(const typename Element<DTYPE>::Type* from, int count) {
  typename Element<DTYPE>::Type lanes[kLanes] = {};
  for (int i = 0; i < count; ++i) {
    lanes[i] = from[i];
  }
  return Element<DTYPE>::load(lanes);
}

/** Writes the first `count` < kLanes elements and nothing else. */
template <int DTYPE>
RADAPTER_INLINE void store_first(typename Element<DTYPE>::Type* to, Floats x, int count) {
  typename Element<DTYPE>::Type lanes[kLanes];
  Element<DTYPE>::store(lanes, x);
  for (int i = 0; i < count; ++i) {
    to[i] = lanes[i];
  }
}

/** kLanes elements, or the first `count` where fewer are left. */
template <int DTYPE>
RADAPTER_INLINE Floats load_up_to(const typename Element<DTYPE>::Type* from, int64_t count) {
  return count >= kLanes ? Element<DTYPE>::load(from) : load_first<DTYPE>(from, static_cast<int>(count));
}

template <int DTYPE>
RADAPTER_INLINE void store_up_to(typename Element<DTYPE>::Type* to, Floats x, int64_t count) {
  if (count >= kLanes) {
    Element<DTYPE>::store(to, x);
  } else {
    store_first<DTYPE>(to, x, static_cast<int>(count));
  }
}

// ---- transposition ----

template <int... LANES>
struct Lanes {};

template <int COUNT, int... LANES>
struct LanesBelow : LanesBelow<COUNT - 1, COUNT - 1, LANES...> {};

template <int... LANES>
struct LanesBelow<0, LANES...> {
  typedef Lanes<LANES...> Type;
};

/** Exchanges the lanes of x that have bit STEP set with those of y that have it not. */
template <int STEP, int... LANES>
RADAPTER_INLINE void exchange(Floats& x, Floats& y, Lanes<LANES...>) {
  const Floats first = __builtin_shufflevector(x, y, ((LANES & STEP) != 0 ? LANES - STEP + kLanes : LANES)...);
  y = __builtin_shufflevector(x, y, ((LANES & STEP) != 0 ? LANES + kLanes : LANES + STEP)...);
  x = first;
}

template <int STEP>
RADAPTER_INLINE void exchange_blocks(Floats (&x)[kLanes]) {
  if constexpr (STEP < kLanes) {
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) {
      if ((i & STEP) == 0) {
        exchange<STEP>(x[i], x[i + STEP], LanesBelow<kLanes>::Type());
      }
    }
    exchange_blocks<2 * STEP>(x);
  }
}

/** x ← xᵀ, kLanes vectors as the rows of a square. */
RADAPTER_INLINE void transpose(Floats (&x)[kLanes]) { exchange_blocks<1>(x); }

// ---- functions ----

/** eˣ = power·2ⁿ. */
struct ScaledPower {
  Floats power;
  Ints n;
};

RADAPTER_INLINE ScaledPower scaled_power(Floats x) {
  const Floats magic = broadcast(0x1.8p23f);
  const Floats shifted = fused(x, broadcast(0x1.715476p+0f), magic);
  const Floats n = shifted - magic;
  Floats r = fused(n, broadcast(-0x1.62e4p-1f), x);
  r = fused(n, broadcast(-0x1.7f7d1cp-20f), r);
  Floats p = broadcast(1.3934542e-3f);
  p = fused(p, r, broadcast(8.3333100e-3f));
  p = fused(p, r, broadcast(4.1666457e-2f));
  p = fused(p, r, broadcast(1.6666667e-1f));
  p = fused(p, r, broadcast(0.5f));
  return {fused(p * r, r, r) + 1.0f, reinterpret_cast<Ints>(shifted) - 0x4b400000};
}

/** eˣ, within 1 ulp or so; 0 and infinity beyond the range, denormals kept, NaN stays. */
RADAPTER_INLINE Floats exponential(Floats x) {
  const ScaledPower e = scaled_power(smaller(larger(x, broadcast(-104.0f)), broadcast(89.0f)));
  // 2ⁿ in two factors, so that neither leaves the range.
  const Ints half = e.n >> 1;
  const Floats first = reinterpret_cast<Floats>((half + 127) << 23);
  const Floats second = reinterpret_cast<Floats>((e.n - half + 127) << 23);
  return e.power * first * second;
}

/** The same for x ≤ 80 or so, never below e⁻⁸⁶: for terms of a sum that is not small. */
RADAPTER_INLINE Floats exponential_of_term(Floats x) {
  const ScaledPower e = scaled_power(larger(x, broadcast(-86.0f)));
  return e.power * reinterpret_cast<Floats>((e.n + 127) << 23);
}

/** 1 / (1 + e⁻ˣ). */
RADAPTER_INLINE Floats logistic(Floats x) { return 1.0f / (1.0f + exponential(-x)); }

/** The standard normal distribution Φ(x) and its density φ(x), with small relative error in both tails. */
struct Normal {
  Floats distribution;
  Floats density;
};

RADAPTER_INLINE Normal normal(Floats x) {
  // Φ(-t) = e^(-t²/2)·R(t); R, a scaled complementary error function, is smooth in (t-2)/(t+2).
  const Floats t = smaller(x < 0.0f ? -x : x, broadcast(15.0f));
  const Floats u = (t - 2.0f) / (t + 2.0f);
  Floats tail = broadcast(1.0295764949505803e-05f);
  tail = fused(tail, u, broadcast(1.3500655804090536e-05f));
  tail = fused(tail, u, broadcast(-6.023769964029797e-05f));
  tail = fused(tail, u, broadcast(-1.6294354797669478e-04f));
  tail = fused(tail, u, broadcast(-3.5049603463386093e-06f));
  tail = fused(tail, u, broadcast(6.854662212782638e-04f));
  tail = fused(tail, u, broadcast(1.1979197488747176e-03f));
  tail = fused(tail, u, broadcast(-1.5638299413590323e-03f));
  tail = fused(tail, u, broadcast(-9.29764547665575e-03f));
  tail = fused(tail, u, broadcast(1.980232196150243e-03f));
  tail = fused(tail, u, broadcast(9.005048648320658e-02f));
  tail = fused(tail, u, broadcast(-2.509531110679128e-01f));
  tail = fused(tail, u, broadcast(1.6810200090162042e-01f));
  const Floats half_square = 0.5f * t * t;
  // What t²/2 lost to rounding, times the function, is what the exponential lost.
  const Floats lost = fused(0.5f * t, t, -half_square);
  const Floats bell = exponential(-half_square);
  const Floats gauss = fused(-bell, lost, bell);
  const Floats lower = gauss * tail;
  return {x < 0.0f ? lower : 1.0f - lower, 0.3989422804f * gauss};
}

/** x / (1 + e^(-1.702x)). */
RADAPTER_INLINE Floats quick_gelu(Floats x) { return x / (1.0f + exponential(-1.702f * x)); }

RADAPTER_INLINE Floats quick_gelu_gradient(Floats x) {
  // σ(1-σ) is even and formed without the difference, which would cancel where σ is near 1.
  const Floats a = 1.702f * x;
  const Floats e = exponential(a < 0.0f ? a : -a);
  const Floats larger_part = 1.0f / (1.0f + e);
  const Floats smaller_part = e * larger_part;
  return fused(a * larger_part, smaller_part, a < 0.0f ? smaller_part : larger_part);
}

/** x·Φ(x). */
RADAPTER_INLINE Floats gelu(Floats x) { return x * normal(x).distribution; }

RADAPTER_INLINE Floats gelu_gradient(Floats x) {
  const Normal n = normal(x);
  return fused(x, n.density, n.distribution);
}

}  // namespace
}  // namespace radapter

#endif
