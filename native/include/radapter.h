/*
 * The C ABI of radapter: every operator, declared once.
 *
 * Conventions
 *   Matrices are row-major; `ld` is the distance between two rows in elements, at least the number of columns.
 *   Row vectors: y = x W + b with W of shape [in, out]. A PyTorch Linear.weight is the transpose of W.
 *   `void*` operands carry a dtype (radapter_dtype). `float*` operands are statistics, biases, gains and gradients of
 *   weights: always fp32. Sums run in fp32 at least, in an order that depends on the shape alone: neither the number of
 *   threads nor the number of other rows changes a bit of a result.
 *   Every output is written in full, never added to. An output may be an input's very memory only where it is said.
 *   A pointer marked "nullable" may be NULL: the thing is left out.
 *   Workspace: functions that need one have a `_workspace` twin that returns the bytes; it is aligned to 64 bytes. For
 *   sizes that are negative, or more than any memory, the twin returns SIZE_MAX.
 *   No function allocates, except those that create something.
 *   Memory: matrices, statistics, gates, scales, labels, ids, settings and states lie in the device's memory; lists of
 *   structures (radapter_segment, radapter_merge_layer) lie in the host's and are read before the call returns.
 *
 * Errors
 *   Functions return a radapter_status. They never throw, print or exit. radapter_last_error() explains the calling
 *   thread's last failure. Numbers in the memory of a GPU are not looked at before a call: where the CPU refuses an id,
 *   a label or a row that is out of range, or a row without positives, the GPU writes NaN in its place (an id's
 * gradient and a scattered row are left out).
 *
 * Threads
 *   Calls on one context may come from any thread; on the CPU they are carried out one after another.
 *
 * Streams
 *   On a GPU an operator is put into a stream and the call returns; its work is done, in order, later. NULL is the
 *   legacy default stream. Operators neither wait nor allocate, so a stream may be captured into a graph. On the CPU
 *   streams and events are NULL and the work is done when a call returns.
 */
#ifndef RADAPTER_H
#define RADAPTER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RADAPTER_ABI_VERSION 1

#if defined(_WIN32)
#define RADAPTER_API
#else
#define RADAPTER_API __attribute__((visibility("default")))
#endif

/** A device with what belongs to it: threads, scratch memory, the choice of instruction set. */
struct radapter_context;

/** A weight in the layout the product kernels read fastest; made once for a frozen weight. */
struct radapter_packed;

/** The CUDA stream of cudart, the driver API, PyTorch and ND4J. NULL on the CPU. */
struct CUstream_st;

/** The CUDA event of cudart and the driver API. NULL on the CPU. */
struct CUevent_st;

/** Work of a stream that was noted once and can be put into a stream again and again; see radapter_graph_begin. */
struct radapter_graph;

/** What a function returns. */
enum radapter_status {
  RADAPTER_OK = 0,
  /** An argument is out of its domain; radapter_last_error() names it. */
  RADAPTER_INVALID_ARGUMENT = 1,
  /** Memory was refused; radapter_last_error() says how much was asked for and, on a GPU, how much was free. */
  RADAPTER_OUT_OF_MEMORY = 2,
  /** This backend or machine cannot do it. */
  RADAPTER_UNSUPPORTED = 3,
  /** A failure of the device or of the library itself. */
  RADAPTER_INTERNAL = 4
};

/** Element types. */
enum radapter_dtype {
  RADAPTER_F32 = 0,
  RADAPTER_BF16 = 1,
  RADAPTER_F16 = 2,
  RADAPTER_I32 = 3,
  RADAPTER_U8 = 4,
  RADAPTER_I64 = 5
};

/**
 * Instruction sets of the CPU backend, each including the ones before it. AUTO is the fastest on this machine: the best
 * it has, but for AVX512_BF16 on Intel's processors, which multiply faster in fp32.
 */
enum radapter_isa {
  RADAPTER_ISA_AUTO = -1,
  RADAPTER_ISA_BASELINE = 0,
  RADAPTER_ISA_AVX2 = 1,
  RADAPTER_ISA_AVX512 = 2,
  RADAPTER_ISA_AVX512_BF16 = 3
};

/**
 * What a product does to its result.
 * NONE: nothing. QUICK_GELU: v / (1 + exp(-1.702 v)). GELU: v Φ(v), exact (erf).
 * *_GRADIENT: v · act'(aux), which is the backward pass of the activation whose input was aux.
 */
enum radapter_activation {
  RADAPTER_NONE = 0,
  RADAPTER_QUICK_GELU = 1,
  RADAPTER_GELU = 2,
  RADAPTER_QUICK_GELU_GRADIENT = 3,
  RADAPTER_GELU_GRADIENT = 4
};

