#include "isa.h"

namespace radapter {

const char* isa_name(int isa) {
  switch (isa) {
    case RADAPTER_ISA_BASELINE:
      return "baseline";
    case RADAPTER_ISA_AVX2:
      return "AVX2";
    case RADAPTER_ISA_AVX512:
      return "AVX-512";
    case RADAPTER_ISA_AVX512_BF16:
      return "AVX512-BF16";
    default:
      return "auto";
  }
}

int isa_fastest() {
  const int best = radapter_cpu_isa();
#if defined(__x86_64__)
  // Intel's cores multiply pairs of bf16 at half the rate of floats, or less: products of bf16 are faster as floats.
  if (best == RADAPTER_ISA_AVX512_BF16 && __builtin_cpu_is("intel")) {
    return RADAPTER_ISA_AVX512;
  }
#endif
  return best;
}

}  // namespace radapter

extern "C" int radapter_cpu_isa(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (!avx2) {
    return RADAPTER_ISA_BASELINE;
  }
#if defined(RADAPTER_LOWERED)
  return RADAPTER_ISA_AVX512_BF16;
#else
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (!avx512) {
    return RADAPTER_ISA_AVX2;
  }
  return __builtin_cpu_supports("avx512bf16") ? RADAPTER_ISA_AVX512_BF16 : RADAPTER_ISA_AVX512;
#endif
#else
  return RADAPTER_ISA_BASELINE;
#endif
}
