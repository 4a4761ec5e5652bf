// MPM-NCE, InfoNCE and cross-entropy.
#include <math.h>
#include <string.h>

#include <algorithm>

#include "differences.h"
#include "harness.h"

namespace radapter_test {
namespace {

typedef std::vector<double> Numbers;

struct Case {
  int64_t n;
  int64_t m;
  int64_t d;
  double scale;
  double margin;
  double smoothing;
  /** positive[i·m + j]. */
  std::vector<int> positive;
};

struct Losses {
  double mean;
  double by_row;
  double by_column;
};

double log_sum_exp(const Numbers& z) {
  const double top = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double x : z) {
    sum += exp(x - top);
  }
  return top + log(sum);
}

/** -Σ ỹ log softmax of one row or column. */
double line_loss(const Numbers& z, const std::vector<int>& y, double smoothing, Numbers* gradient) {
  const double count = static_cast<double>(std::count(y.begin(), y.end(), 1));
  const double others = static_cast<double>(y.size()) - count;
  const double epsilon = others == 0 ? 0 : smoothing;
  const double log_sum = log_sum_exp(z);
  double loss = 0;
  for (size_t j = 0; j < z.size(); ++j) {
    const double soft = y[j] != 0 ? (1 - epsilon) / count : epsilon / others;
    loss -= soft * (z[j] - log_sum);
    gradient->push_back(exp(z[j] - log_sum) - soft);
  }
  return loss;
}

/** Losses from the matrix of cosines, and the gradient to z. */
Losses plain_losses(const Case& c, const Numbers& cosines, Numbers* d_z) {
  Losses losses = {0, 0, 0};
  d_z->assign(c.n * c.m, 0);
  const auto z_at = [&](int64_t i, int64_t j) {
    return c.scale * (cosines[i * c.m + j] + c.margin * (1 - c.positive[i * c.m + j]));
  };
  for (int64_t i = 0; i < c.n; ++i) {
    Numbers z;
    std::vector<int> y;
    for (int64_t j = 0; j < c.m; ++j) {
      z.push_back(z_at(i, j));
      y.push_back(c.positive[i * c.m + j]);
    }
    Numbers g;
    losses.by_row += line_loss(z, y, c.smoothing, &g) / static_cast<double>(c.n);
    for (int64_t j = 0; j < c.m; ++j) {
      (*d_z)[i * c.m + j] += 0.5 * g[j] / static_cast<double>(c.n);
    }
  }
  for (int64_t j = 0; j < c.m; ++j) {
    Numbers z;
    std::vector<int> y;
    for (int64_t i = 0; i < c.n; ++i) {
      z.push_back(z_at(i, j));
      y.push_back(c.positive[i * c.m + j]);
    }
    Numbers g;
    losses.by_column += line_loss(z, y, c.smoothing, &g) / static_cast<double>(c.m);
    for (int64_t i = 0; i < c.n; ++i) {
      (*d_z)[i * c.m + j] += 0.5 * g[i] / static_cast<double>(c.m);
    }
  }
  losses.mean = 0.5 * (losses.by_row + losses.by_column);
  return losses;
}

Numbers cosines_of(const Case& c, const Numbers& f, const Numbers& g) {
  Numbers cosines;
  for (int64_t i = 0; i < c.n; ++i) {
    for (int64_t j = 0; j < c.m; ++j) {
      double dot = 0;
      for (int64_t k = 0; k < c.d; ++k) {
        dot += f[i * c.d + k] * g[j * c.d + k];
      }
      cosines.push_back(dot);
    }
  }
  return cosines;
}

struct Gradients {
  Numbers f;
  Numbers g;
  double log_scale;
};

Gradients plain_gradients(const Case& c, const Numbers& f, const Numbers& g) {
  const Numbers cosines = cosines_of(c, f, g);
  Numbers d_z;
  plain_losses(c, cosines, &d_z);
  Gradients d = {Numbers(f.size(), 0), Numbers(g.size(), 0), 0};
  for (int64_t i = 0; i < c.n; ++i) {
    for (int64_t j = 0; j < c.m; ++j) {
      const double slope = d_z[i * c.m + j];
      d.log_scale += slope * c.scale * (cosines[i * c.m + j] + c.margin * (1 - c.positive[i * c.m + j]));
      for (int64_t k = 0; k < c.d; ++k) {
        d.f[i * c.d + k] += slope * c.scale * g[j * c.d + k];
        d.g[j * c.d + k] += slope * c.scale * f[i * c.d + k];
      }
    }
  }
  return d;
}

/** What plain loops give. */
struct Results {
  Numbers losses;
  Numbers f;
  Numbers g;
  double log_scale;
};

float float_log_sum_exp(const std::vector<float>& z) {
  const float top = *std::max_element(z.begin(), z.end());
  float sum = 0;
  for (float x : z) {
    sum += expf(x - top);
  }
  return top + logf(sum);
}

/** Loss of rows of scores, and what its gradient adds to `d_z`; a line's elements lie `step` apart. */
float float_lines(const Case& c, const std::vector<float>& z, int64_t lines, int64_t line_step, int64_t count,
                  int64_t step, std::vector<float>* d_z) {
  float loss = 0;
  for (int64_t i = 0; i < lines; ++i) {
    std::vector<float> line;
    int64_t positives = 0;
    for (int64_t j = 0; j < count; ++j) {
      line.push_back(z[i * line_step + j * step]);
      positives += c.positive[i * line_step + j * step];
    }
    const int64_t others = count - positives;
    const float epsilon = others == 0 ? 0 : static_cast<float>(c.smoothing);
    const float log_sum = float_log_sum_exp(line);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t at = i * line_step + j * step;
      const float soft =
          c.positive[at] != 0 ? (1 - epsilon) / static_cast<float>(positives) : epsilon / static_cast<float>(others);
      loss -= soft * (line[j] - log_sum) / static_cast<float>(lines);
      (*d_z)[at] += 0.5f * (expf(line[j] - log_sum) - soft) / static_cast<float>(lines);
    }
  }
  return loss;
}

