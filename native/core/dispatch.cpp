// The functions of radapter.h: each checks what it was given, as far as the host can see it, and calls the backend of
// its context.
#include <math.h>

#include "dtype.h"
#include "error.h"
#include "operators.h"

namespace radapter {
namespace {

const Table& table_of(const radapter_context* context) { return *reinterpret_cast<const ContextHead*>(context)->table; }

int check_epilogue(const char* function, int64_t m, int64_t n, const float* bias, int activation, const void* aux,
                   const void* residual, int64_t ldr, const void* c, int64_t ldc, int c_dtype) {
  if (activation < RADAPTER_NONE || activation > RADAPTER_GELU_GRADIENT) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "activation is %d, must be 0 to 4", activation);
  }
  RADAPTER_TRY(check_matrix(function, "c", c, m, n, ldc, c_dtype));
  RADAPTER_TRY(check_nullable_matrix(function, "residual", residual, m, n, ldr, c_dtype));
  const bool gradient = activation == RADAPTER_QUICK_GELU_GRADIENT || activation == RADAPTER_GELU_GRADIENT;
  if (gradient && bias != nullptr) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "bias must be NULL with the gradient of an activation");
  }
  if (gradient && aux == nullptr && m > 0 && n > 0) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "aux is NULL, the gradient of an activation needs its input");
  }
  return RADAPTER_OK;
}

bool overlap(const void* a, const void* b, size_t bytes) {
  const auto first = reinterpret_cast<uintptr_t>(a);
  const auto second = reinterpret_cast<uintptr_t>(b);
  return bytes > 0 && first < second + bytes && second < first + bytes;
}

int check_layer(const char* function, int64_t index, const radapter_merge_layer& layer) {
  if (layer.in < 0 || layer.out < 0 || layer.rank < 0 || !is_float_dtype(layer.weight_dtype)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function,
                "layer %lld has in %lld, out %lld, rank %lld, dtype %d: sizes must not be negative, the dtype F32 (0), "
                "BF16 (1) or F16 (2)",
                (long long)index, (long long)layer.in, (long long)layer.out, (long long)layer.rank, layer.weight_dtype);
  }
  if (!is_possible({layer.in, layer.out}) || !is_possible({layer.out, layer.out}) ||
      !is_possible({layer.out, layer.rank})) {
    return fail(RADAPTER_INVALID_ARGUMENT, function,
                "layer %lld: in %lld, out %lld and rank %lld are more than any memory", (long long)index,
                (long long)layer.in, (long long)layer.out, (long long)layer.rank);
  }
  if (layer.weight == nullptr || layer.merged_weight == nullptr || layer.down == nullptr) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: weight, merged_weight or down is NULL",
                (long long)index);
  }
  if ((layer.rank > 0) != (layer.up != nullptr)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: up must be given with a rank, and only then",
                (long long)index);
  }
  if ((layer.bias == nullptr) != (layer.merged_bias == nullptr)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: bias and merged_bias must be NULL together",
                (long long)index);
  }
  const size_t size = float_dtype_size(layer.weight_dtype);
  if (overlap(layer.weight, layer.merged_weight, layer.in * layer.out * size) ||
      (layer.bias != nullptr && overlap(layer.bias, layer.merged_bias, layer.out * size))) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: the merged weight or bias overlaps the frozen one",
                (long long)index);
  }
  return RADAPTER_OK;
}

int check_list(const char* function, const char* name, const void* list, int64_t count) {
  if (!is_possible({count})) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "count is %lld, must not be negative, nor more than any memory",
                (long long)count);
  }
  if (count > 0 && list == nullptr) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "%s is NULL", name);
  }
  return RADAPTER_OK;
}

int check_layers(const char* function, const radapter_merge_layer* layers, int64_t count) {
  RADAPTER_TRY(check_list(function, "layers", layers, count));
  for (int64_t i = 0; i < count; ++i) {
    RADAPTER_TRY(check_layer(function, i, layers[i]));
  }
  return RADAPTER_OK;
}

int check_segments(const char* function, const radapter_segment* segments, int64_t count, bool only_average) {
  RADAPTER_TRY(check_list(function, "segments", segments, count));
  for (int64_t s = 0; s < count; ++s) {
    const radapter_segment& segment = segments[s];
    if (!is_possible({segment.count})) {
      return fail(RADAPTER_INVALID_ARGUMENT, function,
                  "segments[%lld].count is %lld, must not be negative, nor more than any memory", (long long)s,
                  (long long)segment.count);
    }
    const bool missing =
        segment.parameter == nullptr ||
        (!only_average && (segment.gradient == nullptr || segment.exp_avg == nullptr || segment.exp_avg_sq == nullptr));
    if (segment.count > 0 && missing) {
      return fail(RADAPTER_INVALID_ARGUMENT, function, "segments[%lld] has a NULL array", (long long)s);
    }
  }
  return RADAPTER_OK;
}

int check_heads(const char* function, int64_t batch, int64_t length, int64_t heads, int64_t head_size) {
  if (batch < 0 || length < 0 || heads <= 0) {
    return fail(RADAPTER_INVALID_ARGUMENT, function,
                "batch %lld and length %lld must not be negative, heads %lld must be positive", (long long)batch,
                (long long)length, (long long)heads);
  }
  if (head_size < 8 || head_size > 256 || head_size % 8 != 0) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "head_size is %lld, must be a multiple of 8 from 8 to 256",
                (long long)head_size);
  }
  if (!is_possible({batch, length, heads, 3 * head_size})) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "batch, length, heads: together more than any memory");
  }
  return RADAPTER_OK;
}

/** Refuses a gate without elements, or one whose elements stand for no rows. */
int check_gate(const char* function, const float* gate, int64_t divisor, int64_t count) {
  if (gate != nullptr && (divisor < 1 || count < 1)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "gate_divisor is %lld and gate_count %lld, both must be positive",
                (long long)divisor, (long long)count);
  }
  return RADAPTER_OK;
}

