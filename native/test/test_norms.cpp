// Column sums, LayerNorm, rows of unit length.
#include <math.h>

#include "differences.h"
#include "harness.h"

namespace radapter_test {
namespace {

typedef std::vector<double> Numbers;

struct Shape {
  int64_t rows;
  int64_t columns;
  int64_t padding;
  double offset;
};

const Shape kShapes[] = {{1, 1, 0, 0},     {3, 7, 2, 0},     {5, 16, 0, 0},      {70, 33, 5, 0},
                         {130, 160, 0, 0}, {33, 257, 3, 10}, {300, 768, 0, 100}, {2, 1100, 0, 0}};

std::string name_of(const char* what, const Shape& s, int dtype) {
  return text("%s [%lld, %lld] +%lld dtype %d", what, (long long)s.rows, (long long)s.columns, (long long)s.padding,
              dtype);
}

Matrix random_around(uint64_t seed, const Shape& s, int dtype, double offset) {
  Matrix x = Matrix::random(seed, s.rows, s.columns, dtype, s.padding);
  for (int64_t i = 0; i < s.rows; ++i) {
    for (int64_t j = 0; j < s.columns; ++j) {
      x.set(i, j, x.at(i, j) + offset);
    }
  }
  return x;
}

template <typename Real>
Numbers plain_column_sum(const Matrix& x) {
  Numbers sums;
  for (int64_t j = 0; j < x.columns(); ++j) {
    Real sum = 0;
    for (int64_t i = 0; i < x.rows(); ++i) {
      sum += static_cast<Real>(x.at(i, j));
    }
    sums.push_back(sum);
  }
  return sums;
}

void check_column_sum(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (const Shape& s : kShapes) {
      const Matrix x = random_around(1, s, dtype, s.offset);
      Matrix sum(1, s.columns);
      const std::string what = name_of("column_sum", s, dtype);
      run_everywhere(machine, what, {&sum}, {}, [&](radapter_context* context) {
        Workspace workspace(radapter_column_sum_workspace(context, s.rows, s.columns));
        const int status = radapter_column_sum(context, nullptr, s.rows, s.columns, x.data(), x.ld(), dtype,
                                               sum.floats(), workspace.data(), workspace.size());
        expect(workspace.guards_intact(), "%s: wrote behind the workspace", what.c_str());
        return status;
      });
      expect_close(what, sum, plain_column_sum<double>(x), plain_column_sum<double>(x));
    }
  }
  Matrix none(0, 5);
  Matrix sum(1, 5);
  run_everywhere(machine, "column_sum of no rows", {&sum}, {}, [&](radapter_context* context) {
    return radapter_column_sum(context, nullptr, 0, 5, none.data(), 5, 0, sum.floats(), nullptr, 0);
  });
  expect(sum.values() == Numbers(5, 0.0), "column_sum of no rows is zero");
  const Matrix x = Matrix::random(1, 200, 5);
  Workspace small(64);
  expect_refused(
      "column_sum workspace",
      radapter_column_sum(machine.contexts[0], nullptr, 200, 5, x.data(), 5, 0, sum.floats(), small.data(), 64),
      "workspace");
}

/** LayerNorm of one row in the arithmetic of Real. */
template <typename Real>
struct Normalised {
  Real mean = 0;
  Real rstd = 0;
  std::vector<Real> x;