/** Everything in float, products over features from `turn`/4 of the way round; bf16 features round gradients too. */
Results float_results(const Case& c, const Numbers& f, const Numbers& g, int dtype, int turn) {
  const float scale = static_cast<float>(c.scale);
  std::vector<float> z;
  for (int64_t i = 0; i < c.n; ++i) {
    for (int64_t j = 0; j < c.m; ++j) {
      float dot = 0;
      for (int64_t k = 0; k < c.d; ++k) {
        const int64_t at = (k + turn * c.d / 4) % c.d;
        dot += static_cast<float>(f[i * c.d + at]) * static_cast<float>(g[j * c.d + at]);
      }
      z.push_back(scale * (dot + static_cast<float>(c.margin * (1 - c.positive[i * c.m + j]))));
    }
  }
  std::vector<float> d_z(z.size(), 0);
  const float by_row = float_lines(c, z, c.n, c.m, c.m, 1, &d_z);
  const float by_column = float_lines(c, z, c.m, 1, c.n, c.m, &d_z);
  std::vector<float> d_f(f.size(), 0);
  std::vector<float> d_g(g.size(), 0);
  float log_scale = 0;
  const double rounding = 1 + turn / 7.0;
  for (int64_t i = 0; i < c.n; ++i) {
    for (int64_t j = 0; j < c.m; ++j) {
      const float slope = d_z[i * c.m + j];
      log_scale += slope * z[i * c.m + j];
      const float rounded =
          dtype == RADAPTER_F32 ? slope : static_cast<float>(round_to(slope * rounding, dtype) / rounding);
      for (int64_t k = 0; k < c.d; ++k) {
        d_f[i * c.d + k] += rounded * scale * static_cast<float>(g[j * c.d + k]);
        d_g[j * c.d + k] += rounded * scale * static_cast<float>(f[i * c.d + k]);
      }
    }
  }
  return {{0.5f * (by_row + by_column), by_row, by_column},
          Numbers(d_f.begin(), d_f.end()),
          Numbers(d_g.begin(), d_g.end()),
          log_scale};
}

/** The plain computation in float whose error is greatest: a single number may come out right by chance. */
Results worst_in_float(const Case& c, const Numbers& f, const Numbers& g, int dtype, const Losses& losses,
                       const Gradients& d) {
  const Numbers wanted = {losses.mean, losses.by_row, losses.by_column};
  Results worst = float_results(c, f, g, dtype, 0);
  for (int turn = 1; turn < 4; ++turn) {
    const Results other = float_results(c, f, g, dtype, turn);
    if (relative_error(other.losses, wanted) > relative_error(worst.losses, wanted)) {
      worst.losses = other.losses;
    }
    if (relative_error(other.f, d.f) > relative_error(worst.f, d.f)) {
      worst.f = other.f;
    }
    if (relative_error(other.g, d.g) > relative_error(worst.g, d.g)) {
      worst.g = other.g;
    }
    if (fabs(other.log_scale - d.log_scale) > fabs(worst.log_scale - d.log_scale)) {
      worst.log_scale = other.log_scale;
    }
  }
  return worst;
}

/** Unit rows, each near `base`·(1, 0, 0, …): what CLIP's features look like. */
Matrix unit_rows(uint64_t seed, int64_t rows, int64_t d, int dtype, double base) {
  Matrix x = Matrix::random(seed, rows, d, RADAPTER_F32);
  Matrix unit(rows, d, dtype, 3);
  for (int64_t i = 0; i < rows; ++i) {
    x.set(i, 0, x.at(i, 0) + base);
    double squares = 0;
    for (int64_t k = 0; k < d; ++k) {
      squares += x.at(i, k) * x.at(i, k);
    }
    for (int64_t k = 0; k < d; ++k) {
      unit.set(i, k, x.at(i, k) / sqrt(squares));
    }
  }
  return unit;
}

/** Positives by labels, or as lists. */
struct Positives {
  std::vector<int32_t> row_labels;
  std::vector<int32_t> column_labels;
  std::vector<int64_t> row_offsets;
  std::vector<int32_t> row_columns;
  std::vector<int64_t> column_offsets;
  std::vector<int32_t> column_rows;
  bool labelled = false;

  explicit Positives(const Case& c) : row_offsets(1, 0), column_offsets(1, 0) {
    for (int64_t i = 0; i < c.n; ++i) {
      for (int64_t j = 0; j < c.m; ++j) {
        if (c.positive[i * c.m + j] != 0) {
          row_columns.push_back(static_cast<int32_t>(j));
        }
      }
      row_offsets.push_back(static_cast<int64_t>(row_columns.size()));
    }
    for (int64_t j = 0; j < c.m; ++j) {
      for (int64_t i = 0; i < c.n; ++i) {
        if (c.positive[i * c.m + j] != 0) {
          column_rows.push_back(static_cast<int32_t>(i));
        }
      }
      column_offsets.push_back(static_cast<int64_t>(column_rows.size()));
    }
  }
  const int32_t* rows() const { return labelled ? placed(row_labels) : nullptr; }
  const int32_t* columns() const { return labelled ? placed(column_labels) : nullptr; }
};

