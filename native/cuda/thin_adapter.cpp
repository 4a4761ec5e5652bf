#include "thin_adapter.h"

#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(thin_adapter, thin_adapter_512, thin_shared_bytes(4));
RADAPTER_KERNEL(thin_adapter, thin_adapter_768, thin_shared_bytes(6));
RADAPTER_KERNEL(thin_adapter, thin_adapter_1024, thin_shared_bytes(8));

const Kernel& kernel_for(int64_t d) {
  return d <= 512 ? thin_adapter_512_kernel : d <= 768 ? thin_adapter_768_kernel : thin_adapter_1024_kernel;
}

/** Blocks that a multiprocessor has at a time, by the registers of the weights; each goes from tile to tile. */
int64_t blocks_for(int64_t d) { return d <= 512 ? 2 : 1; }

}  // namespace

bool fits_thin_adapter(int64_t d, int64_t rank, const Input& x, const Input& residual, const Output& y) {
  return x.dtype == RADAPTER_BF16 && rank <= kThinRank && d <= kThinColumns && d % kGroup == 0 && x.wide != 0 &&
         y.wide != 0 && (residual.data == nullptr || residual.wide != 0);
}

int thin_adapter(radapter_context* context, CUstream_st* stream, const ThinAdapterArguments& arguments) {
  const int64_t tiles = divide_up(arguments.rows, kThinRows);
  const int64_t blocks = least(tiles, blocks_for(arguments.d) * context->multiprocessors);
  return launch(context, stream, kernel_for(arguments.d), {blocks}, kThinThreads, arguments);
}

}  // namespace radapter::cuda