/** One tensor of the optimiser: `count` fp32 numbers in each array. */
struct radapter_segment {
  float* parameter;
  const float* gradient;
  float* exp_avg;
  float* exp_avg_sq;
  /** Moving average of the parameter; nullable. */
  float* average;
  int64_t count;
  /** Decoupled weight decay of this segment. */
  double weight_decay;
};

/** One layer of a merge; see radapter_merge. */
struct radapter_merge_layer {
  /** Frozen weight: [in, out] if `transposed` is 0, else PyTorch's [out, in]; contiguous. */
  const void* weight;
  int32_t weight_dtype;
  int32_t transposed;
  /** Frozen bias [out], of weight_dtype; nullable. */
  const void* bias;
  int64_t in;
  int64_t out;
  /** Full rank W [out, out], or with rank > 0 the factor D [out, rank]. */
  const float* down;
  /** U [rank, out]; NULL for full rank. */
  const float* up;
  int64_t rank;
  /** α·s̃. */
  double coefficient;
  /** Merged weight, same layout and dtype as `weight`; must not overlap it. */
  void* merged_weight;
  /** Merged bias; nullable together with `bias`. */
  void* merged_bias;
};

/* ---- library and context ------------------------------------------------------------------------------------ */

/** RADAPTER_ABI_VERSION of the library. */
RADAPTER_API int radapter_abi_version(void);

/** Version of the library, "major.minor.patch". */
RADAPTER_API const char* radapter_version(void);

/** What the calling thread's last failed call said; never NULL. */
RADAPTER_API const char* radapter_last_error(void);

/** Best instruction set (radapter_isa) of this machine. */
RADAPTER_API int radapter_cpu_isa(void);

/**
 * Opens the CPU. `threads` ≤ 0 takes as many as the process may use; `isa` is a radapter_isa, RADAPTER_UNSUPPORTED if
 * the machine lacks it.
 */
RADAPTER_API int radapter_cpu_create(int threads, int isa, struct radapter_context** context);

/**
 * Opens GPU number `device`, from 0, by the plug-in libradapter_cuda.so at the absolute path `plugin_path`. The plug-in
 * uses libcuda.so.1, or the library that the environment variable RADAPTER_LIBCUDA names, and the device's primary
 * context, the one that cudart uses. RADAPTER_UNSUPPORTED, with the reason, if plug-in, driver or device are missing.
 */
RADAPTER_API int radapter_cuda_create(const char* plugin_path, int device, struct radapter_context** context);

/** Number of GPUs that radapter_cuda_create may open; refused as there. */
RADAPTER_API int radapter_cuda_device_count(const char* plugin_path, int* count);

/**
 * Ends the context's threads and frees its own memory; on a GPU waits for its work. What radapter_allocate and
 * radapter_pack gave must have been freed. NULL is ignored.
 */
RADAPTER_API int radapter_context_destroy(struct radapter_context* context);

/** Number of threads that work for this context; 0 on a GPU. */
RADAPTER_API int radapter_context_threads(const struct radapter_context* context);

/** Instruction set (radapter_isa) this context uses; RADAPTER_ISA_AUTO on a GPU. */
RADAPTER_API int radapter_context_isa(const struct radapter_context* context);

/** What the device is called, for people: "cpu", or the GPU's name and compute capability. Lives with the context. */
RADAPTER_API const char* radapter_context_device(const struct radapter_context* context);

/* ---- memory and streams ------------------------------------------------------------------------------------- */

/** Memory of the device, aligned to 64 bytes, not cleared. */
RADAPTER_API int radapter_allocate(struct radapter_context* context, size_t bytes, void** memory);

/** Frees what radapter_allocate gave; on a GPU after all work that may use it. NULL is ignored. */
RADAPTER_API int radapter_free(struct radapter_context* context, void* memory);

/** Memory of the host that the device copies from and to without waiting (page-locked); aligned to 64 bytes. */
RADAPTER_API int radapter_allocate_host(struct radapter_context* context, size_t bytes, void** memory);

/** Frees what radapter_allocate_host gave. NULL is ignored. */
RADAPTER_API int radapter_free_host(struct radapter_context* context, void* memory);

/** Bytes of the device's memory: free now, for any process, and altogether. */
RADAPTER_API int radapter_memory_info(struct radapter_context* context, size_t* free_bytes, size_t* total_bytes);

/** Copies from the host's memory, in the stream. `from` must not change until that is done. */
RADAPTER_API int radapter_copy_to_device(struct radapter_context* context, struct CUstream_st* stream, void* to,
                                         const void* from, size_t bytes);