void mark(Case* c, Positives* positives_out, const std::vector<int32_t>& row_labels,
          const std::vector<int32_t>& column_labels) {
  c->positive.clear();
  for (int32_t r : row_labels) {
    for (int32_t q : column_labels) {
      c->positive.push_back(r == q ? 1 : 0);
    }
  }
  *positives_out = Positives(*c);
  positives_out->row_labels = row_labels;
  positives_out->column_labels = column_labels;
  positives_out->labelled = true;
}

int run(radapter_context* context, const Case& c, const Matrix& f, const Matrix& g, const Positives& p,
        const float* log_scale, Matrix* losses, Matrix* d_f, Matrix* d_g, Matrix* d_log_scale,
        bool keeps_scores = false) {
  Workspace workspace(keeps_scores ? radapter_contrastive_full_workspace(context, c.n, c.m, c.d)
                                   : radapter_contrastive_workspace(context, c.n, c.m, c.d));
  const int status = radapter_contrastive(
      context, nullptr, c.n, c.m, c.d, f.data(), f.ld(), g.data(), g.ld(), f.dtype(), p.rows(), p.columns(),
      placed(p.row_offsets), placed(p.row_columns), placed(p.column_offsets), placed(p.column_rows),
      log_scale == nullptr ? c.scale : -1, log_scale == nullptr ? nullptr : placed(log_scale, 1), c.margin, c.smoothing,
      losses->floats(), d_f == nullptr ? nullptr : d_f->data(), d_f == nullptr ? 0 : d_f->ld(),
      d_g == nullptr ? nullptr : d_g->data(), d_g == nullptr ? 0 : d_g->ld(),
      d_log_scale == nullptr ? nullptr : d_log_scale->floats(), workspace.data(), workspace.size());
  expect(workspace.guards_intact(), "contrastive wrote behind its workspace");
  return status;
}

/** Whether a larger workspace makes a difference: not on a GPU, nor for few scores. */
bool can_keep_scores(const Machine& machine, const Case& c) {
  radapter_context* context = machine.contexts[0];
  return radapter_contrastive_full_workspace(context, c.n, c.m, c.d) >
         radapter_contrastive_workspace(context, c.n, c.m, c.d);
}

/** The batch as seen from its rows, or from its columns: then they are the rows. */
struct Side {
  Case c;
  const Matrix& f;
  const Matrix& g;
  const int32_t* row_labels;
  const int32_t* column_labels;
  const std::vector<int64_t>& offsets;
  const std::vector<int32_t>& others;
  int exact;
};

/** Rows [first, first + count) are worked on by one call. */
struct Rows {
  int64_t first;
  int64_t count;
};

std::vector<Rows> split(int64_t n, int64_t parts) {
  std::vector<Rows> result;
  for (int64_t r = 0; r < parts; ++r) {
    const int64_t first = n * r / parts;
    const int64_t end = n * (r + 1) / parts;
    if (end > first) {
      result.push_back({first, end - first});
    }
  }
  return result;
}

/** Doubles that a call writes, in a matrix of twice as many floats, for those are poisoned and guarded. */
struct Doubles {
  explicit Doubles(int64_t count) : matrix(1, 2 * count) {}
  double* data() { return static_cast<double*>(matrix.data()); }
  Numbers values() const {
    const std::vector<uint8_t> bytes = matrix.elements();
    Numbers numbers(bytes.size() / sizeof(double));
    memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  }
  Matrix matrix;
};