/** What every form of the contrastive loss is given alike. */
int check_contrastive(const char* function, int64_t n, int64_t m, int64_t d, const void* f, int64_t ldf, const void* g,
                      int64_t ldg, int dtype, const int32_t* row_labels, const int32_t* column_labels, bool lists,
                      double scale, const float* log_scale, double margin, double smoothing) {
  if (dtype != RADAPTER_F32 && dtype != RADAPTER_BF16) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "dtype is %d, must be F32 (0) or BF16 (1)", dtype);
  }
  if (n <= 0 || m <= 0 || d <= 0) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "n is %lld, m %lld, d %lld, must be positive", (long long)n,
                (long long)m, (long long)d);
  }
  RADAPTER_TRY(check_matrix(function, "f", f, n, d, ldf, dtype));
  RADAPTER_TRY(check_matrix(function, "g", g, m, d, ldg, dtype));
  if ((row_labels == nullptr) != (column_labels == nullptr)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function,
                "row_labels and column_labels must be given together or not at all");
  }
  if (row_labels == nullptr && !lists) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "neither labels nor lists of positives are complete");
  }
  if (log_scale == nullptr && !(scale > 0 && isfinite(scale))) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "scale is %g, must be positive and finite", scale);
  }
  if (!isfinite(margin)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "margin is %g, must be finite", margin);
  }
  if (!(smoothing >= 0 && smoothing < 1)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "smoothing is %g, must be in [0, 1)", smoothing);
  }
  return RADAPTER_OK;
}

/** Refuses rows that are none, or not all of a batch of n. */
int check_rows(const char* function, int64_t n, int64_t first, int64_t count) {
  if (first < 0 || count < 1 || first > n - count) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "first is %lld and count %lld, must be some of %lld rows",
                (long long)first, (long long)count, (long long)n);
  }
  return RADAPTER_OK;
}

/** Leading dimension of a matrix that may be missing; nothing is said of one then. */
int64_t distance(const void* matrix, int64_t leading_dimension) { return matrix == nullptr ? 0 : leading_dimension; }

/** What `bytes` says for these sizes; of sizes that nothing has, more than there can be. */
template <typename Bytes>
size_t workspace_of(const radapter_context* context, std::initializer_list<int64_t> sizes, const Bytes& bytes) {
  if (context == nullptr) {
    return 0;
  }
  return is_possible(sizes) ? bytes() : SIZE_MAX;
}

}  // namespace
}  // namespace radapter

using namespace radapter;

/** First line of everything that works in a stream. */
#define RADAPTER_CHECK_CALL(context, stream) \
  RADAPTER_CHECK_POINTER(context);           \
  RADAPTER_REQUIRE(table_of(context).has_streams || (stream) == nullptr, "stream must be NULL on the CPU")

#define RADAPTER_CHECK_F32_OR_BF16(dtype)                                                                             \
  RADAPTER_REQUIRE((dtype) == RADAPTER_F32 || (dtype) == RADAPTER_BF16, #dtype " is %d, must be F32 (0) or BF16 (1)", \
                   (int)(dtype))

extern "C" int radapter_abi_version(void) { return RADAPTER_ABI_VERSION; }

extern "C" const char* radapter_version(void) { return RADAPTER_VERSION; }

extern "C" int radapter_context_destroy(radapter_context* context) {
  return context == nullptr ? RADAPTER_OK : table_of(context).context_destroy(context);
}

extern "C" int radapter_context_threads(const radapter_context* context) {
  return context == nullptr ? 0 : table_of(context).context_threads(context);
}

extern "C" int radapter_context_isa(const radapter_context* context) {
  return context == nullptr ? RADAPTER_ISA_AUTO : table_of(context).context_isa(context);
}

extern "C" const char* radapter_context_device(const radapter_context* context) {
  return context == nullptr ? "" : table_of(context).context_device(context);
}

extern "C" int radapter_allocate(radapter_context* context, size_t bytes, void** memory) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(memory);
  *memory = nullptr;
  return table_of(context).allocate(context, bytes, memory);
}

extern "C" int radapter_free(radapter_context* context, void* memory) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).free(context, memory);
}

extern "C" int radapter_allocate_host(radapter_context* context, size_t bytes, void** memory) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(memory);
  *memory = nullptr;
  return table_of(context).allocate_host(context, bytes, memory);
}

extern "C" int radapter_free_host(radapter_context* context, void* memory) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).free_host(context, memory);
}

extern "C" int radapter_memory_info(radapter_context* context, size_t* free_bytes, size_t* total_bytes) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(free_bytes);
  RADAPTER_CHECK_POINTER(total_bytes);
  return table_of(context).memory_info(context, free_bytes, total_bytes);
}

extern "C" int radapter_copy_to_device(radapter_context* context, CUstream_st* stream, void* to, const void* from,
                                       size_t bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(bytes == 0 || to != nullptr, "to is NULL");
  RADAPTER_REQUIRE(bytes == 0 || from != nullptr, "from is NULL");
  return table_of(context).copy_to_device(context, stream, to, from, bytes);
}

extern "C" int radapter_copy_to_host(radapter_context* context, CUstream_st* stream, void* to, const void* from,
                                     size_t bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(bytes == 0 || to != nullptr, "to is NULL");
  RADAPTER_REQUIRE(bytes == 0 || from != nullptr, "from is NULL");
  return table_of(context).copy_to_host(context, stream, to, from, bytes);
}

extern "C" int radapter_copy_on_device(radapter_context* context, CUstream_st* stream, void* to, const void* from,
                                       size_t bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(bytes == 0 || to != nullptr, "to is NULL");
  RADAPTER_REQUIRE(bytes == 0 || from != nullptr, "from is NULL");
  return table_of(context).copy_on_device(context, stream, to, from, bytes);
}

extern "C" int radapter_stream_create(radapter_context* context, CUstream_st** stream) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(stream);
  return table_of(context).stream_create(context, stream);
}

