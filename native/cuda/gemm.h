// The product every operator with a weight is made of, on a GPU.
#ifndef RADAPTER_CUDA_GEMM_H
#define RADAPTER_CUDA_GEMM_H

#include "context.h"
#include "gemm_kernels.h"

namespace radapter::cuda {

/** Puts a product into the stream. */
int multiply(radapter_context* context, CUstream_st* stream, const GemmProblem& problem);

/** The same for products with an operand in single precision, several a launch where they are of one kind. */
int multiply_group(radapter_context* context, CUstream_st* stream, const GemmProblem* problems, int64_t count);

/** Where the gradient of a weight goes: result = scale[0]·P, inner[0] = ⟨weight, P⟩, each nullable. */
struct WeightGradient {
  const float* scale;
  float* result;
  const float* weight;
  float* inner;
};

/** Bytes of workspace of multiply_weight_gradient for P [m, n] with k terms. */
size_t weight_gradient_workspace(int64_t m, int64_t n, int64_t k);

/**
 * P = op(A) (gate_r op(B)), summed in parts, in a fixed order. The problem says what op(A) and op(B) are; the rest of
 * it is filled in here.
 */
int multiply_weight_gradient(radapter_context* context, CUstream_st* stream, GemmProblem problem, const RowGate& gate,
                             const WeightGradient& gradient, void* workspace);

}  // namespace radapter::cuda

#endif
