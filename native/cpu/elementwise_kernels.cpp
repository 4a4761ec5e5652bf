#include "elementwise_kernels.h"

#include "vector.h"

namespace radapter {
namespace {

/** y = f(x); the rest of a run goes through the same vector code, so that an element's bits do not tell its place. */
template <int X, int Y, typename Function>
RADAPTER_INLINE void map(int64_t count, const void* from, void* to, Function f) {
  const auto* x = static_cast<const typename Element<X>::Type*>(from);
  auto* y = static_cast<typename Element<Y>::Type*>(to);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Element<Y>::store(y + i, f(Element<X>::load(x + i)));
  }
  if (i < count) {
    store_first<Y>(y + i, f(load_first<X>(x + i, count - i)), count - i);
  }
}

/** c = f(a, b). */
template <int T, typename Function>
RADAPTER_INLINE void map(int64_t count, const void* left, const void* right, void* to, Function f) {
  typedef typename Element<T>::Type Type;
  const auto* a = static_cast<const Type*>(left);
  const auto* b = static_cast<const Type*>(right);
  auto* c = static_cast<Type*>(to);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Element<T>::store(c + i, f(Element<T>::load(a + i), Element<T>::load(b + i)));
  }
  if (i < count) {
    store_first<T>(c + i, f(load_first<T>(a + i, count - i), load_first<T>(b + i, count - i)), count - i);
  }
}

template <int X>
void convert_from(int64_t count, const void* x, void* y, int y_dtype) {
  const auto same = [](Floats v) { return v; };
  if (y_dtype == RADAPTER_F32) {
    map<X, RADAPTER_F32>(count, x, y, same);
  } else if (y_dtype == RADAPTER_BF16) {
    map<X, RADAPTER_BF16>(count, x, y, same);
  } else {
    map<X, RADAPTER_F16>(count, x, y, same);
  }
}

void convert(int64_t count, const void* x, int x_dtype, void* y, int y_dtype) {
  if (x_dtype == y_dtype) {
    __builtin_memmove(y, x, count * (x_dtype == RADAPTER_F32 ? 4 : 2));
  } else if (x_dtype == RADAPTER_F32) {
    convert_from<RADAPTER_F32>(count, x, y, y_dtype);
  } else if (x_dtype == RADAPTER_BF16) {
    convert_from<RADAPTER_BF16>(count, x, y, y_dtype);
  } else {
    convert_from<RADAPTER_F16>(count, x, y, y_dtype);
  }
}

void add(int64_t count, const void* a, const void* b, void* c, int dtype) {
  const auto sum = [](Floats u, Floats v) { return u + v; };
  if (dtype == RADAPTER_F32) {
    map<RADAPTER_F32>(count, a, b, c, sum);
  } else if (dtype == RADAPTER_BF16) {
    map<RADAPTER_BF16>(count, a, b, c, sum);
  } else {
    map<RADAPTER_F16>(count, a, b, c, sum);
  }
}

template <int T>
void fill_with(int64_t count, Floats value, void* to) {
  auto* x = static_cast<typename Element<T>::Type*>(to);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Element<T>::store(x + i, value);
  }
  store_first<T>(x + i, value, count - i);
}

void fill(int64_t count, float value, void* x, int dtype) {
  if (dtype == RADAPTER_F32) {
    fill_with<RADAPTER_F32>(count, broadcast(value), x);
  } else if (dtype == RADAPTER_BF16) {
    fill_with<RADAPTER_BF16>(count, broadcast(value), x);
  } else {
    fill_with<RADAPTER_F16>(count, broadcast(value), x);
  }
}

template <int T>
void activate(int activation, int64_t count, const void* x, void* y) {
  if (activation == RADAPTER_QUICK_GELU) {
    map<T, T>(count, x, y, [](Floats v) { return quick_gelu(v); });
  } else {
    map<T, T>(count, x, y, [](Floats v) { return gelu(v); });
  }
}

void activation_forward(int activation, int64_t count, const void* x, void* y, int dtype) {
  if (dtype == RADAPTER_F32) {
    activate<RADAPTER_F32>(activation, count, x, y);
  } else {
    activate<RADAPTER_BF16>(activation, count, x, y);
  }
}

template <int T>
void activate_gradient(int activation, int64_t count, const void* x, const void* dy, void* dx) {
  if (activation == RADAPTER_QUICK_GELU) {
    map<T>(count, x, dy, dx, [](Floats v, Floats g) { return g * quick_gelu_gradient(v); });
  } else {
    map<T>(count, x, dy, dx, [](Floats v, Floats g) { return g * gelu_gradient(v); });
  }
}

void activation_backward(int activation, int64_t count, const void* x, const void* dy, void* dx, int dtype) {
  if (dtype == RADAPTER_F32) {
    activate_gradient<RADAPTER_F32>(activation, count, x, dy, dx);
  } else {
    activate_gradient<RADAPTER_BF16>(activation, count, x, dy, dx);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(ElementwiseKernels, elementwise_kernels) = {convert, add, fill, activation_forward,
                                                                      activation_backward};

}  // namespace radapter
