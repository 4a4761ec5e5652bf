#include "normalize_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

// In double throughout: squares of large or tiny rows stay in range, and dy - y⟨y, dy⟩ may cancel.

/** Σ a·b over a row. */
template <int T>
RADAPTER_INLINE double dot(int64_t columns, const typename Element<T>::Type* a, const typename Element<T>::Type* b) {
  Doubles lower = {};
  Doubles upper = {};
  for (int64_t j = 0; j < columns; j += kLanes) {
    const Floats u = load_up_to<T>(a + j, columns - j);
    const Floats v = load_up_to<T>(b + j, columns - j);
    lower = fused(first_half(u), first_half(v), lower);
    upper = fused(second_half(u), second_half(v), upper);
  }
  return sum_lanes(lower + upper);
}

template <int T>
void forward_rows(int64_t rows, int64_t columns, const void* from, int64_t ldx, void* to, int64_t ldy, float* norm) {
  typedef typename Element<T>::Type Type;
  for (int64_t i = 0; i < rows; ++i) {
    const Type* x = static_cast<const Type*>(from) + i * ldx;
    Type* y = static_cast<Type*>(to) + i * ldy;
    const double length = __builtin_sqrt(dot<T>(columns, x, x));
    const double divisor = length < 1e-12 ? 1e-12 : length;
    for (int64_t j = 0; j < columns; j += kLanes) {
      const Floats v = load_up_to<T>(x + j, columns - j);
      store_up_to<T>(y + j, narrow(first_half(v) / divisor, second_half(v) / divisor), columns - j);
    }
    norm[i] = static_cast<float>(divisor);
  }
}

void forward(int64_t rows, int64_t columns, const void* x, int64_t ldx, void* y, int64_t ldy, int dtype, float* norm) {
  if (dtype == RADAPTER_F32) {
    forward_rows<RADAPTER_F32>(rows, columns, x, ldx, y, ldy, norm);
  } else {
    forward_rows<RADAPTER_BF16>(rows, columns, x, ldx, y, ldy, norm);
  }
}

template <int T>
void backward_rows(int64_t rows, int64_t columns, const void* gradient, int64_t lddy, const void* output, int64_t ldy,
                   const float* norm, void* to, int64_t lddx) {
  typedef typename Element<T>::Type Type;
  for (int64_t i = 0; i < rows; ++i) {
    const Type* dy = static_cast<const Type*>(gradient) + i * lddy;
    const Type* y = static_cast<const Type*>(output) + i * ldy;
    Type* dx = static_cast<Type*>(to) + i * lddx;
    const Doubles along = broadcast(-dot<T>(columns, y, dy));
    const double divisor = norm[i];
    for (int64_t j = 0; j < columns; j += kLanes) {
      const Floats g = load_up_to<T>(dy + j, columns - j);
      const Floats v = load_up_to<T>(y + j, columns - j);
      const Doubles lower = fused(first_half(v), along, first_half(g)) / divisor;
      const Doubles upper = fused(second_half(v), along, second_half(g)) / divisor;
      store_up_to<T>(dx + j, narrow(lower, upper), columns - j);
    }
  }
}

void backward(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* y, int64_t ldy,
              const float* norm, void* dx, int64_t lddx, int dtype) {
  if (dtype == RADAPTER_F32) {
    backward_rows<RADAPTER_F32>(rows, columns, dy, lddy, y, ldy, norm, dx, lddx);
  } else {
    backward_rows<RADAPTER_BF16>(rows, columns, dy, lddy, y, ldy, norm, dx, lddx);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(NormalizeKernels, normalize_kernels) = {forward, backward};

}  // namespace radapter
