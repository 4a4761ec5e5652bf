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

/** Vectors that are worked on together, so that their latencies hide each other, and whose sum is one of floats. */
constexpr int kTogether = 4;

RADAPTER_INLINE Doubles widened(Floats x) { return first_half(x) + second_half(x); }

/** Lanes of the vector at `j` beyond `valid` become zero. */
RADAPTER_INLINE Floats clear_beyond(Floats x, int64_t j, int64_t valid) {
  return j + kLanes > valid ? (before(j, valid) ? x : Floats{}) : x;
}

/**
 * The first `valid` scores become e^((score - top)·scale), the rest of the last vector 0. Returns their sum, in double
 * over sums of kTogether vectors.
 */
RADAPTER_INLINE double exponentials(float* scores, int64_t valid, float top, float scale) {
  Doubles sum = {};
  int64_t j = 0;
  for (; j + kTogether * kLanes <= valid; j += kTogether * kLanes) {
    Floats some = {};
#pragma GCC unroll 4
    for (int v = 0; v < kTogether; ++v) {
      const Floats e = exponential_of_term((load(scores + j + v * kLanes) - top) * scale);
      store(scores + j + v * kLanes, e);
      some += e;
    }
    sum += widened(some);
  }
  Floats some = {};
  for (; j < valid; j += kLanes) {
    const Floats e = clear_beyond(exponential_of_term((load(scores + j) - top) * scale), j, valid);
    store(scores + j, e);
    some += e;
  }
  return sum_lanes(sum + widened(some));
}

// A head's rows are short and a page apart, which no processor foresees. The next head's, and the rows that this one
// will write, are asked for while this one's are worked on: one row at a time, lest they all wait for each other.

RADAPTER_INLINE int64_t element_bytes(const AttentionShape& shape) {
  return shape.dtype == RADAPTER_F32 ? sizeof(float) : sizeof(uint16_t);
}

/** Asks for a row of a head's part of a matrix. */
RADAPTER_INLINE void fetch_row(const AttentionShape& shape, const void* head, int64_t ld, int64_t row) {
  constexpr int64_t kLine = 64;
  const char* at = static_cast<const char*>(head) + row * ld * element_bytes(shape);
  for (const char* end = at + shape.head_size * element_bytes(shape); at < end; at += kLine) {
    __builtin_prefetch(at, 0, 2);
  }
}

/** Row `row` of what the forward pass of `next` reads and of where this head's result goes. */
RADAPTER_INLINE void fetch_for_forward(const AttentionShape& shape, const AttentionHead& next, const void* to,
                                       int64_t row) {
  fetch_row(shape, next.q, shape.ldqkv, row);
  fetch_row(shape, next.k, shape.ldqkv, row);
  fetch_row(shape, next.v, shape.ldqkv, row);
  fetch_row(shape, to, shape.ldo, row);
}

/** Where a head's gradients go. */
struct HeadGradients {
  const void* d_q;
  const void* d_k;
  const void* d_v;
};

/** Row `row` of what the backward pass of `next` reads and of where this head's gradients go. */
RADAPTER_INLINE void fetch_for_backward(const AttentionShape& shape, const AttentionHead& next, HeadGradients to,
                                        int64_t row) {
  fetch_row(shape, next.q, shape.ldqkv, row);
  fetch_row(shape, next.k, shape.ldqkv, row);
  fetch_row(shape, next.v, shape.ldqkv, row);
  fetch_row(shape, next.d_out, shape.ldo, row);
  fetch_row(shape, to.d_q, shape.lddqkv, row);
  fetch_row(shape, to.d_k, shape.lddqkv, row);
  fetch_row(shape, to.d_v, shape.lddqkv, row);
}

template <int T>
RADAPTER_INLINE void store_row(typename Element<T>::Type* to, const float* from, int64_t columns) {
  for (int64_t j = 0; j < columns; j += kLanes) {
    store_up_to<T>(to + j, load(from + j), columns - j);
  }
}

/** Σe and Σe·dp of a row's exponentials and the gradients of its probabilities. */
struct RowSums {
  double total;
  double dot;
};

/** The first `valid` scores become e^(score·scale - log_sum_exp), the rest of the last vector 0. */
RADAPTER_INLINE RowSums exponentials_and_dot(float* scores, const float* d_scores, int64_t valid, float log_sum_exp,
                                             float scale) {
  Doubles total = {};
  Doubles dot = {};
  int64_t j = 0;
  for (; j + kTogether * kLanes <= valid; j += kTogether * kLanes) {
    Floats some = {};
    Floats products = {};
#pragma GCC unroll 4
    for (int v = 0; v < kTogether; ++v) {
      float* at = scores + j + v * kLanes;
      const Floats e = exponential_of_term(fused(load(at), broadcast(scale), broadcast(-log_sum_exp)));
      store(at, e);
      some += e;
      products += e * load(d_scores + j + v * kLanes);
    }
    total += widened(some);
    dot += widened(products);
  }
  Floats some = {};
  Floats products = {};
  for (; j < valid; j += kLanes) {
    const Floats e = exponential_of_term(fused(load(scores + j), broadcast(scale), broadcast(-log_sum_exp)));
    const Floats inside = clear_beyond(e, j, valid);
    store(scores + j, inside);
    some += inside;
    products += clear_beyond(e * load(d_scores + j), j, valid);
  }
  return {sum_lanes(total + widened(some)), sum_lanes(dot + widened(products))};
}

/**
 * Scores become probabilities, their gradients (d_scores, holding those of the probabilities) those of the scores.
 * The stored logarithm only keeps the exponentials in range: they are divided by their own sum, since rounding a large
 * logarithm would cost precision; and the sum of p·dp is formed here, since the stored output was rounded.
 * Both are zero from `valid` to a tile's rows beyond it, where the transposed products read them.
 */
RADAPTER_INLINE void softmax_backward(float* scores, float* d_scores, int64_t valid, int64_t end, float log_sum_exp,
                                      float scale) {
  const RowSums sums = exponentials_and_dot(scores, d_scores, valid, log_sum_exp, scale);
  const float inverse = static_cast<float>(1.0 / sums.total);
  const float mean = static_cast<float>(sums.dot / sums.total);
  for (int64_t j = 0; j < valid; j += kLanes) {
    const Floats p = load(scores + j) * inverse;
    store(scores + j, p);
    store(d_scores + j, clear_beyond(p * (load(d_scores + j) - mean) * scale, j, valid));
  }
  for (int64_t j = round_up(valid, kLanes); j < least(valid + kTileRows, end); j += kLanes) {
    store(scores + j, Floats{});
    store(d_scores + j, Floats{});
  }
}

}  // namespace
}  // namespace radapter

#endif
