// R-Adapter, full and low rank: products with an epilogue each way.
#include "gemm.h"
#include "launch.h"
#include "thin_adapter.h"

namespace radapter::cuda {
namespace {

/** op(A) [m, k] times op(B) [k, n], with nothing after it. */
GemmProblem product(int64_t m, int64_t n, int64_t k, const Input& a, bool transpose_a, const Input& b,
                    bool transpose_b) {
  GemmProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.a = a;
  problem.b = b;
  problem.transpose_a = transpose_a ? 1 : 0;
  problem.transpose_b = transpose_b ? 1 : 0;
  return problem;
}

/** addend + c_r·(A op(W)), W in fp32; beside halves W is rounded to their type, like every weight of a half product. */
GemmProblem branch(int64_t rows, int64_t d, int64_t k, const Input& a, const Input& w, bool transposed,
                   const Input& addend, const float* scale, const RowGate& gate) {
  GemmProblem problem = product(rows, d, k, a, false, w, transposed);
  problem.round = kRounded;
  problem.epilogue.scale = scale;
  problem.epilogue.gate = gate;
  problem.epilogue.addend = addend;
  return problem;
}

const RowGate kOpen = {nullptr, 1, 1};

}  // namespace

int adapter_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t d, const void* x, int64_t ldx,
                    const float* w, const float* scale, const float* gate, int64_t gate_divisor, int64_t gate_count,
                    const void* residual, int64_t ldr, void* y, int64_t ldy, int dtype) {
  const Input from = input(x, ldx, dtype);
  GemmProblem problem =
      branch(rows, d, d, from, input(w, d, RADAPTER_F32), false, from, scale, {gate, gate_divisor, gate_count});
  problem.epilogue.residual = input(residual, ldr, dtype);
  problem.epilogue.c = output(y, ldy, dtype);
  return multiply(context, stream, problem);
}

size_t adapter_backward_workspace(const radapter_context*, int64_t rows, int64_t d) {
  return weight_gradient_workspace(d, d, rows);
}

int adapter_backward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t d, const void* x,
                     int64_t ldx, const float* w, const float* scale, const float* gate, int64_t gate_divisor,
                     int64_t gate_count, const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype, float* d_w,
                     float* d_scale, void* workspace, size_t) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  const Input gradient = input(dy, lddy, dtype);
  if (dx != nullptr) {
    GemmProblem problem = branch(rows, d, d, gradient, input(w, d, RADAPTER_F32), true, gradient, scale, row_gate);
    problem.epilogue.c = output(dx, lddx, dtype);
    RADAPTER_TRY(multiply(context, stream, problem));
  }
  if (d_w == nullptr && d_scale == nullptr) {
    return RADAPTER_OK;
  }
  const GemmProblem problem = product(d, d, rows, input(x, ldx, dtype), true, gradient, false);
  return multiply_weight_gradient(context, stream, problem, row_gate, {scale, d_w, w, d_scale}, workspace);
}

int low_rank_adapter_forward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t d, int64_t rank,
                             const void* x, int64_t ldx, const float* down, const float* up, const float* scale,
                             const float* gate, int64_t gate_divisor, int64_t gate_count, const void* residual,
                             int64_t ldr, void* hidden, void* y, int64_t ldy, int dtype) {
  const Input from = input(x, ldx, dtype);
  const Input added = input(residual, ldr, dtype);
  const Output to = output(y, ldy, dtype);
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  const auto columns = static_cast<int32_t>(d);
  const auto inner = static_cast<int32_t>(rank);
  if (fits_thin_adapter(d, rank, from, added, to)) {
    return thin_adapter(context, stream,
                        {rows,
                         columns,
                         inner,
                         from,
                         {down, inner, 1},
                         {up, columns, 1},
                         kOpen,
                         scale,
                         row_gate,
                         added,
                         output(hidden, rank, dtype),
                         to});
  }
  // Not rounded: H is kept, and d_up is as exact as H.
  GemmProblem first = product(rows, rank, d, from, false, input(down, rank, RADAPTER_F32), false);
  first.round = kTwoHalves;
  first.epilogue.c = output(hidden, rank, dtype);
  RADAPTER_TRY(multiply(context, stream, first));
  GemmProblem second =
      branch(rows, d, rank, input(hidden, rank, dtype), input(up, d, RADAPTER_F32), false, from, scale, row_gate);
  second.epilogue.residual = added;
  second.epilogue.c = to;
  return multiply(context, stream, second);
}

