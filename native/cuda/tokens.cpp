// Patches, tokens and their gradients, rows taken and put back.
#include "launch.h"
#include "tokens_kernels.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(tokens, patches);
RADAPTER_KERNEL(tokens, image_tokens);
RADAPTER_KERNEL(tokens, image_tokens_backward);
RADAPTER_KERNEL(tokens, text_tokens);
RADAPTER_KERNEL(tokens, sum_over_batch);
RADAPTER_KERNEL(tokens, table_gradient);
RADAPTER_KERNEL(tokens, gather_rows);
RADAPTER_KERNEL(tokens, scatter_rows);

/** Launches a thread for each group of [rows, columns]. */
template <typename Arguments>
int launch_groups(radapter_context* context, CUstream_st* stream, const Kernel& kernel, int64_t rows, int64_t columns,
                  const Arguments& arguments) {
  return launch(context, stream, kernel, {divide_up(rows * divide_up(columns, kGroup), kTokenThreads)}, kTokenThreads,
                arguments);
}

int sum_positions(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t length, int64_t positions,
                  int64_t columns, const Input& d_tokens, float* sum) {
  if (sum == nullptr) {
    return RADAPTER_OK;
  }
  const BatchSumArguments arguments = {batch, length, positions, columns, d_tokens, output(sum, columns, RADAPTER_F32)};
  return launch_groups(context, stream, sum_over_batch_kernel, positions, columns, arguments);
}

}  // namespace

int patches(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t height, int64_t width, int64_t patch,
            const float* images, void* patches, int64_t ldp, int dtype) {
  const int64_t rows = batch * (height / patch) * (width / patch);
  const PatchesArguments arguments = {rows, height / patch, width / patch, patch, images, output(patches, ldp, dtype)};
  return launch_groups(context, stream, patches_kernel, rows, 3 * patch * patch, arguments);
}

int image_tokens_forward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t patches,
                         int64_t columns, const void* embedded, int64_t lde, const float* class_embedding,
                         const float* position, void* tokens, int64_t ldt, int dtype) {
  const int64_t rows = batch * (patches + 1);
  const TokensArguments arguments = {rows,
                                     columns,
                                     patches + 1,
                                     0,
                                     nullptr,
                                     input(embedded, lde, dtype),
                                     input(class_embedding, 0, RADAPTER_F32),
                                     input(position, columns, RADAPTER_F32),
                                     output(tokens, ldt, dtype)};
  return launch_groups(context, stream, image_tokens_kernel, rows, columns, arguments);
}

int image_tokens_backward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t patches,
                          int64_t columns, const void* d_tokens, int64_t ldt, void* d_embedded, int64_t lde, int dtype,
                          float* d_class, float* d_position) {
  const Input from = input(d_tokens, ldt, dtype);
  const int64_t length = patches + 1;
  if (d_embedded != nullptr) {
    const int64_t rows = batch * patches;
    const TokensArguments arguments = {rows, columns, length, 0, nullptr, from, {}, {}, output(d_embedded, lde, dtype)};
    RADAPTER_TRY(launch_groups(context, stream, image_tokens_backward_kernel, rows, columns, arguments));
  }
  RADAPTER_TRY(sum_positions(context, stream, batch, length, length, columns, from, d_position));
  return sum_positions(context, stream, batch, length, 1, columns, from, d_class);
}

int text_tokens_forward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t length, int64_t columns,
                        int64_t vocabulary, const int32_t* ids, const void* table, int table_dtype,
                        const float* position, void* tokens, int64_t ldt, int dtype) {
  const TokensArguments arguments = {batch * length,
                                     columns,
                                     length,
                                     vocabulary,
                                     ids,
                                     input(table, columns, table_dtype),
                                     {},
                                     input(position, columns, RADAPTER_F32),
                                     output(tokens, ldt, dtype)};
  return launch_groups(context, stream, text_tokens_kernel, batch * length, columns, arguments);
}

int text_tokens_backward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t length, int64_t columns,
                         int64_t vocabulary, const int32_t* ids, const void* d_tokens, int64_t ldt, int dtype,
                         float* d_table, float* d_position) {
  const Input from = input(d_tokens, ldt, dtype);
  RADAPTER_TRY(sum_positions(context, stream, batch, length, length, columns, from, d_position));
  if (d_table == nullptr) {
    return RADAPTER_OK;
  }
  const TableGradientArguments arguments = {
      batch * length, vocabulary, columns, ids, from, output(d_table, columns, RADAPTER_F32)};
  return launch(context, stream, table_gradient_kernel, {vocabulary, divide_up(columns, kTableThreads * kGroup)},
                kTableThreads, arguments);
}

int gather_rows(radapter_context* context, CUstream_st* stream, int64_t count, int64_t total, int64_t columns,
                const int32_t* rows, const void* x, int64_t ldx, void* y, int64_t ldy, int dtype) {
  const RowsArguments arguments = {count, total, columns, rows, input(x, ldx, dtype), output(y, ldy, dtype)};
  return launch_groups(context, stream, gather_rows_kernel, count, columns, arguments);
}

int scatter_rows(radapter_context* context, CUstream_st* stream, int64_t count, int64_t total, int64_t columns,
                 const int32_t* rows, const void* y, int64_t ldy, void* x, int64_t ldx, int dtype) {
  RADAPTER_TRY(fill(context, stream, total, columns, 0, x, ldx, dtype));
  const RowsArguments arguments = {count, total, columns, rows, input(y, ldy, dtype), output(x, ldx, dtype)};
  return launch_groups(context, stream, scatter_rows_kernel, count, columns, arguments);
}

}  // namespace radapter::cuda
