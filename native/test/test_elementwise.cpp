// Conversion, addition, filling, activation functions.
#include <math.h>

#include "differences.h"
#include "harness.h"

namespace radapter_test {
namespace {

struct Shape {
  int64_t rows;
  int64_t columns;
  int64_t padding;
};

const Shape kShapes[] = {{0, 5, 0},  {3, 0, 0},   {1, 1, 0},     {3, 7, 2},
                         {5, 16, 0}, {17, 33, 5}, {64, 1000, 0}, {300, 257, 3}};

std::string name_of(const char* what, const Shape& s, int dtype) {
  return text("%s [%lld, %lld] +%lld dtype %d", what, (long long)s.rows, (long long)s.columns, (long long)s.padding,
              dtype);
}

void check_convert(const Machine& machine) {
  for (int from : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
    for (int to : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
      for (const Shape& s : kShapes) {
        Matrix x = Matrix::random(s.rows + from, s.rows, s.columns, from, s.padding, 300);
        const double special[] = {0.0,     -0.0,  INFINITY,   -INFINITY, 65520,
                                  65519.9, 1e-7,  3e-8,       -6e-5,     1.00390625,
                                  3e38,    1e-40, 1.01171875, 2049,      5.9604644775390625e-8};
        for (int64_t i = 0; i < 15 && i < s.rows * s.columns; ++i) {
          x.set(i / s.columns, i % s.columns, special[i]);
        }
        Matrix y(s.rows, s.columns, to, s.padding);
        const std::string what = name_of(text("convert %d to", from).c_str(), s, to);
        run_everywhere(machine, what, {&y}, {}, [&](radapter_context* context) {
          return radapter_convert(context, nullptr, s.rows, s.columns, x.data(), x.ld(), from, y.data(), y.ld(), to);
        });
        for (int64_t i = 0; i < s.rows * s.columns; ++i) {
          const double expected = round_to(x.at(i / s.columns, i % s.columns), to);
          const double got = y.at(i / s.columns, i % s.columns);
          if (!expect(got == expected && signbit(got) == signbit(expected), "%s: element %lld is %g, not %g",
                      what.c_str(), (long long)i, got, expected)) {
            return;
          }
        }
      }
      Matrix nan(1, 40, from);
      Matrix y(1, 40, to);
      run_everywhere(machine, "convert NaN", {&y}, {}, [&](radapter_context* context) {
        return radapter_convert(context, nullptr, 1, 40, nan.data(), 40, from, y.data(), 40, to);
      });
      for (int64_t j = 0; j < 40; ++j) {
        expect(isnan(y.at(0, j)), "convert %d to %d: NaN is kept", from, to);
      }
    }
  }
  Matrix x(2, 8);
  radapter_context* context = machine.contexts[0];
  expect_refused("convert: NULL", radapter_convert(context, nullptr, 2, 8, nullptr, 8, 0, x.data(), 8, 0), "x");
  expect_refused("convert: ld", radapter_convert(context, nullptr, 2, 8, x.data(), 7, 0, x.data(), 8, 0), "x");
  expect_refused("convert: rows", radapter_convert(context, nullptr, -1, 8, x.data(), 8, 0, x.data(), 8, 0), "x");
  expect_refused("convert: dtype", radapter_convert(context, nullptr, 2, 8, x.data(), 8, 3, x.data(), 8, 0), "x");
  expect_refused("convert: context", radapter_convert(nullptr, nullptr, 2, 8, x.data(), 8, 0, x.data(), 8, 0),
                 "context");
}

void check_add(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
    for (const Shape& s : kShapes) {
      Matrix a = Matrix::random(1, s.rows, s.columns, dtype, s.padding);
      const Matrix b = Matrix::random(2, s.rows, s.columns, dtype, 1);
      Matrix c(s.rows, s.columns, dtype, s.padding);
      const auto add_into = [&](Matrix* target) {
        return [&, target](radapter_context* context) {
          return radapter_add(context, nullptr, s.rows, s.columns, a.data(), a.ld(), b.data(), b.ld(), target->data(),
                              target->ld(), dtype);
        };
      };
      const Matrix before = a;
      const std::string what = name_of("add", s, dtype);
      run_everywhere(machine, what, {&c}, {}, add_into(&c));
      run_everywhere(machine, what + " in place", {}, {&a}, add_into(&a));
      expect(a.elements() == c.elements(), "%s: in place differs", what.c_str());
      for (int64_t i = 0; i < s.rows; ++i) {
        for (int64_t j = 0; j < s.columns; ++j) {
          const double sum = static_cast<float>(before.at(i, j)) + static_cast<float>(b.at(i, j));
          expect(c.at(i, j) == round_to(sum, dtype), "%s: (%lld, %lld)", what.c_str(), (long long)i, (long long)j);
        }
      }
    }
  }
}

void check_fill(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
    for (const Shape& s : kShapes) {
      Matrix x(s.rows, s.columns, dtype, s.padding);
      const std::string what = name_of("fill", s, dtype);
      run_everywhere(machine, what, {&x}, {}, [&](radapter_context* context) {
        return radapter_fill(context, nullptr, s.rows, s.columns, 1.2345, x.data(), x.ld(), dtype);
      });
      for (double value : x.values()) {
        expect(value == round_to(1.2345, dtype), "%s: %g", what.c_str(), value);
      }
    }
  }
}

double activate(int activation, double x) {
  return activation == RADAPTER_QUICK_GELU ? x / (1 + exp(-1.702 * x)) : 0.5 * x * erfc(-x / sqrt(2.0));
}

