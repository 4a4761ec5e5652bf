// Products: every transposition, dtype and epilogue against plain loops; packed and unpacked give the same bits, and a
// row's bits do not depend on the other rows.
#include <math.h>
#include <string.h>

#include "harness.h"

namespace radapter_test {
namespace {

struct Shape {
  int64_t m;
  int64_t n;
  int64_t k;
};

/** All arguments of a product, by name. */
struct Product {
  Shape shape;
  bool transpose_a;
  bool transpose_b;
  Matrix a;
  Matrix b;
  bool with_bias;
  Matrix bias;
  int activation;
  bool with_aux;
  Matrix aux;
  bool with_residual;
  Matrix residual;
  Matrix c;

  int run(radapter_context* context) {
    return radapter_gemm(context, nullptr, transpose_a, transpose_b, shape.m, shape.n, shape.k, a.data(), a.ld(),
                         a.dtype(), b.data(), b.ld(), b.dtype(), with_bias ? bias.floats() : nullptr, activation,
                         with_aux ? aux.data() : nullptr, with_residual ? residual.data() : nullptr, residual.ld(),
                         c.data(), c.ld(), c.dtype());
  }

  int run_packed(radapter_context* context) {
    radapter_packed* packed;
    const int status =
        radapter_pack(context, nullptr, transpose_b, shape.n, shape.k, b.data(), b.ld(), b.dtype(), &packed);
    if (status != RADAPTER_OK) {
      return status;
    }
    const int result =
        radapter_gemm_packed(context, nullptr, shape.m, a.data(), a.ld(), a.dtype(), packed,
                             with_bias ? bias.floats() : nullptr, activation, with_aux ? aux.data() : nullptr,
                             with_residual ? residual.data() : nullptr, residual.ld(), c.data(), c.ld(), c.dtype());
    radapter_packed_destroy(context, packed);
    return result;
  }
};

/** Padding of the operands that lets every row begin at a multiple of 16 bytes. */
constexpr int64_t kAligned = -1;

Matrix operand(uint64_t seed, int64_t rows, int64_t columns, int dtype, int64_t padding) {
  return Matrix::random(seed, rows, columns, dtype, padding == kAligned ? 15 - (columns - 1) % 8 : padding);
}

Product make(uint64_t seed, Shape s, bool transpose_a, bool transpose_b, int a_dtype, int b_dtype, int c_dtype,
             int activation, bool with_bias, bool with_aux, bool with_residual, int64_t operand_padding) {
  const bool gradient = activation >= RADAPTER_QUICK_GELU_GRADIENT;
  const int64_t padding = operand_padding == kAligned ? static_cast<int64_t>(seed % 9) : operand_padding;
  return {s,
          transpose_a,
          transpose_b,
          transpose_a ? operand(seed, s.k, s.m, a_dtype, operand_padding)
                      : operand(seed, s.m, s.k, a_dtype, operand_padding),
          transpose_b ? operand(seed + 1, s.n, s.k, b_dtype, operand_padding)
                      : operand(seed + 1, s.k, s.n, b_dtype, operand_padding),
          with_bias && !gradient,
          Matrix::random(seed + 2, 1, s.n),
          activation,
          with_aux || gradient,
          gradient ? Matrix::random(seed + 3, s.m, s.n, c_dtype, padding, 3) : Matrix(s.m, s.n, c_dtype, padding),
          with_residual,
          Matrix::random(seed + 4, s.m, s.n, c_dtype, padding + 1),
          Matrix(s.m, s.n, c_dtype, padding)};
}

template <typename Real>
Real activate(int activation, Real v, Real aux) {
  const Real x = activation >= RADAPTER_QUICK_GELU_GRADIENT ? aux : v;
  const Real s = 1 / (1 + exp(-Real(1.702) * x));
  const Real phi = erfc(-x / sqrt(Real(2))) / 2;
  switch (activation) {
    case RADAPTER_QUICK_GELU:
      return v * s;
    case RADAPTER_GELU:
      return v * phi;
    case RADAPTER_QUICK_GELU_GRADIENT:
      return v * (s + Real(1.702) * x * s * (1 - s));
    case RADAPTER_GELU_GRADIENT:
      return v * (phi + x * exp(-x * x / 2) / sqrt(2 * Real(M_PI)));
    default:
      return v;
  }
}

struct Expected {
  std::vector<double> c;
  std::vector<double> before_activation;
};

template <typename Real>
Expected compute(const Product& p) {
  Expected expected;
  for (int64_t i = 0; i < p.shape.m; ++i) {
    for (int64_t j = 0; j < p.shape.n; ++j) {
      Real v = 0;
      for (int64_t l = 0; l < p.shape.k; ++l) {
        v += Real(p.transpose_a ? p.a.at(l, i) : p.a.at(i, l)) * Real(p.transpose_b ? p.b.at(j, l) : p.b.at(l, j));
      }
      v += p.with_bias ? Real(p.bias.at(0, j)) : 0;
      expected.before_activation.push_back(v);
      v = activate<Real>(p.activation, v, p.with_aux ? Real(p.aux.at(i, j)) : 0);
      expected.c.push_back(v + (p.with_residual ? Real(p.residual.at(i, j)) : 0));
    }
  }
  return expected;
}

void check_product(const Machine& machine, const std::string& what, Product& p) {
  const bool gradient = p.activation >= RADAPTER_QUICK_GELU_GRADIENT;
  const Expected exact = compute<double>(p);
  const Expected single = compute<float>(p);
  std::vector<Matrix*> outputs = {&p.c};
  if (p.with_aux && !gradient) {
    outputs.push_back(&p.aux);
  }
  if (!run_everywhere(machine, what, outputs, {}, [&](radapter_context* context) { return p.run(context); })) {
    return;
  }
  expect_close(what, p.c, exact.c, single.c);
  if (p.with_aux && !gradient && p.activation != RADAPTER_NONE) {
    expect_close(what + " aux", p.aux, exact.before_activation, single.before_activation);
  }
  const std::vector<uint8_t> bits = p.c.elements();
  if (!p.transpose_a) {
    run_everywhere(machine, what + " packed", outputs, {}, [&](radapter_context* c) { return p.run_packed(c); });
    expect(p.c.elements() == bits, "%s: packed differs", what.c_str());
  }
  if (p.with_residual) {
    // The residual may be c itself.
    for (int64_t i = 0; i < p.shape.m; ++i) {
      for (int64_t j = 0; j < p.shape.n; ++j) {
        p.c.set(i, j, p.residual.at(i, j));
      }
    }
    run_everywhere(machine, what + " in place", {}, {&p.c}, [&](radapter_context* context) {
      return radapter_gemm(context, nullptr, p.transpose_a, p.transpose_b, p.shape.m, p.shape.n, p.shape.k, p.a.data(),
                           p.a.ld(), p.a.dtype(), p.b.data(), p.b.ld(), p.b.dtype(),
                           p.with_bias ? p.bias.floats() : nullptr, p.activation, p.with_aux ? p.aux.data() : nullptr,
                           p.c.data(), p.c.ld(), p.c.data(), p.c.ld(), p.c.dtype());
    });
    expect(p.c.elements() == bits, "%s: in place differs", what.c_str());
  }
}

void check_shapes(const Machine& machine) {
  const Shape shapes[] = {{1, 1, 1},    {1, 16, 7},   {6, 16, 256},  {7, 17, 257},   {12, 32, 512},  {13, 33, 31},
                          {5, 4, 300},  {64, 4, 768}, {4, 64, 1000}, {97, 100, 129}, {193, 49, 513}, {40, 800, 20},
                          {800, 40, 3}, {3, 5, 0},    {0, 5, 4},     {5, 0, 4}};
  uint64_t seed = 1;
  for (const Shape& s : shapes) {
    for (int transposed = 0; transposed < 4; ++transposed) {
      ++seed;
      Product p = make(seed, s, transposed & 1, transposed & 2, RADAPTER_F32, RADAPTER_F32, RADAPTER_F32, RADAPTER_NONE,
                       seed % 2 != 0, false, seed % 3 == 0, static_cast<int64_t>(seed % 4));
      check_product(
          machine,
          text("gemm %lldx%lldx%lld transposed %d", (long long)s.m, (long long)s.n, (long long)s.k, transposed), p);
    }
  }
}

void check_dtypes(const Machine& machine) {
  const int dtypes[] = {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16};
  uint64_t seed = 100;
  for (int a_dtype : dtypes) {
    for (int b_dtype : dtypes) {
      for (int c_dtype : dtypes) {
        for (int transposed = 0; transposed < 4; ++transposed) {
          const Shape s = transposed % 2 == 0 ? Shape{29, 45, 263} : Shape{200, 70, 64};
          Product p = make(++seed, s, transposed & 1, transposed & 2, a_dtype, b_dtype, c_dtype, RADAPTER_NONE, true,
                           false, true, 3);
          check_product(machine, text("gemm dtypes %d %d %d transposed %d", a_dtype, b_dtype, c_dtype, transposed), p);
        }
      }
    }
  }
}

/** Halves whose rows are aligned, which a GPU may copy and multiply by other instructions; long sums and short ones. */
void check_aligned(const Machine& machine) {
  const Shape shapes[] = {{1, 1, 1}, {70, 8, 64}, {130, 139, 331}, {40, 264, 2053}};
  uint64_t seed = 500;
  for (const Shape& s : shapes) {
    for (int dtype : {RADAPTER_BF16, RADAPTER_F16}) {
      for (int transposed = 0; transposed < 4; ++transposed) {
        ++seed;
        const int activation = static_cast<int>(seed % 5);
        const int c_dtype = seed % 3 == 0 ? static_cast<int>(RADAPTER_F32) : dtype;
        Product p = make(seed, s, transposed & 1, transposed & 2, dtype, dtype, c_dtype, activation, seed % 2 == 0,
                         seed % 4 == 0 && activation != RADAPTER_NONE, seed % 3 != 1, kAligned);
        check_product(machine,
                      text("gemm aligned %lldx%lldx%lld dtype %d transposed %d", (long long)s.m, (long long)s.n,
                           (long long)s.k, dtype, transposed),
                      p);
      }
    }
  }
}

/** Enough of C for a GPU's large tiles, with rows aligned to 16 bytes; a few rows are compared. Every kernel runs. */
void check_large(const Machine& machine) {
  uint64_t seed = 300;
  for (int kind = 0; kind < 8; ++kind) {
    const int transposed = kind % 4;
    const int dtype = kind < 4 ? RADAPTER_F16 : RADAPTER_BF16;
    // More than one step of the terms where each operand was met both ways, elsewhere less, which is faster.
    const Shape s = {1416, 1408, kind == 1 || kind == 6 ? 40 : 8};
    Product p =
        make(++seed, s, transposed & 1, transposed & 2, dtype, dtype, dtype, RADAPTER_NONE, true, false, true, 8);
    const std::string what = text("gemm large dtype %d transposed %d", dtype, transposed);
    {
      OnDevice device(machine.contexts[0]);
      expect(p.run(machine.contexts[0]) == RADAPTER_OK, "%s: %s", what.c_str(), radapter_last_error());
    }
    expect(p.c.guards_intact(), "%s: wrote outside c", what.c_str());
    Matrix some(6, s.n, dtype);
    std::vector<double> expected;
    int64_t row = 0;
    for (int64_t i : {0, 1, 127, 128, 777, 1415}) {
      for (int64_t j = 0; j < s.n; ++j) {
        double v = p.bias.at(0, j) + p.residual.at(i, j);
        for (int64_t l = 0; l < s.k; ++l) {
          v += (p.transpose_a ? p.a.at(l, i) : p.a.at(i, l)) * (p.transpose_b ? p.b.at(j, l) : p.b.at(l, j));
        }
        expected.push_back(v);
        some.set(row, j, p.c.at(i, j));
      }
      ++row;
    }
    expect_close(what, some, expected, expected);
  }
}

void check_activations(const Machine& machine) {
  uint64_t seed = 400;
  for (int activation = RADAPTER_NONE; activation <= RADAPTER_GELU_GRADIENT; ++activation) {
    for (int dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
      for (int flags = 0; flags < 4; ++flags) {
        Product p = make(++seed, {50, 37, 40}, false, true, dtype, dtype, dtype, activation, true,
                         (flags & 1) != 0 && activation != RADAPTER_NONE, (flags & 2) != 0, flags);
        check_product(machine, text("gemm activation %d dtype %d flags %d", activation, dtype, flags), p);
      }
    }
  }
}

/** A row alone has the bits it has among others, at every size of the others. */
void check_row_independence(const Machine& machine, int dtype, int64_t depth) {
  const int64_t element = dtype == RADAPTER_F32 ? 4 : 2;
  Matrix a = Matrix::random(7, 400, depth, dtype);
  Matrix b = Matrix::random(8, depth, 90, dtype);
  Matrix all(400, 90, dtype);
  for (radapter_context* context : machine.contexts) {
    const auto run = [&](int64_t rows, const void* from, void* to) {
      radapter_gemm(context, nullptr, 0, 0, rows, 90, depth, from, depth, dtype, b.data(), 90, dtype, nullptr, 0,
                    nullptr, nullptr, 0, to, 90, dtype);
    };
    {
      OnDevice device(context);
      run(400, a.data(), all.data());
    }
    for (int64_t rows : {1, 2, 5, 6, 11, 12, 97, 250}) {
      const int64_t first = 400 - rows;
      const size_t row_bytes = 90 * element;
      Matrix some(rows, 90, dtype);
      {
        OnDevice device(context);
        run(rows, static_cast<const char*>(a.data()) + first * depth * element, some.data());
      }
      expect(memcmp(some.data(), static_cast<char*>(all.data()) + first * row_bytes, rows * row_bytes) == 0,
             "gemm dtype %d depth %lld: %lld rows alone differ from the same among 400", dtype, (long long)depth,
             (long long)rows);
    }
  }
}

/** Results too small for a normal number keep what their type can hold, whether a tile is whole or not. */
void check_denormal(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    Matrix a(30, 40, dtype);
    Matrix b = Matrix::random(6, 40, 70, dtype);
    Matrix bias(1, 70);
    Matrix c(30, 70, dtype);
    Matrix expected(1, 70, dtype);
    for (int64_t i = 0; i < 30 * 40; ++i) {
      a.set(i / 40, i % 40, 0);
    }
    for (int64_t j = 0; j < 70; ++j) {
      bias.set(0, j, j % 3 == 0 ? 1e-40 * static_cast<double>(j) : static_cast<double>(j));
      expected.set(0, j, bias.at(0, j));
    }
    run_everywhere(machine, text("gemm denormal dtype %d", dtype), {&c}, {}, [&](radapter_context* context) {
      return radapter_gemm(context, nullptr, 0, 0, 30, 70, 40, a.data(), 40, dtype, b.data(), 70, dtype, bias.floats(),
                           RADAPTER_NONE, nullptr, nullptr, 0, c.data(), 70, dtype);
    });
    for (int64_t i = 0; i < 30 * 70; ++i) {
      expect(c.at(i / 70, i % 70) == expected.at(0, i % 70), "gemm denormal dtype %d: %g at %lld, %lld, not %g", dtype,
             c.at(i / 70, i % 70), (long long)(i / 70), (long long)(i % 70), expected.at(0, i % 70));
    }
  }
}

void check_nan(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
    for (int activation = RADAPTER_NONE; activation <= RADAPTER_GELU_GRADIENT; ++activation) {
      Matrix a = Matrix::random(5, 20, 30, dtype);
      Matrix b = Matrix::random(6, 30, 20, dtype);
      Matrix aux = Matrix::random(7, 20, 20, dtype);
      Matrix c(20, 20, dtype);
      a.set(3, 4, NAN);
      {
        OnDevice device(machine.contexts[0]);
        radapter_gemm(machine.contexts[0], nullptr, 0, 0, 20, 20, 30, a.data(), 30, dtype, b.data(), 20, dtype, nullptr,
                      activation, aux.data(), nullptr, 0, c.data(), 20, dtype);
      }
      for (int64_t i = 0; i < 20; ++i) {
        for (int64_t j = 0; j < 20; ++j) {
          expect(isnan(c.at(i, j)) == (i == 3), "gemm: NaN of row 3 at %lld, %lld: %g", (long long)i, (long long)j,
                 c.at(i, j));
        }
      }
    }
  }
}