extern "C" int radapter_stream_destroy(radapter_context* context, CUstream_st* stream) {
  RADAPTER_CHECK_CALL(context, stream);
  return table_of(context).stream_destroy(context, stream);
}

extern "C" int radapter_stream_synchronize(radapter_context* context, CUstream_st* stream) {
  RADAPTER_CHECK_CALL(context, stream);
  return table_of(context).stream_synchronize(context, stream);
}

extern "C" int radapter_event_create(radapter_context* context, CUevent_st** event) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(event);
  return table_of(context).event_create(context, event);
}

extern "C" int radapter_event_destroy(radapter_context* context, CUevent_st* event) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).event_destroy(context, event);
}

extern "C" int radapter_event_record(radapter_context* context, CUevent_st* event, CUstream_st* stream) {
  RADAPTER_CHECK_CALL(context, stream);
  return table_of(context).event_record(context, event, stream);
}

extern "C" int radapter_event_synchronize(radapter_context* context, CUevent_st* event) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).event_synchronize(context, event);
}

extern "C" int radapter_stream_wait(radapter_context* context, CUstream_st* stream, CUevent_st* event) {
  RADAPTER_CHECK_CALL(context, stream);
  return table_of(context).stream_wait(context, stream, event);
}

extern "C" int radapter_event_elapsed(radapter_context* context, CUevent_st* first, CUevent_st* last, double* seconds) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(seconds);
  return table_of(context).event_elapsed(context, first, last, seconds);
}

extern "C" int radapter_graph_begin(radapter_context* context, CUstream_st* stream) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_REQUIRE(!table_of(context).has_streams || stream != nullptr,
                   "stream is NULL: the legacy default stream cannot be noted, create another");
  return table_of(context).graph_begin(context, stream);
}

extern "C" int radapter_graph_end(radapter_context* context, CUstream_st* stream, radapter_graph** graph) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(graph);
  return table_of(context).graph_end(context, stream, graph);
}

extern "C" int radapter_graph_launch(radapter_context* context, CUstream_st* stream, radapter_graph* graph) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(graph);
  return table_of(context).graph_launch(context, stream, graph);
}

extern "C" int radapter_graph_destroy(radapter_context* context, radapter_graph* graph) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).graph_destroy(context, graph);
}

extern "C" int radapter_use_cublas(radapter_context* context, CUstream_st* stream, int use) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).use_cublas(context, stream, use);
}

extern "C" int radapter_gemm(radapter_context* context, CUstream_st* stream, int transpose_a, int transpose_b,
                             int64_t m, int64_t n, int64_t k, const void* a, int64_t lda, int a_dtype, const void* b,
                             int64_t ldb, int b_dtype, const float* bias, int activation, void* aux,
                             const void* residual, int64_t ldr, void* c, int64_t ldc, int c_dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_SIZE(m);
  RADAPTER_CHECK_SIZE(n);
  RADAPTER_CHECK_SIZE(k);
  RADAPTER_CHECK_MATRIX(a, transpose_a ? k : m, transpose_a ? m : k, lda, a_dtype);
  RADAPTER_CHECK_MATRIX(b, transpose_b ? n : k, transpose_b ? k : n, ldb, b_dtype);
  RADAPTER_TRY(check_epilogue(__func__, m, n, bias, activation, aux, residual, ldr, c, ldc, c_dtype));
  return table_of(context).gemm(context, stream, transpose_a, transpose_b, m, n, k, a, lda, a_dtype, b, ldb, b_dtype,
                                bias, activation, aux, residual, distance(residual, ldr), c, ldc, c_dtype);
}

extern "C" int radapter_pack(radapter_context* context, CUstream_st* stream, int transpose_b, int64_t n, int64_t k,
                             const void* b, int64_t ldb, int b_dtype, radapter_packed** packed) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_POINTER(packed);
  *packed = nullptr;
  RADAPTER_CHECK_SIZE(n);
  RADAPTER_CHECK_SIZE(k);
  RADAPTER_CHECK_MATRIX(b, transpose_b ? n : k, transpose_b ? k : n, ldb, b_dtype);
  return table_of(context).pack(context, stream, transpose_b, n, k, b, ldb, b_dtype, packed);
}

extern "C" int radapter_packed_destroy(radapter_context* context, radapter_packed* packed) {
  RADAPTER_CHECK_POINTER(context);
  return table_of(context).packed_destroy(context, packed);
}

extern "C" int radapter_gemm_packed(radapter_context* context, CUstream_st* stream, int64_t m, const void* a,
                                    int64_t lda, int a_dtype, const radapter_packed* b, const float* bias,
                                    int activation, void* aux, const void* residual, int64_t ldr, void* c, int64_t ldc,
                                    int c_dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_POINTER(b);
  RADAPTER_CHECK_SIZE(m);
  const PackedHead& packed = *reinterpret_cast<const PackedHead*>(b);
  RADAPTER_CHECK_MATRIX(a, m, packed.k, lda, a_dtype);
  RADAPTER_TRY(check_epilogue(__func__, m, packed.n, bias, activation, aux, residual, ldr, c, ldc, c_dtype));
  return table_of(context).gemm_packed(context, stream, m, a, lda, a_dtype, b, bias, activation, aux, residual,
                                       distance(residual, ldr), c, ldc, c_dtype);
}

extern "C" int radapter_convert(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                                const void* x, int64_t ldx, int x_dtype, void* y, int64_t ldy, int y_dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, x_dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, y_dtype);
  return table_of(context).convert(context, stream, rows, columns, x, ldx, x_dtype, y, ldy, y_dtype);
}

extern "C" int radapter_add(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                            const void* a, int64_t lda, const void* b, int64_t ldb, void* c, int64_t ldc, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(a, rows, columns, lda, dtype);
  RADAPTER_CHECK_MATRIX(b, rows, columns, ldb, dtype);
  RADAPTER_CHECK_MATRIX(c, rows, columns, ldc, dtype);
  return table_of(context).add(context, stream, rows, columns, a, lda, b, ldb, c, ldc, dtype);
}