Numbers row_sums(const Machine& machine, const std::string& what, const Side& s, const std::vector<Rows>& parts) {
  Numbers all;
  for (const Rows& rows : parts) {
    Doubles sums(3 * rows.count);
    run_everywhere(machine, what + " row sums", {&sums.matrix}, {}, [&](radapter_context* context) {
      Workspace workspace(radapter_contrastive_rows_workspace(context, s.c.n, s.c.m, s.c.d, rows.count));
      const int status = radapter_contrastive_row_sums(
          context, nullptr, s.c.n, s.c.m, s.c.d, s.f.data(), s.f.ld(), s.g.data(), s.g.ld(), s.f.dtype(),
          s.row_labels == nullptr ? nullptr : placed(s.row_labels, s.c.n),
          s.column_labels == nullptr ? nullptr : placed(s.column_labels, s.c.m), placed(s.offsets), placed(s.others),
          s.c.scale, nullptr, s.c.margin, s.c.smoothing, rows.first, rows.count, s.exact, sums.data(), workspace.data(),
          workspace.size());
      expect(workspace.guards_intact(), "contrastive_row_sums wrote behind its workspace");
      return status;
    });
    const Numbers values = sums.values();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

/** What calls for parts of the rows leave behind, put together. */
struct RowResults {
  std::vector<uint8_t> gradients;
  Numbers values;
  Numbers log_scale;
  Matrix losses = Matrix(1, 3);
};

RowResults row_gradients(const Machine& machine, const std::string& what, const Side& s, const Numbers& sums,
                         const Numbers& other_sums, const std::vector<Rows>& parts) {
  RowResults all;
  for (const Rows& rows : parts) {
    Matrix d_f(rows.count, s.c.d, s.f.dtype(), 1);
    Matrix log_scale(1, rows.count);
    run_everywhere(machine, what + " row gradients", {&d_f, &log_scale, &all.losses}, {},
                   [&](radapter_context* context) {
                     Workspace workspace(radapter_contrastive_rows_workspace(context, s.c.n, s.c.m, s.c.d, rows.count));
                     const int status = radapter_contrastive_row_gradients(
                         context, nullptr, s.c.n, s.c.m, s.c.d, s.f.data(), s.f.ld(), s.g.data(), s.g.ld(), s.f.dtype(),
                         s.row_labels == nullptr ? nullptr : placed(s.row_labels, s.c.n),
                         s.column_labels == nullptr ? nullptr : placed(s.column_labels, s.c.m), placed(s.offsets),
                         placed(s.others), s.c.scale, nullptr, s.c.margin, s.c.smoothing, rows.first, rows.count,
                         s.exact, placed(sums), placed(other_sums), all.losses.floats(), d_f.data(), d_f.ld(),
                         log_scale.floats(), workspace.data(), workspace.size());
                     expect(workspace.guards_intact(), "contrastive_row_gradients wrote behind its workspace");
                     return status;
                   });
    const std::vector<uint8_t> bytes = d_f.elements();
    all.gradients.insert(all.gradients.end(), bytes.begin(), bytes.end());
    const Numbers values = d_f.values();
    all.values.insert(all.values.end(), values.begin(), values.end());
    const Numbers scales = log_scale.values();
    all.log_scale.insert(all.log_scale.end(), scales.begin(), scales.end());
  }
  return all;
}

/** A matrix [1, count] that holds these numbers. */
Matrix matrix_of(const Numbers& values, int dtype) {
  Matrix result(1, static_cast<int64_t>(values.size()), dtype);
  for (size_t i = 0; i < values.size(); ++i) {
    result.set(0, static_cast<int64_t>(i), values[i]);
  }
  return result;
}

double total(const Numbers& values) {
  double sum = 0;
  for (double x : values) {
    sum += x;
  }
  return sum;
}

/** The batch shared by one, two, four and seven: the same losses and gradients, and the same bits whoever has a row. */
void check_shared(const Machine& machine, const std::string& what, const Case& c, const Matrix& f, const Matrix& g,
                  const Positives& p, const Losses& expected, const Gradients& d, const Results& in_float) {
  const Case turned = {c.m, c.n, c.d, c.scale, c.margin, c.smoothing, {}};
  Side of_rows = {c,
                  f,
                  g,
                  p.labelled ? p.row_labels.data() : nullptr,
                  p.labelled ? p.column_labels.data() : nullptr,
                  p.row_offsets,
                  p.row_columns,
                  0};
  Side of_columns = {turned, g, f, of_rows.column_labels, of_rows.row_labels, p.column_offsets, p.column_rows, 0};
  Numbers sums = row_sums(machine, what, of_rows, split(c.n, 1));
  Numbers column_sums = row_sums(machine, what, of_columns, split(c.m, 1));
  if (isnan(total(sums) + total(column_sums))) {
    of_rows.exact = of_columns.exact = 1;
    sums = row_sums(machine, what, of_rows, split(c.n, 1));
    column_sums = row_sums(machine, what, of_columns, split(c.m, 1));
  }
  const RowResults rows = row_gradients(machine, what, of_rows, sums, column_sums, split(c.n, 1));
  const RowResults columns = row_gradients(machine, what, of_columns, column_sums, sums, split(c.m, 1));
  expect_close(what + " shared losses", rows.losses, {expected.mean, expected.by_row, expected.by_column},
               in_float.losses);
  expect(columns.losses.at(0, 1) == rows.losses.at(0, 2) && columns.losses.at(0, 2) == rows.losses.at(0, 1),
         "%s: both sides must give the same losses", what.c_str());
  expect_close(what + " shared d_f", matrix_of(rows.values, f.dtype()), d.f, in_float.f);
  expect_close(what + " shared d_g", matrix_of(columns.values, g.dtype()), d.g, in_float.g);
  expect_close(what + " shared d_log_scale", matrix_of({total(rows.log_scale)}, RADAPTER_F32), {d.log_scale},
               {in_float.log_scale});
  for (int64_t parts : machine.gpu ? std::vector<int64_t>{3} : std::vector<int64_t>{2, 4, 7}) {
    const std::string by = what + text(" shared by %lld", (long long)parts);
    expect(row_sums(machine, by, of_rows, split(c.n, parts)) == sums &&
               row_sums(machine, by, of_columns, split(c.m, parts)) == column_sums,
           "%s: other sums", by.c_str());
    const RowResults again = row_gradients(machine, by, of_rows, sums, column_sums, split(c.n, parts));
    expect(again.gradients == rows.gradients && again.log_scale == rows.log_scale, "%s: other bits of d_f", by.c_str());
    expect(row_gradients(machine, by, of_columns, column_sums, sums, split(c.m, parts)).gradients == columns.gradients,
           "%s: other bits of d_g", by.c_str());
  }
}

void check_case(const Machine& machine, const std::string& name, Case c, const Matrix& f, const Matrix& g,
                const Positives& positives) {
  const std::string what =
      text("%s %lldx%lldx%lld scale %g margin %g smoothing %g dtype %d", name.c_str(), (long long)c.n, (long long)c.m,
           (long long)c.d, c.scale, c.margin, c.smoothing, f.dtype());
  const float log_scale = static_cast<float>(log(c.scale));
  Matrix losses(1, 3);
  Matrix d_f(c.n, c.d, f.dtype(), 1);
  Matrix d_g(c.m, c.d, f.dtype(), 2);
  Matrix d_log_scale(1, 1);
  Numbers unused;
  Losses expected = plain_losses(c, cosines_of(c, f.values(), g.values()), &unused);
  Gradients d = plain_gradients(c, f.values(), g.values());
  Results in_float = worst_in_float(c, f.values(), g.values(), f.dtype(), expected, d);
  for (bool labelled : {true, false}) {
    if (labelled && !positives.labelled) {
      continue;
    }
    Positives p = positives;
    p.labelled = labelled;
    const std::string form = what + (labelled ? " labels" : " lists");
    run_everywhere(machine, form, {&losses, &d_f, &d_g}, {}, [&](radapter_context* context) {
      return run(context, c, f, g, p, nullptr, &losses, &d_f, &d_g, nullptr);
    });
    const Numbers wanted = {expected.mean, expected.by_row, expected.by_column};
    expect_close(form + " losses", losses, wanted, in_float.losses);
    expect_close(form + " d_f", d_f, d.f, in_float.f);
    expect_close(form + " d_g", d_g, d.g, in_float.g);
    // A simulated GPU takes its time: it shares small batches, and one of more rows than it has in work at once.
    if (!machine.gpu || c.n * c.m < 4000 || c.n > 1000) {
      check_shared(machine, form, c, f, g, p, expected, d, in_float);
    }
    if (can_keep_scores(machine, c)) {
      Matrix kept_losses(1, 3);
      Matrix kept_d_f(c.n, c.d, f.dtype(), 1);
      Matrix kept_d_g(c.m, c.d, f.dtype(), 2);
      run_everywhere(machine, form + " keeping scores", {&kept_losses, &kept_d_f, &kept_d_g}, {},
                     [&](radapter_context* context) {
                       return run(context, c, f, g, p, nullptr, &kept_losses, &kept_d_f, &kept_d_g, nullptr, true);
                     });
      expect(kept_losses.elements() == losses.elements() && kept_d_f.elements() == d_f.elements() &&
                 kept_d_g.elements() == d_g.elements(),
             "%s: other bits with the scores kept", form.c_str());
    }
    Matrix alone(1, 3);
    run_everywhere(machine, form + " without gradients", {&alone}, {}, [&](radapter_context* context) {
      return run(context, c, f, g, p, nullptr, &alone, nullptr, nullptr, nullptr);
    });
    expect(alone.elements() == losses.elements(), "%s: other bits without gradients", form.c_str());
  }
  c.scale = exp(static_cast<double>(log_scale));
  d = plain_gradients(c, f.values(), g.values());
  in_float = worst_in_float(c, f.values(), g.values(), f.dtype(), expected, d);
  run_everywhere(machine, what + " learned scale", {&losses, &d_f, &d_g, &d_log_scale}, {},
                 [&](radapter_context* context) {
                   return run(context, c, f, g, positives, &log_scale, &losses, &d_f, &d_g, &d_log_scale);
                 });
  expect_close(what + " d_f by log scale", d_f, d.f, in_float.f);
  expect_close(what + " d_log_scale", d_log_scale, {d.log_scale}, {in_float.log_scale});
  for (bool keeps_scores : {false, true}) {
    if (keeps_scores && !can_keep_scores(machine, c)) {
      continue;
    }
    Matrix alone(1, 1);
    run_everywhere(machine, what + " learned scale alone", {&alone}, {}, [&](radapter_context* context) {
      return run(context, c, f, g, positives, &log_scale, &losses, nullptr, nullptr, &alone, keeps_scores);
    });
    expect(alone.elements() == d_log_scale.elements(), "%s: other d_log_scale alone", what.c_str());
  }
}

void check_plain() {
  Case c = {3, 4, 5, 7, 0.1, 0.05, {1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1}};
  const Numbers f = unit_rows(1, 3, 5, RADAPTER_F32, 0).values();
  const Numbers g = unit_rows(2, 4, 5, RADAPTER_F32, 0).values();
  Numbers unused;
  const Gradients d = plain_gradients(c, f, g);
  const auto by_f = [&](const Numbers& at) { return plain_losses(c, cosines_of(c, at, g), &unused).mean; };
  const auto by_g = [&](const Numbers& at) { return plain_losses(c, cosines_of(c, f, at), &unused).mean; };
  const auto by_scale = [&](const Numbers& at) {
    Case scaled = c;
    scaled.scale = exp(at[0]);
    return plain_losses(scaled, cosines_of(c, f, g), &unused).mean;
  };
  expect(relative_error(d.f, differences(f, by_f)) < 1e-8, "contrastive: the test's own gradient to f");
  expect(relative_error(d.g, differences(g, by_g)) < 1e-8, "contrastive: the test's own gradient to g");
  expect(fabs(differences({log(c.scale)}, by_scale)[0] - d.log_scale) < 1e-8,
         "contrastive: the test's own d_log_scale");
}

/** The four by four example with known losses: f holds the cosines, g is the identity. */
void check_known_values(const Machine& machine) {
  const double cosines[4][4] = {{.30, .25, .10, .05}, {.20, .35, .12, .02}, {.05, .08, .28, .11}, {.01, .07, .15, .33}};
  const double known[5][3] = {
      {0, 0, 2.50085111}, {0, .05, 2.50089624}, {0, .1, 2.50742747}, {.02, 0, 2.93335111}, {.02, .05, 2.83339624}};
  Matrix f(4, 4);
  Matrix g(4, 4);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      f.set(i, j, cosines[i][j]);
      g.set(i, j, i == j ? 1 : 0);
    }
  }
  for (const double* row : known) {
    Case c = {4, 4, 4, 100, row[1], row[0], {}};
    Positives p((Case{0, 0, 0, 0, 0, 0, {}}));
    mark(&c, &p, {0, 0, 1, 2}, {0, 0, 1, 2});
    Matrix losses(1, 3);
    run_everywhere(machine, "known values", {&losses}, {}, [&](radapter_context* context) {
      return run(context, c, f, g, p, nullptr, &losses, nullptr, nullptr, nullptr);
    });
    expect(fabs(losses.at(0, 0) - row[2]) < 2e-6, "loss for ε %g, δ %g is %.8f, not %.8f", row[0], row[1],
           losses.at(0, 0), row[2]);
  }
}

