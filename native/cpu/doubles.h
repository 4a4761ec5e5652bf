// Vectors of doubles beside those of vector.h, half as many lanes: where a sum or a difference must not cost precision.
#ifndef RADAPTER_CPU_DOUBLES_H
#define RADAPTER_CPU_DOUBLES_H

#include "vector.h"

#if RADAPTER_ISA >= 2 && defined(__AVX512F__)
#define RADAPTER_USE_AVX512
#elif RADAPTER_ISA == 1
#define RADAPTER_USE_AVX2
#endif

namespace radapter {
namespace {

constexpr int kDoubleLanes = kLanes / 2;

typedef double Doubles __attribute__((vector_size(RADAPTER_LANES * 4)));
typedef int64_t Longs __attribute__((vector_size(RADAPTER_LANES * 4)));
typedef double UnalignedDoubles __attribute__((vector_size(RADAPTER_LANES * 4), aligned(8), may_alias));
typedef float FloatsHalf __attribute__((vector_size(RADAPTER_LANES * 2)));

RADAPTER_INLINE Doubles broadcast(double x) { return x - Doubles{}; }
RADAPTER_INLINE Doubles larger(Doubles x, Doubles y) { return x < y ? y : x; }
RADAPTER_INLINE Doubles smaller(Doubles x, Doubles y) { return x > y ? y : x; }

/** a·b + c, rounded once where the instruction set can. */
RADAPTER_INLINE Doubles fused(Doubles a, Doubles b, Doubles c) {
#if defined(RADAPTER_USE_AVX512)
  return reinterpret_cast<Doubles>(_mm512_fmadd_pd(a, b, c));
#elif defined(RADAPTER_USE_AVX2)
  return reinterpret_cast<Doubles>(_mm256_fmadd_pd(a, b, c));
#else
  return a * b + c;
#endif
}

RADAPTER_INLINE Doubles square_root(Doubles x) {
#if defined(RADAPTER_USE_AVX512)
  return reinterpret_cast<Doubles>(_mm512_maskz_sqrt_pd(0xff, x));
#elif defined(RADAPTER_USE_AVX2)
  return reinterpret_cast<Doubles>(_mm256_sqrt_pd(x));
#else
  for (int i = 0; i < kDoubleLanes; ++i) {
    x[i] = __builtin_sqrt(x[i]);
  }
  return x;
#endif
}

RADAPTER_INLINE Doubles load(const double* from) { return *reinterpret_cast<const UnalignedDoubles*>(from); }
RADAPTER_INLINE void store(double* to, Doubles x) { *reinterpret_cast<UnalignedDoubles*>(to) = x; }

/** The first half of the lanes. */
RADAPTER_INLINE Doubles first_half(Floats x) {
#if defined(RADAPTER_USE_AVX512)
  return reinterpret_cast<Doubles>(_mm512_maskz_cvtps_pd(0xff, _mm512_castps512_ps256(x)));
#elif defined(RADAPTER_USE_AVX2)
  return reinterpret_cast<Doubles>(_mm256_cvtps_pd(_mm256_castps256_ps128(x)));
#else
  FloatsHalf half;
  __builtin_memcpy(&half, &x, sizeof(half));
  return __builtin_convertvector(half, Doubles);
#endif
}

RADAPTER_INLINE Doubles second_half(Floats x) {
#if defined(RADAPTER_USE_AVX512)
  const __m256 half = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xf, _mm512_castps_pd(x), 1));
  return reinterpret_cast<Doubles>(_mm512_maskz_cvtps_pd(0xff, half));
#elif defined(RADAPTER_USE_AVX2)
  return reinterpret_cast<Doubles>(_mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)));
#else
  FloatsHalf half;
  __builtin_memcpy(&half, reinterpret_cast<const char*>(&x) + sizeof(half), sizeof(half));
  return __builtin_convertvector(half, Doubles);
#endif
}

/** Rounds both to floats. */
RADAPTER_INLINE Floats narrow(Doubles first, Doubles second) {
#if defined(RADAPTER_USE_AVX512)
  const __m256d lower = _mm256_castps_pd(_mm512_maskz_cvtpd_ps(0xff, first));
  const __m256d upper = _mm256_castps_pd(_mm512_maskz_cvtpd_ps(0xff, second));
  return reinterpret_cast<Floats>(_mm512_maskz_insertf64x4(0xff, _mm512_castpd256_pd512(lower), upper, 1));
#elif defined(RADAPTER_USE_AVX2)
  return reinterpret_cast<Floats>(
      _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(first)), _mm256_cvtpd_ps(second), 1));
#else
  const FloatsHalf halves[2] = {__builtin_convertvector(first, FloatsHalf),
                                __builtin_convertvector(second, FloatsHalf)};
  Floats x;
  __builtin_memcpy(&x, halves, sizeof(x));
  return x;
#endif
}

/** Sum of the lanes, always as the same tree. */
RADAPTER_INLINE double sum_lanes(Doubles x) {
  double lanes[kDoubleLanes];
  store(lanes, x);
  for (int half = kDoubleLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) {
      lanes[i] += lanes[i + half];
    }
  }
  return lanes[0];
}

/** Greatest lane. */
RADAPTER_INLINE double max_lanes(Doubles x) {
  double lanes[kDoubleLanes];
  store(lanes, x);
  for (int i = 1; i < kDoubleLanes; ++i) {
    lanes[0] = lanes[0] < lanes[i] ? lanes[i] : lanes[0];
  }
  return lanes[0];
}

/** eˣ in double within 2 ulp; results below 1e-307 are 0. */
RADAPTER_INLINE Doubles exponential(Doubles x) {
  constexpr double kRound = 0x1.8p52;
  const Doubles clamped = smaller(larger(x, broadcast(-708.0)), broadcast(709.0));
  Doubles shifted = fused(clamped, broadcast(1.4426950408889634), broadcast(kRound));
  Doubles n = shifted - kRound;
  Doubles r = fused(n, broadcast(-0x1.62e42fee00000p-1), clamped);
  r = fused(n, broadcast(-0x1.a39ef35793c76p-33), r);
  Doubles p = broadcast(2.5101346928350339e-08);
  p = fused(p, r, broadcast(2.7621338669142925e-07));
  p = fused(p, r, broadcast(2.7557266418612302e-06));
  p = fused(p, r, broadcast(2.4801518641395993e-05));
  p = fused(p, r, broadcast(1.9841269864380513e-04));
  p = fused(p, r, broadcast(1.3888888918939168e-03));
  p = fused(p, r, broadcast(8.3333333333297926e-03));
  p = fused(p, r, broadcast(4.1666666666620639e-02));
  p = fused(p, r, broadcast(1.6666666666666669e-01));
  p = fused(p, r, broadcast(5.0e-01));
  p = fused(p * r, r, r) + 1.0;
  Longs exponent = ((Longs)shifted - (Longs)broadcast(kRound)) + 1023;
  Doubles scaled = p * (Doubles)(exponent << 52);
  return x < -708.0 ? Doubles{} : scaled;
}

}  // namespace
}  // namespace radapter

#endif