extern "C" int radapter_fill(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                             double value, void* x, int64_t ldx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  return table_of(context).fill(context, stream, rows, columns, value, x, ldx, dtype);
}

extern "C" int radapter_activation_forward(radapter_context* context, CUstream_st* stream, int activation, int64_t rows,
                                           int64_t columns, const void* x, int64_t ldx, void* y, int64_t ldy,
                                           int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(activation == RADAPTER_QUICK_GELU || activation == RADAPTER_GELU,
                   "activation is %d, must be QUICK_GELU (1) or GELU (2)", activation);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  return table_of(context).activation_forward(context, stream, activation, rows, columns, x, ldx, y, ldy, dtype);
}

extern "C" int radapter_activation_backward(radapter_context* context, CUstream_st* stream, int activation,
                                            int64_t rows, int64_t columns, const void* x, int64_t ldx, const void* dy,
                                            int64_t lddy, void* dx, int64_t lddx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(activation == RADAPTER_QUICK_GELU || activation == RADAPTER_GELU,
                   "activation is %d, must be QUICK_GELU (1) or GELU (2)", activation);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(dy, rows, columns, lddy, dtype);
  RADAPTER_CHECK_MATRIX(dx, rows, columns, lddx, dtype);
  return table_of(context).activation_backward(context, stream, activation, rows, columns, x, ldx, dy, lddy, dx, lddx,
                                               dtype);
}

extern "C" size_t radapter_column_sum_workspace(const radapter_context* context, int64_t rows, int64_t columns) {
  return workspace_of(context, {rows, columns},
                      [&] { return table_of(context).column_sum_workspace(context, rows, columns); });
}

extern "C" int radapter_column_sum(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                                   const void* x, int64_t ldx, int dtype, float* sum, void* workspace,
                                   size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_REQUIRE(columns == 0 || sum != nullptr, "sum is NULL");
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_column_sum_workspace(context, rows, columns));
  return table_of(context).column_sum(context, stream, rows, columns, x, ldx, dtype, sum, workspace, workspace_bytes);
}

extern "C" int radapter_layer_norm_forward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                           int64_t columns, const void* x, int64_t ldx, const float* gain,
                                           const float* bias, double epsilon, void* y, int64_t ldy, int dtype,
                                           float* mean, float* rstd) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  RADAPTER_REQUIRE(columns > 0, "columns is 0, must be positive");
  RADAPTER_CHECK_POINTER(gain);
  RADAPTER_CHECK_POINTER(bias);
  RADAPTER_REQUIRE(epsilon >= 0, "epsilon is %g, must not be negative", epsilon);
  RADAPTER_REQUIRE((mean == nullptr) == (rstd == nullptr), "mean and rstd must be given together or not at all");
  return table_of(context).layer_norm_forward(context, stream, rows, columns, x, ldx, gain, bias, epsilon, y, ldy,
                                              dtype, mean, rstd);
}

extern "C" size_t radapter_layer_norm_backward_workspace(const radapter_context* context, int64_t rows,
                                                         int64_t columns) {
  return workspace_of(context, {rows, columns},
                      [&] { return table_of(context).layer_norm_backward_workspace(context, rows, columns); });
}

extern "C" int radapter_layer_norm_backward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                            int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
                                            const float* gain, const float* mean, const float* rstd,
                                            const void* residual, void* dx, int64_t lddx, int dtype, float* d_gain,
                                            float* d_bias, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(dy, rows, columns, lddy, dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(dx, rows, columns, lddx, dtype);
  RADAPTER_REQUIRE(columns > 0, "columns is 0, must be positive");
  RADAPTER_CHECK_POINTER(gain);
  RADAPTER_REQUIRE(rows == 0 || (mean != nullptr && rstd != nullptr), "mean or rstd is NULL");
  RADAPTER_REQUIRE((d_gain == nullptr) == (d_bias == nullptr),
                   "d_gain and d_bias must be given together or not at all");
  if (d_gain != nullptr) {
    RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes,
                             radapter_layer_norm_backward_workspace(context, rows, columns));
  }
  return table_of(context).layer_norm_backward(context, stream, rows, columns, dy, lddy, x, ldx, gain, mean, rstd,
                                               residual, dx, lddx, dtype, d_gain, d_bias, workspace, workspace_bytes);
}

extern "C" int radapter_normalize_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t columns,
                                          const void* x, int64_t ldx, void* y, int64_t ldy, int dtype, float* norm) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(x, rows, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  RADAPTER_REQUIRE(rows == 0 || norm != nullptr, "norm is NULL");
  return table_of(context).normalize_forward(context, stream, rows, columns, x, ldx, y, ldy, dtype, norm);
}

extern "C" int radapter_normalize_backward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                           int64_t columns, const void* dy, int64_t lddy, const void* y, int64_t ldy,
                                           const float* norm, void* dx, int64_t lddx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(dy, rows, columns, lddy, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, columns, ldy, dtype);
  RADAPTER_CHECK_MATRIX(dx, rows, columns, lddx, dtype);
  RADAPTER_REQUIRE(rows == 0 || norm != nullptr, "norm is NULL");
  return table_of(context).normalize_backward(context, stream, rows, columns, dy, lddy, y, ldy, norm, dx, lddx, dtype);
}

extern "C" size_t radapter_attention_forward_workspace(const radapter_context* context, int64_t batch, int64_t length,
                                                       int64_t heads, int64_t head_size) {
  return workspace_of(context, {batch, length, heads, head_size}, [&] {
    return table_of(context).attention_forward_workspace(context, batch, length, heads, head_size);
  });
}