std::vector<int32_t> labels(int64_t count, int64_t classes) {
  std::vector<int32_t> result;
  for (int64_t i = 0; i < count; ++i) {
    result.push_back(static_cast<int32_t>(i * 7 % classes) - 2);
  }
  return result;
}

/** `rows` times `factor`, with noise. */
Matrix near(const Matrix& rows, double factor, double noise) {
  Matrix result(rows.rows(), rows.columns(), rows.dtype(), 2);
  Random random(9);
  for (int64_t i = 0; i < rows.rows(); ++i) {
    for (int64_t k = 0; k < rows.columns(); ++k) {
      result.set(i, k, factor * rows.at(i, k) + noise * random.uniform());
    }
  }
  return result;
}

/** Features at the ends of what scores can be, and beyond: rows that are no unit rows. */
void check_far_scores(const Machine& machine, int dtype) {
  Case c = {60, 60, 24, 100, 0, 0, {}};
  Positives p(Case{0, 0, 0, 0, 0, 0, {}});
  mark(&c, &p, labels(60, 20), labels(60, 20));
  const Matrix f = unit_rows(5, 60, 24, dtype, 0);
  check_case(machine, "cosine 1", c, f, f, p);
  check_case(machine, "cosine -1", c, f, near(f, -1, 0), p);
  const Matrix alike = unit_rows(5, 60, 24, dtype, 50);
  check_case(machine, "all cosines 1", c, alike, alike, p);
  check_case(machine, "all cosines -1", c, alike, near(alike, -1, 0), p);
  check_case(machine, "long rows", c, near(f, 3, 0), near(f, 2, 0.1), p);
  Matrix long_row = near(f, 1, 0);
  for (int64_t k = 0; k < 24; ++k) {
    long_row.set(59, k, 4 * f.at(59, k));
  }
  check_case(machine, "one long row", c, f, long_row, p);
  c.smoothing = 0.02;
  c.margin = 0.05;
  check_case(machine, "long rows", c, near(f, 40, 0), near(f, -30, 0), p);
  c.smoothing = c.margin = 0;
  c.scale = 20;
  mark(&c, &p, labels(60, 60), labels(60, 60));
  check_case(machine, "well learned", c, f, near(f, 1, 0.05), p);
}

