#include "attention_kernels.h"

#include "attention_rows.h"
#include "tile.h"
#if RADAPTER_ISA == 3
#include "attention_pairs.h"
#endif

namespace radapter {
namespace {

/** Number of keys that query `row` sees. */
RADAPTER_INLINE int64_t visible(const AttentionShape& shape, int64_t row) {
  return shape.causal ? row + 1 : shape.length;
}

/** Scores of `rows` queries from row `first` against all keys that any of them sees. */
RADAPTER_INLINE void scores_of(const AttentionShape& shape, int64_t first, int64_t rows, Left queries,
                               const float* keys_transposed, int64_t wide, float* scores) {
  const int64_t columns = round_up(visible(shape, first + rows - 1), kLanes);
  multiply<false, Onto::kNothing>(rows, queries, Right{keys_transposed, wide}, columns / kLanes,
                                  Terms{0, shape.head_size, kNoDiagonal}, scores, wide);
}

template <int T>
void forward_head(const AttentionShape& shape, const AttentionHead& head, const AttentionHead& next, void* to,
                  float* log_sum_exp, float* scratch) {
  typedef typename Element<T>::Type Type;
  const int64_t wide = round_up(shape.length, kLanes);
  const int64_t width = round_up(shape.head_size, kLanes);
  float* keys = scratch;
  float* values = keys + shape.head_size * wide;
  float* queries = values + shape.length * width;
  float* scores = queries + kTileRows * width;
  float* result = scores + kTileRows * wide;
  const float scale = score_scale(shape);
  copy_transposed<T>(shape.length, shape.head_size, static_cast<const Type*>(head.k), shape.ldqkv, keys, wide);
  copy_rows<T>(shape.length, shape.head_size, static_cast<const Type*>(head.v), shape.ldqkv, values, width);
  for (int64_t t = 0; t < shape.length; t += kTileRows) {
    const int64_t rows = least(kTileRows, shape.length - t);
    copy_rows<T>(rows, shape.head_size, static_cast<const Type*>(head.q) + t * shape.ldqkv, shape.ldqkv, queries,
                 width);
    scores_of(shape, t, rows, Left{queries, width, 1}, keys, wide, scores);
    double sums[kTileRows];
    for (int64_t i = 0; i < rows; ++i) {
      fetch_for_forward(shape, next, to, t + i);
      float* row = scores + i * wide;
      const int64_t valid = visible(shape, t + i);
      const float top = greatest_score(row, valid);
      sums[i] = exponentials(row, valid, top, scale);
      if (log_sum_exp != nullptr) {
        log_sum_exp[t + i] = static_cast<float>(static_cast<double>(top) * scale + __builtin_log(sums[i]));
      }
    }
    const Terms terms = {0, visible(shape, t + rows - 1), shape.causal ? t + 1 : kNoDiagonal};
    multiply<false, Onto::kNothing>(rows, Left{scores, wide, 1}, Right{values, width}, width / kLanes, terms, result,
                                    width);
    for (int64_t i = 0; i < rows; ++i) {
      float* row = result + i * width;
      const float sum = static_cast<float>(sums[i]);
      for (int64_t j = 0; j < width; j += kLanes) {
        store(row + j, load(row + j) / sum);
      }
      store_row<T>(static_cast<Type*>(to) + (t + i) * shape.ldo, row, shape.head_size);
    }
  }
}

void forward(const AttentionShape* shape, const AttentionHead* head, const AttentionHead* next, void* out,
             float* log_sum_exp, float* scratch) {
  if (shape->dtype == RADAPTER_F32) {
    forward_head<RADAPTER_F32>(*shape, *head, *next, out, log_sum_exp, scratch);
    return;
  }
#if RADAPTER_ISA == 3
  if (!shape->causal) {
    forward_head_in_pairs(*shape, *head, *next, static_cast<uint16_t*>(out), log_sum_exp, scratch);
    return;
  }
#endif
  forward_head<RADAPTER_BF16>(*shape, *head, *next, out, log_sum_exp, scratch);
}

/** What a head's backward pass holds; all [length, width] but the transposed ones [head_size, wide]. */
struct BackwardScratch {
  float* keys_transposed;
  float* values_transposed;
  float* keys;
  float* queries;
  float* d_out;
  float* d_keys;
  float* d_values;
  float* scores;
  float* d_scores;
  float* d_queries;
};

RADAPTER_INLINE BackwardScratch divide(const AttentionShape& shape, int64_t wide, int64_t width, float* scratch) {
  BackwardScratch s;
  s.keys_transposed = scratch;
  s.values_transposed = s.keys_transposed + shape.head_size * wide;
  s.keys = s.values_transposed + shape.head_size * wide;
  s.queries = s.keys + shape.length * width;
  s.d_out = s.queries + shape.length * width;
  s.d_keys = s.d_out + shape.length * width;
  s.d_values = s.d_keys + shape.length * width;
  s.scores = s.d_values + shape.length * width;
  s.d_scores = s.scores + kQueryRows * wide;
  s.d_queries = s.d_scores + kQueryRows * wide;
  return s;
}

/** dK += dSᵀ Q and dV += Pᵀ dO over query rows [first, end). */
RADAPTER_INLINE void add_key_gradients(const AttentionShape& shape, const BackwardScratch& s, int64_t first,
                                       int64_t end, int64_t wide, int64_t width) {
  const int64_t keys = visible(shape, end - 1);
  for (int64_t key = 0; key < keys; key += kTileRows) {
    const int64_t rows = least(kTileRows, keys - key);
    const Terms terms = {shape.causal ? greatest(first, key) : first, end, kNoDiagonal};
    const Left d_scores = {s.d_scores + key - first * wide, 1, wide};
    const Left probabilities = {s.scores + key - first * wide, 1, wide};
    multiply(rows, d_scores, Right{s.queries, width}, width / kLanes, terms, s.d_keys + key * width, width);
    multiply(rows, probabilities, Right{s.d_out, width}, width / kLanes, terms, s.d_values + key * width, width);
  }
}

template <int T>
void backward_head(const AttentionShape& shape, const AttentionHead& head, const AttentionHead& next, void* to_q,
                   void* to_k, void* to_v, float* scratch) {
  typedef typename Element<T>::Type Type;
  const int64_t length = shape.length;
  const int64_t size = shape.head_size;
  const int64_t wide = round_up(length, kLanes);
  const int64_t width = round_up(size, kLanes);
  const BackwardScratch s = divide(shape, wide, width, scratch);
  const float scale = score_scale(shape);
  const Type* d_out = static_cast<const Type*>(head.d_out);
  copy_transposed<T>(length, size, static_cast<const Type*>(head.k), shape.ldqkv, s.keys_transposed, wide);
  copy_transposed<T>(length, size, static_cast<const Type*>(head.v), shape.ldqkv, s.values_transposed, wide);
  copy_rows<T>(length, size, static_cast<const Type*>(head.k), shape.ldqkv, s.keys, width);
  copy_rows<T>(length, size, static_cast<const Type*>(head.q), shape.ldqkv, s.queries, width);
  copy_rows<T>(length, size, d_out, shape.ldo, s.d_out, width);
  clear(s.d_keys, length * width);
  clear(s.d_values, length * width);
  for (int64_t first = 0; first < length; first += kQueryRows) {
    const int64_t end = least(first + kQueryRows, length);
    for (int64_t t = first; t < end; t += kTileRows) {
      const int64_t rows = least(kTileRows, end - t);
      float* scores = s.scores + (t - first) * wide;
      float* d_scores = s.d_scores + (t - first) * wide;
      scores_of(shape, t, rows, Left{s.queries + t * width, width, 1}, s.keys_transposed, wide, scores);
      scores_of(shape, t, rows, Left{s.d_out + t * width, width, 1}, s.values_transposed, wide, d_scores);
      for (int64_t i = 0; i < rows; ++i) {
        fetch_for_backward(shape, next, {to_q, to_k, to_v}, t + i);
        softmax_backward(scores + i * wide, d_scores + i * wide, visible(shape, t + i), wide, head.log_sum_exp[t + i],
                         scale);
      }
      const Terms terms = {0, visible(shape, t + rows - 1), shape.causal ? t + 1 : kNoDiagonal};
      multiply<false, Onto::kNothing>(rows, Left{d_scores, wide, 1}, Right{s.keys, width}, width / kLanes, terms,
                                      s.d_queries, width);
      for (int64_t i = 0; i < rows; ++i) {
        store_row<T>(static_cast<Type*>(to_q) + (t + i) * shape.lddqkv, s.d_queries + i * width, size);
      }
    }
    add_key_gradients(shape, s, first, end, wide, width);
  }
  for (int64_t t = 0; t < length; ++t) {
    store_row<T>(static_cast<Type*>(to_k) + t * shape.lddqkv, s.d_keys + t * width, size);
    store_row<T>(static_cast<Type*>(to_v) + t * shape.lddqkv, s.d_values + t * width, size);
  }
}

void backward(const AttentionShape* shape, const AttentionHead* head, const AttentionHead* next, void* d_q, void* d_k,
              void* d_v, float* scratch) {
  if (shape->dtype == RADAPTER_F32) {
    backward_head<RADAPTER_F32>(*shape, *head, *next, d_q, d_k, d_v, scratch);
    return;
  }
#if RADAPTER_ISA == 3
  if (!shape->causal) {
    backward_head_in_pairs(*shape, *head, *next, static_cast<uint16_t*>(d_q), static_cast<uint16_t*>(d_k),
                           static_cast<uint16_t*>(d_v), scratch);
    return;
  }
#endif
  backward_head<RADAPTER_BF16>(*shape, *head, *next, d_q, d_k, d_v, scratch);
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(AttentionKernels, attention_kernels) = {forward, backward};

}  // namespace radapter
