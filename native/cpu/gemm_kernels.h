// The parts of a product that depend on the instruction set.
//
// Every element of C is a sum over k in one order: within blocks of block_depth terms a chain of fused multiply-adds
// from zero, the blocks' sums added one after another. Tiles, threads, packing and remainders have no part in it.
//
// Panels: op(B) cut into blocks of block_depth rows, each block into panels of column_tile columns (the last one padded
// with zeros), each panel row by row. A row is column_tile floats, or in pairs column_tile words of two bf16 from rows
// 2p and 2p+1 (an odd last row is followed by zeros).
#ifndef RADAPTER_CPU_GEMM_KERNELS_H
#define RADAPTER_CPU_GEMM_KERNELS_H

#include "gemm.h"
#include "isa.h"

namespace radapter {

/** Rows of a panel. */
constexpr int64_t kDepth = 384;
/** Rows of op(B) in a block of panels: the terms of a sum that are added in one chain. */
constexpr int64_t block_depth(bool pairs) { return pairs ? 2 * kDepth : kDepth; }
/** Largest tile of C a task computes; its sums lie in the thread's scratch, beside a block of panels and one of A. */
constexpr int64_t kMostTileRows = 384;
constexpr int64_t kMostTileColumns = 768;

struct GemmKernels {
  /** Rows and columns of C that stay in registers. */
  int64_t row_tile;
  int64_t column_tile;
  /** Rows of A that stay in the second-level cache. */
  int64_t row_block;
  /** Packs rows [k_begin, k_end), within one block, and columns [n_begin, n_end) of op(B); n_begin is on a panel. */
  void (*pack_b)(const GemmProblem* problem, int64_t k_begin, int64_t k_end, int64_t n_begin, int64_t n_end,
                 float* panels);
  /** Computes rows [m_begin, m_end), columns [n_begin, n_end) of C; n_begin is on a panel. */
  void (*multiply)(const GemmProblem* problem, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end,
                   float* scratch);
};

RADAPTER_ISA_TABLE(GemmKernels, gemm_kernels)

}  // namespace radapter

#endif