extern "C" int radapter_attention_forward(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t length,
                                          int64_t heads, int64_t head_size, int causal, const void* qkv, int64_t ldqkv,
                                          void* out, int64_t ldo, int dtype, float* log_sum_exp, void* workspace,
                                          size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_TRY(check_heads(__func__, batch, length, heads, head_size));
  const int64_t d = heads * head_size;
  RADAPTER_CHECK_MATRIX(qkv, batch * length, 3 * d, ldqkv, dtype);
  RADAPTER_CHECK_MATRIX(out, batch * length, d, ldo, dtype);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes,
                           radapter_attention_forward_workspace(context, batch, length, heads, head_size));
  return table_of(context).attention_forward(context, stream, batch, length, heads, head_size, causal, qkv, ldqkv, out,
                                             ldo, dtype, log_sum_exp, workspace, workspace_bytes);
}

extern "C" size_t radapter_attention_backward_workspace(const radapter_context* context, int64_t batch, int64_t length,
                                                        int64_t heads, int64_t head_size) {
  return workspace_of(context, {batch, length, heads, head_size}, [&] {
    return table_of(context).attention_backward_workspace(context, batch, length, heads, head_size);
  });
}

extern "C" int radapter_attention_backward(radapter_context* context, CUstream_st* stream, int64_t batch,
                                           int64_t length, int64_t heads, int64_t head_size, int causal,
                                           const void* qkv, int64_t ldqkv, const void* out, int64_t ldo,
                                           const float* log_sum_exp, const void* d_out, int64_t lddo, void* d_qkv,
                                           int64_t lddqkv, int dtype, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_TRY(check_heads(__func__, batch, length, heads, head_size));
  const int64_t d = heads * head_size;
  RADAPTER_CHECK_MATRIX(qkv, batch * length, 3 * d, ldqkv, dtype);
  RADAPTER_CHECK_MATRIX(out, batch * length, d, ldo, dtype);
  RADAPTER_CHECK_MATRIX(d_out, batch * length, d, lddo, dtype);
  RADAPTER_CHECK_MATRIX(d_qkv, batch * length, 3 * d, lddqkv, dtype);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes,
                           radapter_attention_backward_workspace(context, batch, length, heads, head_size));
  RADAPTER_REQUIRE(batch == 0 || length == 0 || log_sum_exp != nullptr, "log_sum_exp is NULL");
  return table_of(context).attention_backward(context, stream, batch, length, heads, head_size, causal, qkv, ldqkv, out,
                                              ldo, log_sum_exp, d_out, lddo, d_qkv, lddqkv, dtype, workspace,
                                              workspace_bytes);
}

extern "C" int radapter_patches(radapter_context* context, CUstream_st* stream, int64_t batch, int64_t height,
                                int64_t width, int64_t patch, const float* images, void* patches, int64_t ldp,
                                int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_SIZE(batch);
  RADAPTER_REQUIRE(patch > 0 && height > 0 && width > 0 && height % patch == 0 && width % patch == 0,
                   "images of %lldx%lld do not divide into patches of %lld", (long long)height, (long long)width,
                   (long long)patch);
  RADAPTER_CHECK_SIZES(batch, height, width, 3);
  RADAPTER_CHECK_SIZES(3, patch, patch);
  RADAPTER_CHECK_MATRIX(patches, batch * (height / patch) * (width / patch), 3 * patch * patch, ldp, dtype);
  RADAPTER_REQUIRE(batch == 0 || images != nullptr, "images is NULL");
  return table_of(context).patches(context, stream, batch, height, width, patch, images, patches, ldp, dtype);
}

extern "C" int radapter_image_tokens_forward(radapter_context* context, CUstream_st* stream, int64_t batch,
                                             int64_t patches, int64_t columns, const void* embedded, int64_t lde,
                                             const float* class_embedding, const float* position, void* tokens,
                                             int64_t ldt, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_SIZE(batch);
  RADAPTER_CHECK_SIZE(patches);
  RADAPTER_CHECK_SIZES(batch, patches);
  RADAPTER_CHECK_MATRIX(embedded, batch * patches, columns, lde, dtype);
  RADAPTER_CHECK_MATRIX(tokens, batch * (patches + 1), columns, ldt, dtype);
  RADAPTER_CHECK_POINTER(class_embedding);
  RADAPTER_CHECK_POINTER(position);
  return table_of(context).image_tokens_forward(context, stream, batch, patches, columns, embedded, lde,
                                                class_embedding, position, tokens, ldt, dtype);
}

extern "C" int radapter_image_tokens_backward(radapter_context* context, CUstream_st* stream, int64_t batch,
                                              int64_t patches, int64_t columns, const void* d_tokens, int64_t ldt,
                                              void* d_embedded, int64_t lde, int dtype, float* d_class,
                                              float* d_position) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_SIZE(batch);
  RADAPTER_CHECK_SIZE(patches);
  RADAPTER_CHECK_SIZES(batch, patches);
  RADAPTER_CHECK_MATRIX(d_tokens, batch * (patches + 1), columns, ldt, dtype);
  RADAPTER_CHECK_NULLABLE_MATRIX(d_embedded, batch * patches, columns, lde, dtype);
  return table_of(context).image_tokens_backward(context, stream, batch, patches, columns, d_tokens, ldt, d_embedded,
                                                 distance(d_embedded, lde), dtype, d_class, d_position);
}

extern "C" int radapter_text_tokens_forward(radapter_context* context, CUstream_st* stream, int64_t batch,
                                            int64_t length, int64_t columns, int64_t vocabulary, const int32_t* ids,
                                            const void* table, int table_dtype, const float* position, void* tokens,
                                            int64_t ldt, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_REQUIRE(batch >= 0 && length >= 0 && vocabulary >= 0,
                   "batch %lld, length %lld or vocabulary %lld is negative", (long long)batch, (long long)length,
                   (long long)vocabulary);
  RADAPTER_CHECK_SIZES(batch, length);
  RADAPTER_REQUIRE(batch * length == 0 || ids != nullptr, "ids is NULL");
  RADAPTER_CHECK_MATRIX(table, vocabulary, columns, columns, table_dtype);
  RADAPTER_CHECK_MATRIX(tokens, batch * length, columns, ldt, dtype);
  RADAPTER_REQUIRE(length == 0 || position != nullptr, "position is NULL");
  return table_of(context).text_tokens_forward(context, stream, batch, length, columns, vocabulary, ids, table,
                                               table_dtype, position, tokens, ldt, dtype);
}

