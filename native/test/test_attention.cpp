// Attention forward and backward.
#include <math.h>

#include <algorithm>

#include "differences.h"
#include "harness.h"

namespace radapter_test {
namespace {

typedef std::vector<double> Numbers;

struct Shape {
  int64_t batch;
  int64_t length;
  int64_t heads;
  int64_t size;
  bool causal;
  int64_t d() const { return heads * size; }
  int64_t rows() const { return batch * length; }
};

std::string name_of(const Shape& s, int dtype) {
  return text("attention batch %lld length %lld heads %lld x %lld%s dtype %d", (long long)s.batch, (long long)s.length,
              (long long)s.heads, (long long)s.size, s.causal ? " causal" : "", dtype);
}

/** Probabilities of one query. */
template <typename Real>
std::vector<Real> softmax_row(const Shape& s, const Numbers& qkv, int64_t b, int64_t h, int64_t t, double* log_sum) {
  const int64_t keys = s.causal ? t + 1 : s.length;
  const double* q = &qkv[(b * s.length + t) * 3 * s.d() + h * s.size];
  std::vector<Real> p;
  for (int64_t k = 0; k < keys; ++k) {
    const double* key = &qkv[(b * s.length + k) * 3 * s.d() + s.d() + h * s.size];
    Real dot = 0;
    for (int64_t c = 0; c < s.size; ++c) {
      dot += static_cast<Real>(q[c]) * static_cast<Real>(key[c]);
    }
    p.push_back(dot / std::sqrt(static_cast<Real>(s.size)));
  }
  const Real top = *std::max_element(p.begin(), p.end());
  Real sum = 0;
  for (Real& x : p) {
    x = std::exp(x - top);
    sum += x;
  }
  for (Real& x : p) {
    x /= sum;
  }
  *log_sum = top + std::log(sum);
  return p;
}

template <typename Real>
Numbers plain_forward(const Shape& s, const Numbers& qkv, Numbers* log_sums = nullptr) {
  Numbers out(s.rows() * s.d());
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      for (int64_t t = 0; t < s.length; ++t) {
        double log_sum;
        const std::vector<Real> p = softmax_row<Real>(s, qkv, b, h, t, &log_sum);
        if (log_sums != nullptr) {
          log_sums->push_back(log_sum);
        }
        for (int64_t c = 0; c < s.size; ++c) {
          Real sum = 0;
          for (size_t k = 0; k < p.size(); ++k) {
            sum += p[k] * static_cast<Real>(qkv[(b * s.length + k) * 3 * s.d() + 2 * s.d() + h * s.size + c]);
          }
          out[(b * s.length + t) * s.d() + h * s.size + c] = sum;
        }
      }
    }
  }
  return out;
}

template <typename Real>
Numbers plain_backward(const Shape& s, const Numbers& qkv, const Numbers& d_out) {
  std::vector<Real> d(qkv.size(), 0);
  const Real scale = 1 / std::sqrt(static_cast<Real>(s.size));
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      for (int64_t t = 0; t < s.length; ++t) {
        double log_sum;
        const std::vector<Real> p = softmax_row<Real>(s, qkv, b, h, t, &log_sum);
        const int64_t query = (b * s.length + t) * 3 * s.d() + h * s.size;
        const double* g = &d_out[(b * s.length + t) * s.d() + h * s.size];
        std::vector<Real> dp(p.size(), 0);
        Real dot = 0;
        for (size_t k = 0; k < p.size(); ++k) {
          const int64_t key = (b * s.length + k) * 3 * s.d() + h * s.size;
          for (int64_t c = 0; c < s.size; ++c) {
            dp[k] += static_cast<Real>(g[c]) * static_cast<Real>(qkv[key + 2 * s.d() + c]);
            d[key + 2 * s.d() + c] += p[k] * static_cast<Real>(g[c]);
          }
          dot += p[k] * dp[k];
        }
        for (size_t k = 0; k < p.size(); ++k) {
          const Real ds = p[k] * (dp[k] - dot) * scale;
          const int64_t key = (b * s.length + k) * 3 * s.d() + h * s.size;
          for (int64_t c = 0; c < s.size; ++c) {
            d[query + c] += ds * static_cast<Real>(qkv[key + s.d() + c]);
            d[key + s.d() + c] += ds * static_cast<Real>(qkv[query + c]);
          }
        }
      }
    }
  }
  return Numbers(d.begin(), d.end());
}

