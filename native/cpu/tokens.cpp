// What enters the towers: patches, image tokens and text tokens, and the gradients of their embeddings.
#include "column_sum_kernels.h"
#include "elementwise_kernels.h"
#include "operands.h"
#include "tokens_kernels.h"

using namespace radapter;

int cpu::patches(radapter_context* context, CUstream_st*, int64_t batch, int64_t height, int64_t width, int64_t patch,
                 const float* images, void* patches, int64_t ldp, int dtype) {
  const int64_t grid_height = height / patch;
  const int64_t grid_width = width / patch;
  const int64_t columns = 3 * patch * patch;
  ContextLock lock(context);
  const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
  const int64_t grid_rows = batch * grid_height;
  parallel_ranges(context->pool, grid_rows, row_grain(grid_width * columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t b = r / grid_height;
      const int64_t top = r % grid_height * patch;
      for (int64_t channel = 0; channel < 3; ++channel) {
        for (int64_t y = 0; y < patch; ++y) {
          const float* line = images + ((b * 3 + channel) * height + top + y) * width;
          for (int64_t gx = 0; gx < grid_width; ++gx) {
            kernels->convert(patch, line + gx * patch, RADAPTER_F32,
                             element(patches, r * grid_width + gx, (channel * patch + y) * patch, ldp, dtype), dtype);
          }
        }
      }
    }
  });
  return RADAPTER_OK;
}

int cpu::image_tokens_forward(radapter_context* context, CUstream_st*, int64_t batch, int64_t patches, int64_t columns,
                              const void* embedded, int64_t lde, const float* class_embedding, const float* position,
                              void* tokens, int64_t ldt, int dtype) {
  ContextLock lock(context);
  const TokensKernels* kernels = tokens_kernels(context->isa);
  const int64_t length = patches + 1;
  parallel_ranges(context->pool, batch * length, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t b = r / length;
      const int64_t t = r % length;
      const void* from = t == 0 ? class_embedding : element(embedded, b * patches + t - 1, 0, lde, dtype);
      kernels->add_position(columns, from, t == 0 ? RADAPTER_F32 : dtype, position + t * columns,
                            element(tokens, r, 0, ldt, dtype), dtype);
    }
  });
  return RADAPTER_OK;
}

namespace {

/** d_position[t] = Σ_b d_tokens[b·length + t]. */
void sum_over_batch(radapter_context* context, int64_t batch, int64_t length, int64_t columns, const void* d_tokens,
                    int64_t ldt, int dtype, float* d_position) {
  const TokensKernels* kernels = tokens_kernels(context->isa);
  parallel_ranges(context->pool, length, row_grain(batch * columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      kernels->sum_strided(batch, columns, element(d_tokens, t, 0, ldt, dtype), length * ldt, dtype,
                           d_position + t * columns);
    }
  });
}

}  // namespace

int cpu::image_tokens_backward(radapter_context* context, CUstream_st*, int64_t batch, int64_t patches, int64_t columns,
                               const void* d_tokens, int64_t ldt, void* d_embedded, int64_t lde, int dtype,
                               float* d_class, float* d_position) {
  const int64_t length = patches + 1;
  ContextLock lock(context);
  if (d_embedded != nullptr && columns > 0) {
    const ElementwiseKernels* kernels = elementwise_kernels(context->isa);
    parallel_ranges(context->pool, batch * patches, row_grain(columns), [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r) {
        kernels->convert(columns, element(d_tokens, r / patches * length + r % patches + 1, 0, ldt, dtype), dtype,
                         element(d_embedded, r, 0, lde, dtype), dtype);
      }
    });
  }
  if (d_position != nullptr) {
    sum_over_batch(context, batch, length, columns, d_tokens, ldt, dtype, d_position);
  }
  if (d_class != nullptr) {
    tokens_kernels(context->isa)->sum_strided(batch, columns, d_tokens, length * ldt, dtype, d_class);
  }
  return RADAPTER_OK;
}