extern "C" int radapter_text_tokens_backward(radapter_context* context, CUstream_st* stream, int64_t batch,
                                             int64_t length, int64_t columns, int64_t vocabulary, const int32_t* ids,
                                             const void* d_tokens, int64_t ldt, int dtype, float* d_table,
                                             float* d_position) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_REQUIRE(batch >= 0 && length >= 0 && vocabulary >= 0,
                   "batch %lld, length %lld or vocabulary %lld is negative", (long long)batch, (long long)length,
                   (long long)vocabulary);
  RADAPTER_CHECK_SIZES(batch, length);
  RADAPTER_CHECK_SIZE(columns);
  RADAPTER_CHECK_SIZES(vocabulary, columns);
  RADAPTER_REQUIRE(batch * length == 0 || ids != nullptr, "ids is NULL");
  RADAPTER_CHECK_MATRIX(d_tokens, batch * length, columns, ldt, dtype);
  return table_of(context).text_tokens_backward(context, stream, batch, length, columns, vocabulary, ids, d_tokens, ldt,
                                                dtype, d_table, d_position);
}

extern "C" int radapter_gather_rows(radapter_context* context, CUstream_st* stream, int64_t count, int64_t total,
                                    int64_t columns, const int32_t* rows, const void* x, int64_t ldx, void* y,
                                    int64_t ldy, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(count >= 0 && total >= 0, "count is %lld and total %lld, must not be negative", (long long)count,
                   (long long)total);
  RADAPTER_REQUIRE(count == 0 || rows != nullptr, "rows is NULL");
  RADAPTER_CHECK_MATRIX(x, total, columns, ldx, dtype);
  RADAPTER_CHECK_MATRIX(y, count, columns, ldy, dtype);
  return table_of(context).gather_rows(context, stream, count, total, columns, rows, x, ldx, y, ldy, dtype);
}

extern "C" int radapter_scatter_rows(radapter_context* context, CUstream_st* stream, int64_t count, int64_t total,
                                     int64_t columns, const int32_t* rows, const void* y, int64_t ldy, void* x,
                                     int64_t ldx, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_REQUIRE(count >= 0 && total >= 0, "count is %lld and total %lld, must not be negative", (long long)count,
                   (long long)total);
  RADAPTER_REQUIRE(count == 0 || rows != nullptr, "rows is NULL");
  RADAPTER_CHECK_MATRIX(y, count, columns, ldy, dtype);
  RADAPTER_CHECK_MATRIX(x, total, columns, ldx, dtype);
  return table_of(context).scatter_rows(context, stream, count, total, columns, rows, y, ldy, x, ldx, dtype);
}

extern "C" int radapter_adapter_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t d,
                                        const void* x, int64_t ldx, const float* w, const float* scale,
                                        const float* gate, int64_t gate_divisor, int64_t gate_count,
                                        const void* residual, int64_t ldr, void* y, int64_t ldy, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, d, ldx, dtype);
  RADAPTER_CHECK_MATRIX(w, d, d, d, RADAPTER_F32);
  RADAPTER_CHECK_POINTER(scale);
  RADAPTER_TRY(check_gate(__func__, gate, gate_divisor, gate_count));
  RADAPTER_CHECK_NULLABLE_MATRIX(residual, rows, d, ldr, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, d, ldy, dtype);
  RADAPTER_REQUIRE(y != x || rows == 0 || d == 0, "y must not be x");
  return table_of(context).adapter_forward(context, stream, rows, d, x, ldx, w, scale, gate, gate_divisor, gate_count,
                                           residual, distance(residual, ldr), y, ldy, dtype);
}

extern "C" size_t radapter_adapter_backward_workspace(const radapter_context* context, int64_t rows, int64_t d) {
  return workspace_of(context, {rows, d},
                      [&] { return table_of(context).adapter_backward_workspace(context, rows, d); });
}

extern "C" int radapter_adapter_backward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t d,
                                         const void* x, int64_t ldx, const float* w, const float* scale,
                                         const float* gate, int64_t gate_divisor, int64_t gate_count, const void* dy,
                                         int64_t lddy, void* dx, int64_t lddx, int dtype, float* d_w, float* d_scale,
                                         void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, d, ldx, dtype);
  RADAPTER_CHECK_MATRIX(w, d, d, d, RADAPTER_F32);
  RADAPTER_CHECK_POINTER(scale);
  RADAPTER_TRY(check_gate(__func__, gate, gate_divisor, gate_count));
  RADAPTER_CHECK_MATRIX(dy, rows, d, lddy, dtype);
  RADAPTER_CHECK_NULLABLE_MATRIX(dx, rows, d, lddx, dtype);
  RADAPTER_REQUIRE(dx == nullptr || dx != dy, "dx must not be dy");
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_adapter_backward_workspace(context, rows, d));
  return table_of(context).adapter_backward(context, stream, rows, d, x, ldx, w, scale, gate, gate_divisor, gate_count,
                                            dy, lddy, dx, distance(dx, lddx), dtype, d_w, d_scale, workspace,
                                            workspace_bytes);
}

