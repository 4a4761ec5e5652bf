// Plain products by NVIDIA's cuBLAS, for those who ask for it and have it.
#ifndef RADAPTER_CUDA_CUBLAS_H
#define RADAPTER_CUDA_CUBLAS_H

#include "context.h"
#include "gemm_kernels.h"

namespace radapter::cuda {

/** Whether a product put into this stream is cuBLAS's: one type of operands, and nothing done to the sums. */
bool fits_cublas(const radapter_context* context, CUstream_st* stream, const GemmProblem& problem);

/** C = op(A) op(B). */
int multiply_cublas(radapter_context* context, const GemmProblem& problem);

/** Frees what a context has of cuBLAS; NULL is ignored. */
void release_cublas(Cublas* cublas);

}  // namespace radapter::cuda

#endif
