// Low-rank R-Adapter: W = D U, with H = X D kept from the forward pass. Rows are taken in chunks that stay in the cache
// for all that is done with them.
#include <string.h>

#include "context.h"
#include "dtype.h"
#include "gemm.h"
#include "gemm_kernels.h"
#include "operands.h"
#include "row_gate.h"
#include "row_groups.h"
#include "thin_adapter.h"
#include "weight_gradient.h"

namespace radapter {
namespace {

/** Where the parts of the backward pass's workspace lie. */
struct Workspace {
  size_t row_sums;
  size_t d_hidden;
  size_t product;
  size_t down_parts;
  size_t up_parts;
  size_t total() const { return row_sums + d_hidden + product + down_parts + up_parts; }
};

Workspace workspace_of(int64_t rows, int64_t d, int64_t rank) {
  const int64_t groups = group_count(rows);
  return {aligned_bytes(rank, sizeof(double)), aligned_bytes(rows * rank, sizeof(float)),
          aligned_bytes(rank * d, sizeof(float)), aligned_bytes(groups * d * rank, sizeof(float)),
          aligned_bytes(groups * rank * d, sizeof(float))};
}

GemmProblem product(int64_t m, int64_t n, int64_t k, const GemmOperand& a, const GemmOperand& b, void* c, int64_t ldc,
                    int c_dtype) {
  GemmProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.a = a;
  problem.b = b;
  problem.rounds_b = true;
  problem.epilogue.c = c;
  problem.epilogue.ldc = ldc;
  problem.epilogue.c_dtype = c_dtype;
  return problem;
}

/** Packs both factors where the scratch memory of a call has room for them; else every tile packs for itself. */
void pack_both(radapter_context* context, GemmProblem* first, GemmProblem* second) {
  const int64_t words = gemm_panel_words(first->n, first->k);
  if ((words + gemm_panel_words(second->n, second->k)) * 4 <= static_cast<int64_t>(kSharedScratchBytes)) {
    gemm_pack(context, first, shared_scratch(context));
    gemm_pack(context, second, shared_scratch(context) + words);
  } else {
    first->pairs = gemm_in_pairs(context, *first);
    second->pairs = gemm_in_pairs(context, *second);
  }
}

/** Some rows, all columns. */
void multiply_rows(radapter_context* context, const GemmProblem& problem, int64_t begin, int64_t end, int thread) {
  for (int64_t m = begin; m < end; m += kMostTileRows) {
    for (int64_t n = 0; n < problem.n; n += kMostTileColumns) {
      gemm_tile(context, problem, m, least(m + kMostTileRows, end), n, least(n + kMostTileColumns, problem.n), thread);
    }
  }
}

/** A product over rows of both operands, added up chunk by chunk. */
struct WeightGradient {
  GemmProblem problem;
  /** [groups, m, n]. */
  float* parts;
};

void add_chunk(radapter_context* context, const WeightGradient& gradient, int64_t group, int64_t begin, int64_t end,
               bool is_first, int thread) {
  GemmProblem problem = gradient.problem;
  problem.k = end - begin;
  problem.a.data = element(problem.a.data, begin, 0, problem.a.ld, problem.a.dtype);
  problem.b.data = element(problem.b.data, begin, 0, problem.b.ld, problem.b.dtype);
  problem.b_gate.first = begin;
  problem.pairs = gemm_in_pairs(context, problem);
  float* const part = gradient.parts + group * problem.m * problem.n;
  problem.epilogue.c = part;
  problem.epilogue.ldc = problem.n;
  problem.epilogue.addend = is_first ? nullptr : part;
  problem.epilogue.ld_addend = problem.n;
  multiply_rows(context, problem, 0, problem.m, thread);
}

/** What a dropped adapter passes back. */
void backward_closed(radapter_context* context, int64_t rows, int64_t d, int64_t rank, const void* dy, int64_t lddy,
                     void* dx, int64_t lddx, int dtype, float* d_down, float* d_up, float* d_scale) {
  if (dx != nullptr) {
    GemmProblem problem = product(rows, d, 0, {dy, lddy, dtype, false}, {dy, lddy, dtype, false}, dx, lddx, dtype);
    problem.epilogue.addend = dy;
    problem.epilogue.ld_addend = lddy;
    gemm(context, problem);
  }
  if (d_down != nullptr) {
    memset(d_down, 0, d * rank * sizeof(float));
    memset(d_up, 0, rank * d * sizeof(float));
  }
  if (d_scale != nullptr) {
    d_scale[0] = 0;
  }
}

}  // namespace
}  // namespace radapter

using namespace radapter;