double activate_gradient(int activation, double x) {
  if (activation == RADAPTER_QUICK_GELU) {
    const double s = 1 / (1 + exp(-1.702 * x));
    return s + 1.702 * x * s * (1 - s);
  }
  return 0.5 * erfc(-x / sqrt(2.0)) + x * exp(-0.5 * x * x) / sqrt(2 * M_PI);
}

void check_activation(const Machine& machine) {
  for (int activation : {RADAPTER_QUICK_GELU, RADAPTER_GELU}) {
    const double at = 0.7;
    const double by_differences =
        differences({at}, [&](const std::vector<double>& x) { return activate(activation, x[0]); })[0];
    expect(fabs(by_differences - activate_gradient(activation, at)) < 1e-10, "activation %d: the test's own gradient",
           activation);
    for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
      for (const Shape& s : kShapes) {
        Matrix x = Matrix::random(3, s.rows, s.columns, dtype, s.padding, 6);
        const double extremes[] = {0, 1e-30, -1e-3, 20, -20, 90, -90, 1e4, -1e4};
        for (int64_t j = 0; j < 9 && s.rows > 0 && j < s.columns; ++j) {
          x.set(0, j, extremes[j]);
        }
        const Matrix input = x;
        Matrix dy = Matrix::random(4, s.rows, s.columns, dtype, 1);
        const Matrix gradient = dy;
        Matrix y(s.rows, s.columns, dtype, 2);
        Matrix dx(s.rows, s.columns, dtype, 3);
        const std::string what = name_of(text("activation %d", activation).c_str(), s, dtype);
        const auto forward = [&](Matrix* target) {
          return [&, target](radapter_context* context) {
            return radapter_activation_forward(context, nullptr, activation, s.rows, s.columns, x.data(), x.ld(),
                                               target->data(), target->ld(), dtype);
          };
        };
        run_everywhere(machine, what, {&y}, {}, forward(&y));
        const auto backward = [&](Matrix* target) {
          return [&, target](radapter_context* context) {
            return radapter_activation_backward(context, nullptr, activation, s.rows, s.columns, input.data(),
                                                input.ld(), dy.data(), dy.ld(), target->data(), target->ld(), dtype);
          };
        };
        run_everywhere(machine, what + " backward", {&dx}, {}, backward(&dx));
        run_everywhere(machine, what + " in place", {}, {&x}, forward(&x));
        run_everywhere(machine, what + " backward in place", {}, {&dy}, backward(&dy));
        expect(x.elements() == y.elements() && dy.elements() == dx.elements(), "%s: in place differs", what.c_str());
        // Element by element: small results must be right too.
        const double roundoff = dtype_roundoff(dtype);
        for (int64_t i = 0; i < s.rows; ++i) {
          for (int64_t j = 0; j < s.columns; ++j) {
            const double v = input.at(i, j);
            const double value = activate(activation, v);
            expect(fabs(y.at(i, j) - value) <= (roundoff + (16 + v * v) * 0x1p-24) * fabs(value) + 1e-37,
                   "%s: f(%.9g) is %.9g, not %.9g", what.c_str(), v, y.at(i, j), value);
            const double slope = gradient.at(i, j) * activate_gradient(activation, v);
            expect(fabs(dx.at(i, j) - slope) <= roundoff * fabs(slope) + 8 * 0x1p-24 * fabs(gradient.at(i, j)),
                   "%s: f'(%.9g) is %.9g, not %.9g", what.c_str(), v, dx.at(i, j), slope);
          }
        }
      }
    }
  }
  Matrix x(2, 8);
  expect_refused("activation 0",
                 radapter_activation_forward(machine.contexts[0], nullptr, 0, 2, 8, x.data(), 8, x.data(), 8, 0),
                 "activation");
  expect_refused("activation dtype",
                 radapter_activation_forward(machine.contexts[0], nullptr, 1, 2, 8, x.data(), 8, x.data(), 8, 2),
                 "dtype");
}

void speed_elementwise(radapter_context* context) {
  for (int64_t columns : {int64_t{1} << 15, int64_t{1} << 24}) {
    Matrix x = Matrix::random(1, 1, columns);
    Matrix y = Matrix::random(2, 1, columns);
    Matrix h = Matrix::random(2, 1, columns, RADAPTER_BF16);
    const double n = static_cast<double>(columns);
    report_speed(context, text("copy %lld", (long long)columns), time_call([&] {
                   radapter_convert(context, nullptr, 1, columns, x.data(), columns, 0, y.data(), columns, 0);
                 }),
                 0, 8 * n);
    report_speed(context, text("convert f32 to bf16 %lld", (long long)columns), time_call([&] {
                   radapter_convert(context, nullptr, 1, columns, x.data(), columns, 0, h.data(), columns, 1);
                 }),
                 0, 6 * n);
    report_speed(context, text("add f32 %lld", (long long)columns), time_call([&] {
                   radapter_add(context, nullptr, 1, columns, x.data(), columns, y.data(), columns, y.data(), columns,
                                0);
                 }),
                 0, 12 * n);
    report_speed(context, text("fill f32 %lld", (long long)columns),
                 time_call([&] { radapter_fill(context, nullptr, 1, columns, 0.5, y.data(), columns, 0); }), 0, 4 * n);
    for (int activation : {RADAPTER_QUICK_GELU, RADAPTER_GELU}) {
      report_speed(context, text("activation %d f32 %lld", activation, (long long)columns), time_call([&] {
                     radapter_activation_forward(context, nullptr, activation, 1, columns, x.data(), columns, y.data(),
                                                 columns, 0);
                   }),
                   0, 8 * n);
    }
  }
}

const Operator convert_operator("convert", check_convert, speed_elementwise);
const Operator add_operator("add", check_add);
const Operator fill_operator("fill", check_fill);
const Operator activation_operator("activation", check_activation);

}  // namespace
}  // namespace radapter_test