/** Copies to the host's memory, in the stream: `to` may be read after radapter_stream_synchronize. */
RADAPTER_API int radapter_copy_to_host(struct radapter_context* context, struct CUstream_st* stream, void* to,
                                       const void* from, size_t bytes);

/** Copies within the device's memory; the two must not overlap. */
RADAPTER_API int radapter_copy_on_device(struct radapter_context* context, struct CUstream_st* stream, void* to,
                                         const void* from, size_t bytes);

/** A stream that does not wait for the legacy default stream. */
RADAPTER_API int radapter_stream_create(struct radapter_context* context, struct CUstream_st** stream);

/** Ends a stream once its work is done. NULL is ignored. */
RADAPTER_API int radapter_stream_destroy(struct radapter_context* context, struct CUstream_st* stream);

/** Waits for everything put into the stream; failures of that work are reported here. */
RADAPTER_API int radapter_stream_synchronize(struct radapter_context* context, struct CUstream_st* stream);

/** A point in a stream's work, not yet recorded. */
RADAPTER_API int radapter_event_create(struct radapter_context* context, struct CUevent_st** event);

/** NULL is ignored. */
RADAPTER_API int radapter_event_destroy(struct radapter_context* context, struct CUevent_st* event);

/** Sets the event to the work put into the stream so far. */
RADAPTER_API int radapter_event_record(struct radapter_context* context, struct CUevent_st* event,
                                       struct CUstream_st* stream);

/** Waits until the work that the event was last set to is done; not at all for one that was never recorded. */
RADAPTER_API int radapter_event_synchronize(struct radapter_context* context, struct CUevent_st* event);

/** Lets everything put into the stream from now on wait for the event. */
RADAPTER_API int radapter_stream_wait(struct radapter_context* context, struct CUstream_st* stream,
                                      struct CUevent_st* event);

/** Seconds from one event to a later one, both reached; RADAPTER_UNSUPPORTED on the CPU. */
RADAPTER_API int radapter_event_elapsed(struct radapter_context* context, struct CUevent_st* first,
                                        struct CUevent_st* last, double* seconds);

/**
 * From now on what the calling thread puts into the stream is noted and not carried out, until radapter_graph_end. The
 * stream must not be NULL, nothing may be allocated or waited for meanwhile, and what is noted keeps the addresses and
 * numbers it was given. RADAPTER_UNSUPPORTED on the CPU.
 */
RADAPTER_API int radapter_graph_begin(struct radapter_context* context, struct CUstream_st* stream);

/** Ends what radapter_graph_begin began; the stream is as it was before, also if this fails. */
RADAPTER_API int radapter_graph_end(struct radapter_context* context, struct CUstream_st* stream,
                                    struct radapter_graph** graph);

/** Puts all the noted work into the stream, in one call; memory it names must still be there. */
RADAPTER_API int radapter_graph_launch(struct radapter_context* context, struct CUstream_st* stream,
                                       struct radapter_graph* graph);

/** NULL is ignored. Work already in a stream is still done. */
RADAPTER_API int radapter_graph_destroy(struct radapter_context* context, struct radapter_graph* graph);

/**
 * Whether plain products put into the stream (radapter_gemm and radapter_gemm_packed without bias, activation, aux and
 * residual, both operands of one type) are left to NVIDIA's cuBLAS, from now on and for one stream of a context at a
 * time. It takes 32 MiB of the device's memory. Same products, same bits; but a row's bits may depend on the number of
 * rows beside it. Not while other threads put products into the stream; before products are recorded, each is to be
 * called once. libcublas.so.13 or .12 is opened, or what RADAPTER_LIBCUBLAS names; RADAPTER_UNSUPPORTED, with the
 * reason, where there is none, and on the CPU.
 */
RADAPTER_API int radapter_use_cublas(struct radapter_context* context, struct CUstream_st* stream, int use);

/* ---- products ----------------------------------------------------------------------------------------------- */

/**
 * C = act(op(A) op(B) + bias) + residual, op(A) [m, k], op(B) [k, n], C [m, n].
 * A is stored [m, k], or [k, m] if transpose_a; B [k, n], or [n, k] if transpose_b. Operands F32, BF16 or F16 in any
 * mixture, fp32 accumulation. bias [n] fp32, nullable. aux [m, n] of c's dtype, leading dimension ldc: for QUICK_GELU
 * and GELU nullable, receives the value before the activation; for the *_GRADIENT activations it is read, and bias must
 * be NULL. residual [m, n] of c's dtype, nullable, may be c itself. k = 0 gives act(bias) + residual.
 */
