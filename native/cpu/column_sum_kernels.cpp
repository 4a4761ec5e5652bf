#include "column_sum_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

/** Σ of four vectors of floats, then in double: the sum of a block keeps the precision of its elements. */
template <int T>
RADAPTER_INLINE Floats sum_four(const typename Element<T>::Type* x, int64_t ldx) {
  return (Element<T>::load(x) + Element<T>::load(x + ldx)) +
         (Element<T>::load(x + 2 * ldx) + Element<T>::load(x + 3 * ldx));
}

RADAPTER_INLINE void add_to(double* sum, Floats x) {
  store(sum, load(sum) + first_half(x));
  store(sum + kDoubleLanes, load(sum + kDoubleLanes) + second_half(x));
}

template <int T>
void sum_rows_of(int64_t rows, int64_t columns, const void* from, int64_t ldx, double* sum) {
  typedef typename Element<T>::Type Type;
  const auto* x = static_cast<const Type*>(from);
  for (int64_t j = 0; j < columns; ++j) {
    sum[j] = 0;
  }
  const int64_t whole = columns / kLanes * kLanes;
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const Type* row = x + i * ldx;
    for (int64_t j = 0; j < whole; j += kLanes) {
      add_to(sum + j, sum_four<T>(row + j, ldx));
    }
  }
  for (; i < rows; ++i) {
    for (int64_t j = 0; j < whole; j += kLanes) {
      add_to(sum + j, Element<T>::load(x + i * ldx + j));
    }
  }
  for (int64_t j = whole; j < columns; ++j) {
    double total = 0;
    for (int64_t k = 0; k < rows; ++k) {
      total += load_first<T>(x + k * ldx + j, 1)[0];
    }
    sum[j] = total;
  }
}

void sum_rows(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, double* sum) {
  if (dtype == RADAPTER_F32) {
    sum_rows_of<RADAPTER_F32>(rows, columns, x, ldx, sum);
  } else {
    sum_rows_of<RADAPTER_BF16>(rows, columns, x, ldx, sum);
  }
}

template <int T>
void sum_chain_of(int64_t first, const int32_t* next, int64_t columns, const void* from, int64_t ldx, bool add,
                  float* sum) {
  const auto* x = static_cast<const typename Element<T>::Type*>(from);
  for (int64_t j = 0; j < columns; j += kLanes) {
    const int64_t count = columns - j;
    Doubles lower = {};
    Doubles upper = {};
    if (add) {
      const Floats before = load_up_to<RADAPTER_F32>(sum + j, count);
      lower = first_half(before);
      upper = second_half(before);
    }
    for (int64_t row = first; row >= 0; row = next[row]) {
      const Floats v = load_up_to<T>(x + row * ldx + j, count);
      lower += first_half(v);
      upper += second_half(v);
    }
    store_up_to<RADAPTER_F32>(sum + j, narrow(lower, upper), count);
  }
}

void sum_chain(int64_t first, const int32_t* next, int64_t columns, const void* x, int64_t ldx, int dtype, bool add,
               float* sum) {
  if (dtype == RADAPTER_F32) {
    sum_chain_of<RADAPTER_F32>(first, next, columns, x, ldx, add, sum);
  } else {
    sum_chain_of<RADAPTER_BF16>(first, next, columns, x, ldx, add, sum);
  }
}

void sum_partials(int64_t blocks, int64_t columns, const double* partial, int64_t begin, int64_t end, float* sum) {
  int64_t j = begin;
  for (; j + kDoubleLanes <= end; j += kDoubleLanes) {
    Doubles total = {};
    for (int64_t b = 0; b < blocks; ++b) {
      total += load(partial + b * columns + j);
    }
    for (int i = 0; i < kDoubleLanes; ++i) {
      sum[j + i] = static_cast<float>(total[i]);
    }
  }
  for (; j < end; ++j) {
    double total = 0;
    for (int64_t b = 0; b < blocks; ++b) {
      total += partial[b * columns + j];
    }
    sum[j] = static_cast<float>(total);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(ColumnSumKernels, column_sum_kernels) = {sum_rows, sum_chain, sum_partials};

}  // namespace radapter
