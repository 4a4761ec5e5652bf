// Attention: tiles of rows of every head of every sequence; the gradients without atomic additions, in two passes.
#include <math.h>

#include "attention_kernels.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

#define RADAPTER_ATTENTION(name, bytes, size)                                                                   \
  RADAPTER_KERNEL(attention, attention_forward_##name##_##size, AttentionTiles{size, bytes}.forward_shared());  \
  RADAPTER_KERNEL(attention, attention_queries_##name##_##size, AttentionTiles{size, bytes}.backward_shared()); \
  RADAPTER_KERNEL(attention, attention_keys_##name##_##size, AttentionTiles{size, bytes}.backward_shared())
RADAPTER_ATTENTION(bf16, 2, 32);
RADAPTER_ATTENTION(bf16, 2, 64);
RADAPTER_ATTENTION(bf16, 2, 128);
RADAPTER_ATTENTION(bf16, 2, 256);
RADAPTER_ATTENTION(f32, 4, 32);
RADAPTER_ATTENTION(f32, 4, 64);
RADAPTER_ATTENTION(f32, 4, 128);
RADAPTER_ATTENTION(f32, 4, 256);
RADAPTER_KERNEL(attention, attention_delta);

enum Pass { kForward, kQueries, kKeys };

#define RADAPTER_BY_SIZE(pass, name)                                                     \
  {                                                                                      \
    &attention_##pass##_##name##_32_kernel, &attention_##pass##_##name##_64_kernel,      \
        &attention_##pass##_##name##_128_kernel, &attention_##pass##_##name##_256_kernel \
  }
/** [pass][bf16][size]. */
const Kernel* const kKernels[3][2][4] = {{RADAPTER_BY_SIZE(forward, f32), RADAPTER_BY_SIZE(forward, bf16)},
                                         {RADAPTER_BY_SIZE(queries, f32), RADAPTER_BY_SIZE(queries, bf16)},
                                         {RADAPTER_BY_SIZE(keys, f32), RADAPTER_BY_SIZE(keys, bf16)}};

int run(radapter_context* context, CUstream_st* stream, Pass pass, const AttentionArguments& a) {
  int size = 0;
  while (kHeadSizes[size] < a.head_size) {
    ++size;
  }
  const AttentionTiles tiles = {kHeadSizes[size], element_bytes(a.qkv.dtype)};
  const Grid grid = {divide_up(a.length, tiles.rows()) * a.batch * a.heads, divide_up(a.head_size, tiles.slice())};
  return launch(context, stream, *kKernels[pass][a.qkv.dtype == RADAPTER_BF16 ? 1 : 0][size], grid, tiles.threads(), a);
}

AttentionArguments arguments_of(int64_t batch, int64_t length, int64_t heads, int64_t head_size, int causal,
                                const void* qkv, int64_t ldqkv, int dtype) {
  AttentionArguments a = {};
  a.batch = batch;
  a.length = length;
  a.heads = heads;
  a.head_size = head_size;
  a.causal = causal != 0 ? 1 : 0;
  a.scale = static_cast<float>(1 / sqrt(static_cast<double>(head_size)));
  a.qkv = input(qkv, ldqkv, dtype);
  return a;
}

}  // namespace

size_t attention_forward_workspace(const radapter_context*, int64_t, int64_t, int64_t, int64_t) { return 0; }

int attention_forward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t length, int64_t heads,
                      int64_t head_size, int causal, const void* qkv, int64_t ldqkv, void* out, int64_t ldo, int dtype,
                      float* log_sum_exp, void*, size_t) {
  AttentionArguments a = arguments_of(batch, length, heads, head_size, causal, qkv, ldqkv, dtype);
  a.out = output(out, ldo, dtype);
  a.log_sum_exp = log_sum_exp;
  return run(context, stream, kForward, a);
}

size_t attention_backward_workspace(const radapter_context*, int64_t batch, int64_t length, int64_t heads, int64_t) {
  return batch <= 0 || length <= 0 || heads <= 0 ? 0 : 2 * round_to_line(batch * length * heads * sizeof(float));
}

int attention_backward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t length, int64_t heads,
                       int64_t head_size, int causal, const void* qkv, int64_t ldqkv, const void* out, int64_t ldo,
                       const float* log_sum_exp, const void* d_out, int64_t lddo, void* d_qkv, int64_t lddqkv,
                       int dtype, void* workspace, size_t) {
  AttentionArguments a = arguments_of(batch, length, heads, head_size, causal, qkv, ldqkv, dtype);
  a.kept = input(out, ldo, dtype);
  a.d_out = input(d_out, lddo, dtype);
  a.d_qkv = output(d_qkv, lddqkv, dtype);
  a.log_sum_exp = const_cast<float*>(log_sum_exp);
  a.delta = static_cast<float*>(workspace);
  a.corrected_delta = a.delta + round_to_line(batch * length * heads * sizeof(float)) / sizeof(float);
  RADAPTER_TRY(launch(context, stream, attention_delta_kernel, {divide_up(batch * length * heads, kDeltaWarps)},
                      32 * kDeltaWarps, a));
  RADAPTER_TRY(run(context, stream, kQueries, a));
  return run(context, stream, kKeys, a);
}

}  // namespace radapter::cuda