/** Rows that are not all of the two of a batch, and sums that are missing. */
void check_refused_rows(radapter_context* context, const Matrix& f) {
  const std::vector<int32_t> labels = {0, 1};
  Workspace workspace(radapter_contrastive_rows_workspace(context, 2, 2, 4, 2));
  Matrix d_f(2, 4);
  double sums[6] = {};
  const auto sums_of = [&](int64_t first, int64_t count, double* row_sums) {
    return radapter_contrastive_row_sums(context, nullptr, 2, 2, 4, f.data(), f.ld(), f.data(), f.ld(), RADAPTER_F32,
                                         labels.data(), labels.data(), nullptr, nullptr, 1, nullptr, 0, 0, first, count,
                                         0, row_sums, workspace.data(), workspace.size());
  };
  const auto gradients_of = [&](int64_t first, int64_t count, const double* column_sums) {
    return radapter_contrastive_row_gradients(context, nullptr, 2, 2, 4, f.data(), f.ld(), f.data(), f.ld(),
                                              RADAPTER_F32, labels.data(), labels.data(), nullptr, nullptr, 1, nullptr,
                                              0, 0, first, count, 0, sums, column_sums, nullptr, d_f.data(), d_f.ld(),
                                              nullptr, workspace.data(), workspace.size());
  };
  expect_refused("rows beyond the batch", sums_of(1, 2, sums), "first is 1 and count 2");
  expect_refused("no rows", sums_of(0, 0, sums), "count 0");
  expect_refused("no place for sums", sums_of(0, 2, nullptr), "row_sums is NULL");
  expect_refused("rows before the batch", gradients_of(-1, 2, sums), "first is -1");
  expect_refused("no sums of columns", gradients_of(0, 2, nullptr), "column_sums is NULL");
}