int run_forward(radapter_context* context, const Shape& s, const Matrix& qkv, Matrix* out, Matrix* log_sum_exp) {
  Workspace workspace(radapter_attention_forward_workspace(context, s.batch, s.length, s.heads, s.size));
  const int status = radapter_attention_forward(
      context, nullptr, s.batch, s.length, s.heads, s.size, s.causal, qkv.data(), qkv.ld(), out->data(), out->ld(),
      qkv.dtype(), log_sum_exp == nullptr ? nullptr : log_sum_exp->floats(), workspace.data(), workspace.size());
  expect(workspace.guards_intact(), "attention wrote behind its workspace");
  return status;
}

int run_backward(radapter_context* context, const Shape& s, const Matrix& qkv, const Matrix& out,
                 const Matrix& log_sum_exp, const Matrix& d_out, Matrix* d_qkv) {
  Workspace workspace(radapter_attention_backward_workspace(context, s.batch, s.length, s.heads, s.size));
  const int status =
      radapter_attention_backward(context, nullptr, s.batch, s.length, s.heads, s.size, s.causal, qkv.data(), qkv.ld(),
                                  out.data(), out.ld(), log_sum_exp.floats(), d_out.data(), d_out.ld(), d_qkv->data(),
                                  d_qkv->ld(), qkv.dtype(), workspace.data(), workspace.size());
  expect(workspace.guards_intact(), "attention backward wrote behind its workspace");
  return status;
}

void check_plain() {
  for (bool causal : {false, true}) {
    const Shape s = {1, 4, 2, 3, causal};
    const Numbers qkv = Matrix::random(1, s.rows(), 3 * s.d(), RADAPTER_F32, 0, 2).values();
    const Numbers d_out = Matrix::random(2, s.rows(), s.d()).values();
    const Numbers reference =
        differences(qkv, [&](const Numbers& at) { return inner(d_out, plain_forward<double>(s, at)); });
    expect(relative_error(plain_backward<double>(s, qkv, d_out), reference) < 1e-8,
           "attention: the test's own gradient");
  }
}

void check_shape(const Machine& machine, const Shape& s, int dtype, double scale) {
  const std::string what = name_of(s, dtype);
  const Matrix qkv = Matrix::random(1, s.rows(), 3 * s.d(), dtype, 5, scale);
  const Matrix d_out = Matrix::random(2, s.rows(), s.d(), dtype, 1);
  Matrix out(s.rows(), s.d(), dtype, 3);
  Matrix log_sum_exp(s.batch * s.heads, s.length);
  Matrix d_qkv(s.rows(), 3 * s.d(), dtype, 2);
  run_everywhere(machine, what, {&out, &log_sum_exp}, {},
                 [&](radapter_context* context) { return run_forward(context, s, qkv, &out, &log_sum_exp); });
  Numbers log_sums;
  expect_close(what, out, plain_forward<double>(s, qkv.values(), &log_sums), plain_forward<float>(s, qkv.values()));
  expect_close(what + " log_sum_exp", log_sum_exp, log_sums, log_sums);
  Matrix again(s.rows(), s.d(), dtype);
  run_everywhere(machine, what + " without log_sum_exp", {&again}, {},
                 [&](radapter_context* context) { return run_forward(context, s, qkv, &again, nullptr); });
  expect(again.elements() == out.elements(), "%s: other bits without log_sum_exp", what.c_str());
  run_everywhere(machine, what + " backward", {&d_qkv}, {}, [&](radapter_context* context) {
    return run_backward(context, s, qkv, out, log_sum_exp, d_out, &d_qkv);
  });
  // bf16 gradients start from the rounded output, as any bf16 backward pass does.
  Numbers single = plain_backward<float>(s, qkv.values(), d_out.values());
  expect_close(what + " d_qkv", d_qkv, plain_backward<double>(s, qkv.values(), d_out.values()), single);
}