RADAPTER_API int radapter_gemm(struct radapter_context* context, struct CUstream_st* stream, int transpose_a,
                               int transpose_b, int64_t m, int64_t n, int64_t k, const void* a, int64_t lda,
                               int a_dtype, const void* b, int64_t ldb, int b_dtype, const float* bias, int activation,
                               void* aux, const void* residual, int64_t ldr, void* c, int64_t ldc, int c_dtype);

/** Packs op(B) [k, n] for radapter_gemm_packed. */
RADAPTER_API int radapter_pack(struct radapter_context* context, struct CUstream_st* stream, int transpose_b, int64_t n,
                               int64_t k, const void* b, int64_t ldb, int b_dtype, struct radapter_packed** packed);

/** Frees a packed weight. NULL is ignored. */
RADAPTER_API int radapter_packed_destroy(struct radapter_context* context, struct radapter_packed* packed);

/** radapter_gemm with a packed B and A not transposed: the same bits as radapter_gemm gives. */
RADAPTER_API int radapter_gemm_packed(struct radapter_context* context, struct CUstream_st* stream, int64_t m,
                                      const void* a, int64_t lda, int a_dtype, const struct radapter_packed* b,
                                      const float* bias, int activation, void* aux, const void* residual, int64_t ldr,
                                      void* c, int64_t ldc, int c_dtype);

/* ---- elementwise -------------------------------------------------------------------------------------------- */

/** y[i, j] = x[i, j] in another element type (F32, BF16, F16), rounded to nearest even. */
RADAPTER_API int radapter_convert(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                  int64_t columns, const void* x, int64_t ldx, int x_dtype, void* y, int64_t ldy,
                                  int y_dtype);

/** c = a + b over [rows, columns], all of one dtype; c may be a or b. */
RADAPTER_API int radapter_add(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                              int64_t columns, const void* a, int64_t lda, const void* b, int64_t ldb, void* c,
                              int64_t ldc, int dtype);

/** x = value over [rows, columns]. */
RADAPTER_API int radapter_fill(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                               int64_t columns, double value, void* x, int64_t ldx, int dtype);

/** y = act(x), activation QUICK_GELU or GELU; y may be x. */
RADAPTER_API int radapter_activation_forward(struct radapter_context* context, struct CUstream_st* stream,
                                             int activation, int64_t rows, int64_t columns, const void* x, int64_t ldx,
                                             void* y, int64_t ldy, int dtype);

/** dx = dy · act'(x), activation QUICK_GELU or GELU; dx may be dy. */
RADAPTER_API int radapter_activation_backward(struct radapter_context* context, struct CUstream_st* stream,
                                              int activation, int64_t rows, int64_t columns, const void* x, int64_t ldx,
                                              const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype);

/** Bytes of workspace for radapter_column_sum. */
RADAPTER_API size_t radapter_column_sum_workspace(const struct radapter_context* context, int64_t rows,
                                                  int64_t columns);

/** sum[j] = Σ_i x[i, j]: the gradient of a bias. */
RADAPTER_API int radapter_column_sum(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                     int64_t columns, const void* x, int64_t ldx, int dtype, float* sum,
                                     void* workspace, size_t workspace_bytes);

/* ---- normalisation ------------------------------------------------------------------------------------------ */

/**
 * LayerNorm of each row: y = (x - mean)·rstd·gain + bias, rstd = 1/√(var + epsilon), var the mean of squares about the
 * mean. x, y [rows, columns] of `dtype`, gain and bias [columns]; mean, rstd [rows] are kept for the backward pass,
 * nullable together.
 */
RADAPTER_API int radapter_layer_norm_forward(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                             int64_t columns, const void* x, int64_t ldx, const float* gain,
                                             const float* bias, double epsilon, void* y, int64_t ldy, int dtype,
                                             float* mean, float* rstd);

/** Bytes of workspace for radapter_layer_norm_backward. */
RADAPTER_API size_t radapter_layer_norm_backward_workspace(const struct radapter_context* context, int64_t rows,
                                                           int64_t columns);

/**
 * With x̂ = (x - mean)·rstd, q = dy·gain: dx = rstd·(q - mean(q) - x̂·mean(q·x̂)) + residual, d_gain = Σ_rows dy·x̂,
 * d_bias = Σ_rows dy. residual (dtype, leading dimension lddx) nullable, may be dx. d_gain and d_bias nullable
 * together.
 */
RADAPTER_API int radapter_layer_norm_backward(struct radapter_context* context, struct CUstream_st* stream,
                                              int64_t rows, int64_t columns, const void* dy, int64_t lddy,
                                              const void* x, int64_t ldx, const float* gain, const float* mean,
                                              const float* rstd, const void* residual, void* dx, int64_t lddx,
                                              int dtype, float* d_gain, float* d_bias, void* workspace,
                                              size_t workspace_bytes);

