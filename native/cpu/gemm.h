// The product every operator with a weight is made of: C = epilogue(op(A) op(B)).
#ifndef RADAPTER_CPU_GEMM_H
#define RADAPTER_CPU_GEMM_H

#include <stdint.h>

#include "radapter.h"

namespace radapter {

/** Columns of a panel of op(B) where they are most. */
constexpr int64_t kWidestPanel = 32;

/** A matrix in memory; `transposed` if it is stored the other way round. */
struct GemmOperand {
  const void* data;
  int64_t ld;
  int dtype;
  bool transposed;
};

/** Factor of row r: gate[((first + r) / divisor) mod count], or 1 where gate is NULL. */
struct RowGate {
  const float* gate;
  int64_t divisor;
  int64_t count;
  int64_t first = 0;
};

/**
 * What happens to a sum v of row r and column j, in this order: v ← coefficient·scale[0]·gate_r·v + bias[j] + addend;
 * aux and activation; v ← v + residual; round to c_dtype. Everything but c may be missing.
 */
struct GemmEpilogue {
  float coefficient = 1;
  const float* scale = nullptr;
  RowGate gate = {nullptr, 1, 1};
  const float* bias = nullptr;
  const void* addend = nullptr;
  int64_t ld_addend = 0;
  int activation = RADAPTER_NONE;
  void* aux = nullptr;
  const void* residual = nullptr;
  int64_t ldr = 0;
  void* c = nullptr;
  int64_t ldc = 0;
  int c_dtype = RADAPTER_F32;
};

struct GemmProblem {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  GemmOperand a = {nullptr, 0, RADAPTER_F32, false};
  GemmOperand b = {nullptr, 0, RADAPTER_F32, false};
  /** op(B) in panels, in place of b; see gemm_kernels.h. */
  const float* panels = nullptr;
  bool panels_hold_pairs = false;
  /** Scales row p of op(B). */
  RowGate b_gate = {nullptr, 1, 1};
  /** An fp32 B may be rounded to bf16 where A is bf16 and that is faster. */
  bool rounds_b = false;
  /** Both operands are bf16 and are multiplied in pairs; set by gemm() and gemm_pack(). */
  bool pairs = false;
  GemmEpilogue epilogue;
};

/** Runs the product. The context is locked by the caller; its thread scratch and shared scratch are used. */
void gemm(radapter_context* context, const GemmProblem& problem);

// For operators that want a tile of C while it is in the cache, or multiply by op(B) many times.

/** Words of the panels of op(B) [k, n], whatever the instruction set. */
int64_t gemm_panel_words(int64_t n, int64_t k);

/** Packs b into `panels`, and makes the problem use them. A's dtype must be set. */
void gemm_pack(radapter_context* context, GemmProblem* problem, float* panels);

/** Whether a product of a and b is one of bf16 pairs on this context. */
bool gemm_in_pairs(const radapter_context* context, const GemmProblem& problem);

/**
 * Rows [m_begin, m_end) and columns [n_begin, n_end) of a product, within a task; op(B) is packed by gemm_pack, or anew
 * for this tile. At most kMostTileRows by kMostTileColumns; n_begin is a multiple of kWidestPanel. An element has the
 * bits that gemm() would give it.
 */
void gemm_tile(radapter_context* context, const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t n_begin,
               int64_t n_end, int thread);

}  // namespace radapter

#endif