namespace {

size_t hidden_bytes(int64_t rows, int64_t rank) { return round_to_line(rows * rank * sizeof(float)); }

}  // namespace

size_t low_rank_adapter_backward_workspace(const radapter_context*, int64_t rows, int64_t d, int64_t rank) {
  if (rows < 0 || d <= 0 || rank <= 0) {
    return 0;
  }
  const size_t down = weight_gradient_workspace(d, rank, rows);
  const size_t up = weight_gradient_workspace(rank, d, rows);
  return hidden_bytes(rows, rank) + (down > up ? down : up);
}

int low_rank_adapter_backward(radapter_context* context, CUstream_st* stream, int64_t rows, int64_t d, int64_t rank,
                              const void* x, int64_t ldx, const void* hidden, const float* down, const float* up,
                              const float* scale, const float* gate, int64_t gate_divisor, int64_t gate_count,
                              const void* dy, int64_t lddy, void* dx, int64_t lddx, int dtype, float* d_down,
                              float* d_up, float* d_scale, void* workspace, size_t) {
  const RowGate row_gate = {gate, gate_divisor, gate_count};
  const Input gradient = input(dy, lddy, dtype);
  // P = (g_r dY) Uᵀ.
  const Input p = input(workspace, rank, RADAPTER_F32);
  void* rest = static_cast<char*>(workspace) + hidden_bytes(rows, rank);
  const Input nothing = input(nullptr, 0, dtype);
  const Output to = output(dx, lddx, dtype);
  const auto columns = static_cast<int32_t>(d);
  const auto inner = static_cast<int32_t>(rank);
  const bool thin = dx != nullptr && fits_thin_adapter(d, rank, gradient, nothing, to);
  if (thin) {
    RADAPTER_TRY(thin_adapter(context, stream,
                              {rows,
                               columns,
                               inner,
                               gradient,
                               {up, 1, columns},
                               {down, 1, inner},
                               row_gate,
                               scale,
                               kOpen,
                               nothing,
                               output(workspace, rank, RADAPTER_F32),
                               to}));
  } else if (dx != nullptr || d_down != nullptr) {
    GemmProblem problem = product(rows, rank, d, gradient, false, input(up, d, RADAPTER_F32), true);
    problem.round = kTwoHalves;
    problem.epilogue.gate = row_gate;
    problem.epilogue.c = output(workspace, rank, RADAPTER_F32);
    RADAPTER_TRY(multiply(context, stream, problem));
  }
  if (dx != nullptr && !thin) {
    GemmProblem problem = branch(rows, d, rank, p, input(down, rank, RADAPTER_F32), true, gradient, scale, kOpen);
    problem.epilogue.c = to;
    RADAPTER_TRY(multiply(context, stream, problem));
  }
  if (d_down != nullptr) {
    GemmProblem problem = product(d, rank, rows, input(x, ldx, dtype), true, p, false);
    problem.round = kTwoHalves;
    RADAPTER_TRY(multiply_weight_gradient(context, stream, problem, kOpen, {scale, d_down, nullptr, nullptr}, rest));
  }
  if (d_up == nullptr && d_scale == nullptr) {
    return RADAPTER_OK;
  }
  // ⟨U, Hᵀ(g_r dY)⟩ = ⟨H, P⟩, and rank·d terms are fewer than rows·rank.
  const GemmProblem problem = product(rank, d, rows, input(hidden, rank, dtype), true, gradient, false);
  return multiply_weight_gradient(context, stream, problem, row_gate, {scale, d_up, up, d_scale}, rest);
}

}  // namespace radapter::cuda