  Normalised(const double* row, int64_t columns, double epsilon) {
    for (int64_t j = 0; j < columns; ++j) {
      mean += static_cast<Real>(row[j]);
    }
    mean /= static_cast<Real>(columns);
    Real variance = 0;
    for (int64_t j = 0; j < columns; ++j) {
      const Real c = static_cast<Real>(row[j]) - mean;
      variance += c * c;
    }
    rstd = 1 / std::sqrt(variance / static_cast<Real>(columns) + static_cast<Real>(epsilon));
    for (int64_t j = 0; j < columns; ++j) {
      x.push_back((static_cast<Real>(row[j]) - mean) * rstd);
    }
  }
};

constexpr double kEpsilon = 1e-5;

template <typename Real>
Numbers plain_forward(const Numbers& x, int64_t columns, const Numbers& gain, const Numbers& bias) {
  Numbers y;
  for (size_t row = 0; row < x.size(); row += columns) {
    const Normalised<Real> normal(&x[row], columns, kEpsilon);
    for (int64_t j = 0; j < columns; ++j) {
      y.push_back(normal.x[j] * static_cast<Real>(gain[j]) + static_cast<Real>(bias[j]));
    }
  }
  return y;
}

struct Gradients {
  Numbers x;
  Numbers gain;
  Numbers bias;
};

template <typename Real>
Gradients plain_backward(const Numbers& dy, const Numbers& x, int64_t columns, const Numbers& gain) {
  Gradients d;
  d.gain.resize(columns);
  d.bias.resize(columns);
  std::vector<Real> d_gain(columns, 0);
  std::vector<Real> d_bias(columns, 0);
  for (size_t row = 0; row < x.size(); row += columns) {
    const Normalised<Real> normal(&x[row], columns, kEpsilon);
    Real mean_q = 0;
    Real mean_qx = 0;
    for (int64_t j = 0; j < columns; ++j) {
      const Real g = static_cast<Real>(dy[row + j]);
      const Real q = g * static_cast<Real>(gain[j]);
      mean_q += q;
      mean_qx += q * normal.x[j];
      d_gain[j] += g * normal.x[j];
      d_bias[j] += g;
    }
    mean_q /= static_cast<Real>(columns);
    mean_qx /= static_cast<Real>(columns);
    for (int64_t j = 0; j < columns; ++j) {
      const Real q = static_cast<Real>(dy[row + j]) * static_cast<Real>(gain[j]);
      d.x.push_back(normal.rstd * (q - mean_q - normal.x[j] * mean_qx));
    }
  }
  for (int64_t j = 0; j < columns; ++j) {
    d.gain[j] = d_gain[j];
    d.bias[j] = d_bias[j];
  }
  return d;
}

void check_plain_layer_norm() {
  const Matrix x = Matrix::random(1, 3, 7);
  const Numbers gain = Matrix::random(2, 1, 7).values();
  const Numbers bias = Matrix::random(3, 1, 7).values();
  const Numbers dy = Matrix::random(4, 3, 7).values();
  const Gradients d = plain_backward<double>(dy, x.values(), 7, gain);
  const auto by_x = [&](const Numbers& at) { return inner(dy, plain_forward<double>(at, 7, gain, bias)); };
  const auto by_gain = [&](const Numbers& at) { return inner(dy, plain_forward<double>(x.values(), 7, at, bias)); };
  const auto by_bias = [&](const Numbers& at) { return inner(dy, plain_forward<double>(x.values(), 7, gain, at)); };
  expect(relative_error(d.x, differences(x.values(), by_x)) < 1e-8, "layer_norm: the test's own gradient to x");
  expect(relative_error(d.gain, differences(gain, by_gain)) < 1e-8, "layer_norm: the test's own gradient to gain");
  expect(relative_error(d.bias, differences(bias, by_bias)) < 1e-8, "layer_norm: the test's own gradient to bias");
}

void check_layer_norm(const Machine& machine) {
  check_plain_layer_norm();
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (const Shape& s : kShapes) {
      if (dtype == RADAPTER_BF16 && s.offset != 0) {
        continue;
      }
      const Matrix x = random_around(1, s, dtype, s.offset);
      const Matrix gain = Matrix::random(2, 1, s.columns);
      const Matrix bias = Matrix::random(3, 1, s.columns);
      const Matrix dy = Matrix::random(4, s.rows, s.columns, dtype, 1);
      Matrix y(s.rows, s.columns, dtype, s.padding);
      Matrix mean(1, s.rows);
      Matrix rstd(1, s.rows);
      const std::string what = name_of("layer_norm", s, dtype);
      run_everywhere(machine, what, {&y, &mean, &rstd}, {}, [&](radapter_context* context) {
        return radapter_layer_norm_forward(context, nullptr, s.rows, s.columns, x.data(), x.ld(), gain.floats(),
                                           bias.floats(), kEpsilon, y.data(), y.ld(), dtype, mean.floats(),
                                           rstd.floats());
      });
      expect_close(what, y, plain_forward<double>(x.values(), s.columns, gain.values(), bias.values()),
                   plain_forward<double>(x.values(), s.columns, gain.values(), bias.values()));
      Matrix again(s.rows, s.columns, dtype);
      run_everywhere(machine, what + " without statistics", {&again}, {}, [&](radapter_context* context) {
        return radapter_layer_norm_forward(context, nullptr, s.rows, s.columns, x.data(), x.ld(), gain.floats(),
                                           bias.floats(), kEpsilon, again.data(), again.ld(), dtype, nullptr, nullptr);
      });
      expect(again.elements() == y.elements(), "%s: other bits without statistics", what.c_str());
      Matrix last(1, s.columns, dtype);
      run_everywhere(machine, what + " last row", {&last}, {}, [&](radapter_context* context) {
        const char* row = static_cast<const char*>(x.data()) + (s.rows - 1) * x.ld() * (dtype == RADAPTER_F32 ? 4 : 2);
        return radapter_layer_norm_forward(context, nullptr, 1, s.columns, row, x.ld(), gain.floats(), bias.floats(),
                                           kEpsilon, last.data(), last.ld(), dtype, nullptr, nullptr);
      });
      for (int64_t j = 0; j < s.columns; ++j) {
        expect(last.at(0, j) == y.at(s.rows - 1, j), "%s: a row alone has other bits", what.c_str());
      }

      // With a large mean the statistics' own rounding decides: what single precision can do is the measure.
      const Gradients d = plain_backward<double>(dy.values(), x.values(), s.columns, gain.values());
      const Gradients single = plain_backward<float>(dy.values(), x.values(), s.columns, gain.values());
      Matrix residual = Matrix::random(5, s.rows, s.columns, dtype, s.padding);
      Matrix dx(s.rows, s.columns, dtype, s.padding);
      Matrix d_gain(1, s.columns);
      Matrix d_bias(1, s.columns);
      const auto backward = [&](Matrix* add, Matrix* to, bool sums) {
        return [&, add, to, sums](radapter_context* context) {
          Workspace workspace(sums ? radapter_layer_norm_backward_workspace(context, s.rows, s.columns) : 0);
          const int status = radapter_layer_norm_backward(
              context, nullptr, s.rows, s.columns, dy.data(), dy.ld(), x.data(), x.ld(), gain.floats(), mean.floats(),
              rstd.floats(), add == nullptr ? nullptr : add->data(), to->data(), to->ld(), dtype,
              sums ? d_gain.floats() : nullptr, sums ? d_bias.floats() : nullptr, sums ? workspace.data() : nullptr,
              workspace.size());
          expect(workspace.guards_intact(), "%s: wrote behind the workspace", what.c_str());
          return status;
        };
      };
      run_everywhere(machine, what + " backward", {&dx, &d_gain, &d_bias}, {}, backward(nullptr, &dx, true));
      expect_close(what + " dx", dx, d.x, single.x);
      expect_close(what + " d_gain", d_gain, d.gain, single.gain);
      expect_close(what + " d_bias", d_bias, d.bias, single.bias);
      Numbers sum = d.x;
      Numbers single_sum = single.x;
      const Numbers added = residual.values();
      for (size_t i = 0; i < sum.size(); ++i) {
        sum[i] += added[i];
        single_sum[i] += added[i];
      }
      run_everywhere(machine, what + " residual", {}, {&residual}, backward(&residual, &residual, false));
      expect_close(what + " residual", residual, sum, single_sum);
    }
  }
  Matrix x(2, 8);
  float mean[2];
  expect_refused("layer_norm gain",
                 radapter_layer_norm_forward(machine.contexts[0], nullptr, 2, 8, x.data(), 8, nullptr, x.floats(), 1e-5,
                                             x.data(), 8, 0, nullptr, nullptr),
                 "gain");
  expect_refused("layer_norm mean alone",
                 radapter_layer_norm_forward(machine.contexts[0], nullptr, 2, 8, x.data(), 8, x.floats(), x.floats(),
                                             1e-5, x.data(), 8, 0, mean, nullptr),
                 "together");
}

