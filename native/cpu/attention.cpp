// Attention: every head of every sequence is a task of its own.
#include "attention_kernels.h"
#include "operands.h"

using namespace radapter;

namespace {

size_t workspace_of(const radapter_context* context, int64_t floats_each) {
  return context == nullptr ? 0 : pool_threads(context->pool) * round_to_line(floats_each * sizeof(float));
}

/** Heads that make a task worth handing out. */
int64_t head_grain(int64_t length, int64_t head_size) { return 1 + 200000 / (length * length * head_size + 1); }

/** Where the heads of a batch begin, counted through it. */
struct Heads {
  int64_t length;
  int64_t heads;
  int64_t head_size;

  template <typename T>
  T* of(T* matrix, int64_t i, int64_t part, int64_t ld, int dtype) const {
    return element(matrix, i / heads * length, (part * heads + i % heads) * head_size, ld, dtype);
  }
};

/** Calls `body(head, next, scratch)` with numbers of heads, counted through the batch. */
template <typename Body>
void for_each_head(radapter_context* context, int64_t heads_of_batch, int64_t grain, void* workspace, size_t bytes_each,
                   Body&& body) {
  parallel_ranges(context->pool, heads_of_batch, grain, [&](int64_t begin, int64_t end, int thread) {
    auto* scratch = reinterpret_cast<float*>(static_cast<char*>(workspace) + thread * bytes_each);
    for (int64_t i = begin; i < end; ++i) {
      body(i, i + 1 < end ? i + 1 : i, scratch);
    }
  });
}

}  // namespace

size_t cpu::attention_forward_workspace(const radapter_context* context, int64_t, int64_t length, int64_t,
                                        int64_t head_size) {
  return workspace_of(context, attention_forward_floats(length, head_size));
}

int cpu::attention_forward(radapter_context* context, CUstream_st*, int64_t batch, int64_t length, int64_t heads,
                           int64_t head_size, int causal, const void* qkv, int64_t ldqkv, void* out, int64_t ldo,
                           int dtype, float* log_sum_exp, void* workspace, size_t) {
  if (length == 0) {
    return RADAPTER_OK;
  }
  ContextLock lock(context);
  const AttentionKernels* kernels = attention_kernels(context->isa);
  const AttentionShape shape = {length, head_size, causal != 0, dtype, ldqkv, ldo, 0};
  const size_t each = round_to_line(attention_forward_floats(length, head_size) * sizeof(float));
  const Heads places = {length, heads, head_size};
  const auto head_at = [&](int64_t i) {
    return AttentionHead{places.of(qkv, i, 0, ldqkv, dtype), places.of(qkv, i, 1, ldqkv, dtype),
                         places.of(qkv, i, 2, ldqkv, dtype), nullptr, nullptr};
  };
  for_each_head(context, batch * heads, head_grain(length, head_size), workspace, each,
                [&](int64_t i, int64_t following, float* scratch) {
                  const AttentionHead head = head_at(i);
                  const AttentionHead next = head_at(following);
                  kernels->forward(&shape, &head, &next, places.of(out, i, 0, ldo, dtype),
                                   log_sum_exp == nullptr ? nullptr : log_sum_exp + i * length, scratch);
                });
  return RADAPTER_OK;
}

size_t cpu::attention_backward_workspace(const radapter_context* context, int64_t, int64_t length, int64_t,
                                         int64_t head_size) {
  return workspace_of(context, attention_backward_floats(length, head_size));
}

int cpu::attention_backward(radapter_context* context, CUstream_st*, int64_t batch, int64_t length, int64_t heads,
                            int64_t head_size, int causal, const void* qkv, int64_t ldqkv, const void*, int64_t,
                            const float* log_sum_exp, const void* d_out, int64_t lddo, void* d_qkv, int64_t lddqkv,
                            int dtype, void* workspace, size_t) {
  if (batch == 0 || length == 0) {
    return RADAPTER_OK;
  }
  ContextLock lock(context);
  const AttentionKernels* kernels = attention_kernels(context->isa);
  const AttentionShape shape = {length, head_size, causal != 0, dtype, ldqkv, lddo, lddqkv};
  const size_t each = round_to_line(attention_backward_floats(length, head_size) * sizeof(float));
  const Heads places = {length, heads, head_size};
  const auto head_at = [&](int64_t i) {
    return AttentionHead{places.of(qkv, i, 0, ldqkv, dtype), places.of(qkv, i, 1, ldqkv, dtype),
                         places.of(qkv, i, 2, ldqkv, dtype), places.of(d_out, i, 0, lddo, dtype),
                         log_sum_exp + i * length};
  };
  for_each_head(context, batch * heads, head_grain(length, head_size), workspace, each,
                [&](int64_t i, int64_t following, float* scratch) {
                  const AttentionHead head = head_at(i);
                  const AttentionHead next = head_at(following);
                  kernels->backward(&shape, &head, &next, places.of(d_qkv, i, 0, lddqkv, dtype),
                                    places.of(d_qkv, i, 1, lddqkv, dtype), places.of(d_qkv, i, 2, lddqkv, dtype),
                                    scratch);
                });
  return RADAPTER_OK;
}