namespace {

/** Refuses an id outside the vocabulary. */
int check_ids(const char* function, const int32_t* ids, int64_t batch, int64_t length, int64_t vocabulary) {
  for (int64_t i = 0; i < batch * length; ++i) {
    if (ids[i] < 0 || ids[i] >= vocabulary) {
      return fail(RADAPTER_INVALID_ARGUMENT, function, "ids[%lld, %lld] is %d, must be in [0, %lld)",
                  (long long)(i / length), (long long)(i % length), (int)ids[i], (long long)vocabulary);
    }
  }
  return RADAPTER_OK;
}

}  // namespace

int cpu::text_tokens_forward(radapter_context* context, CUstream_st*, int64_t batch, int64_t length, int64_t columns,
                             int64_t vocabulary, const int32_t* ids, const void* table, int table_dtype,
                             const float* position, void* tokens, int64_t ldt, int dtype) {
  RADAPTER_TRY(check_ids(__func__, ids, batch, length, vocabulary));
  ContextLock lock(context);
  const TokensKernels* kernels = tokens_kernels(context->isa);
  parallel_ranges(context->pool, batch * length, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      kernels->add_position(columns, element(table, ids[r], 0, columns, table_dtype), table_dtype,
                            position + r % length * columns, element(tokens, r, 0, ldt, dtype), dtype);
    }
  });
  return RADAPTER_OK;
}

namespace {

/**
 * d_table[v] = Σ of d_tokens over the tokens whose id is v, by lists: head[v] is the first such token of a stretch,
 * next[i] the one after token i. Every row of the table is summed by one thread in the order of the tokens.
 */
int sum_by_id(const char* function, radapter_context* context, int64_t tokens, int64_t columns, int64_t vocabulary,
              const int32_t* ids, const void* d_tokens, int64_t ldt, int dtype, float* d_table) {
  const int64_t room = static_cast<int64_t>(kSharedScratchBytes / sizeof(int32_t)) - vocabulary;
  if (room < 65536) {
    return fail(RADAPTER_UNSUPPORTED, function, "vocabulary of %lld is too large for a gradient of the table",
                (long long)vocabulary);
  }
  const ColumnSumKernels* kernels = column_sum_kernels(context->isa);
  auto* head = reinterpret_cast<int32_t*>(shared_scratch(context));
  int32_t* next = head + vocabulary;
  for (int64_t start = 0; start == 0 || start < tokens; start += room) {
    const int64_t count = tokens - start < room ? tokens - start : room;
    for (int64_t v = 0; v < vocabulary; ++v) {
      head[v] = -1;
    }
    for (int64_t i = count - 1; i >= 0; --i) {
      next[i] = head[ids[start + i]];
      head[ids[start + i]] = static_cast<int32_t>(i);
    }
    parallel_ranges(context->pool, vocabulary, row_grain(columns), [&](int64_t begin, int64_t end, int) {
      for (int64_t v = begin; v < end; ++v) {
        kernels->sum_chain(head[v], next, columns, element(d_tokens, start, 0, ldt, dtype), ldt, dtype, start > 0,
                           d_table + v * columns);
      }
    });
  }
  return RADAPTER_OK;
}

}  // namespace

int cpu::text_tokens_backward(radapter_context* context, CUstream_st*, int64_t batch, int64_t length, int64_t columns,
                              int64_t vocabulary, const int32_t* ids, const void* d_tokens, int64_t ldt, int dtype,
                              float* d_table, float* d_position) {
  RADAPTER_TRY(check_ids(__func__, ids, batch, length, vocabulary));
  ContextLock lock(context);
  if (d_position != nullptr) {
    sum_over_batch(context, batch, length, columns, d_tokens, ldt, dtype, d_position);
  }
  if (d_table != nullptr) {
    return sum_by_id(__func__, context, batch * length, columns, vocabulary, ids, d_tokens, ldt, dtype, d_table);
  }
  return RADAPTER_OK;
}