template <typename Real>
Numbers plain_normalize(const Numbers& x, int64_t columns) {
  Numbers y;
  for (size_t row = 0; row < x.size(); row += columns) {
    Real squares = 0;
    for (int64_t j = 0; j < columns; ++j) {
      squares += static_cast<Real>(x[row + j]) * static_cast<Real>(x[row + j]);
    }
    const Real norm = std::max(std::sqrt(squares), static_cast<Real>(1e-12));
    for (int64_t j = 0; j < columns; ++j) {
      y.push_back(static_cast<Real>(x[row + j]) / norm);
    }
  }
  return y;
}

void check_normalize(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (const Shape& s : kShapes) {
      Matrix x = Matrix::random(1, s.rows, s.columns, dtype, s.padding, 1e25);
      if (s.rows > 1) {
        for (int64_t j = 0; j < s.columns; ++j) {
          x.set(1, j, 0);
        }
      }
      const Matrix input = x;
      Matrix y(s.rows, s.columns, dtype, 1);
      Matrix norm(1, s.rows);
      const std::string what = name_of("normalize", s, dtype);
      const auto forward = [&](Matrix* to) {
        return [&, to](radapter_context* context) {
          return radapter_normalize_forward(context, nullptr, s.rows, s.columns, x.data(), x.ld(), to->data(), to->ld(),
                                            dtype, norm.floats());
        };
      };
      run_everywhere(machine, what, {&y, &norm}, {}, forward(&y));
      run_everywhere(machine, what + " in place", {&norm}, {&x}, forward(&x));
      expect(x.elements() == y.elements(), "%s: in place differs", what.c_str());
      const Numbers reference = plain_normalize<double>(input.values(), s.columns);
      expect_close(what, y, reference, reference);
      expect(s.rows < 2 || norm.at(0, 1) == static_cast<float>(1e-12), "%s: norm of a zero row", what.c_str());
    }
    const Matrix x = Matrix::random(7, 3, 9, dtype);
    const Matrix gradient = Matrix::random(8, 3, 9, dtype);
    Matrix y(3, 9, dtype);
    Matrix norm(1, 3);
    run_everywhere(machine, "normalize", {&y, &norm}, {}, [&](radapter_context* context) {
      return radapter_normalize_forward(context, nullptr, 3, 9, x.data(), 9, y.data(), 9, dtype, norm.floats());
    });
    Matrix dy = gradient;
    Matrix dx(3, 9, dtype, 2);
    const auto backward = [&](Matrix* to) {
      return [&, to](radapter_context* context) {
        return radapter_normalize_backward(context, nullptr, 3, 9, dy.data(), dy.ld(), y.data(), 9, norm.floats(),
                                           to->data(), to->ld(), dtype);
      };
    };
    run_everywhere(machine, "normalize backward", {&dx}, {}, backward(&dx));
    run_everywhere(machine, "normalize backward in place", {}, {&dy}, backward(&dy));
    expect(dy.elements() == dx.elements(), "normalize backward: in place differs");
    const Numbers reference = differences(
        x.values(), [&](const Numbers& at) { return inner(gradient.values(), plain_normalize<double>(at, 9)); });
    // The same formula on the y and norm that were kept.
    Numbers kept;
    for (int64_t i = 0; i < 3; ++i) {
      double dot = 0;
      for (int64_t j = 0; j < 9; ++j) {
        dot += y.at(i, j) * gradient.at(i, j);
      }
      for (int64_t j = 0; j < 9; ++j) {
        kept.push_back((gradient.at(i, j) - y.at(i, j) * dot) / norm.at(0, i));
      }
    }
    expect_close("normalize backward", dx, reference, kept);
  }
}

