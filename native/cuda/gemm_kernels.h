#ifndef RADAPTER_CUDA_GEMM_KERNELS_H
#define RADAPTER_CUDA_GEMM_KERNELS_H

#include "operands.h"

namespace radapter::cuda {

/**
 * What happens to a sum v of row r and column j, in this order: v ← coefficient·scale[0]·gate_r·v + bias[j] + addend;
 * aux and activation; v ← v + residual; round to c's type. Everything but c may be missing. Where the factor is 0 the
 * sum counts as 0, be it NaN.
 */
struct GemmEpilogue {
  float coefficient = 1;
  int32_t activation = RADAPTER_NONE;
  const float* scale = nullptr;
  RowGate gate = {nullptr, 1, 1};
  Input bias = {};
  Input addend = {};
  Output aux = {};
  Input residual = {};
  Output c = {};
};

/** As it is; rounded to halves; as the sum of two halves, where it lies well within their range: 2^-17 beside bf16. */
constexpr int kExact = 0;
constexpr int kRounded = 1;
constexpr int kTwoHalves = 2;

/** C = epilogue(op(A) op(B)), op(A) [m, k], op(B) [k, n]. */
struct GemmProblem {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  /** Stored [k, m] if transpose_a. */
  Input a = {};
  /** Stored [n, k] if transpose_b. */
  Input b = {};
  int32_t transpose_a = 0;
  int32_t transpose_b = 0;
  /** Scales row p of op(B). */
  RowGate b_gate = {nullptr, 1, 1};
  /**
   * If not 0, the terms are cut into so many parts, whose sums lie one after another in c [splits, m, n], nothing done
   * to them; they are 0 where the epilogue's gate is.
   */
  int32_t splits = 0;
  /** What a fp32 operand beside halves comes as. */
  int32_t round = kExact;
  GemmEpilogue epilogue;
};

/** Tiles of C that a block forms: of halves, large and small; of single precision. */
constexpr int kLargeTile = 128;
constexpr int kLargeThreads = 256;
constexpr int kSmallTile = 64;
constexpr int kSmallThreads = 128;

/** Terms of a step of the loop: halves, single precision. */
constexpr int kHalfDepth = 32;
constexpr int kFloatDepth = 16;
/** Steps whose operands are on their way or in use. */
constexpr int kHalfStages = 4;
constexpr int kFloatStages = 2;
constexpr int kSplitStages = 3;

/** Elements between the tiles' rows in shared memory that nobody uses: they spread the rows over the banks. */
constexpr int kHalfPadding = 8;
constexpr int kFloatPadding = 4;

/** Bytes of shared memory of a block of halves with tiles of `tile`: the stages, later the sums. */
constexpr int half_shared_bytes(int tile) {
  // A row of kHalfDepth, or kHalfDepth rows of `tile`: the first is the larger.
  const int operand = tile * (kHalfDepth + kHalfPadding) * 2;
  const int stages = kHalfStages * 2 * operand;
  const int sums = tile * (tile + kFloatPadding) * 4;
  return stages > sums ? stages : sums;
}

/** The same of a block of halves with single precision as two halves. */
constexpr int split_shared_bytes() {
  const int stages = kSplitStages * 3 * kSmallTile * (kHalfDepth + kHalfPadding) * 2;
  const int sums = kSmallTile * (kSmallTile + kFloatPadding) * 4;
  return stages > sums ? stages : sums;
}

constexpr int float_shared_bytes() {
  const int stages = kFloatStages * 2 * kSmallTile * (kFloatDepth + kFloatPadding) * 4;
  const int sums = kSmallTile * (kSmallTile + kFloatPadding) * 4;
  return stages > sums ? stages : sums;
}

/** Products with single precision that one launch forms. */
constexpr int kMostProblems = 8;

struct GemmGroup {
  int32_t count;
  /** First tile of each problem. */
  int64_t first[kMostProblems];
  GemmProblem problems[kMostProblems];
};

/** Ordered sum of the parts of a weight's gradient: a block a row. */
struct SplitSumArguments {
  int64_t rows;
  int64_t columns;
  int32_t splits;
  /** [splits, rows, columns]. */
  const float* parts;
  /** Factor of every sum; nullable. */
  const float* gate;
  /** result = scale[0]·sum; nullable. */
  const float* scale;
  float* result;
  /** row_sums[i] = ⟨weight_i, sum_i⟩; nullable together with weight. */
  const float* weight;
  float* row_sums;
};

}  // namespace radapter::cuda

#endif
