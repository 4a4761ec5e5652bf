#include "contrastive_exact_kernels.h"

#include "tile.h"

namespace radapter {
namespace {

// A score is multiplied by 1/τ = 100 and goes into an exponential: scores are formed and kept in double, and so is
// everything made of them until a gradient is rounded.

void to_floats(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, float* y, int64_t ldy) {
  if (dtype == RADAPTER_F32) {
    copy_rows<RADAPTER_F32>(rows, columns, static_cast<const float*>(x), ldx, y, ldy);
  } else {
    copy_rows<RADAPTER_BF16>(rows, columns, static_cast<const uint16_t*>(x), ldx, y, ldy);
  }
}

RADAPTER_INLINE void widen_run(int64_t count, const float* from, double* to) {
  for (int64_t j = 0; j < count; j += kLanes) {
    const Floats v = load(from + j);
    store(to + j, first_half(v));
    store(to + j + kDoubleLanes, second_half(v));
  }
}

void widen(int64_t rows, int64_t columns, const void* x, int64_t ldx, int dtype, float* floats, double* doubles,
           int64_t ld) {
  to_floats(rows, columns, x, ldx, dtype, floats, ld);
  widen_run(rows * ld, floats, doubles);
}

void scores(const ScorePanel* panel, float* packed, double* scores, int64_t ld) {
  const ScorePanel& p = *panel;
  auto* right = reinterpret_cast<double*>(packed);
  float* transposed = packed + 2 * p.d * kPanel;
  if (p.dtype == RADAPTER_F32) {
    copy_transposed<RADAPTER_F32>(p.columns, p.d, static_cast<const float*>(p.g), p.ldg, transposed, kPanel);
  } else {
    copy_transposed<RADAPTER_BF16>(p.columns, p.d, static_cast<const uint16_t*>(p.g), p.ldg, transposed, kPanel);
  }
  widen_run(p.d * kPanel, transposed, right);
  multiply_doubles(p.rows, p.f, p.ldf, right, kPanel, round_up(p.columns, kLanes) / kLanes, p.d, scores, ld);
}

void mark_equal(int64_t rows, int64_t columns, const int32_t* row_labels, const int32_t* column_labels, float* positive,
                int64_t ld) {
  for (int64_t i = 0; i < rows; ++i) {
    const int32_t label = row_labels[i];
    for (int64_t j = 0; j < columns; ++j) {
      positive[i * ld + j] = column_labels[j] == label ? 1.0f : 0.0f;
    }
  }
}

void add_margin(int64_t rows, int64_t columns, double margin, double* scores, const float* positive, int64_t ld) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      scores[i * ld + j] += margin * (1.0 - static_cast<double>(positive[i * ld + j]));
    }
  }
}

/** The doubles at `x`, as many as are left; the other lanes zero. */
RADAPTER_INLINE Doubles load_up_to(const double* x, int64_t count) {
  if (count >= kDoubleLanes) {
    return load(x);
  }
  Doubles v = {};
  for (int64_t i = 0; i < count; ++i) {
    v[i] = x[i];
  }
  return v;
}

/** kDoubleLanes floats as doubles, or as many as are left. */
RADAPTER_INLINE Doubles widen_up_to(const float* x, int64_t count) {
  Doubles v = {};
  if (count >= kDoubleLanes) {
    FloatsHalf half;
    __builtin_memcpy(&half, x, sizeof(half));
    return __builtin_convertvector(half, Doubles);
  }
  for (int64_t i = 0; i < count; ++i) {
    v[i] = x[i];
  }
  return v;
}

RADAPTER_INLINE void store_up_to(double* x, Doubles v, int64_t count) {
  if (count >= kDoubleLanes) {
    store(x, v);
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    x[i] = v[i];
  }
}

void add_to_columns(int64_t rows, int64_t columns, double scale, const double* scores, const float* positive,
                    int64_t ld, const ScoreSums* sums) {
  for (int64_t j = 0; j < columns; j += kDoubleLanes) {
    const int64_t count = columns - j;
    const Doubles before = load_up_to(sums->top + j, count);
    Doubles top = before;
    for (int64_t i = 0; i < rows; ++i) {
      top = larger(top, load_up_to(scores + i * ld + j, count));
    }
    Doubles sum = load_up_to(sums->sum + j, count) * exponential((before - top) * scale);
    Doubles positives = load_up_to(sums->positives + j, count);
    Doubles all = load_up_to(sums->all + j, count);
    Doubles number = load_up_to(sums->count + j, count);
    for (int64_t i = 0; i < rows; ++i) {
      const Doubles score = load_up_to(scores + i * ld + j, count);
      const Doubles y = widen_up_to(positive + i * ld + j, count);
      sum += exponential((score - top) * scale);
      positives = fused(y, score, positives);
      all += score;
      number += y;
    }
    store_up_to(sums->top + j, top, count);
    store_up_to(sums->sum + j, sum, count);
    store_up_to(sums->positives + j, positives, count);
    store_up_to(sums->all + j, all, count);
    store_up_to(sums->count + j, number, count);
  }
}