void speed_norms(radapter_context* context) {
  for (const Shape& s : {Shape{2720, 160, 0, 0}, Shape{1576, 768, 0, 0}, Shape{50432, 768, 0, 0}}) {
    const double bytes = 4.0 * s.rows * s.columns;
    Matrix x = Matrix::random(1, s.rows, s.columns);
    Matrix y = Matrix::random(2, s.rows, s.columns);
    Matrix dx(s.rows, s.columns);
    Matrix gain = Matrix::random(3, 2, s.columns);
    Matrix statistics = Matrix::random(4, 2, s.rows);
    Workspace workspace(radapter_layer_norm_backward_workspace(context, s.rows, s.columns));
    float* mean = statistics.floats();
    float* rstd = mean + s.rows;
    const std::string shape = text("[%lld, %lld]", (long long)s.rows, (long long)s.columns);
    report_speed(context, "layer_norm " + shape, time_call([&] {
                   radapter_layer_norm_forward(context, nullptr, s.rows, s.columns, x.data(), s.columns, gain.floats(),
                                               gain.floats() + s.columns, 1e-5, dx.data(), s.columns, 0, mean, rstd);
                 }),
                 0, 2 * bytes);
    report_speed(context, "layer_norm dx " + shape, time_call([&] {
                   radapter_layer_norm_backward(context, nullptr, s.rows, s.columns, y.data(), s.columns, x.data(),
                                                s.columns, gain.floats(), mean, rstd, nullptr, dx.data(), s.columns, 0,
                                                nullptr, nullptr, nullptr, 0);
                 }),
                 0, 3 * bytes);
    report_speed(context, "layer_norm dx, gain, bias " + shape, time_call([&] {
                   radapter_layer_norm_backward(context, nullptr, s.rows, s.columns, y.data(), s.columns, x.data(),
                                                s.columns, gain.floats(), mean, rstd, nullptr, dx.data(), s.columns, 0,
                                                gain.floats(), gain.floats() + s.columns, workspace.data(),
                                                workspace.size());
                 }),
                 0, 3 * bytes);
    report_speed(context, "column_sum " + shape, time_call([&] {
                   radapter_column_sum(context, nullptr, s.rows, s.columns, x.data(), s.columns, 0, gain.floats(),
                                       workspace.data(), workspace.size());
                 }),
                 0, bytes);
    report_speed(context, "normalize " + shape, time_call([&] {
                   radapter_normalize_forward(context, nullptr, s.rows, s.columns, x.data(), s.columns, dx.data(),
                                              s.columns, 0, mean);
                 }),
                 0, 2 * bytes);
  }
}

const Operator column_sum_operator("column_sum", check_column_sum);
const Operator layer_norm_operator("layer_norm", check_layer_norm, speed_norms);
const Operator normalize_operator("normalize", check_normalize);

}  // namespace
}  // namespace radapter_test
