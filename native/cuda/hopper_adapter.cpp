#include "hopper_adapter.h"

#include "hopper_adapter_kernels.h"
#include "hopper_gemm.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(hopper_adapter, hopper_adapter_bf16_nn_128, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_bf16_nn_64, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_bf16_nt_128, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_bf16_nt_64, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_f16_nn_128, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_f16_nn_64, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_f16_nt_128, kResidentShared);
RADAPTER_KERNEL(hopper_adapter, hopper_adapter_f16_nt_64, kResidentShared);

/** [fp16][transposed][64 columns]. */
const Kernel* const kKernels[2][2][2] = {{{&hopper_adapter_bf16_nn_128_kernel, &hopper_adapter_bf16_nn_64_kernel},
                                          {&hopper_adapter_bf16_nt_128_kernel, &hopper_adapter_bf16_nt_64_kernel}},
                                         {{&hopper_adapter_f16_nn_128_kernel, &hopper_adapter_f16_nn_64_kernel},
                                          {&hopper_adapter_f16_nt_128_kernel, &hopper_adapter_f16_nt_64_kernel}}};

/** Terms of a weight of so many columns that have a place. */
constexpr int64_t most_terms(int64_t columns) { return kResidentWeight / (columns * 2); }

}  // namespace

bool fits_hopper_adapter(const radapter_context* context, const GemmProblem& p, int type) {
  const GemmEpilogue& e = p.epilogue;
  const bool plain = e.bias.data == nullptr && e.aux.data == nullptr && e.activation == RADAPTER_NONE &&
                     p.splits == 0 && p.b_gate.gate == nullptr;
  return context->tier == Tier::kHopper && plain && p.b.dtype == RADAPTER_F32 && p.transpose_a == 0 &&
         is_reachable(p.a, type) && p.m > 0 && p.n > 0 && p.k > 0 && p.k <= most_terms(64) && p.m <= kMostLines;
}

int multiply_hopper_adapter(radapter_context* context, CUstream_st* stream, const GemmProblem& p) {
  const int64_t columns = p.k <= most_terms(128) ? 128 : 64;
  const int64_t slabs = divide_up(p.n, columns);
  const int64_t tiles = divide_up(p.m, kResidentRows * kResidentGroups);
  HopperAdapterArguments arguments;
  arguments.problem = p;
  arguments.walkers = static_cast<int32_t>(most(1, least(context->multiprocessors / slabs, tiles)));
  RADAPTER_TRY(describe_operand(p.a, p.m, p.k, kResidentRows, &arguments.a));
  const Kernel& kernel =
      *kKernels[p.a.dtype == RADAPTER_F16 ? 1 : 0][p.transpose_b != 0 ? 1 : 0][columns == 64 ? 1 : 0];
  return launch(context, stream, kernel, {slabs * arguments.walkers}, kResidentThreads, arguments);
}

}  // namespace radapter::cuda