void sum_row(int64_t columns, double scale, const double* scores, const float* positive, const ScoreSums* sums) {
  Doubles highest = broadcast(scores[0]);
  int64_t j = 0;
  for (; j + kDoubleLanes <= columns; j += kDoubleLanes) {
    highest = larger(highest, load(scores + j));
  }
  double top = max_lanes(highest);
  for (; j < columns; ++j) {
    top = top < scores[j] ? scores[j] : top;
  }
  Doubles sum = {};
  Doubles positives = {};
  Doubles all = {};
  Doubles number = {};
  for (j = 0; j < columns; j += kDoubleLanes) {
    const int64_t count = columns - j;
    const Doubles score = load_up_to(scores + j, count);
    const Doubles y = widen_up_to(positive + j, count);
    Doubles e = exponential((score - top) * scale);
    for (int64_t i = count; i < kDoubleLanes; ++i) {
      e[i] = 0;
    }
    sum += e;
    positives = fused(y, score, positives);
    all += score;
    number += y;
  }
  *sums->top = top;
  *sums->sum = sum_lanes(sum);
  *sums->positives = sum_lanes(positives);
  *sums->all = sum_lanes(all);
  *sums->count = sum_lanes(number);
}

double gradient_row(const GradientRow* row, const double* scores, const ScoreSums* columns, float* gradient) {
  const GradientRow r = *row;
  const double step = r.positive - r.negative;
  Doubles with_scale = {};
  for (int64_t j = 0; j < r.columns; j += kDoubleLanes) {
    const int64_t count = r.columns - j;
    const Doubles z = load_up_to(scores + j, count) * r.scale;
    const Doubles y = widen_up_to(gradient + j, count);
    const Doubles positive = load_up_to(columns->positives + j, count);
    const Doubles negative = load_up_to(columns->all + j, count);
    const Doubles by_row = exponential(z - r.log_sum) - fused(y, broadcast(step), broadcast(r.negative));
    const Doubles by_column =
        exponential(z - load_up_to(columns->top + j, count)) - fused(y, positive - negative, negative);
    Doubles g = fused(broadcast(r.row_weight), by_row, r.column_weight * by_column);
    for (int64_t i = count; i < kDoubleLanes; ++i) {
      g[i] = 0;
    }
    with_scale = fused(g, z, with_scale);
    const FloatsHalf rounded = __builtin_convertvector(g * r.scale, FloatsHalf);
    __builtin_memcpy(gradient + j, &rounded, count >= kDoubleLanes ? sizeof(rounded) : count * sizeof(float));
  }
  return sum_lanes(with_scale);
}

void multiply_rows(int64_t rows, int64_t count, int64_t columns, const float* gradient, int64_t ld, const void* g,
                   int64_t ldg, int dtype, float* packed, double* sums, int64_t lds) {
  const int64_t width = round_up(columns, kLanes);
  to_floats(count, columns, g, ldg, dtype, packed, width);
  for (int64_t i = 0; i < rows; i += kTileRows) {
    multiply(least(kTileRows, rows - i), Left{gradient + i * ld, ld, 1}, Right{packed, width}, width / kLanes,
             Terms{0, count, kNoDiagonal}, sums + i * lds, lds);
  }
}

void multiply_columns(int64_t rows, int64_t count, int64_t columns, const float* gradient, int64_t ld, const float* f,
                      int64_t ldf, double* sums, int64_t lds) {
  const int64_t vectors = round_up(columns, kLanes) / kLanes;
  for (int64_t j = 0; j < count; j += kTileRows) {
    multiply(least(kTileRows, count - j), Left{gradient + j, 1, ld}, Right{f, ldf}, vectors,
             Terms{0, rows, kNoDiagonal}, sums + j * lds, lds);
  }
}

template <int T>
RADAPTER_INLINE void round_run(int64_t count, const double* from, void* to) {
  auto* y = static_cast<typename Element<T>::Type*>(to);
  for (int64_t j = 0; j < count; j += kLanes) {
    const int64_t rest = count - j;
    store_up_to<T>(y + j, narrow(load_up_to(from + j, rest), load_up_to(from + j + kDoubleLanes, rest - kDoubleLanes)),
                   rest);
  }
}

void store_rounded(int64_t count, const double* from, void* to, int dtype) {
  if (dtype == RADAPTER_F32) {
    round_run<RADAPTER_F32>(count, from, to);
  } else {
    round_run<RADAPTER_BF16>(count, from, to);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(ExactContrastiveKernels, contrastive_exact_kernels) = {
    widen,   scores,       mark_equal,    add_margin,       add_to_columns,
    sum_row, gradient_row, multiply_rows, multiply_columns, store_rounded};

}  // namespace radapter