int cpu::low_rank_adapter_forward(radapter_context* context, CUstream_st*, int64_t rows, int64_t d, int64_t rank,
                                  const void* x, int64_t ldx, const float* down, const float* up, const float* scale,
                                  const float* gate, int64_t gate_divisor, int64_t gate_count, const void* residual,
                                  int64_t ldr, void* hidden, void* y, int64_t ldy, int dtype) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  ContextLock lock(context);
  if (is_thin(d, rank) && !closed_everywhere(row_gate)) {
    thin_forward(context, rows, {{d, rank, dtype, {}, scale[0], row_gate, x, ldx}, residual, ldr, hidden, y, ldy},
                 {down, up});
    return RADAPTER_OK;
  }
  GemmProblem inner =
      product(rows, rank, d, {x, ldx, dtype, false}, {down, rank, RADAPTER_F32, false}, hidden, rank, dtype);
  GemmProblem outer = product(rows, d, closed_everywhere(row_gate) ? 0 : rank, {hidden, rank, dtype, false},
                              {up, d, RADAPTER_F32, false}, y, ldy, dtype);
  outer.epilogue.scale = scale;
  outer.epilogue.gate = row_gate;
  outer.epilogue.addend = x;
  outer.epilogue.ld_addend = ldx;
  outer.epilogue.residual = residual;
  outer.epilogue.ldr = ldr;
  pack_both(context, &inner, &outer);
  parallel(context->pool, divide_up(rows, kChunkRows), [&](int64_t chunk, int thread) {
    const int64_t begin = chunk * kChunkRows;
    const int64_t end = least(begin + kChunkRows, rows);
    multiply_rows(context, inner, begin, end, thread);
    multiply_rows(context, outer, begin, end, thread);
  });
  return RADAPTER_OK;
}

size_t cpu::low_rank_adapter_backward_workspace(const radapter_context*, int64_t rows, int64_t d, int64_t rank) {
  return is_thin(d, rank) ? thin_backward_workspace(rows, d, rank) : workspace_of(rows, d, rank).total();
}

int cpu::low_rank_adapter_backward(radapter_context* context, CUstream_st*, int64_t rows, int64_t d, int64_t rank,
                                   const void* x, int64_t ldx, const void* hidden, const float* down, const float* up,
                                   const float* scale, const float* gate, int64_t gate_divisor, int64_t gate_count,
                                   const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype, float* d_down,
                                   float* d_up, float* d_scale, void* workspace, size_t) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  ContextLock lock(context);
  if (rows == 0 || closed_everywhere(row_gate)) {
    backward_closed(context, rows, d, rank, dy, lddy, dx, lddx, dtype, d_down, d_up, d_scale);
    return RADAPTER_OK;
  }
  if (is_thin(d, rank)) {
    thin_backward(context, rows, {{d, rank, dtype, {}, scale[0], row_gate, x, ldx}, hidden, dy, lddy, dx, lddx},
                  {down, up}, {d_down, d_up, d_scale}, workspace);
    return RADAPTER_OK;
  }
  const Workspace sizes = workspace_of(rows, d, rank);
  char* const memory = static_cast<char*>(workspace);
  auto* row_sums = reinterpret_cast<double*>(memory);
  void* const d_hidden = memory + sizes.row_sums;
  auto* spare = reinterpret_cast<float*>(memory + sizes.row_sums + sizes.d_hidden);
  auto* down_parts = reinterpret_cast<float*>(memory + sizes.row_sums + sizes.d_hidden + sizes.product);
  float* const up_parts = down_parts + sizes.down_parts / sizeof(float);

  // P = (g_r dY) Uᵀ, in bf16 where the products are.
  const int p_dtype = dtype == RADAPTER_BF16 ? dtype : RADAPTER_F32;
  GemmProblem inner =
      product(rows, rank, d, {dy, lddy, dtype, false}, {up, d, RADAPTER_F32, true}, d_hidden, rank, p_dtype);
  inner.epilogue.gate = row_gate;
  GemmProblem outer =
      product(rows, d, rank, {d_hidden, rank, p_dtype, false}, {down, rank, RADAPTER_F32, true}, dx, lddx, dtype);
  outer.epilogue.scale = scale;
  outer.epilogue.addend = dy;
  outer.epilogue.ld_addend = lddy;
  pack_both(context, &inner, &outer);
  const bool has_up = d_up != nullptr || d_scale != nullptr;
  const WeightGradient to_down = {
      product(d, rank, 0, {x, ldx, dtype, true}, {d_hidden, rank, p_dtype, false}, nullptr, 0, RADAPTER_F32),
      down_parts};
  WeightGradient to_up = {
      product(rank, d, 0, {hidden, rank, dtype, true}, {dy, lddy, dtype, false}, nullptr, 0, RADAPTER_F32), up_parts};
  float uniform = 1;
  if (!is_uniform(row_gate)) {
    to_up.problem.b_gate = row_gate;
  } else if (gate != nullptr) {
    uniform = gate[0];
  }

  const int64_t step = group_rows(rows);
  const int64_t groups = group_count(rows);
  parallel(context->pool, groups, [&](int64_t group, int thread) {
    const int64_t first = group * step;
    for (int64_t begin = first; begin < least(first + step, rows); begin += kChunkRows) {
      const int64_t end = least(begin + kChunkRows, rows);
      if (dx != nullptr || d_down != nullptr) {
        multiply_rows(context, inner, begin, end, thread);
      }
      if (dx != nullptr) {
        multiply_rows(context, outer, begin, end, thread);
      }
      if (d_down != nullptr) {
        add_chunk(context, to_down, group, begin, end, begin == first, thread);
      }
      if (has_up) {
        add_chunk(context, to_up, group, begin, end, begin == first, thread);
      }
    }
  });
  if (d_down != nullptr) {
    add_groups(context, down_parts, groups, d * rank, scale[0], d_down);
  }
  if (has_up) {
    // ⟨U, Hᵀ(g_r dY)⟩ = ⟨H, P⟩, and rank·d terms are fewer than rows·rank.
    float* const up_product = d_up != nullptr ? d_up : spare;
    add_groups(context, up_parts, groups, rank * d, uniform, up_product);
    finish_weight_gradient(context, rank, d, up, scale[0], up_product, row_sums, d_scale);
  }
  return RADAPTER_OK;
}
