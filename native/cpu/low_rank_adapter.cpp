// Low-rank R-Adapter: W = D U, with H = X D kept from the forward pass.
#include "context.h"
#include "gemm.h"
#include "row_gate.h"
#include "weight_gradient.h"

namespace radapter {
namespace {

size_t aligned_bytes(int64_t count, size_t size) {
  return count <= 0 ? 0 : (static_cast<size_t>(count) * size + 63) / 64 * 64;
}

/** Where the parts of the backward pass's workspace lie. */
struct Workspace {
  size_t row_sums;
  size_t d_hidden;
  size_t product;
  size_t total() const { return row_sums + d_hidden + product; }
};

Workspace workspace_of(int64_t rows, int64_t d, int64_t rank) {
  return {aligned_bytes(rank, sizeof(double)), aligned_bytes(rows * rank, sizeof(float)),
          aligned_bytes(rank * d, sizeof(float))};
}

GemmProblem product(int64_t m, int64_t n, int64_t k, const GemmOperand& a, const GemmOperand& b, void* c, int64_t ldc,
                    int c_dtype) {
  GemmProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.a = a;
  problem.b = b;
  problem.epilogue.c = c;
  problem.epilogue.ldc = ldc;
  problem.epilogue.c_dtype = c_dtype;
  return problem;
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
  gemm(context, product(rows, rank, d, {x, ldx, dtype, false}, {down, rank, RADAPTER_F32, false}, hidden, rank, dtype));
  GemmProblem problem = product(rows, d, closed_everywhere(row_gate) ? 0 : rank, {hidden, rank, dtype, false},
                                {up, d, RADAPTER_F32, false}, y, ldy, dtype);
  problem.epilogue.scale = scale;
  problem.epilogue.gate = row_gate;
  problem.epilogue.addend = x;
  problem.epilogue.ld_addend = ldx;
  problem.epilogue.residual = residual;
  problem.epilogue.ldr = ldr;
  gemm(context, problem);
  return RADAPTER_OK;
}

size_t cpu::low_rank_adapter_backward_workspace(const radapter_context*, int64_t rows, int64_t d, int64_t rank) {
  return workspace_of(rows, d, rank).total();
}

int cpu::low_rank_adapter_backward(radapter_context* context, CUstream_st*, int64_t rows, int64_t d, int64_t rank,
                                   const void* x, int64_t ldx, const void* hidden, const float* down, const float* up,
                                   const float* scale, const float* gate, int64_t gate_divisor, int64_t gate_count,
                                   const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype, float* d_down,
                                   float* d_up, float* d_scale, void* workspace, size_t) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  const Workspace sizes = workspace_of(rows, d, rank);
  char* const memory = static_cast<char*>(workspace);
  auto* row_sums = reinterpret_cast<double*>(memory);
  auto* d_hidden = reinterpret_cast<float*>(memory + sizes.row_sums);
  auto* spare = reinterpret_cast<float*>(memory + sizes.row_sums + sizes.d_hidden);
  const bool closed = closed_everywhere(row_gate);
  ContextLock lock(context);
  if (!closed && (dx != nullptr || d_down != nullptr)) {
    // P = (g_r dY) Uᵀ.
    GemmProblem problem =
        product(rows, rank, d, {dy, lddy, dtype, false}, {up, d, RADAPTER_F32, true}, d_hidden, rank, RADAPTER_F32);
    problem.epilogue.gate = row_gate;
    gemm(context, problem);
  }
  if (dx != nullptr) {
    GemmProblem problem = product(rows, d, closed ? 0 : rank, {d_hidden, rank, RADAPTER_F32, false},
                                  {down, rank, RADAPTER_F32, true}, dx, lddx, dtype);
    problem.epilogue.scale = scale;
    problem.epilogue.addend = dy;
    problem.epilogue.ld_addend = lddy;
    gemm(context, problem);
  }
  if (d_down != nullptr) {
    GemmProblem problem = product(d, rank, closed ? 0 : rows, {x, ldx, dtype, true},
                                  {d_hidden, rank, RADAPTER_F32, false}, d_down, rank, RADAPTER_F32);
    problem.epilogue.scale = scale;
    gemm(context, problem);
  }
  if (d_up != nullptr || d_scale != nullptr) {
    // ⟨U, Hᵀ(g_r dY)⟩ = ⟨H, P⟩, and rank·d terms are fewer than rows·rank.
    float* const up_product = d_up != nullptr ? d_up : spare;
    GemmProblem problem = product(rank, d, closed ? 0 : rows, {hidden, rank, dtype, true}, {dy, lddy, dtype, false},
                                  up_product, d, RADAPTER_F32);
    problem.b_gate = row_gate;
    gemm(context, problem);
    finish_weight_gradient(context, rank, d, up, scale[0], up_product, row_sums, d_scale);
  }
  return RADAPTER_OK;
}