/** y = x / max(‖x‖₂, 1e-12) for each row; norm [rows] receives the divisor. y may be x. */
RADAPTER_API int radapter_normalize_forward(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                            int64_t columns, const void* x, int64_t ldx, void* y, int64_t ldy,
                                            int dtype, float* norm);

/** dx = (dy - y·⟨y, dy⟩) / norm; dx may be dy. */
RADAPTER_API int radapter_normalize_backward(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                             int64_t columns, const void* dy, int64_t lddy, const void* y, int64_t ldy,
                                             const float* norm, void* dx, int64_t lddx, int dtype);

/* ---- attention ---------------------------------------------------------------------------------------------- */

/** Bytes of workspace for radapter_attention_forward. */
RADAPTER_API size_t radapter_attention_forward_workspace(const struct radapter_context* context, int64_t batch,
                                                         int64_t length, int64_t heads, int64_t head_size);

/**
 * softmax(q kᵀ/√head_size [+ causal mask]) v for each head. qkv [batch·length, 3·heads·head_size]: q, k and v side by
 * side, heads within; out [batch·length, heads·head_size]. head_size 8 to 256, a multiple of 8; any length.
 * log_sum_exp [batch, heads, length] is kept for the backward pass, nullable.
 */
RADAPTER_API int radapter_attention_forward(struct radapter_context* context, struct CUstream_st* stream, int64_t batch,
                                            int64_t length, int64_t heads, int64_t head_size, int causal,
                                            const void* qkv, int64_t ldqkv, void* out, int64_t ldo, int dtype,
                                            float* log_sum_exp, void* workspace, size_t workspace_bytes);

/** Bytes of workspace for radapter_attention_backward. */
RADAPTER_API size_t radapter_attention_backward_workspace(const struct radapter_context* context, int64_t batch,
                                                          int64_t length, int64_t heads, int64_t head_size);

/** d_qkv, shaped as qkv, from d_out, shaped as out; the probabilities are formed again from qkv and log_sum_exp. */
RADAPTER_API int radapter_attention_backward(struct radapter_context* context, struct CUstream_st* stream,
                                             int64_t batch, int64_t length, int64_t heads, int64_t head_size,
                                             int causal, const void* qkv, int64_t ldqkv, const void* out, int64_t ldo,
                                             const float* log_sum_exp, const void* d_out, int64_t lddo, void* d_qkv,
                                             int64_t lddqkv, int dtype, void* workspace, size_t workspace_bytes);

/* ---- embeddings --------------------------------------------------------------------------------------------- */

/**
 * Cuts images [batch, 3, height, width] (fp32) into patches [batch·(height/p)·(width/p), 3·p·p], patch rows in
 * row-major order of the grid, columns in the order (channel, y, x) of a convolution's weight.
 */
RADAPTER_API int radapter_patches(struct radapter_context* context, struct CUstream_st* stream, int64_t batch,
                                  int64_t height, int64_t width, int64_t patch, const float* images, void* patches,
                                  int64_t ldp, int dtype);

/**
 * tokens [batch·(patches+1), columns]: row 0 of each image is class_embedding + position[0], row 1+i is
 * embedded[i] + position[1+i]. position [patches+1, columns], class_embedding [columns].
 */
RADAPTER_API int radapter_image_tokens_forward(struct radapter_context* context, struct CUstream_st* stream,
                                               int64_t batch, int64_t patches, int64_t columns, const void* embedded,
                                               int64_t lde, const float* class_embedding, const float* position,
                                               void* tokens, int64_t ldt, int dtype);

/** Gradients of radapter_image_tokens_forward, each nullable: d_embedded, d_class [columns], d_position. */
RADAPTER_API int radapter_image_tokens_backward(struct radapter_context* context, struct CUstream_st* stream,
                                                int64_t batch, int64_t patches, int64_t columns, const void* d_tokens,
                                                int64_t ldt, void* d_embedded, int64_t lde, int dtype, float* d_class,
                                                float* d_position);

/** tokens[b·length + t] = table[ids[b, t]] + position[t]; ids [batch, length] int32 in [0, vocabulary). */
RADAPTER_API int radapter_text_tokens_forward(struct radapter_context* context, struct CUstream_st* stream,
                                              int64_t batch, int64_t length, int64_t columns, int64_t vocabulary,
                                              const int32_t* ids, const void* table, int table_dtype,
                                              const float* position, void* tokens, int64_t ldt, int dtype);

