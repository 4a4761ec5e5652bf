// Attention of one head in products of bf16 pairs, for every query to see every key. Only for *_kernels.cpp.
//
// Both operands of a product hold words of two numbers that follow each other along the sum: along the head size for
// scores, along the keys for results, along the queries for the gradients of keys and values.
#ifndef RADAPTER_CPU_ATTENTION_PAIRS_H
#define RADAPTER_CPU_ATTENTION_PAIRS_H

#include "attention_rows.h"

namespace radapter {
namespace {

typedef uint16_t AliasingHalf __attribute__((may_alias));

RADAPTER_INLINE int64_t pairs_in(int64_t count) { return (count + 1) / 2; }

/** to [size / 2, wide] ← the pairs along the rows of from [rows, size], transposed; columns beyond `rows` zero. */
RADAPTER_INLINE void transpose_pairs(int64_t rows, int64_t size, const uint16_t* from, int64_t stride, float* to,
                                     int64_t wide) {
  for (int64_t i = 0; i < wide; i += kLanes) {
    const int64_t valid = least(rows - i, kLanes);
    for (int64_t p = 0; p < size / 2; p += kLanes) {
      const int64_t words = least(size / 2 - p, kLanes);
      Floats block[kLanes] = {};
      for (int64_t r = 0; r < valid; ++r) {
        __builtin_memcpy(&block[r], from + (i + r) * stride + 2 * p, words * sizeof(float));
      }
      transpose(block);
      for (int64_t c = 0; c < words; ++c) {
        store(to + (p + c) * wide + i, block[c]);
      }
    }
  }
}

/** to [pairs_in(rows), width] ← rows 2p and 2p + 1 of from [rows, size] as pairs; what is beyond is zero. */
RADAPTER_INLINE void pair_rows(int64_t rows, int64_t size, const uint16_t* from, int64_t stride, float* to,
                               int64_t width) {
  for (int64_t i = 0; i < rows; i += 2, to += width) {
    for (int64_t j = 0; j < width; j += kLanes) {
      const Floats low = load_up_to<RADAPTER_BF16>(from + i * stride + j, size - j);
      const Floats high = i + 1 < rows ? load_up_to<RADAPTER_BF16>(from + (i + 1) * stride + j, size - j) : Floats{};
      store(to + j, pairs_of(low, high));
    }
  }
}

/** The same of rows of floats, rounded. */
RADAPTER_INLINE void pair_float_rows(int64_t rows, int64_t wide, const float* from, float* to) {
  for (int64_t i = 0; i < rows; i += 2, from += 2 * wide, to += wide) {
    for (int64_t j = 0; j < wide; j += kLanes) {
      const Floats high = i + 1 < rows ? nearest_bf16(load(from + wide + j)) : Floats{};
      store(to + j, pairs_of(nearest_bf16(load(from + j)), high));
    }
  }
}

/** to [rows, size / 2] ← rows of pairs as they lie. */
RADAPTER_INLINE void copy_pair_rows(int64_t rows, int64_t size, const uint16_t* from, int64_t stride, float* to) {
  for (int64_t i = 0; i < rows; ++i) {
    __builtin_memcpy(to + i * (size / 2), from + i * stride, size * sizeof(uint16_t));
  }
}

/** to [rows, wide / 2] ← rows of floats as pairs. */
RADAPTER_INLINE void round_rows(int64_t rows, int64_t wide, const float* from, float* to) {
  for (int64_t i = 0; i < rows * wide; i += kLanes) {
    Element<RADAPTER_BF16>::store(reinterpret_cast<AliasingHalf*>(to) + i, load(from + i));
  }
}

/** C [rows, wide] = A B over `pairs` pairs. */
RADAPTER_INLINE void multiply_pairs(int64_t rows, Left a, Right b, int64_t wide, int64_t pairs, float* c, int64_t ldc) {
  multiply<true, Onto::kNothing>(rows, a, b, wide / kLanes, Terms{0, pairs, kNoDiagonal}, c, ldc);
}

void forward_head_in_pairs(const AttentionShape& shape, const AttentionHead& head, const AttentionHead& next,
                           uint16_t* to, float* log_sum_exp, float* scratch) {
  const int64_t length = shape.length;
  const int64_t size = shape.head_size;
  const int64_t wide = round_up(length, kLanes);
  const int64_t width = round_up(size, kLanes);
  float* const keys = scratch;
  float* const values = keys + size / 2 * wide;
  float* const queries = values + pairs_in(length) * width;
  float* const scores = queries + kTileRows * (size / 2);
  float* const probabilities = scores + kTileRows * wide;
  float* const result = probabilities + kTileRows * (wide / 2);
  const auto* q = static_cast<const uint16_t*>(head.q);
  const float scale = score_scale(shape);
  transpose_pairs(length, size, static_cast<const uint16_t*>(head.k), shape.ldqkv, keys, wide);
  pair_rows(length, size, static_cast<const uint16_t*>(head.v), shape.ldqkv, values, width);
  for (int64_t t = 0; t < length; t += kTileRows) {
    const int64_t rows = least(kTileRows, length - t);
    copy_pair_rows(rows, size, q + t * shape.ldqkv, shape.ldqkv, queries);
    multiply_pairs(rows, Left{queries, size / 2, 1}, Right{keys, wide}, wide, size / 2, scores, wide);
    double sums[kTileRows];
    for (int64_t i = 0; i < rows; ++i) {
      fetch_for_forward(shape, next, to, t + i);
      float* row = scores + i * wide;
      const float top = greatest_score(row, length);
      sums[i] = exponentials(row, length, top, scale);
      if (log_sum_exp != nullptr) {
        log_sum_exp[t + i] = static_cast<float>(static_cast<double>(top) * scale + __builtin_log(sums[i]));
      }
    }
    round_rows(rows, wide, scores, probabilities);
    multiply_pairs(rows, Left{probabilities, wide / 2, 1}, Right{values, width}, width, pairs_in(length), result,
                   width);
    for (int64_t i = 0; i < rows; ++i) {
      float* row = result + i * width;
      const float sum = static_cast<float>(sums[i]);
      for (int64_t j = 0; j < width; j += kLanes) {
        store(row + j, load(row + j) / sum);
      }
      store_row<RADAPTER_BF16>(to + (t + i) * shape.ldo, row, size);
    }
  }
}

/** What a head's backward pass holds. */
struct PairScratch {
  /** [size / 2, wide], pairs along the head size. */
  float* keys_transposed;
  float* values_transposed;
  /** [pairs_in(length), width], pairs of rows. */
  float* keys;
  float* queries;
  float* d_out;
  /** [length, width]. */
  float* d_keys;
  float* d_values;
  /** [kQueryRows, wide]. */
  float* scores;
  float* d_scores;
  /** [kQueryRows / 2, wide], pairs of rows of these. */
  float* probability_pairs;
  float* d_score_pairs;
  /** Rows of a tile: [kTileRows, size / 2], and [kTileRows, wide / 2] or [kTileRows, width]. */
  float* rows;
  float* d_score_rows;
  float* d_queries;
};

RADAPTER_INLINE PairScratch divide_for_pairs(const AttentionShape& shape, int64_t wide, int64_t width, float* scratch) {
  const int64_t transposed = shape.head_size / 2 * wide;
  const int64_t paired = pairs_in(shape.length) * width;
  PairScratch s;
  s.keys_transposed = scratch;
  s.values_transposed = s.keys_transposed + transposed;
  s.keys = s.values_transposed + transposed;
  s.queries = s.keys + paired;
  s.d_out = s.queries + paired;
  s.d_keys = s.d_out + paired;
  s.d_values = s.d_keys + shape.length * width;
  s.scores = s.d_values + shape.length * width;
  s.d_scores = s.scores + kQueryRows * wide;
  s.probability_pairs = s.d_scores + kQueryRows * wide;
  s.d_score_pairs = s.probability_pairs + kQueryRows / 2 * wide;
  s.rows = s.d_score_pairs + kQueryRows / 2 * wide;
  s.d_score_rows = s.rows + kTileRows * (shape.head_size / 2);
  s.d_queries = s.d_score_rows + kTileRows * (wide / 2);
  return s;
}

/** dK += dSᵀ Q and dV += Pᵀ dO over query rows [first, end). */
RADAPTER_INLINE void add_key_gradients_in_pairs(const AttentionShape& shape, const PairScratch& s, int64_t first,
                                                int64_t end, int64_t wide, int64_t width) {
  const Terms terms = {0, pairs_in(end - first), kNoDiagonal};
  const Right queries = {s.queries + first / 2 * width, width};
  const Right d_out = {s.d_out + first / 2 * width, width};
  for (int64_t key = 0; key < shape.length; key += kTileRows) {
    const int64_t rows = least(kTileRows, shape.length - key);
    multiply<true>(rows, Left{s.d_score_pairs + key, 1, wide}, queries, width / kLanes, terms, s.d_keys + key * width,
                   width);
    multiply<true>(rows, Left{s.probability_pairs + key, 1, wide}, d_out, width / kLanes, terms,
                   s.d_values + key * width, width);
  }
}

void backward_head_in_pairs(const AttentionShape& shape, const AttentionHead& head, const AttentionHead& next,
                            uint16_t* to_q, uint16_t* to_k, uint16_t* to_v, float* scratch) {
  const int64_t length = shape.length;
  const int64_t size = shape.head_size;
  const int64_t wide = round_up(length, kLanes);
  const int64_t width = round_up(size, kLanes);
  const PairScratch s = divide_for_pairs(shape, wide, width, scratch);
  const float scale = score_scale(shape);
  const auto* q = static_cast<const uint16_t*>(head.q);
  const auto* d_out = static_cast<const uint16_t*>(head.d_out);
  transpose_pairs(length, size, static_cast<const uint16_t*>(head.k), shape.ldqkv, s.keys_transposed, wide);
  transpose_pairs(length, size, static_cast<const uint16_t*>(head.v), shape.ldqkv, s.values_transposed, wide);
  pair_rows(length, size, static_cast<const uint16_t*>(head.k), shape.ldqkv, s.keys, width);
  pair_rows(length, size, q, shape.ldqkv, s.queries, width);
  pair_rows(length, size, d_out, shape.ldo, s.d_out, width);
  clear(s.d_keys, length * width);
  clear(s.d_values, length * width);
  for (int64_t first = 0; first < length; first += kQueryRows) {
    const int64_t end = least(first + kQueryRows, length);
    for (int64_t t = first; t < end; t += kTileRows) {
      const int64_t rows = least(kTileRows, end - t);
      float* const scores = s.scores + (t - first) * wide;
      float* const d_scores = s.d_scores + (t - first) * wide;
      const Left tile = {s.rows, size / 2, 1};
      copy_pair_rows(rows, size, q + t * shape.ldqkv, shape.ldqkv, s.rows);
      multiply_pairs(rows, tile, Right{s.keys_transposed, wide}, wide, size / 2, scores, wide);
      copy_pair_rows(rows, size, d_out + t * shape.ldo, shape.ldo, s.rows);
      multiply_pairs(rows, tile, Right{s.values_transposed, wide}, wide, size / 2, d_scores, wide);
      for (int64_t i = 0; i < rows; ++i) {
        fetch_for_backward(shape, next, {to_q, to_k, to_v}, t + i);
        softmax_backward(scores + i * wide, d_scores + i * wide, length, wide, head.log_sum_exp[t + i], scale);
      }
      round_rows(rows, wide, d_scores, s.d_score_rows);
      multiply_pairs(rows, Left{s.d_score_rows, wide / 2, 1}, Right{s.keys, width}, width, pairs_in(length),
                     s.d_queries, width);
      for (int64_t i = 0; i < rows; ++i) {
        store_row<RADAPTER_BF16>(to_q + (t + i) * shape.lddqkv, s.d_queries + i * width, size);
      }
    }
    pair_float_rows(end - first, wide, s.scores, s.probability_pairs);
    pair_float_rows(end - first, wide, s.d_scores, s.d_score_pairs);
    add_key_gradients_in_pairs(shape, s, first, end, wide, width);
  }
  for (int64_t t = 0; t < length; ++t) {
    store_row<RADAPTER_BF16>(to_k + t * shape.lddqkv, s.d_keys + t * width, size);
    store_row<RADAPTER_BF16>(to_v + t * shape.lddqkv, s.d_values + t * width, size);
  }
}

}  // namespace
}  // namespace radapter

#endif
