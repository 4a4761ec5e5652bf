// Attention of one head of one sequence.
#ifndef RADAPTER_CPU_ATTENTION_KERNELS_H
#define RADAPTER_CPU_ATTENTION_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "isa.h"

namespace radapter {

/** Shape of a head, the same for all of a call. */
struct AttentionShape {
  int64_t length;
  int64_t head_size;
  bool causal;
  int dtype;
  int64_t ldqkv;
  /** Leading dimension of the result and of its gradient. */
  int64_t ldo;
  int64_t lddqkv;
};

/** Addresses of a head's first row. */
struct AttentionHead {
  const void* q;
  const void* k;
  const void* v;
  const void* d_out;
  const float* log_sum_exp;
};

/** `next`: the head that the same thread takes up after this one, or this one again where there is none. */
struct AttentionKernels {
  /** log_sum_exp nullable. */
  void (*forward)(const AttentionShape* shape, const AttentionHead* head, const AttentionHead* next, void* out,
                  float* log_sum_exp, float* scratch);
  void (*backward)(const AttentionShape* shape, const AttentionHead* head, const AttentionHead* next, void* d_q,
                   void* d_k, void* d_v, float* scratch);
};

RADAPTER_ISA_TABLE(AttentionKernels, attention_kernels)

/** Query rows whose scores are held at once in the backward pass: whole tiles, and whole blocks of sums. */
constexpr int64_t kQueryRows = 48;
static_assert(kQueryRows % 2 == 0, "pairs of query rows");

/** Floats of scratch memory for a head: enough for the widest vectors. */
inline int64_t attention_forward_floats(int64_t length, int64_t head_size) {
  const int64_t wide_length = (length + 15) / 16 * 16;
  const int64_t wide_head = (head_size + 15) / 16 * 16;
  return 2 * wide_length * wide_head + 10 * wide_length + 16 * wide_head;
}

inline int64_t attention_backward_floats(int64_t length, int64_t head_size) {
  const int64_t wide_length = (length + 15) / 16 * 16;
  const int64_t wide_head = (head_size + 15) / 16 * 16;
  return 7 * wide_length * wide_head + (3 * kQueryRows + 8) * wide_length + 16 * wide_head + 32;
}

}  // namespace radapter

#endif
