#include "contrastive_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

/** Rows of a column that are summed in float. */
constexpr int64_t kFloatRows = 32;
/** Columns whose float sums are held at once: a first-level cache has room for them beside the scores. */
constexpr int64_t kHeldColumns = 256;

RADAPTER_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/** 2ˣ for x of [-126, 127] within an ulp; the nearest of these values otherwise. NaN stays. */
RADAPTER_INLINE Floats power_of_two(Floats x) {
  x = smaller(larger(x, broadcast(-126.0f)), broadcast(127.0f));
  // The sum's low bits are x to the nearest whole number.
  const Floats shifted = x + 0x1.8p23f;
  const Floats f = x - (shifted - 0x1.8p23f);
  Floats p = broadcast(1.5353320759e-4f);
  p = fused(p, f, broadcast(1.3398926239e-3f));
  p = fused(p, f, broadcast(9.6184378490e-3f));
  p = fused(p, f, broadcast(5.5503323674e-2f));
  p = fused(p, f, broadcast(2.4022647738e-1f));
  p = fused(p, f, broadcast(6.9314718246e-1f));
  p = fused(p, f, broadcast(1.0f));
  return from_bits(bits(p) + (bits(shifted) << 23));
}

/** The first `count` lanes, the others zero. */
RADAPTER_INLINE Floats keep_first(Floats x, int64_t count) {
  for (int64_t i = count; i < kLanes; ++i) {
    x[i] = 0;
  }
  return x;
}

RADAPTER_INLINE double sum_in_double(Floats x) { return sum_lanes(first_half(x) + second_half(x)); }

/** Sum of 2^score over a row's run of columns, each added to its column's sum as well. */
RADAPTER_INLINE double sum_run(int64_t columns, const float* scores, float* column_sums) {
  Floats even = {};
  Floats odd = {};
  int64_t j = 0;
  for (; j + 2 * kLanes <= columns; j += 2 * kLanes) {
    const Floats e0 = power_of_two(load(scores + j));
    const Floats e1 = power_of_two(load(scores + j + kLanes));
    even += e0;
    odd += e1;
    store(column_sums + j, load(column_sums + j) + e0);
    store(column_sums + j + kLanes, load(column_sums + j + kLanes) + e1);
  }
  for (; j < columns; j += kLanes) {
    const int64_t count = columns - j;
    const Floats e = keep_first(power_of_two(load_up_to<RADAPTER_F32>(scores + j, count)), count);
    even += e;
    store(column_sums + j, load(column_sums + j) + e);
  }
  return sum_in_double(even + odd);
}

void sum_exponentials(const ScoreTile* tile, double* row_sums, double* column_sums) {
  const ScoreTile t = *tile;
  for (int64_t i = 0; i < t.rows; ++i) {
    row_sums[i] = 0;
  }
  for (int64_t first = 0; first < t.columns; first += kHeldColumns) {
    const int64_t columns = least(kHeldColumns, t.columns - first);
    for (int64_t row = 0; row < t.rows; row += kFloatRows) {
      float held[kHeldColumns] = {};
      for (int64_t i = row; i < least(row + kFloatRows, t.rows); ++i) {
        row_sums[i] += sum_run(columns, t.scores + i * t.ld + first, held);
      }
      for (int64_t j = 0; j < columns; ++j) {
        column_sums[first + j] += held[j];
      }
    }
  }
}

RADAPTER_INLINE Floats gradient(Floats score, Floats row_weight, Floats row_shift, Floats column_weight,
                                Floats column_shift) {
  return fused(power_of_two(score), row_weight + column_weight, -(row_shift + column_shift));
}

void gradients(const ScoreTile* tile, const GradientTerms* terms, double* row_sums) {
  const ScoreTile t = *tile;
  const GradientTerms r = *terms;
  for (int64_t i = 0; i < t.rows; ++i) {
    float* const scores = t.scores + i * t.ld;
    const Floats weight = broadcast(r.row_weight[i]);
    const Floats shift = broadcast(r.row_shift[i]);
    Floats sum = {};
    int64_t j = 0;
    for (; j + kLanes <= t.columns; j += kLanes) {
      const Floats score = load(scores + j);
      const Floats g = gradient(score, weight, shift, load(r.column_weight + j), load(r.column_shift + j));
      sum = fused(g, score, sum);
      store(scores + j, g);
    }
    if (j < t.columns) {
      const int64_t count = t.columns - j;
      const Floats score = load_up_to<RADAPTER_F32>(scores + j, count);
      const Floats g = gradient(score, weight, shift, load_up_to<RADAPTER_F32>(r.column_weight + j, count),
                                load_up_to<RADAPTER_F32>(r.column_shift + j, count));
      sum = fused(g, score, sum);
      store_up_to<RADAPTER_F32>(scores + j, g, count);
    }
    row_sums[i] = sum_in_double(sum);
  }
}

float exponential_of(float score) { return power_of_two(broadcast(score))[0]; }

void round_to_bf16(int64_t rows, int64_t columns, const float* x, int64_t ldx, uint16_t* y, int64_t ldy) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; j += kLanes) {
      store_up_to<RADAPTER_BF16>(y + i * ldy + j, load_up_to<RADAPTER_F32>(x + i * ldx + j, columns - j), columns - j);
    }
  }
}

RADAPTER_INLINE void add_doubles(double* to, Floats x, int64_t count) {
  double lanes[kLanes];
  store(lanes, first_half(x));
  store(lanes + kDoubleLanes, second_half(x));
  for (int64_t i = 0; i < least(count, kLanes); ++i) {
    to[i] += lanes[i];
  }
}

template <int T>
RADAPTER_INLINE void sum_rows_of(int64_t rows, int64_t columns, const void* x, int64_t ldx, double* sums) {
  const auto* from = static_cast<const typename Element<T>::Type*>(x);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; j += kLanes) {
      add_doubles(sums + j, load_up_to<T>(from + i * ldx + j, columns - j), columns - j);
    }
  }
}

void sum_rows(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, double* sums) {
  for (int64_t j = 0; j < columns; ++j) {
    sums[j] = 0;
  }
  if (dtype == RADAPTER_F32) {
    sum_rows_of<RADAPTER_F32>(rows, columns, x, ldx, sums);
  } else {
    sum_rows_of<RADAPTER_BF16>(rows, columns, x, ldx, sums);
  }
}

template <int T>
RADAPTER_INLINE double inner_product_of(int64_t count, const void* x, const double* y) {
  const auto* from = static_cast<const typename Element<T>::Type*>(x);
  Doubles low = {};
  Doubles high = {};
  int64_t j = 0;
  for (; j + kLanes <= count; j += kLanes) {
    const Floats v = Element<T>::load(from + j);
    low = fused(first_half(v), load(y + j), low);
    high = fused(second_half(v), load(y + j + kDoubleLanes), high);
  }
  double sum = sum_lanes(low + high);
  const Floats rest = load_up_to<T>(from + j, count - j);
  for (int64_t i = 0; i < count - j; ++i) {
    sum += static_cast<double>(rest[i]) * y[j + i];
  }
  return sum;
}

double inner_product(int64_t count, const void* x, int dtype, const double* y) {
  return dtype == RADAPTER_F32 ? inner_product_of<RADAPTER_F32>(count, x, y)
                               : inner_product_of<RADAPTER_BF16>(count, x, y);
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(ContrastiveKernels, contrastive_kernels) = {sum_exponentials, gradients, exponential_of,
                                                                      round_to_bf16,    sum_rows,  inner_product};

}  // namespace radapter
