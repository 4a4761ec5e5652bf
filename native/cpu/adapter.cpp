// Full-rank R-Adapter: Y = residual + X + c_r·XW, one product with an epilogue each way.
#include "context.h"
#include "gemm.h"
#include "row_gate.h"
#include "weight_gradient.h"

namespace radapter {
namespace {

/** addend + c_r·(a op(w)) [+ residual]; with the adapter dropped everywhere the product has no terms. */
GemmProblem branch(int64_t rows, int64_t d, const void* a, int64_t lda, int dtype, const float* w, bool transposed,
                   const float* scale, const RowGate& gate) {
  GemmProblem problem;
  problem.m = rows;
  problem.n = d;
  problem.k = closed_everywhere(gate) ? 0 : d;
  problem.a = {a, lda, dtype, false};
  problem.b = {w, d, RADAPTER_F32, transposed};
  problem.rounds_b = true;
  problem.epilogue.scale = scale;
  problem.epilogue.gate = gate;
  problem.epilogue.addend = a;
  problem.epilogue.ld_addend = lda;
  problem.epilogue.c_dtype = dtype;
  return problem;
}

/** Xᵀ(g_r dY) [d, d]. */
GemmProblem weight_gradient(int64_t rows, int64_t d, const void* x, int64_t ldx, const void* dy, int64_t lddy,
                            int dtype, const RowGate& gate, float* product) {
  GemmProblem problem;
  problem.m = d;
  problem.n = d;
  problem.k = closed_everywhere(gate) ? 0 : rows;
  problem.a = {x, ldx, dtype, true};
  problem.b = {dy, lddy, dtype, false};
  if (is_uniform(gate)) {
    problem.epilogue.gate = gate;
  } else {
    problem.b_gate = gate;
  }
  problem.epilogue.c = product;
  problem.epilogue.ldc = d;
  return problem;
}

size_t row_sum_bytes(int64_t d) { return (d * sizeof(double) + 63) / 64 * 64; }

}  // namespace
}  // namespace radapter

using namespace radapter;

int cpu::adapter_forward(radapter_context* context, CUstream_st*, int64_t rows, int64_t d, const void* x, int64_t ldx,
                         const float* w, const float* scale, const float* gate, int64_t gate_divisor,
                         int64_t gate_count, const void* residual, int64_t ldr, void* y, int64_t ldy, int dtype) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  GemmProblem problem = branch(rows, d, x, ldx, dtype, w, false, scale, row_gate);
  problem.epilogue.residual = residual;
  problem.epilogue.ldr = ldr;
  problem.epilogue.c = y;
  problem.epilogue.ldc = ldy;
  ContextLock lock(context);
  gemm(context, problem);
  return RADAPTER_OK;
}

size_t cpu::adapter_backward_workspace(const radapter_context*, int64_t, int64_t d) {
  return d <= 0 ? 0 : row_sum_bytes(d) + static_cast<size_t>(d) * d * sizeof(float);
}

int cpu::adapter_backward(radapter_context* context, CUstream_st*, int64_t rows, int64_t d, const void* x, int64_t ldx,
                          const float* w, const float* scale, const float* gate, int64_t gate_divisor,
                          int64_t gate_count, const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype,
                          float* d_w, float* d_scale, void* workspace, size_t) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  ContextLock lock(context);
  if (dx != nullptr) {
    GemmProblem problem = branch(rows, d, dy, lddy, dtype, w, true, scale, row_gate);
    problem.epilogue.c = dx;
    problem.epilogue.ldc = lddx;
    gemm(context, problem);
  }
  if (d_w != nullptr || d_scale != nullptr) {
    auto* row_sums = static_cast<double*>(workspace);
    float* spare = reinterpret_cast<float*>(static_cast<char*>(workspace) + row_sum_bytes(d));
    float* product = d_w != nullptr ? d_w : spare;
    gemm(context, weight_gradient(rows, d, x, ldx, dy, lddy, dtype, row_gate, product));
    finish_weight_gradient(context, d, d, w, scale[0], product, row_sums, d_scale);
  }
  return RADAPTER_OK;
}
