// Adapters of few columns in one pass over X.
#ifndef RADAPTER_CUDA_THIN_ADAPTER_H
#define RADAPTER_CUDA_THIN_ADAPTER_H

#include "context.h"
#include "thin_adapter_kernels.h"

namespace radapter::cuda {

/** Whether both weights fit a block's registers, and all rows are of bf16 and can be read 16 bytes at a time. */
bool fits_thin_adapter(int64_t d, int64_t rank, const Input& x, const Input& residual, const Output& y);

int thin_adapter(radapter_context* context, CUstream_st* stream, const ThinAdapterArguments& arguments);

}  // namespace radapter::cuda

#endif