extern "C" int radapter_low_rank_adapter_forward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                                 int64_t d, int64_t rank, const void* x, int64_t ldx, const float* down,
                                                 const float* up, const float* scale, const float* gate,
                                                 int64_t gate_divisor, int64_t gate_count, const void* residual,
                                                 int64_t ldr, void* hidden, void* y, int64_t ldy, int dtype) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, d, ldx, dtype);
  RADAPTER_REQUIRE(rank > 0, "rank is %lld, must be positive", (long long)rank);
  RADAPTER_CHECK_MATRIX(down, d, rank, rank, RADAPTER_F32);
  RADAPTER_CHECK_MATRIX(up, rank, d, d, RADAPTER_F32);
  RADAPTER_CHECK_POINTER(scale);
  RADAPTER_TRY(check_gate(__func__, gate, gate_divisor, gate_count));
  RADAPTER_CHECK_NULLABLE_MATRIX(residual, rows, d, ldr, dtype);
  RADAPTER_CHECK_MATRIX(hidden, rows, rank, rank, dtype);
  RADAPTER_CHECK_MATRIX(y, rows, d, ldy, dtype);
  RADAPTER_REQUIRE(y != x || rows == 0 || d == 0, "y must not be x");
  return table_of(context).low_rank_adapter_forward(context, stream, rows, d, rank, x, ldx, down, up, scale, gate,
                                                    gate_divisor, gate_count, residual, distance(residual, ldr), hidden,
                                                    y, ldy, dtype);
}

extern "C" size_t radapter_low_rank_adapter_backward_workspace(const radapter_context* context, int64_t rows, int64_t d,
                                                               int64_t rank) {
  return workspace_of(context, {rows, d, rank},
                      [&] { return table_of(context).low_rank_adapter_backward_workspace(context, rows, d, rank); });
}

extern "C" int radapter_low_rank_adapter_backward(radapter_context* context, CUstream_st* stream, int64_t rows,
                                                  int64_t d, int64_t rank, const void* x, int64_t ldx,
                                                  const void* hidden, const float* down, const float* up,
                                                  const float* scale, const float* gate, int64_t gate_divisor,
                                                  int64_t gate_count, const void* dy, int64_t lddy, void* dx,
                                                  int64_t lddx, int dtype, float* d_down, float* d_up, float* d_scale,
                                                  void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_MATRIX(x, rows, d, ldx, dtype);
  RADAPTER_REQUIRE(rank > 0, "rank is %lld, must be positive", (long long)rank);
  RADAPTER_CHECK_MATRIX(hidden, rows, rank, rank, dtype);
  RADAPTER_CHECK_MATRIX(down, d, rank, rank, RADAPTER_F32);
  RADAPTER_CHECK_MATRIX(up, rank, d, d, RADAPTER_F32);
  RADAPTER_CHECK_POINTER(scale);
  RADAPTER_TRY(check_gate(__func__, gate, gate_divisor, gate_count));
  RADAPTER_CHECK_MATRIX(dy, rows, d, lddy, dtype);
  RADAPTER_CHECK_NULLABLE_MATRIX(dx, rows, d, lddx, dtype);
  RADAPTER_REQUIRE(dx == nullptr || dx != dy, "dx must not be dy");
  RADAPTER_REQUIRE((d_down == nullptr) == (d_up == nullptr), "d_down and d_up must be NULL together");
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes,
                           radapter_low_rank_adapter_backward_workspace(context, rows, d, rank));
  return table_of(context).low_rank_adapter_backward(context, stream, rows, d, rank, x, ldx, hidden, down, up, scale,
                                                     gate, gate_divisor, gate_count, dy, lddy, dx, distance(dx, lddx),
                                                     dtype, d_down, d_up, d_scale, workspace, workspace_bytes);
}

extern "C" size_t radapter_merge_workspace(const radapter_context* context, const radapter_merge_layer* layers,
                                           int64_t count) {
  if (context == nullptr) {
    return 0;
  }
  return check_layers(__func__, layers, count) == RADAPTER_OK
             ? table_of(context).merge_workspace(context, layers, count)
             : SIZE_MAX;
}

extern "C" int radapter_merge(radapter_context* context, CUstream_st* stream, const radapter_merge_layer* layers,
                              int64_t count, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_TRY(check_layers(__func__, layers, count));
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, table_of(context).merge_workspace(context, layers, count));
  return table_of(context).merge(context, stream, layers, count, workspace, workspace_bytes);
}

extern "C" size_t radapter_contrastive_workspace(const radapter_context* context, int64_t n, int64_t m, int64_t d) {
  return workspace_of(context, {n, m, d}, [&] { return table_of(context).contrastive_workspace(context, n, m, d); });
}

extern "C" size_t radapter_contrastive_full_workspace(const radapter_context* context, int64_t n, int64_t m,
                                                      int64_t d) {
  return workspace_of(context, {n, m, d},
                      [&] { return table_of(context).contrastive_full_workspace(context, n, m, d); });
}

extern "C" int radapter_contrastive(radapter_context* context, CUstream_st* stream, int64_t n, int64_t m, int64_t d,
                                    const void* f, int64_t ldf, const void* g, int64_t ldg, int dtype,
                                    const int32_t* row_labels, const int32_t* column_labels, const int64_t* row_offsets,
                                    const int32_t* row_columns, const int64_t* column_offsets,
                                    const int32_t* column_rows, double scale, const float* log_scale, double margin,
                                    double smoothing, float* losses, void* d_f, int64_t lddf, void* d_g, int64_t lddg,
                                    float* d_log_scale, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  const bool lists =
      row_offsets != nullptr && row_columns != nullptr && column_offsets != nullptr && column_rows != nullptr;
  RADAPTER_TRY(check_contrastive(__func__, n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels, lists, scale,
                                 log_scale, margin, smoothing));
  RADAPTER_REQUIRE((d_f == nullptr) == (d_g == nullptr), "d_f and d_g must be given together or not at all");
  RADAPTER_CHECK_NULLABLE_MATRIX(d_f, n, d, lddf, dtype);
  RADAPTER_CHECK_NULLABLE_MATRIX(d_g, m, d, lddg, dtype);
  RADAPTER_CHECK_POINTER(losses);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_contrastive_workspace(context, n, m, d));
  return table_of(context).contrastive(context, stream, n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels,
                                       row_offsets, row_columns, column_offsets, column_rows, scale, log_scale, margin,
                                       smoothing, losses, d_f, distance(d_f, lddf), d_g, distance(d_g, lddg),
                                       d_log_scale, workspace, workspace_bytes);
}