void check_refusals(const Machine& machine) {
  radapter_context* context = machine.contexts[0];
  float x[64] = {};
  const auto call = [&](radapter_context* with, int64_t m, int64_t n, int64_t k, const float* a, int64_t lda,
                        int a_dtype, int64_t ldb, int activation, const float* bias, void* aux, float* c) {
    return radapter_gemm(with, nullptr, 0, 0, m, n, k, a, lda, a_dtype, x, ldb, 0, bias, activation, aux, nullptr, 0, c,
                         4, 0);
  };
  float y[64];
  if (!machine.gpu) {
    expect(call(context, 4, 4, 4, x, 4, 0, 4, 0, nullptr, nullptr, y) == RADAPTER_OK, "a good call");
  }
  expect_refused("context", call(nullptr, 4, 4, 4, x, 4, 0, 4, 0, nullptr, nullptr, y), "context is NULL");
  expect_refused("m", call(context, -1, 4, 4, x, 4, 0, 4, 0, nullptr, nullptr, y), "m is -1");
  expect_refused("k", call(context, 4, 4, -2, x, 4, 0, 4, 0, nullptr, nullptr, y), "k is -2");
  expect_refused("a", call(context, 4, 4, 4, nullptr, 4, 0, 4, 0, nullptr, nullptr, y), "a is NULL");
  expect_refused("lda", call(context, 4, 4, 4, x, 3, 0, 4, 0, nullptr, nullptr, y), "leading dimension of a is 3");
  expect_refused("dtype", call(context, 4, 4, 4, x, 4, 3, 4, 0, nullptr, nullptr, y), "a has dtype 3");
  expect_refused("ldb", call(context, 4, 4, 4, x, 4, 0, 1, 0, nullptr, nullptr, y), "leading dimension of b");
  expect_refused("activation", call(context, 4, 4, 4, x, 4, 0, 4, 5, nullptr, nullptr, y), "activation is 5");
  expect_refused("no aux", call(context, 4, 4, 4, x, 4, 0, 4, 3, nullptr, nullptr, y), "aux is NULL");
  expect_refused("bias", call(context, 4, 4, 4, x, 4, 0, 4, 3, x, y, y), "bias must be NULL");
  expect_refused("c", call(context, 4, 4, 4, x, 4, 0, 4, 0, nullptr, nullptr, nullptr), "c is NULL");
  radapter_packed* packed;
  expect_refused("pack n", radapter_pack(context, nullptr, 0, -3, 4, x, 4, 0, &packed), "n is -3");
  expect_refused("packed b",
                 radapter_gemm_packed(context, nullptr, 4, x, 4, 0, nullptr, nullptr, 0, nullptr, nullptr, 0, y, 4, 0),
                 "b is NULL");
  radapter_packed_destroy(context, nullptr);
}