void check_contrastive(const Machine& machine) {
  check_plain();
  check_known_values(machine);
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (const Case& shape :
         {Case{1, 1, 8, 100, 0, 0, {}}, Case{5, 5, 7, 10, 0.05, 0.02, {}}, Case{160, 160, 64, 100, 0.05, 0.02, {}},
          Case{150, 70, 33, 30, 0.1, 0, {}}, Case{300, 301, 40, 100, 0, 0, {}}, Case{800, 97, 9, 100, 0.05, 0.02, {}},
          Case{33, 600, 17, 1, -0.05, 0.1, {}}, Case{37, 45, 517, 100, 0, 0, {}},
          Case{12, 2309, 5, 50, 0.1, 0.02, {}}}) {
      // A simulated GPU takes its time, and sees all there is in the smaller ones.
      if (machine.gpu && shape.n * shape.m > 30000) {
        continue;
      }
      Case c = shape;
      Positives p(Case{0, 0, 0, 0, 0, 0, {}});
      const int64_t classes = std::max<int64_t>(1, std::min(c.n, c.m) / 3);
      mark(&c, &p, labels(c.n, classes), labels(c.m, classes));
      const Matrix f = unit_rows(1, c.n, c.d, dtype, 1);
      const Matrix g = unit_rows(2, c.m, c.d, dtype, 1);
      check_case(machine, "classes", c, f, g, p);
      if (machine.gpu && shape.n * shape.m > 12000) {
        continue;
      }
      mark(&c, &p, std::vector<int32_t>(c.n, 3), std::vector<int32_t>(c.m, 3));
      check_case(machine, "all positive", c, f, g, p);
    }
    // More rows than a GPU has in work at once.
    Case tall = {1100, 24, 16, 100, 0.05, 0.02, {}};
    Positives tall_positives(Case{0, 0, 0, 0, 0, 0, {}});
    mark(&tall, &tall_positives, labels(tall.n, 7), labels(tall.m, 7));
    check_case(machine, "tall", tall, unit_rows(5, tall.n, tall.d, dtype, 1), unit_rows(6, tall.m, tall.d, dtype, 1),
               tall_positives);
    check_far_scores(machine, dtype);
    // Rows opposite to each other at a large scale: exp(z) alone would overflow or leave log(0).
    Case c = {6, 6, 4, 1000, 0, 0, {}};
    Positives p(Case{0, 0, 0, 0, 0, 0, {}});
    mark(&c, &p, {0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 5});
    Matrix f(6, 4, dtype);
    Matrix g(6, 4, dtype);
    for (int i = 0; i < 6; ++i) {
      for (int k = 0; k < 4; ++k) {
        f.set(i, k, k == i % 4 ? 1 : 0);
        g.set(i, k, k == i % 4 ? -1 : 0);
      }
    }
    check_case(machine, "opposite", c, f, g, p);
    // A relation that no labels express.
    Case r = {12, 37, 16, 100, 0.05, 0.02, std::vector<int>(12 * 37, 0)};
    for (int j = 0; j < 37; ++j) {
      r.positive[(j % 12) * 37 + j] = 1;
      r.positive[(j * 5 % 12) * 37 + j] = 1;
    }
    check_case(machine, "relation", r, unit_rows(3, 12, 16, dtype, 1), unit_rows(4, 37, 16, dtype, 1), Positives(r));
    // The same, larger; its first row has every column.
    Case large = {70, 210, 19, 100, 0.05, 0.02, std::vector<int>(70 * 210, 0)};
    for (int j = 0; j < 210; ++j) {
      large.positive[j] = large.positive[(j % 70) * 210 + j] = large.positive[(j * 11 % 70) * 210 + j] = 1;
    }
    check_case(machine, "large relation", large, unit_rows(3, 70, 19, dtype, 1), unit_rows(4, 210, 19, dtype, 1),
               Positives(large));
  }
  Case c = {2, 2, 4, 100, 0, 0, {}};
  Positives p(Case{0, 0, 0, 0, 0, 0, {}});
  mark(&c, &p, {0, 5}, {0, 1});
  const Matrix f = unit_rows(1, 2, 4, RADAPTER_F32, 0);
  Matrix losses(1, 3);
  radapter_context* context = machine.contexts[0];
  if (machine.gpu) {
    run_everywhere(machine, "row without positive", {&losses}, {}, [&](radapter_context* with) {
      return run(with, c, f, f, p, nullptr, &losses, nullptr, nullptr, nullptr);
    });
    expect(isnan(losses.at(0, 0)) && isnan(losses.at(0, 1)), "a row without positives must give NaN");
  } else {
    expect_refused("row without positive", run(context, c, f, f, p, nullptr, &losses, nullptr, nullptr, nullptr),
                   "row 1");
    mark(&c, &p, {0, 0}, {0, 1});
    expect_refused("column without positive", run(context, c, f, f, p, nullptr, &losses, nullptr, nullptr, nullptr),
                   "column 1");
  }
  check_refused_rows(context, f);
  c.smoothing = 1;
  expect_refused("smoothing", run(context, c, f, f, p, nullptr, &losses, nullptr, nullptr, nullptr), "smoothing");
  const int64_t big = 65536;
  expect(radapter_contrastive_workspace(context, big, big, 8) < static_cast<size_t>(big) * big / 8,
         "workspace holds nothing like a matrix of scores");
  expect(
      radapter_contrastive_full_workspace(context, 400, 500, 8) >= radapter_contrastive_workspace(context, 400, 500, 8),
      "the full workspace is no smaller");
  if (machine.gpu) {
    return;
  }
  Case large = {40, 50, 4, 100, 0, 0, {}};
  std::vector<int32_t> row_labels(40, 1);
  row_labels[38] = 2;
  mark(&large, &p, row_labels, std::vector<int32_t>(50, 1));
  const Matrix large_f = unit_rows(1, 40, 4, RADAPTER_F32, 0);
  const Matrix large_g = unit_rows(1, 50, 4, RADAPTER_F32, 0);
  expect_refused("row of many without positive",
                 run(context, large, large_f, large_g, p, nullptr, &losses, nullptr, nullptr, nullptr), "row 38");
  p.labelled = false;
  expect_refused("listed row without positive",
                 run(context, large, large_f, large_g, p, nullptr, &losses, nullptr, nullptr, nullptr), "row 38");
}