extern "C" size_t radapter_contrastive_rows_workspace(const radapter_context* context, int64_t n, int64_t m, int64_t d,
                                                      int64_t count) {
  return workspace_of(context, {n, m, d, count},
                      [&] { return table_of(context).contrastive_rows_workspace(context, n, m, d, count); });
}

extern "C" int radapter_contrastive_row_sums(radapter_context* context, CUstream_st* stream, int64_t n, int64_t m,
                                             int64_t d, const void* f, int64_t ldf, const void* g, int64_t ldg,
                                             int dtype, const int32_t* row_labels, const int32_t* column_labels,
                                             const int64_t* row_offsets, const int32_t* row_columns, double scale,
                                             const float* log_scale, double margin, double smoothing, int64_t first,
                                             int64_t count, int exact, double* row_sums, void* workspace,
                                             size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_TRY(check_contrastive(__func__, n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels,
                                 row_offsets != nullptr && row_columns != nullptr, scale, log_scale, margin,
                                 smoothing));
  RADAPTER_TRY(check_rows(__func__, n, first, count));
  RADAPTER_CHECK_POINTER(row_sums);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_contrastive_rows_workspace(context, n, m, d, count));
  return table_of(context).contrastive_row_sums(context, stream, n, m, d, f, ldf, g, ldg, dtype, row_labels,
                                                column_labels, row_offsets, row_columns, scale, log_scale, margin,
                                                smoothing, first, count, exact, row_sums, workspace, workspace_bytes);
}

extern "C" int radapter_contrastive_row_gradients(radapter_context* context, CUstream_st* stream, int64_t n, int64_t m,
                                                  int64_t d, const void* f, int64_t ldf, const void* g, int64_t ldg,
                                                  int dtype, const int32_t* row_labels, const int32_t* column_labels,
                                                  const int64_t* row_offsets, const int32_t* row_columns, double scale,
                                                  const float* log_scale, double margin, double smoothing,
                                                  int64_t first, int64_t count, int exact, const double* row_sums,
                                                  const double* column_sums, float* losses, void* d_f, int64_t lddf,
                                                  float* d_log_scale, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_TRY(check_contrastive(__func__, n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels,
                                 row_offsets != nullptr && row_columns != nullptr, scale, log_scale, margin,
                                 smoothing));
  RADAPTER_TRY(check_rows(__func__, n, first, count));
  RADAPTER_CHECK_POINTER(row_sums);
  RADAPTER_CHECK_POINTER(column_sums);
  RADAPTER_CHECK_MATRIX(d_f, count, d, lddf, dtype);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_contrastive_rows_workspace(context, n, m, d, count));
  return table_of(context).contrastive_row_gradients(context, stream, n, m, d, f, ldf, g, ldg, dtype, row_labels,
                                                     column_labels, row_offsets, row_columns, scale, log_scale, margin,
                                                     smoothing, first, count, exact, row_sums, column_sums, losses, d_f,
                                                     lddf, d_log_scale, workspace, workspace_bytes);
}

extern "C" size_t radapter_cross_entropy_workspace(const radapter_context* context, int64_t rows, int64_t classes) {
  return workspace_of(context, {rows, classes},
                      [&] { return table_of(context).cross_entropy_workspace(context, rows, classes); });
}

extern "C" int radapter_cross_entropy(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t classes,
                                      const void* logits, int64_t ldl, int dtype, const int32_t* labels,
                                      double smoothing, float* loss, void* d_logits, int64_t lddl, void* workspace,
                                      size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_F32_OR_BF16(dtype);
  RADAPTER_CHECK_MATRIX(logits, rows, classes, ldl, dtype);
  RADAPTER_REQUIRE(rows > 0 && classes > 0, "rows is %lld and classes %lld, must be positive", (long long)rows,
                   (long long)classes);
  if (d_logits != nullptr) {
    RADAPTER_CHECK_MATRIX(d_logits, rows, classes, lddl, dtype);
    RADAPTER_REQUIRE(d_logits != logits || lddl == ldl, "d_logits is logits with another leading dimension");
  }
  RADAPTER_CHECK_POINTER(labels);
  RADAPTER_CHECK_POINTER(loss);
  RADAPTER_REQUIRE(smoothing >= 0 && smoothing <= 1, "smoothing is %g, must be in [0, 1]", smoothing);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_cross_entropy_workspace(context, rows, classes));
  return table_of(context).cross_entropy(context, stream, rows, classes, logits, ldl, dtype, labels, smoothing, loss,
                                         d_logits, distance(d_logits, lddl), workspace, workspace_bytes);
}

extern "C" size_t radapter_adamw_ema_workspace(const radapter_context* context, const radapter_segment* segments,
                                               int64_t count) {
  if (context == nullptr) {
    return 0;
  }
  return check_segments(__func__, segments, count, true) == RADAPTER_OK
             ? table_of(context).adamw_ema_workspace(context, segments, count)
             : SIZE_MAX;
}

extern "C" int radapter_adamw_ema(radapter_context* context, CUstream_st* stream, const radapter_segment* segments,
                                  int64_t count, const double* settings, double* state, void* workspace,
                                  size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_TRY(check_segments(__func__, segments, count, false));
  RADAPTER_CHECK_POINTER(settings);
  RADAPTER_CHECK_POINTER(state);
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, table_of(context).adamw_ema_workspace(context, segments, count));
  return table_of(context).adamw_ema(context, stream, segments, count, settings, state, workspace, workspace_bytes);
}

extern "C" int radapter_ema_update(radapter_context* context, CUstream_st* stream, const radapter_segment* segments,
                                   int64_t count, double decay) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_TRY(check_segments(__func__, segments, count, true));
  return table_of(context).ema_update(context, stream, segments, count, decay);
}
