#include "gemm.h"

#include "column_sum.h"
#include "cublas.h"
#include "hopper_adapter.h"
#include "hopper_gemm.h"
#include "launch.h"

struct radapter_packed {
  radapter::PackedHead head;
  /** op(B) as [k, ld], or [n, ld] if transposed, of its own dtype. */
  void* data;
  int64_t ld;
  int dtype;
  int transposed;
};

namespace radapter::cuda {
namespace {

#define RADAPTER_HALF(type, suffix)                                                     \
  RADAPTER_KERNEL(gemm, gemm_##type##_##suffix##_large, half_shared_bytes(kLargeTile)); \
  RADAPTER_KERNEL(gemm, gemm_##type##_##suffix##_small, half_shared_bytes(kSmallTile))
RADAPTER_HALF(bf16, nn);
RADAPTER_HALF(bf16, nt);
RADAPTER_HALF(bf16, tn);
RADAPTER_HALF(bf16, tt);
RADAPTER_HALF(f16, nn);
RADAPTER_HALF(f16, nt);
RADAPTER_HALF(f16, tn);
RADAPTER_HALF(f16, tt);
RADAPTER_KERNEL(gemm, gemm_float_nn, float_shared_bytes());
RADAPTER_KERNEL(gemm, gemm_float_nt, float_shared_bytes());
RADAPTER_KERNEL(gemm, gemm_float_tn, float_shared_bytes());
RADAPTER_KERNEL(gemm, gemm_float_tt, float_shared_bytes());
RADAPTER_KERNEL(gemm, sum_splits);
RADAPTER_KERNEL(gemm_split, gemm_split_b_bf16_nn, split_shared_bytes());
RADAPTER_KERNEL(gemm_split, gemm_split_b_bf16_nt, split_shared_bytes());
RADAPTER_KERNEL(gemm_split, gemm_split_b_bf16_tn, split_shared_bytes());
RADAPTER_KERNEL(gemm_split, gemm_split_a_bf16_tn, split_shared_bytes());
RADAPTER_KERNEL(gemm_split, gemm_split_b_f16_nn, split_shared_bytes());
RADAPTER_KERNEL(gemm_split, gemm_split_a_f16_tn, split_shared_bytes());

#define RADAPTER_BY_TRANSPOSITION(prefix, tile) \
  { &prefix##_nn##tile##_kernel, &prefix##_nt##tile##_kernel, &prefix##_tn##tile##_kernel, &prefix##_tt##tile##_kernel }
/** [fp16][small][transposition]. */
const Kernel* const kHalfKernels[2][2][4] = {
    {RADAPTER_BY_TRANSPOSITION(gemm_bf16, _large), RADAPTER_BY_TRANSPOSITION(gemm_bf16, _small)},
    {RADAPTER_BY_TRANSPOSITION(gemm_f16, _large), RADAPTER_BY_TRANSPOSITION(gemm_f16, _small)}};
const Kernel* const kFloatKernels[4] = RADAPTER_BY_TRANSPOSITION(gemm_float, );
/** [A is split][fp16][transposition]; what is not there takes a kernel of single precision. */
const Kernel* const kSplitKernels[2][2][4] = {
    {{&gemm_split_b_bf16_nn_kernel, &gemm_split_b_bf16_nt_kernel, &gemm_split_b_bf16_tn_kernel, nullptr},
     {&gemm_split_b_f16_nn_kernel, nullptr, nullptr, nullptr}},
    {{nullptr, nullptr, &gemm_split_a_bf16_tn_kernel, nullptr},
     {nullptr, nullptr, &gemm_split_a_f16_tn_kernel, nullptr}}};

/** Tiles that keep a large GPU busy: with fewer large ones, smaller ones are better. */
constexpr int64_t kEnoughTiles = 128;
/** Terms that make a part worth its sums. */
constexpr int64_t kLeastTerms = 256;

int transposition(const GemmProblem& p) { return (p.transpose_a != 0 ? 2 : 0) + (p.transpose_b != 0 ? 1 : 0); }

int64_t tiles_of(int64_t m, int64_t n, int tile) { return divide_up(m, tile) * divide_up(n, tile); }

/** RADAPTER_BF16 or RADAPTER_F16 where the operands are, or may be rounded to, this type; else RADAPTER_F32. */
int half_type(const GemmProblem& p) {
  if (p.b_gate.gate != nullptr) {
    return RADAPTER_F32;
  }
  if (p.a.dtype == p.b.dtype) {
    return p.a.dtype;
  }
  const bool mixed = p.a.dtype == RADAPTER_F32 || p.b.dtype == RADAPTER_F32;
  return p.round == kRounded && mixed ? (p.a.dtype == RADAPTER_F32 ? p.b.dtype : p.a.dtype)
                                      : static_cast<int>(RADAPTER_F32);
}

/** The kernel of a product that has an operand in single precision. */
const Kernel& float_kernel(const GemmProblem& p) {
  const bool split_a = p.a.dtype == RADAPTER_F32;
  const int half = split_a ? p.b.dtype : p.a.dtype;
  const bool mixed = split_a != (p.b.dtype == RADAPTER_F32);
  if (p.round == kTwoHalves && mixed && p.b_gate.gate == nullptr) {
    const Kernel* split = kSplitKernels[split_a ? 1 : 0][half == RADAPTER_F16 ? 1 : 0][transposition(p)];
    if (split != nullptr) {
      return *split;
    }
  }
  return *kFloatKernels[transposition(p)];
}

/**
 * Parts of a product [m, n] with k terms, so that a large GPU is busy; they depend on the shape alone. Hopper's wide
 * tiles have a multiprocessor each: rather one too few than a second round for some.
 */
int splits_of(int64_t m, int64_t n, int64_t k) {
  const int64_t tiles = most(divide_up(m, kHopperRows) * divide_up(n, kHopperWide), 1);
  return static_cast<int>(most(1, least(kEnoughTiles / tiles, k / kLeastTerms)));
}

size_t row_sum_bytes(int64_t rows) { return round_to_line(rows * sizeof(float)); }

}  // namespace

int multiply_group(radapter_context* context, CUstream_st* stream, const GemmProblem* problems, int64_t count) {
  for (int64_t i = 0; i < count;) {
    const Kernel& kernel = float_kernel(problems[i]);
    const int64_t splits = most(problems[i].splits, 1);
    GemmGroup group;
    group.count = 0;
    int64_t tiles = 0;
    for (; i < count && group.count < kMostProblems && &float_kernel(problems[i]) == &kernel; ++i) {
      group.first[group.count] = tiles;
      group.problems[group.count++] = problems[i];
      tiles += tiles_of(problems[i].m, problems[i].n, kSmallTile);
    }
    RADAPTER_TRY(launch(context, stream, kernel, {tiles, splits}, kSmallThreads, group));
  }
  return RADAPTER_OK;
}

int multiply(radapter_context* context, CUstream_st* stream, const GemmProblem& p) {
  const int type = half_type(p);
  if (type == RADAPTER_F32) {
    return multiply_group(context, stream, &p, 1);
  }
  if (fits_hopper(context, p, type)) {
    return multiply_hopper(context, stream, p);
  }
  if (fits_hopper_adapter(context, p, type)) {
    return multiply_hopper_adapter(context, stream, p);
  }
  const int64_t large = tiles_of(p.m, p.n, kLargeTile) * most(p.splits, 1);
  const bool small = large < kEnoughTiles;
  const Kernel& kernel = *kHalfKernels[type == RADAPTER_F16 ? 1 : 0][small ? 1 : 0][transposition(p)];
  const Grid grid = {tiles_of(p.m, p.n, small ? kSmallTile : kLargeTile), most(p.splits, 1)};
  return launch(context, stream, kernel, grid, small ? kSmallThreads : kLargeThreads, p);
}

size_t weight_gradient_workspace(int64_t m, int64_t n, int64_t k) {
  return m <= 0 || n <= 0 ? 0 : row_sum_bytes(m) + round_to_line(splits_of(m, n, k) * m * n * sizeof(float));
}

int multiply_weight_gradient(radapter_context* context, CUstream_st* stream, GemmProblem problem, const RowGate& gate,
                             const WeightGradient& gradient, void* workspace) {
  auto* row_sums = static_cast<float*>(workspace);
  auto* parts = reinterpret_cast<float*>(static_cast<char*>(workspace) + row_sum_bytes(problem.m));
  problem.splits = splits_of(problem.m, problem.n, problem.k);
  problem.epilogue.c = output(parts, problem.n, RADAPTER_F32);
  // One gate for all terms is a factor of their sum, and spares them where it is 0.
  const bool one_gate = gate.gate != nullptr && (gate.count == 1 || problem.k <= gate.divisor);
  if (one_gate) {
    problem.epilogue.gate = {gate.gate, 1, 1};
  } else {
    problem.b_gate = gate;
  }
  RADAPTER_TRY(multiply(context, stream, problem));
  const bool inner = gradient.inner != nullptr;
  const SplitSumArguments sums = {problem.m,
                                  problem.n,
                                  problem.splits,
                                  parts,
                                  one_gate ? gate.gate : nullptr,
                                  gradient.scale,
                                  gradient.result,
                                  inner ? gradient.weight : nullptr,
                                  inner ? row_sums : nullptr};
  RADAPTER_TRY(launch(context, stream, sum_splits_kernel, {problem.m}, kSmallThreads, sums));
  return inner ? sum_all(context, stream, problem.m, row_sums, 1, gradient.inner) : static_cast<int>(RADAPTER_OK);
}

namespace {

GemmEpilogue epilogue_of(const float* bias, int activation, void* aux, const void* residual, int64_t ldr, void* c,
                         int64_t ldc, int c_dtype) {
  GemmEpilogue epilogue;
  epilogue.bias = input(bias, 0, RADAPTER_F32);
  epilogue.activation = activation;
  epilogue.aux = output(aux, ldc, c_dtype);
  epilogue.residual = input(residual, ldr, c_dtype);
  epilogue.c = output(c, ldc, c_dtype);
  return epilogue;
}

}  // namespace

int gemm(radapter_context* context, CUstream_st* stream, int transpose_a, int transpose_b, int64_t m, int64_t n,
         int64_t k, const void* a, int64_t lda, int a_dtype, const void* b, int64_t ldb, int b_dtype, const float* bias,
         int activation, void* aux, const void* residual, int64_t ldr, void* c, int64_t ldc, int c_dtype) {
  GemmProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.a = input(a, lda, a_dtype);
  problem.b = input(b, ldb, b_dtype);
  problem.transpose_a = transpose_a;
  problem.transpose_b = transpose_b;
  problem.epilogue = epilogue_of(bias, activation, aux, residual, ldr, c, ldc, c_dtype);
  return fits_cublas(context, stream, problem) ? multiply_cublas(context, problem) : multiply(context, stream, problem);
}

int pack(radapter_context* context, CUstream_st* stream, int transpose_b, int64_t n, int64_t k, const void* b,
         int64_t ldb, int b_dtype, radapter_packed** packed) {
  auto* created = static_cast<radapter_packed*>(host().allocate(sizeof(radapter_packed)));
  if (created == nullptr) {
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%d bytes were refused", (int)sizeof(radapter_packed));
  }
  const int64_t rows = transpose_b ? n : k;
  const int64_t columns = transpose_b ? k : n;
  // Aligned rows: the kernels then read 16 bytes at a time.
  *created = {{n, k}, nullptr, divide_up(columns, kGroup) * kGroup, b_dtype, transpose_b};
  int status = allocate(context, rows * created->ld * element_bytes(b_dtype), &created->data);
  if (status == RADAPTER_OK) {
    status = convert(context, stream, rows, columns, b, ldb, b_dtype, created->data, created->ld, b_dtype);
  }
  if (status != RADAPTER_OK) {
    packed_destroy(context, created);
    return status;
  }
  *packed = created;
  return RADAPTER_OK;
}

int packed_destroy(radapter_context* context, radapter_packed* packed) {
  if (packed == nullptr) {
    return RADAPTER_OK;
  }
  const int status = free(context, packed->data);
  host().release(packed);
  return status;
}

int gemm_packed(radapter_context* context, CUstream_st* stream, int64_t m, const void* a, int64_t lda, int a_dtype,
                const radapter_packed* b, const float* bias, int activation, void* aux, const void* residual,
                int64_t ldr, void* c, int64_t ldc, int c_dtype) {
  return gemm(context, stream, 0, b->transposed, m, b->head.n, b->head.k, a, lda, a_dtype, b->data, b->ld, b->dtype,
              bias, activation, aux, residual, ldr, c, ldc, c_dtype);
}

}  // namespace radapter::cuda