void check_gemm(const Machine& machine) {
  check_shapes(machine);
  check_dtypes(machine);
  check_aligned(machine);
  if (machine.gpu) {
    check_large(machine);
  }
  check_activations(machine);
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    check_row_independence(machine, dtype, 600);
    check_row_independence(machine, dtype, 1601);
  }
  check_denormal(machine);
  check_nan(machine);
  check_refusals(machine);
}

void time_product(radapter_context* context, Shape s, bool transpose_a, bool transpose_b, int dtype, bool packed) {
  Matrix a = transpose_a ? Matrix::random(1, s.k, s.m, dtype) : Matrix::random(1, s.m, s.k, dtype);
  Matrix b = transpose_b ? Matrix::random(2, s.n, s.k, dtype) : Matrix::random(2, s.k, s.n, dtype);
  Matrix c(s.m, s.n, dtype);
  radapter_packed* weight = nullptr;
  if (packed) {
    radapter_pack(context, nullptr, transpose_b, s.n, s.k, b.data(), b.ld(), dtype, &weight);
  }
  const double seconds = time_call([&] {
    if (packed) {
      radapter_gemm_packed(context, nullptr, s.m, a.data(), a.ld(), dtype, weight, nullptr, 0, nullptr, nullptr, 0,
                           c.data(), c.ld(), dtype);
    } else {
      radapter_gemm(context, nullptr, transpose_a, transpose_b, s.m, s.n, s.k, a.data(), a.ld(), dtype, b.data(),
                    b.ld(), dtype, nullptr, 0, nullptr, nullptr, 0, c.data(), c.ld(), dtype);
    }
  });
  radapter_packed_destroy(context, weight);
  report_speed(
      context,
      text("gemm %lldx%lldx%lld %s%s %s%s", (long long)s.m, (long long)s.n, (long long)s.k, transpose_a ? "T" : "N",
           transpose_b ? "T" : "N", dtype == RADAPTER_F32 ? "f32" : "bf16", packed ? " packed" : ""),
      seconds, 2.0 * static_cast<double>(s.m * s.n * s.k), 0);
}

void speed_gemm(radapter_context* context) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (const Shape& s : {Shape{2720, 160, 640}, Shape{2720, 640, 160}, Shape{6304, 768, 768}, Shape{256, 512, 512}}) {
      time_product(context, s, false, false, dtype, true);
      time_product(context, s, false, false, dtype, false);
      time_product(context, s, false, true, dtype, false);
    }
    time_product(context, {768, 768, 6304}, true, false, dtype, false);
    time_product(context, {160, 640, 2720}, true, false, dtype, false);
    time_product(context, {6304, 4, 768}, false, false, dtype, false);
    time_product(context, {768, 4, 6304}, true, false, dtype, false);
    time_product(context, {1, 768, 768}, false, false, dtype, true);
    time_product(context, {1, 768, 768}, false, false, dtype, false);
    time_product(context, {32, 32, 32}, false, false, dtype, false);
  }
}

const Operator gemm_operator("gemm", check_gemm, speed_gemm);

}  // namespace
}  // namespace radapter_test