/** Gradients of radapter_text_tokens_forward, each nullable: d_table [vocabulary, columns], d_position. */
RADAPTER_API int radapter_text_tokens_backward(struct radapter_context* context, struct CUstream_st* stream,
                                               int64_t batch, int64_t length, int64_t columns, int64_t vocabulary,
                                               const int32_t* ids, const void* d_tokens, int64_t ldt, int dtype,
                                               float* d_table, float* d_position);

/** y[i] = x[rows[i]], y [count, columns], 0 ≤ rows[i] < total. */
RADAPTER_API int radapter_gather_rows(struct radapter_context* context, struct CUstream_st* stream, int64_t count,
                                      int64_t total, int64_t columns, const int32_t* rows, const void* x, int64_t ldx,
                                      void* y, int64_t ldy, int dtype);

/** x[rows[i]] = y[i], every other row of x [total, columns] zero; the rows named are distinct. */
RADAPTER_API int radapter_scatter_rows(struct radapter_context* context, struct CUstream_st* stream, int64_t count,
                                       int64_t total, int64_t columns, const int32_t* rows, const void* y, int64_t ldy,
                                       void* x, int64_t ldx, int dtype);

/* ---- R-Adapter ---------------------------------------------------------------------------------------------- */

/**
 * Y = residual + X + c_r · X W with c_r = scale[0] · gate[(r / gate_divisor) mod gate_count] for row r.
 * X, Y, residual [rows, d] of `dtype`, W [d, d]. gate holds γ/(1-p); NULL means 1 in every row. residual nullable, may
 * be y; y must not be x. With bf16 activations W takes part in products rounded to bf16 where that is faster, here and
 * in the functions below; its gradients are sums in fp32.
 */
RADAPTER_API int radapter_adapter_forward(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                          int64_t d, const void* x, int64_t ldx, const float* w, const float* scale,
                                          const float* gate, int64_t gate_divisor, int64_t gate_count,
                                          const void* residual, int64_t ldr, void* y, int64_t ldy, int dtype);

/** Bytes of workspace for radapter_adapter_backward. */
RADAPTER_API size_t radapter_adapter_backward_workspace(const struct radapter_context* context, int64_t rows,
                                                        int64_t d);

/**
 * dX = dY + c_r · dY Wᵀ; with g_r the gate, dW = s · Xᵀ(g_r dY), ds = Σ g_r dY ⊙ XW. dx nullable, must not be dy;
 * d_w [d, d] and d_scale [1] nullable.
 */
RADAPTER_API int radapter_adapter_backward(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                           int64_t d, const void* x, int64_t ldx, const float* w, const float* scale,
                                           const float* gate, int64_t gate_divisor, int64_t gate_count, const void* dy,
                                           int64_t lddy, void* dx, int64_t lddx, int dtype, float* d_w, float* d_scale,
                                           void* workspace, size_t workspace_bytes);

/**
 * Y = residual + X + c_r · (X D) U with D [d, rank], U [rank, d]; hidden [rows, rank] receives X D for the backward
 * pass. The rest as radapter_adapter_forward.
 */
RADAPTER_API int radapter_low_rank_adapter_forward(struct radapter_context* context, struct CUstream_st* stream,
                                                   int64_t rows, int64_t d, int64_t rank, const void* x, int64_t ldx,
                                                   const float* down, const float* up, const float* scale,
                                                   const float* gate, int64_t gate_divisor, int64_t gate_count,
                                                   const void* residual, int64_t ldr, void* hidden, void* y,
                                                   int64_t ldy, int dtype);

/** Bytes of workspace for radapter_low_rank_adapter_backward. */
RADAPTER_API size_t radapter_low_rank_adapter_backward_workspace(const struct radapter_context* context, int64_t rows,
                                                                 int64_t d, int64_t rank);

/**
 * With H = X D kept and P = (g_r dY) Uᵀ: dX = dY + s·P Dᵀ, dD = s·Xᵀ P, dU = s·Hᵀ(g_r dY), ds = ⟨H, P⟩. dx nullable,
 * must not be dy; d_down, d_up (nullable together) and d_scale nullable.
 */
RADAPTER_API int radapter_low_rank_adapter_backward(struct radapter_context* context, struct CUstream_st* stream,
                                                    int64_t rows, int64_t d, int64_t rank, const void* x, int64_t ldx,
                                                    const void* hidden, const float* down, const float* up,
                                                    const float* scale, const float* gate, int64_t gate_divisor,
                                                    int64_t gate_count, const void* dy, int64_t lddy, void* dx,
                                                    int64_t lddx, int dtype, float* d_down, float* d_up, float* d_scale,
                                                    void* workspace, size_t workspace_bytes);

/** Bytes of workspace for radapter_merge. */
RADAPTER_API size_t radapter_merge_workspace(const struct radapter_context* context,
                                             const struct radapter_merge_layer* layers, int64_t count);

