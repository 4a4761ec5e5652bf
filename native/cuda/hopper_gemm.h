// Products of halves on Hopper's tensor cores, where tensor copies can reach their operands.
#ifndef RADAPTER_CUDA_HOPPER_GEMM_H
#define RADAPTER_CUDA_HOPPER_GEMM_H

#include "context.h"
#include "hopper_gemm_kernels.h"

namespace radapter::cuda {

/**
 * Whether a product of halves of `type` runs on Hopper's kernels: the context's tier is Hopper's, both operands are of
 * this type with rows that begin at multiples of 16 bytes, nothing scales op(B), and no side is empty. The number of
 * rows decides nothing, so that a row has the same bits whatever lies beside it.
 */
bool fits_hopper(const radapter_context* context, const GemmProblem& problem, int type);

/** Puts a product that fits_hopper into the stream. */
int multiply_hopper(radapter_context* context, CUstream_st* stream, const GemmProblem& problem);

/** Rows and columns that the 32 bits of a tensor copy's coordinates can name. */
constexpr int64_t kMostLines = INT32_MAX / 2;

/** Whether tensor copies can reach an operand: halves of `type`, rows that begin at multiples of 16 bytes. */
bool is_reachable(const Input& operand, int type);

/**
 * Describes an operand of halves stored [rows, columns] for tensor copies of boxes [box_rows, kHopperSpan], with a
 * 128-byte swizzle.
 */
int describe_operand(const Input& operand, int64_t rows, int64_t columns, int box_rows, TensorMap* map);

}  // namespace radapter::cuda

#endif