void speed_contrastive(radapter_context* context) {
  for (const Case& shape : {Case{160, 160, 128, 100, 0.05, 0, {}}, Case{512, 512, 512, 100, 0.05, 0, {}},
                            Case{2048, 2048, 512, 100, 0.05, 0, {}}}) {
    Case c = shape;
    Positives p(Case{0, 0, 0, 0, 0, 0, {}});
    p.row_labels = p.column_labels = labels(c.n, c.n / 2);
    p.labelled = true;
    const Matrix f = unit_rows(1, c.n, c.d, RADAPTER_F32, 1);
    const Matrix g = unit_rows(2, c.m, c.d, RADAPTER_F32, 1);
    Matrix losses(1, 3);
    Matrix d_f(c.n, c.d);
    Matrix d_g(c.m, c.d);
    report_speed(context, text("contrastive %lldx%lldx%lld", (long long)c.n, (long long)c.m, (long long)c.d),
                 time_call([&] { run(context, c, f, g, p, nullptr, &losses, &d_f, &d_g, nullptr); }),
                 8.0 * c.n * c.m * c.d, 0);
  }
}

/** Loss and gradient of rows of logits. */
double plain_cross_entropy(const Numbers& logits, int64_t classes, const std::vector<int32_t>& labels, double smoothing,
                           Numbers* gradient) {
  double loss = 0;
  const double rows = static_cast<double>(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    const Numbers z(logits.begin() + i * classes, logits.begin() + (i + 1) * classes);
    const double log_sum = log_sum_exp(z);
    for (int64_t j = 0; j < classes; ++j) {
      const double soft = (j == labels[i] ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
      loss -= soft * (z[j] - log_sum) / rows;
      gradient->push_back((exp(z[j] - log_sum) - soft) / rows);
    }
  }
  return loss;
}

void check_cross_entropy(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (double smoothing : {0.0, 0.1}) {
      for (const auto& shape : {std::pair<int64_t, int64_t>{1, 1}, {3, 7}, {5, 16}, {40, 1000}, {33, 257}}) {
        const int64_t rows = shape.first;
        const int64_t classes = shape.second;
        Matrix logits = Matrix::random(1, rows, classes, dtype, 2, 20);
        std::vector<int32_t> labels;
        for (int64_t i = 0; i < rows; ++i) {
          labels.push_back(static_cast<int32_t>(i * 31 % classes));
          if (i % 2 == 0) {
            logits.set(i, labels[i], 45);
          }
        }
        Numbers gradient;
        const double expected = plain_cross_entropy(logits.values(), classes, labels, smoothing, &gradient);
        if (rows == 3) {
          Numbers unused;
          expect(relative_error(gradient, differences(logits.values(),
                                                      [&](const Numbers& at) {
                                                        unused.clear();
                                                        return plain_cross_entropy(at, classes, labels, smoothing,
                                                                                   &unused);
                                                      })) < 1e-7,
                 "cross_entropy: the test's own gradient");
        }
        Matrix loss(1, 1);
        Matrix d(rows, classes, dtype, 1);
        const std::string what = text("cross_entropy [%lld, %lld] smoothing %g dtype %d", (long long)rows,
                                      (long long)classes, smoothing, dtype);
        const auto call = [&](Matrix* to) {
          return [&, to](radapter_context* context) {
            Workspace workspace(radapter_cross_entropy_workspace(context, rows, classes));
            return radapter_cross_entropy(context, nullptr, rows, classes, logits.data(), logits.ld(), dtype,
                                          placed(labels), smoothing, loss.floats(),
                                          to == nullptr ? nullptr : to->data(), to == nullptr ? 0 : to->ld(),
                                          workspace.data(), workspace.size());
          };
        };
        run_everywhere(machine, what, {&loss, &d}, {}, call(&d));
        expect_close(what, loss, {expected}, {expected});
        expect_close(what + " d_logits", d, gradient, gradient);
        run_everywhere(machine, what + " without gradient", {&loss}, {}, call(nullptr));
        expect_close(what, loss, {expected}, {expected});
        run_everywhere(machine, what + " in place", {&loss}, {&logits}, call(&logits));
        expect(logits.elements() == d.elements(), "%s: in place differs", what.c_str());
      }
    }
  }
  Matrix x = Matrix::random(1, 2, 4);
  const std::vector<int32_t> bad = {0, 4};
  Workspace workspace(64);
  if (machine.gpu) {
    Matrix loss(1, 1);
    run_everywhere(machine, "label", {&loss}, {}, [&](radapter_context* context) {
      return radapter_cross_entropy(context, nullptr, 2, 4, x.data(), 4, 0, placed(bad), 0, loss.floats(), nullptr, 0,
                                    workspace.data(), 64);
    });
    expect(isnan(loss.at(0, 0)), "a label out of range must give NaN");
    return;
  }
  expect_refused("label",
                 radapter_cross_entropy(machine.contexts[0], nullptr, 2, 4, x.data(), 4, 0, bad.data(), 0, x.floats(),
                                        nullptr, 0, workspace.data(), 64),
                 "labels[1]");
}

const Operator contrastive_operator("contrastive", check_contrastive, speed_contrastive);
const Operator cross_entropy_operator("cross_entropy", check_cross_entropy);

}  // namespace
}  // namespace radapter_test