/**
 * Folds adapters into frozen weights: weight (I + coefficient·W) and bias (I + coefficient·W), W = D U for low rank.
 * Products in fp32, the result rounded once to the weight's dtype (F32, BF16 or F16).
 */
RADAPTER_API int radapter_merge(struct radapter_context* context, struct CUstream_st* stream,
                                const struct radapter_merge_layer* layers, int64_t count, void* workspace,
                                size_t workspace_bytes);

/* ---- losses ------------------------------------------------------------------------------------------------- */

/** Bytes of workspace for radapter_contrastive, at least: O((n + m)·d). */
RADAPTER_API size_t radapter_contrastive_workspace(const struct radapter_context* context, int64_t n, int64_t m,
                                                   int64_t d);

/**
 * Bytes of workspace with which radapter_contrastive keeps all n×m scores, and saves forming them a second time; on a
 * GPU, which never keeps them, no more than radapter_contrastive_workspace.
 */
RADAPTER_API size_t radapter_contrastive_full_workspace(const struct radapter_context* context, int64_t n, int64_t m,
                                                        int64_t d);

/**
 * MPM-NCE with its gradients, without an n×m matrix in memory unless the workspace has room for one. f [n, d], g [m, d]
 * unit rows of `dtype`; z_ij = scale·(⟨f_i, g_j⟩ + margin·(1 - y_ij)); soft labels ỹ over the rows and, from yᵀ, over
 * the columns: ỹ_ij = (1-smoothing)·y_ij/|P(i)| + smoothing·(1-y_ij)/(m-|P(i)|), smoothing taken as 0 in a row without
 * negatives; losses[1] = -mean_i Σ_j ỹ_ij log softmax_j(z_i·), losses[2] the same over columns, losses[0] =
 * (losses[1]+losses[2])/2. scale = exp(log_scale[0]) if log_scale is not NULL, else the number given. y_ij = 1 where
 * row_labels[i] == column_labels[j]; or, with labels NULL, from the sorted lists row_columns[row_offsets[i] ..
 * row_offsets[i+1]) and their transpose column_rows[column_offsets[j] ..). Every row and column has a positive. d_f,
 * d_g (leading dimensions lddf, lddg) nullable together; d_log_scale [1] nullable. InfoNCE: labels 0..n-1, smoothing 0,
 * margin 0. The results have the same bits whether the scores are kept (see radapter_contrastive_full_workspace) or
 * not. Rows that are no unit rows are taken as they are, more slowly.
 */
RADAPTER_API int radapter_contrastive(struct radapter_context* context, struct CUstream_st* stream, int64_t n,
                                      int64_t m, int64_t d, const void* f, int64_t ldf, const void* g, int64_t ldg,
                                      int dtype, const int32_t* row_labels, const int32_t* column_labels,
                                      const int64_t* row_offsets, const int32_t* row_columns,
                                      const int64_t* column_offsets, const int32_t* column_rows, double scale,
                                      const float* log_scale, double margin, double smoothing, float* losses, void* d_f,
                                      int64_t lddf, void* d_g, int64_t lddg, float* d_log_scale, void* workspace,
                                      size_t workspace_bytes);

/** Bytes of workspace for radapter_contrastive_row_sums and radapter_contrastive_row_gradients: O((count + m)·d). */
RADAPTER_API size_t radapter_contrastive_rows_workspace(const struct radapter_context* context, int64_t n, int64_t m,
                                                        int64_t d, int64_t count);

/**
 * The first half of radapter_contrastive for rows [first, first + count) of its n, so that processes can share a batch.
 * row_sums [count, 3] receives of each row log Σ_j exp(z_ij), |P(i)|, and its loss -Σ_j ỹ_ij log softmax_j(z_i·).
 * Columns are the rows of a call with f and g, and with the labels or the lists and their transpose, exchanged.
 * The CPU sums in fp32 where unit rows allow it, and gives a log-sum of NaN to a row that left its range: after one
 * such row or column, both halves must be run for all of them with `exact` 1 (in double), else it is 0. A GPU ignores
 * it. What is not named here is as in radapter_contrastive. A row has the same bits whatever rows are asked for beside
 * it.
 */
RADAPTER_API int radapter_contrastive_row_sums(struct radapter_context* context, struct CUstream_st* stream, int64_t n,
                                               int64_t m, int64_t d, const void* f, int64_t ldf, const void* g,
                                               int64_t ldg, int dtype, const int32_t* row_labels,
                                               const int32_t* column_labels, const int64_t* row_offsets,
                                               const int32_t* row_columns, double scale, const float* log_scale,
                                               double margin, double smoothing, int64_t first, int64_t count, int exact,
                                               double* row_sums, void* workspace, size_t workspace_bytes);

