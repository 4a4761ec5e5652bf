#include "hopper_gemm.h"

#include "launch.h"

namespace radapter::cuda {
namespace {

#define RADAPTER_HOPPER(type, suffix)                                                                  \
  RADAPTER_KERNEL(hopper_gemm, hopper_##type##_##suffix##_narrow, hopper_shared_bytes(kHopperNarrow)); \
  RADAPTER_KERNEL(hopper_gemm, hopper_##type##_##suffix##_wide, hopper_shared_bytes(kHopperWide))
RADAPTER_HOPPER(bf16, nn);
RADAPTER_HOPPER(bf16, nt);
RADAPTER_HOPPER(bf16, tn);
RADAPTER_HOPPER(bf16, tt);
RADAPTER_HOPPER(f16, nn);
RADAPTER_HOPPER(f16, nt);
RADAPTER_HOPPER(f16, tn);
RADAPTER_HOPPER(f16, tt);

#define RADAPTER_BY_TRANSPOSITION(type, tile)                                                                      \
  {                                                                                                                \
    &hopper_##type##_nn_##tile##_kernel, &hopper_##type##_nt_##tile##_kernel, &hopper_##type##_tn_##tile##_kernel, \
        &hopper_##type##_tt_##tile##_kernel                                                                        \
  }
/** [fp16][wide][transposition]. */
const Kernel* const kKernels[2][2][4] = {
    {RADAPTER_BY_TRANSPOSITION(bf16, narrow), RADAPTER_BY_TRANSPOSITION(bf16, wide)},
    {RADAPTER_BY_TRANSPOSITION(f16, narrow), RADAPTER_BY_TRANSPOSITION(f16, wide)}};

/**
 * Terms of a tile from which a wide one is better: it reads less for each product, but its epilogue has the
 * multiprocessor to itself, while two narrow ones overlap epilogue and products.
 */
constexpr int64_t kTermsOfWide = 2048;

/** The strides of tensor maps have 40 bits. */
constexpr int64_t kMostStride = (int64_t{1} << 40) - 16;

static_assert(sizeof(TensorMap) == sizeof(CUtensorMap) && alignof(TensorMap) == alignof(CUtensorMap), "the same");

}  // namespace

bool is_reachable(const Input& operand, int type) {
  return operand.dtype == type && operand.wide != 0 && operand.ld * 2 <= kMostStride;
}

bool fits_hopper(const radapter_context* context, const GemmProblem& p, int type) {
  return context->tier == Tier::kHopper && p.b_gate.gate == nullptr && is_reachable(p.a, type) &&
         is_reachable(p.b, type) && p.m > 0 && p.n > 0 && p.k > 0 && p.m <= kMostLines && p.n <= kMostLines &&
         p.k <= kMostLines;
}

int describe_operand(const Input& operand, int64_t rows, int64_t columns, int box_rows, TensorMap* map) {
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(operand.ld) * 2};
  const cuuint32_t box[] = {kHopperSpan, static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t steps[] = {1, 1};
  RADAPTER_DRIVER(cuTensorMapEncodeTiled(
      reinterpret_cast<CUtensorMap*>(map),
      operand.dtype == RADAPTER_BF16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2,
      const_cast<void*>(operand.data), sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
      CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
  return RADAPTER_OK;
}

int multiply_hopper(radapter_context* context, CUstream_st* stream, const GemmProblem& p) {
  const int64_t splits = most(p.splits, 1);
  const bool wide = p.n > kHopperNarrow && p.k / splits >= kTermsOfWide;
  const int columns = wide ? kHopperWide : kHopperNarrow;
  HopperGemmArguments arguments;
  arguments.problem = p;
  // Boxes are along the stored rows: along K, or along M or N in pieces of kHopperSpan.
  RADAPTER_TRY(p.transpose_a != 0 ? describe_operand(p.a, p.k, p.m, kHopperDepth, &arguments.a)
                                  : describe_operand(p.a, p.m, p.k, kHopperRows, &arguments.a));
  RADAPTER_TRY(p.transpose_b != 0 ? describe_operand(p.b, p.n, p.k, columns, &arguments.b)
                                  : describe_operand(p.b, p.k, p.n, kHopperDepth, &arguments.b));
  const int transposition = (p.transpose_a != 0 ? 2 : 0) + (p.transpose_b != 0 ? 1 : 0);
  const Kernel& kernel = *kKernels[p.a.dtype == RADAPTER_F16 ? 1 : 0][wide ? 1 : 0][transposition];
  const Grid grid = {divide_up(p.m, kHopperRows) * divide_up(p.n, columns), splits};
  return launch(context, stream, kernel, grid, kHopperThreads, arguments);
}

}  // namespace radapter::cuda
