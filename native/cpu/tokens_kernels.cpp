#include "tokens_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

template <int FROM, int TO>
void add_rows(int64_t columns, const void* from, const float* position, void* to) {
  const auto* x = static_cast<const typename Element<FROM>::Type*>(from);
  auto* y = static_cast<typename Element<TO>::Type*>(to);
  for (int64_t j = 0; j < columns; j += kLanes) {
    const int64_t count = columns - j;
    store_up_to<TO>(y + j, load_up_to<FROM>(x + j, count) + load_up_to<RADAPTER_F32>(position + j, count), count);
  }
}

template <int FROM>
void add_to(int64_t columns, const void* from, const float* position, void* to, int to_dtype) {
  if (to_dtype == RADAPTER_F32) {
    add_rows<FROM, RADAPTER_F32>(columns, from, position, to);
  } else {
    add_rows<FROM, RADAPTER_BF16>(columns, from, position, to);
  }
}

void add_position(int64_t columns, const void* from, int from_dtype, const float* position, void* to, int to_dtype) {
  if (from_dtype == RADAPTER_F32) {
    add_to<RADAPTER_F32>(columns, from, position, to, to_dtype);
  } else if (from_dtype == RADAPTER_BF16) {
    add_to<RADAPTER_BF16>(columns, from, position, to, to_dtype);
  } else {
    add_to<RADAPTER_F16>(columns, from, position, to, to_dtype);
  }
}

/** Vectors of columns summed at once: a few lines of each row, and few enough sums to stay in registers. */
constexpr int kWide = 4;

template <int T>
void sum_strided_of(int64_t count, int64_t columns, const void* from, int64_t stride, float* sum) {
  const auto* x = static_cast<const typename Element<T>::Type*>(from);
  int64_t j = 0;
  for (; j + kWide * kLanes <= columns; j += kWide * kLanes) {
    Doubles lower[kWide] = {};
    Doubles upper[kWide] = {};
    for (int64_t i = 0; i < count; ++i) {
      for (int w = 0; w < kWide; ++w) {
        const Floats v = Element<T>::load(x + i * stride + j + w * kLanes);
        lower[w] += first_half(v);
        upper[w] += second_half(v);
      }
    }
    for (int w = 0; w < kWide; ++w) {
      store(sum + j + w * kLanes, narrow(lower[w], upper[w]));
    }
  }
  for (; j < columns; j += kLanes) {
    Doubles lower = {};
    Doubles upper = {};
    for (int64_t i = 0; i < count; ++i) {
      const Floats v = load_up_to<T>(x + i * stride + j, columns - j);
      lower += first_half(v);
      upper += second_half(v);
    }
    store_up_to<RADAPTER_F32>(sum + j, narrow(lower, upper), columns - j);
  }
}

void sum_strided(int64_t count, int64_t columns, const void* x, int64_t stride, int dtype, float* sum) {
  if (dtype == RADAPTER_F32) {
    sum_strided_of<RADAPTER_F32>(count, columns, x, stride, sum);
  } else {
    sum_strided_of<RADAPTER_BF16>(count, columns, x, stride, sum);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(TokensKernels, tokens_kernels) = {add_position, sum_strided};

}  // namespace radapter
