// Code for several instruction sets.
//
// A file cpu/NAME_kernels.cpp is compiled once per instruction set (baseline, avx2, avx512, avx512_bf16), with
// RADAPTER_ISA set to the radapter_isa. To add an operator NAME that way:
//   1. cpu/NAME_kernels.h (included everywhere): a struct of function pointers and
//          RADAPTER_ISA_TABLE(NameKernels, name_kernels)
//   2. cpu/NAME_kernels.cpp: include vector.h and NAME_kernels.h, put every function into an anonymous namespace, and
//      end with
//          RADAPTER_DEFINE_ISA_TABLE(NameKernels, name_kernels) = {function, function};
//   3. cpu/NAME.cpp (compiled once): checks arguments, takes the ContextLock, splits the work with parallel_ranges()
//   and
//      calls name_kernels(context->isa)->function(...).
// CMake finds the files by name.
//
// In a *_kernels.cpp nothing may have external linkage but the table: no STL, no inline function of a shared header
// (vector.h is in an anonymous namespace), or the linker could keep the AVX-512 copy for everyone.
#ifndef RADAPTER_CPU_ISA_H
#define RADAPTER_CPU_ISA_H

#include "radapter.h"

namespace radapter {

/** "AVX2" … for messages. */
const char* isa_name(int isa);

/** What RADAPTER_ISA_AUTO means on this machine. */
int isa_fastest();

}  // namespace radapter

#if defined(__x86_64__)
#define RADAPTER_ISA_TABLE(Type, name)      \
  extern const Type name##_baseline;        \
  extern const Type name##_avx2;            \
  extern const Type name##_avx512;          \
  extern const Type name##_avx512_bf16;     \
  static inline const Type* name(int isa) { \
    switch (isa) {                          \
      case RADAPTER_ISA_AVX2:               \
        return &name##_avx2;                \
      case RADAPTER_ISA_AVX512:             \
        return &name##_avx512;              \
      case RADAPTER_ISA_AVX512_BF16:        \
        return &name##_avx512_bf16;         \
      default:                              \
        return &name##_baseline;            \
    }                                       \
  }
#else
#define RADAPTER_ISA_TABLE(Type, name) \
  extern const Type name##_baseline;   \
  static inline const Type* name(int) { return &name##_baseline; }
#endif

#define RADAPTER_JOIN_(a, b) a##_##b
#define RADAPTER_JOIN(a, b) RADAPTER_JOIN_(a, b)
#define RADAPTER_DEFINE_ISA_TABLE(Type, name) const Type RADAPTER_JOIN(name, RADAPTER_ISA_SUFFIX)

#endif