/** Row t of causal attention has the same bits whatever comes after it, be it NaN. */
void check_cut(const Machine& machine) {
  for (int64_t cut : {1, 5, 6, 7, 16, 17, 48, 50}) {
    const Shape whole = {1, 77, 2, 32, true};
    const Shape part = {1, cut, 2, 32, true};
    Matrix qkv = Matrix::random(3, 77, 3 * whole.d());
    const Matrix kept = qkv;
    for (int64_t i = cut; i < 77; ++i) {
      for (int64_t j = 0; j < qkv.columns(); ++j) {
        qkv.set(i, j, NAN);
      }
    }
    Matrix out(77, whole.d());
    Matrix poisoned(77, whole.d());
    Matrix cut_out(cut, whole.d());
    radapter_context* context = machine.contexts[0];
    {
      OnDevice device(context);
      expect(run_forward(context, whole, kept, &out, nullptr) == RADAPTER_OK, "cut");
      expect(run_forward(context, whole, qkv, &poisoned, nullptr) == RADAPTER_OK, "cut");
      expect(run_forward(context, part, kept, &cut_out, nullptr) == RADAPTER_OK, "cut");
    }
    for (int64_t i = 0; i < cut; ++i) {
      for (int64_t j = 0; j < whole.d(); ++j) {
        expect(out.at(i, j) == poisoned.at(i, j) && out.at(i, j) == cut_out.at(i, j),
               "causal row %lld differs when cut at %lld", (long long)i, (long long)cut);
      }
    }
  }
}

void check_attention(const Machine& machine) {
  check_plain();
  check_cut(machine);
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (bool causal : {false, true}) {
      for (const Shape& s :
           {Shape{2, 17, 5, 32, causal}, Shape{3, 10, 2, 64, causal}, Shape{1, 1, 1, 8, causal},
            Shape{2, 50, 1, 40, causal}, Shape{1, 97, 2, 64, causal}, Shape{1, 130, 1, 8, causal},
            Shape{1, 33, 1, 256, causal}, Shape{1, 21, 1, 128, causal}, Shape{1, 257, 1, 64, causal}}) {
        check_shape(machine, s, dtype, 2);
      }
    }
    check_shape(machine, {1, 20, 1, 16, false}, dtype, 30);
  }
  Matrix x(2, 24);
  Workspace small(64);
  expect_refused("attention head size",
                 radapter_attention_forward(machine.contexts[0], nullptr, 1, 2, 1, 12, 0, x.data(), 36, x.data(), 12, 0,
                                            nullptr, small.data(), 64),
                 "head_size");
  if (!machine.gpu) {
    expect_refused("attention workspace",
                   radapter_attention_forward(machine.contexts[0], nullptr, 1, 2, 1, 8, 0, x.data(), 24, x.data(), 8, 0,
                                              nullptr, small.data(), 64),
                   "workspace");
  }
}

void speed_attention(radapter_context* context) {
  for (const Shape& s : {Shape{160, 17, 5, 32, false}, Shape{160, 10, 4, 32, true}, Shape{8, 197, 12, 64, false},
                         Shape{8, 77, 8, 64, true}, Shape{4, 257, 16, 64, false}}) {
    const Matrix qkv = Matrix::random(1, s.rows(), 3 * s.d());
    const Matrix d_out = Matrix::random(2, s.rows(), s.d());
    Matrix out(s.rows(), s.d());
    Matrix log_sum_exp(s.batch * s.heads, s.length);
    Matrix d_qkv(s.rows(), 3 * s.d());
    const double pairs =
        static_cast<double>(s.batch * s.heads) * s.length * (s.causal ? s.length + 1 : 2 * s.length) / 2;
    const double bytes = 4.0 * s.rows() * s.d();
    report_speed(context, name_of(s, 0), time_call([&] { run_forward(context, s, qkv, &out, &log_sum_exp); }),
                 4 * pairs * s.size, 4 * bytes);
    report_speed(context, name_of(s, 0) + " backward",
                 time_call([&] { run_backward(context, s, qkv, out, log_sum_exp, d_out, &d_qkv); }),
                 10 * pairs * s.size, 8 * bytes);
  }
}

const Operator attention_operator("attention", check_attention, speed_attention);

}  // namespace
}  // namespace radapter_test