/**
 * The second half: gradients to rows [first, first + count) of f, given the row_sums [n, 3] of all rows and column_sums
 * [m, 3] of all columns. d_f [count, d] receives Σ_j G_ij g_j with
 *     G_ij = scale/2·((exp(z_ij)/r_i - ỹ_ij)/n + (exp(z_ij)/c_j - ỹᶜ_ij)/m),
 * r and c the sums of exponentials, ỹᶜ the labels over the columns. losses [3] nullable, as of radapter_contrastive.
 * d_log_scale [count] nullable receives a part for each row, whose sum over all n rows is the gradient to log(scale). A
 * row has the same bits whatever rows are asked for beside it.
 */
RADAPTER_API int radapter_contrastive_row_gradients(
    struct radapter_context* context, struct CUstream_st* stream, int64_t n, int64_t m, int64_t d, const void* f,
    int64_t ldf, const void* g, int64_t ldg, int dtype, const int32_t* row_labels, const int32_t* column_labels,
    const int64_t* row_offsets, const int32_t* row_columns, double scale, const float* log_scale, double margin,
    double smoothing, int64_t first, int64_t count, int exact, const double* row_sums, const double* column_sums,
    float* losses, void* d_f, int64_t lddf, float* d_log_scale, void* workspace, size_t workspace_bytes);

/** Bytes of workspace for radapter_cross_entropy. */
RADAPTER_API size_t radapter_cross_entropy_workspace(const struct radapter_context* context, int64_t rows,
                                                     int64_t classes);

/**
 * loss[0] = mean_i [ -(1-ε) log p_i,label - ε/classes Σ_j log p_ij ], p = softmax(logits), ε = smoothing, as PyTorch.
 * logits [rows, classes]; d_logits nullable, may be logits.
 */
RADAPTER_API int radapter_cross_entropy(struct radapter_context* context, struct CUstream_st* stream, int64_t rows,
                                        int64_t classes, const void* logits, int64_t ldl, int dtype,
                                        const int32_t* labels, double smoothing, float* loss, void* d_logits,
                                        int64_t lddl, void* workspace, size_t workspace_bytes);

/* ---- optimiser ---------------------------------------------------------------------------------------------- */

/** Bytes of workspace for radapter_adamw_ema. */
RADAPTER_API size_t radapter_adamw_ema_workspace(const struct radapter_context* context,
                                                 const struct radapter_segment* segments, int64_t count);

/**
 * One step over all segments: clip by the global 2-norm, AdamW, moving average.
 *   settings[6], in device memory: learning rate, β₁, β₂, ε, maximal norm (≤ 0: no clipping), decay of the average.
 *   state[5], in device memory, zero before the first step: [0] steps taken, [1] steps skipped, [2] skipped in a row,
 *   [3] last norm, [4] last clip factor.
 * g ← g·min(1, max/(‖g‖+1e-6)); p ← p(1-lr·wd); m ← β₁m+(1-β₁)g; v ← β₂v+(1-β₂)g²;
 * p ← p - lr·(m/(1-β₁ᵗ))/(√(v/(1-β₂ᵗ))+ε); average ← average + (1-decay)(p-average).
 * Where the norm is not finite nothing changes but state[1], [2] and [3]. Gradients are only read.
 */
RADAPTER_API int radapter_adamw_ema(struct radapter_context* context, struct CUstream_st* stream,
                                    const struct radapter_segment* segments, int64_t count, const double* settings,
                                    double* state, void* workspace, size_t workspace_bytes);

/** average ← average + (1-decay)(parameter-average) over all segments; the other arrays are not touched. */
RADAPTER_API int radapter_ema_update(struct radapter_context* context, struct CUstream_st* stream,
                                     const struct radapter_segment* segments, int64_t count, double decay);

/* ---- memory lent and borrowed by DLPack ----------------------------------------------------------------------- */

/**
 * Calls the function `void deleter(void*)` at an address with `argument`: a borrower that is no C program ends its loan
 * by it. NULL: nothing is called.
 */
RADAPTER_API void radapter_release(void* deleter, void* argument);

/**
 * The address of a deleter for a DLManagedTensor whose `manager_ctx` points to an int32_t: it adds one to that and does
 * nothing else. It may run on any thread, and while the lender's runtime ends.
 */
RADAPTER_API void* radapter_dlpack_deleter(void);

/** The same for a DLManagedTensorVersioned. */
RADAPTER_API void* radapter_dlpack_versioned_deleter(void);

#ifdef __cplusplus
}
#endif

#endif
