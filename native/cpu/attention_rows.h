// Softmax of rows of scores, and its gradient. Only for *_kernels.cpp.
#ifndef RADAPTER_CPU_ATTENTION_ROWS_H
#define RADAPTER_CPU_ATTENTION_ROWS_H

#include "attention_kernels.h"
#include "tile.h"

namespace radapter {
namespace {

RADAPTER_INLINE float score_scale(const AttentionShape& shape) {
  return static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(shape.head_size)));
}

/** Lanes of the vector at `j` that lie before `valid`. */
RADAPTER_INLINE Ints before(int64_t j, int64_t valid) {
  Ints lane;
  for (int i = 0; i < kLanes; ++i) {
    lane[i] = i;
  }
  return lane < static_cast<int32_t>(least(valid - j, kLanes));
}

RADAPTER_INLINE float greatest_score(const float* scores, int64_t valid) {
  Floats top = broadcast(scores[0]);
  int64_t j = 0;
  for (; j + kLanes <= valid; j += kLanes) {
    top = larger(top, load(scores + j));
  }
  if (j < valid) {
    top = before(j, valid) ? larger(top, load(scores + j)) : top;
  }
  return max_lanes(top);
}

/** A sum in double of floats, four of which are added up before they are widened. */
class Total {
 public:
  __attribute__((always_inline)) void add(Floats x) {
    few_ += x;
    if (++count_ == 4) {
      widen();
    }
  }

  __attribute__((always_inline)) double value() {
    widen();
    return sum_lanes(sum_);
  }

 private:
  __attribute__((always_inline)) void widen() {
    sum_ += first_half(few_) + second_half(few_);
    few_ = Floats{};
    count_ = 0;
  }

  Floats few_ = {};
  Doubles sum_ = {};
  int count_ = 0;
};

/** The first `valid` scores become e^((score - top)·scale), the rest of the last vector 0. Returns their sum. */
RADAPTER_INLINE double exponentials(float* scores, int64_t valid, float top, float scale) {
  Total sum;
  for (int64_t j = 0; j < valid; j += kLanes) {
    Floats e = exponential_of_term((load(scores + j) - top) * scale);
    if (j + kLanes > valid) {
      e = before(j, valid) ? e : Floats{};
    }
    store(scores + j, e);
    sum.add(e);
  }
  return sum.value();
}

template <int T>
RADAPTER_INLINE void store_row(typename Element<T>::Type* to, const float* from, int64_t columns) {
  for (int64_t j = 0; j < columns; j += kLanes) {
    store_up_to<T>(to + j, load(from + j), columns - j);
  }
}

/**
 * Scores become probabilities, their gradients (d_scores, holding those of the probabilities) those of the scores.
 * The stored logarithm only keeps the exponentials in range: they are divided by their own sum, since rounding a large
 * logarithm would cost precision; and the sum of p·dp is formed here, since the stored output was rounded.
 * Both are zero from `valid` to a tile's rows beyond it, where the transposed products read them.
 */
RADAPTER_INLINE void softmax_backward(float* scores, float* d_scores, int64_t valid, int64_t end, float log_sum_exp,
                                      float scale) {
  Total sum;
  Total dot;
  for (int64_t j = 0; j < valid; j += kLanes) {
    Floats e = exponential_of_term(fused(load(scores + j), broadcast(scale), broadcast(-log_sum_exp)));
    Floats product = e * load(d_scores + j);
    if (j + kLanes > valid) {
      const Ints mask = before(j, valid);
      e = mask ? e : Floats{};
      product = mask ? product : Floats{};
    }
    store(scores + j, e);
    sum.add(e);
    dot.add(product);
  }
  const double total = sum.value();
  const float inverse = static_cast<float>(1.0 / total);
  const float mean = static_cast<float>(dot.value() / total);
  for (int64_t j = 0; j < valid; j += kLanes) {
    const Floats p = load(scores + j) * inverse;
    Floats d = p * (load(d_scores + j) - mean) * scale;
    if (j + kLanes > valid) {
      d = before(j, valid) ? d : Floats{};
    }
    store(scores + j, p);
    store(d_scores + j, d);
  }
  for (int64_t j = round_up(valid, kLanes); j < least(valid + kTileRows, end); j += kLanes) {
    store(scores + j, Floats{});
    store(d_scores + j, Floats{});
  }
}

}  // namespace
}  // namespace radapter

#endif
