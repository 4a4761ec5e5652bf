// Products of halves with a weight in single precision, as adapters have, on Hopper.
#ifndef RADAPTER_CUDA_HOPPER_ADAPTER_H
#define RADAPTER_CUDA_HOPPER_ADAPTER_H

#include "context.h"
#include "gemm_kernels.h"

namespace radapter::cuda {

/**
 * Whether A (halves of `type`) times op(B) (fp32, rounded to halves) runs on Hopper's kernel: the context's tier is
 * Hopper's, A is as it lies with rows that begin at multiples of 16 bytes, at most 1536 terms, and an epilogue of
 * factors, addend and residual alone.
 */
bool fits_hopper_adapter(const radapter_context* context, const GemmProblem& problem, int type);

/** Puts a product that fits_hopper_adapter into the stream. */
int multiply_hopper_adapter(radapter_context* context, CUstream_st* stream, const GemmProblem& problem);

}  // namespace radapter::cuda

#endif
