// The adapter of full and low rank, forward and backward, in every mode of dropping.
#include <math.h>

#include <type_traits>

#include "harness.h"

namespace radapter_test {
namespace {

/** How rows share gates: as in method.md's dropping modes. */
struct Gating {
  const char* name;
  int64_t divisor;
  /** 0: no gate. */
  int64_t count;
  bool all_closed;
};

const Gating kGatings[] = {{"none", 1, 0, false},
                           {"module open", 1 << 20, 1, false},
                           {"module dropped", 1 << 20, 1, true},
                           {"sample", 7, 6, false},
                           {"position", 1, 7, false}};

struct Case {
  int64_t rows;
  int64_t d;
  /** 0: full rank. */
  int64_t rank;
  int dtype;
  Gating gating;
  bool residual;
  double scale;
  int64_t padding;

  /** How much longer the rows of each next matrix are: rows that begin at multiples of 16 bytes go on doing so. */
  int64_t padding_step() const { return padding >= 8 ? 8 : 1; }
  std::string name() const {
    return text("%s rows %lld d %lld rank %lld dtype %d gate %s residual %d", rank == 0 ? "adapter" : "low rank",
                (long long)rows, (long long)d, (long long)rank, dtype, gating.name, residual);
  }
};

struct Tensors {
  Matrix x, dy, residual, down, up, scale, gate;

  explicit Tensors(const Case& c)
      : x(Matrix::random(11, c.rows, c.d, c.dtype, c.padding)),
        dy(Matrix::random(12, c.rows, c.d, c.dtype, c.padding + c.padding_step())),
        residual(Matrix::random(13, c.rows, c.d, c.dtype, c.padding + 2 * c.padding_step())),
        down(Matrix::random(14, c.d, c.rank == 0 ? c.d : c.rank, RADAPTER_F32, 0, 0.3)),
        up(Matrix::random(15, c.rank, c.d, RADAPTER_F32, 0, 0.3)),
        scale(1, 1),
        gate(1, c.gating.count) {
    scale.set(0, 0, c.scale);
    for (int64_t i = 0; i < c.gating.count; ++i) {
      gate.set(0, i, c.gating.all_closed || i % 3 == 1 ? 0 : 1.25);
    }
  }

  const float* gates() const { return gate.columns() == 0 ? nullptr : gate.floats(); }
};

double gate_of(const Case& c, const Tensors& t, int64_t row) {
  return c.gating.count == 0 ? 1 : t.gate.at(0, row / c.gating.divisor % c.gating.count);
}

struct Expected {
  std::vector<double> hidden, y, dx, d_down, d_up, d_scale;
};

/**
 * Plain loops. `kept` is the hidden matrix that the backward pass is given, NULL before there is one. In the precision
 * of the case, not in double, weights and the low-rank gradient are rounded to the type of the activations.
 */
template <typename Real>
Expected compute(const Case& c, const Tensors& t, const Matrix* kept) {
  const int64_t inner = c.rank == 0 ? c.d : c.rank;
  constexpr bool kExact = std::is_same_v<Real, double>;
  const auto rounded = [&](double x) {
    return kExact ? Real(x) : Real(round_to(x, c.dtype == RADAPTER_F16 ? RADAPTER_F32 : c.dtype));
  };
  Expected e;
  const Real s = static_cast<Real>(t.scale.at(0, 0));
  std::vector<Real> hidden(c.rows * inner), d_hidden(c.rows * inner), branch(c.rows * c.d);
  for (int64_t r = 0; r < c.rows; ++r) {
    for (int64_t j = 0; j < inner; ++j) {
      Real sum = 0;
      for (int64_t i = 0; i < c.d; ++i) {
        sum += Real(t.x.at(r, i)) * rounded(t.down.at(i, j));
      }
      hidden[r * inner + j] = c.rank == 0 ? sum : Real(kept == nullptr ? round_to(sum, c.dtype) : kept->at(r, j));
      e.hidden.push_back(sum);
    }
    const Real gate = Real(gate_of(c, t, r));
    for (int64_t j = 0; j < c.d; ++j) {
      Real sum = c.rank == 0 ? hidden[r * inner + j] : 0;
      for (int64_t i = 0; i < c.rank; ++i) {
        sum += hidden[r * inner + i] * rounded(t.up.at(i, j));
      }
      branch[r * c.d + j] = sum;
      e.y.push_back(Real(t.x.at(r, j)) + gate * s * sum + (c.residual ? Real(t.residual.at(r, j)) : 0));
    }
    for (int64_t i = 0; i < c.rank; ++i) {
      Real sum = 0;
      for (int64_t j = 0; j < c.d; ++j) {
        sum += gate * Real(t.dy.at(r, j)) * rounded(t.up.at(i, j));
      }
      d_hidden[r * inner + i] = rounded(sum);
    }
    for (int64_t i = 0; i < c.d; ++i) {
      Real sum = 0;
      for (int64_t j = 0; j < inner; ++j) {
        const Real p = c.rank == 0 ? gate * Real(t.dy.at(r, j)) : d_hidden[r * inner + j];
        sum += p * rounded(t.down.at(i, j));
      }
      e.dx.push_back(Real(t.dy.at(r, i)) + s * sum);
    }
  }
  for (int64_t i = 0; i < c.d; ++i) {
    for (int64_t j = 0; j < inner; ++j) {
      Real sum = 0;
      for (int64_t r = 0; r < c.rows; ++r) {
        const Real p = c.rank == 0 ? Real(gate_of(c, t, r)) * Real(t.dy.at(r, j)) : d_hidden[r * inner + j];
        sum += Real(t.x.at(r, i)) * p;
      }
      e.d_down.push_back(s * sum);
    }
  }
  for (int64_t i = 0; i < c.rank; ++i) {
    for (int64_t j = 0; j < c.d; ++j) {
      Real sum = 0;
      for (int64_t r = 0; r < c.rows; ++r) {
        sum += hidden[r * inner + i] * Real(gate_of(c, t, r)) * Real(t.dy.at(r, j));
      }
      e.d_up.push_back(s * sum);
    }
  }
  Real d_scale = 0;
  for (int64_t r = 0; r < c.rows; ++r) {
    for (int64_t j = 0; j < c.d; ++j) {
      d_scale += Real(gate_of(c, t, r)) * Real(t.dy.at(r, j)) * branch[r * c.d + j];
    }
  }
  e.d_scale.push_back(d_scale);
  return e;
}

int forward(radapter_context* context, const Case& c, Tensors& t, const void* residual, int64_t ldr, Matrix& hidden,
            Matrix& y) {
  if (c.rank == 0) {
    return radapter_adapter_forward(context, nullptr, c.rows, c.d, t.x.data(), t.x.ld(), t.down.floats(),
                                    t.scale.floats(), t.gates(), c.gating.divisor, c.gating.count, residual, ldr,
                                    y.data(), y.ld(), c.dtype);
  }
  return radapter_low_rank_adapter_forward(context, nullptr, c.rows, c.d, c.rank, t.x.data(), t.x.ld(), t.down.floats(),
                                           t.up.floats(), t.scale.floats(), t.gates(), c.gating.divisor, c.gating.count,
                                           residual, ldr, hidden.data(), y.data(), y.ld(), c.dtype);
}

size_t workspace_bytes(radapter_context* context, const Case& c) {
  return c.rank == 0 ? radapter_adapter_backward_workspace(context, c.rows, c.d)
                     : radapter_low_rank_adapter_backward_workspace(context, c.rows, c.d, c.rank);
}

int backward(radapter_context* context, const Case& c, Tensors& t, Matrix& hidden, Matrix* dx, Matrix* d_down,
             Matrix* d_up, Matrix* d_scale) {
  Workspace workspace(workspace_bytes(context, c));
  const auto floats = [](Matrix* matrix) { return matrix == nullptr ? nullptr : matrix->floats(); };
  const int status =
      c.rank == 0
          ? radapter_adapter_backward(context, nullptr, c.rows, c.d, t.x.data(), t.x.ld(), t.down.floats(),
                                      t.scale.floats(), t.gates(), c.gating.divisor, c.gating.count, t.dy.data(),
                                      t.dy.ld(), dx == nullptr ? nullptr : dx->data(), dx == nullptr ? 0 : dx->ld(),
                                      c.dtype, floats(d_down), floats(d_scale), workspace.data(), workspace.size())
          : radapter_low_rank_adapter_backward(
                context, nullptr, c.rows, c.d, c.rank, t.x.data(), t.x.ld(), hidden.data(), t.down.floats(),
                t.up.floats(), t.scale.floats(), t.gates(), c.gating.divisor, c.gating.count, t.dy.data(), t.dy.ld(),
                dx == nullptr ? nullptr : dx->data(), dx == nullptr ? 0 : dx->ld(), c.dtype, floats(d_down),
                floats(d_up), floats(d_scale), workspace.data(), workspace.size());
  expect(workspace.guards_intact(), "%s: wrote behind its workspace", c.name().c_str());
  return status;
}

void check_dropped_rows(const Case& c, Tensors& t, const Matrix& y, const Matrix& dx) {
  for (int64_t r = 0; r < c.rows; ++r) {
    for (int64_t j = 0; j < c.d && gate_of(c, t, r) == 0; ++j) {
      const double sum = static_cast<float>(t.x.at(r, j)) + (c.residual ? static_cast<float>(t.residual.at(r, j)) : 0);
      if (!expect(y.at(r, j) == round_to(sum, c.dtype) && dx.at(r, j) == t.dy.at(r, j),
                  "%s: dropped row %lld is changed", c.name().c_str(), (long long)r)) {
        return;
      }
    }
  }
}

void check_case(const Machine& machine, const Case& c) {
  Tensors t(c);
  Expected exact = compute<double>(c, t, nullptr);
  Expected single = compute<float>(c, t, nullptr);
  const std::string name = c.name();

  Matrix hidden(c.rows, c.rank, c.dtype);
  Matrix y(c.rows, c.d, c.dtype, c.padding);
  run_everywhere(machine, name, {&hidden, &y}, {}, [&](radapter_context* context) {
    return forward(context, c, t, c.residual ? t.residual.data() : nullptr, t.residual.ld(), hidden, y);
  });
  expect_close(name + " y", y, exact.y, single.y);
  if (c.rank > 0) {
    expect_close(name + " hidden", hidden, exact.hidden, single.hidden);
  }
  if (c.residual) {
    Matrix sum = t.residual;
    run_everywhere(machine, name + " in place", {&hidden}, {&sum}, [&](radapter_context* context) {
      return forward(context, c, t, sum.data(), sum.ld(), hidden, sum);
    });
    expect(sum.elements() == y.elements(), "%s: in place differs", name.c_str());
  }

  if (c.rank > 0) {
    exact = compute<double>(c, t, &hidden);
    single = compute<float>(c, t, &hidden);
  }
  Matrix dx(c.rows, c.d, c.dtype, c.padding);
  Matrix d_down(c.d, c.rank == 0 ? c.d : c.rank);
  Matrix d_up(c.rank, c.d);
  Matrix d_scale(1, 1);
  run_everywhere(machine, name + " backward", {&dx, &d_down, &d_up, &d_scale}, {}, [&](radapter_context* context) {
    return backward(context, c, t, hidden, &dx, &d_down, &d_up, &d_scale);
  });
  expect_close(name + " dx", dx, exact.dx, single.dx);
  expect_close(name + " d_down", d_down, exact.d_down, single.d_down);
  expect_close(name + " d_up", d_up, exact.d_up, single.d_up);
  // A single number may cancel; the products' norms give its scale.
  double norm = 0;
  for (double value : exact.dx) {
    norm += value * value;
  }
  expect(fabs(d_scale.at(0, 0) - exact.d_scale[0]) <= 1e-6 * norm + 1e-6, "%s: d_scale %g, should be %g", name.c_str(),
         d_scale.at(0, 0), exact.d_scale[0]);
  check_dropped_rows(c, t, y, dx);

  // Leaving results out changes none of the others.
  Matrix some(1, 1);
  run_everywhere(machine, name + " d_scale alone", {&some}, {}, [&](radapter_context* context) {
    return backward(context, c, t, hidden, nullptr, nullptr, nullptr, &some);
  });
  expect(some.elements() == d_scale.elements(), "%s: d_scale alone differs", name.c_str());
  Matrix dx_alone(c.rows, c.d, c.dtype, c.padding);
  run_everywhere(machine, name + " dx alone", {&dx_alone}, {}, [&](radapter_context* context) {
    return backward(context, c, t, hidden, &dx_alone, nullptr, nullptr, nullptr);
  });
  expect(dx_alone.elements() == dx.elements(), "%s: dx alone differs", name.c_str());
}

void check_refusals(const Machine& machine) {
  radapter_context* context = machine.contexts[0];
  Case c{4, 4, 0, RADAPTER_F32, kGatings[0], false, 1, 0};
  Tensors t(c);
  Matrix y(4, 4);
  float* x = t.x.floats();
  float* w = t.down.floats();
  float* s = t.scale.floats();
  const auto run = [&](int64_t rows, const float* scale, const float* gate, int64_t divisor, void* to) {
    return radapter_adapter_forward(context, nullptr, rows, 4, x, 4, w, scale, gate, divisor, 1, nullptr, 0, to, 4, 0);
  };
  expect_refused("rows", run(-1, s, nullptr, 1, y.data()), "x is [-1, 4]");
  expect_refused("scale", run(4, nullptr, nullptr, 1, y.data()), "scale is NULL");
  expect_refused("divisor", run(4, s, s, 0, y.data()), "gate_divisor is 0");
  expect_refused("y is x", run(4, s, nullptr, 1, x), "y must not be x");
  expect_refused("workspace",
                 radapter_adapter_backward(context, nullptr, 4, 4, x, 4, w, s, nullptr, 1, 1, t.dy.data(), t.dy.ld(),
                                           y.data(), 4, 0, w, nullptr, nullptr, 0),
                 "workspace has 0 bytes");
  expect_refused("rank",
                 radapter_low_rank_adapter_forward(context, nullptr, 4, 4, 0, x, 4, w, w, s, nullptr, 1, 1, nullptr, 0,
                                                   y.data(), y.data(), 4, 0),
                 "rank is 0");
}

void check_adapter(const Machine& machine) {
  for (const Gating& gating : kGatings) {
    for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
      for (int64_t rank : {0, 1, 4, 8, 11}) {
        check_case(machine, {42, 24, rank, dtype, gating, rank != 4, 0.7, rank % 3});
      }
    }
  }
  check_case(machine, {350, 130, 0, RADAPTER_F32, kGatings[4], true, 0.1, 0});
  check_case(machine, {350, 130, 0, RADAPTER_BF16, kGatings[0], true, 0.1, 2});
  // Several chunks of rows, gates that begin within one.
  check_case(machine, {850, 24, 5, RADAPTER_F32, kGatings[3], true, 0.3, 0});
  check_case(machine, {850, 33, 5, RADAPTER_BF16, kGatings[4], false, 0.3, 1});
  check_case(machine, {850, 24, 3, RADAPTER_BF16, kGatings[1], true, 0.3, 0});
  check_case(machine, {850, 24, 17, RADAPTER_F32, kGatings[3], true, 0.3, 0});
  check_case(machine, {850, 33, 10, RADAPTER_BF16, kGatings[4], false, 0.3, 1});
  check_case(machine, {301, 136, 6, RADAPTER_F16, kGatings[3], true, 0.1, 8});
  if (!machine.gpu) {
    // Factors too large to be packed at once.
    check_case(machine, {2, 130000, 1, RADAPTER_F32, kGatings[0], false, 0.01, 0});
    check_case(machine, {2, 130000, 1, RADAPTER_BF16, kGatings[0], true, 0.01, 0});
  }
  // Rows aligned to 16 bytes, which a GPU copies and multiplies by other instructions.
  check_case(machine, {350, 264, 0, RADAPTER_BF16, kGatings[0], true, 0.1, 8});
  check_case(machine, {300, 136, 0, RADAPTER_F16, kGatings[3], true, 0.1, 8});
  check_case(machine, {70, 72, 0, RADAPTER_BF16, kGatings[2], true, 0.1, 8});
  check_case(machine, {9, 776, 0, RADAPTER_BF16, kGatings[1], false, 0.1, 8});
  check_case(machine, {9, 776, 0, RADAPTER_F16, kGatings[4], true, 0.1, 8});
  // One pass over X, each width of its kernels, several tiles for a block; and wider than they go.
  check_case(machine, {150, 256, 16, RADAPTER_BF16, kGatings[3], true, 0.1, 8});
  check_case(machine, {150, 512, 8, RADAPTER_BF16, kGatings[4], true, 0.1, 8});
  check_case(machine, {20, 500, 16, RADAPTER_BF16, kGatings[0], false, 0.1, 3});
  check_case(machine, {145, 768, 9, RADAPTER_BF16, kGatings[1], false, 0.1, 8});
  check_case(machine, {140, 1000, 16, RADAPTER_BF16, kGatings[2], true, 0.1, 8});
  check_case(machine, {33, 1024, 1, RADAPTER_BF16, kGatings[3], true, 0.1, 0});
  check_case(machine, {20, 1032, 2, RADAPTER_BF16, kGatings[3], true, 0.1, 8});
  check_case(machine, {140, 40, 16, RADAPTER_BF16, kGatings[0], true, 0.1, 8});
  check_case(machine, {1, 5, 2, RADAPTER_F32, kGatings[0], false, 1, 1});
  check_case(machine, {42, 24, 4, RADAPTER_F32, kGatings[3], true, 0, 0});
  check_refusals(machine);
}

void speed_adapter(radapter_context* context) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (int64_t rank : {0, 4, 64}) {
      for (const auto& [rows, d] : {std::pair<int64_t, int64_t>{2720, 160}, {6304, 768}}) {
        const Case c{rows, d, rank, dtype, kGatings[1], true, 1, 0};
        Tensors t(c);
        Matrix hidden(rows, rank, dtype), y(rows, d, dtype), dx(rows, d, dtype), d_down(d, rank == 0 ? d : rank),
            d_up(rank, d), d_scale(1, 1);
        const double flops = 2.0 * static_cast<double>(rows * d * (rank == 0 ? d : 2 * rank));
        const std::string what = text("rows %lld d %lld rank %lld %s", (long long)rows, (long long)d, (long long)rank,
                                      dtype == RADAPTER_F32 ? "f32" : "bf16");
        report_speed(context, "adapter forward " + what,
                     time_call([&] { forward(context, c, t, t.residual.data(), t.residual.ld(), hidden, y); }), flops,
                     0);
        report_speed(context, "adapter backward " + what,
                     time_call([&] { backward(context, c, t, hidden, &dx, &d_down, &d_up, &d_scale); }), 2 * flops, 0);
      }
    }
  }
}

const Operator adapter_operator("adapter", check_adapter, speed_adapter);

}  // namespace
}  // namespace radapter_test
