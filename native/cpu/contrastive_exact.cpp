// MPM-NCE in double. The score matrix [n, m] is formed kChunkRows rows at a time, twice: once for the sums over its
// rows and columns, once for the gradients. A column's sums follow its largest score from chunk to chunk, so that no
// exponential overflows whatever the features are.
#include <math.h>
#include <string.h>

#include <initializer_list>

#include "contrastive.h"
#include "contrastive_exact_kernels.h"
#include "operands.h"

namespace radapter {
namespace {

/** Rows of scores held at once: whole tiles and whole blocks of sums (see tile.h). */
constexpr int64_t kChunkRows = 144;
/** Rows of a task in the gradient to f. */
constexpr int64_t kRowGroup = 48;

/** The workspace, divided. */
struct Buffers {
  int64_t wide_m;
  int64_t wide_d;
  ScoreSums rows;
  ScoreSums columns;
  double* scores;       // [kChunkRows, wide_m]
  double* d_f;          // [kChunkRows, wide_d]
  double* d_g;          // [m, wide_d], for both sides
  double* scale_parts;  // [n]
  float* positive;      // [kChunkRows, wide_m]; then the gradient
  float* f;             // [kChunkRows, wide_d]
  double* f_double;     // the same
  float* packed;        // [threads, packed_floats]
  int64_t packed_floats;
};

size_t divide(void* workspace, Sides sides, int threads, int64_t n, int64_t m, int64_t d, Buffers* b) {
  Divider divider(workspace);
  const int64_t chunk = n < kChunkRows ? n : kChunkRows;
  b->wide_m = round_to(m, kPanel);
  b->wide_d = round_to(d, 16);
  b->packed_floats = kPanel * (3 * b->wide_d > kPanel ? 3 * b->wide_d : kPanel);
  for (double** part :
       {&b->rows.top, &b->rows.sum, &b->rows.positives, &b->rows.all, &b->rows.count, &b->scale_parts}) {
    divider.take(part, n);
  }
  for (double** part : {&b->columns.top, &b->columns.sum, &b->columns.positives, &b->columns.all, &b->columns.count}) {
    divider.take(part, b->wide_m);
  }
  divider.take(&b->scores, chunk * b->wide_m);
  divider.take(&b->d_f, chunk * b->wide_d);
  divider.take(&b->d_g, sides == Sides::kBoth ? m * b->wide_d : 0);
  divider.take(&b->positive, chunk * b->wide_m);
  divider.take(&b->f, chunk * b->wide_d);
  divider.take(&b->f_double, chunk * b->wide_d);
  divider.take(&b->packed, threads * b->packed_floats);
  return divider.used();
}

ScoreSums from(const ScoreSums& sums, int64_t index) {
  return {sums.top + index, sums.sum + index, sums.positives + index, sums.all + index, sums.count + index};
}

/** One call's way through the chunks. */
class Loss {
 public:
  Loss(radapter_context* context, const ContrastiveProblem& problem, const Buffers& buffers)
      : pool_(context->pool), kernels_(contrastive_exact_kernels(context->isa)), p_(problem), b_(buffers) {}

  void sums(float* losses);
  void gradients(void* d_f, int64_t lddf, void* d_g, int64_t lddg, float* d_log_scale);

  void summarise_rows(LineSummary* rows);
  void row_gradients(const LineSummary* rows, const LineSummary* columns, void* d_f, int64_t lddf, float* d_log_scale);

 private:
  int64_t rows_of(int64_t first) const { return p_.n - first < kChunkRows ? p_.n - first : kChunkRows; }
  void convert_rows(int64_t first);
  void mark_positives(int64_t first, int64_t rows, int64_t column, int64_t columns) const;
  void form_scores(int64_t first, bool with_sums);
  void sum_rows(int64_t first);
  double finish(const ScoreSums& sums, int64_t i, int64_t others) const;
  float mean_loss(const ScoreSums& sums, int64_t count, int64_t others) const;
  void take_sums(const ScoreSums& sums, const LineSummary* lines, int64_t count, int64_t others) const;
  void form_gradient(int64_t first);
  void gradient_to_f(int64_t first, void* d_f, int64_t lddf);
  void add_gradient_to_g(int64_t first);

  Pool* pool_;
  const ExactContrastiveKernels* kernels_;
  const ContrastiveProblem& p_;
  const Buffers& b_;
};

void Loss::convert_rows(int64_t first) {
  parallel_ranges(pool_, rows_of(first), row_grain(p_.d), [&](int64_t begin, int64_t end, int) {
    kernels_->widen(end - begin, p_.d, element(p_.f, first + begin, 0, p_.ldf, p_.dtype), p_.ldf, p_.dtype,
                    b_.f + begin * b_.wide_d, b_.f_double + begin * b_.wide_d, b_.wide_d);
  });
}

void Loss::mark_positives(int64_t first, int64_t rows, int64_t column, int64_t columns) const {
  float* positive = b_.positive + column;
  if (p_.row_labels != nullptr) {
    kernels_->mark_equal(rows, columns, p_.row_labels + first, p_.column_labels + column, positive, b_.wide_m);
    return;
  }
  for (int64_t i = 0; i < rows; ++i) {
    float* row = positive + i * b_.wide_m;
    memset(row, 0, columns * sizeof(float));
    const int32_t* at = p_.row_columns + p_.row_offsets[first + i];
    const int32_t* end = p_.row_columns + p_.row_offsets[first + i + 1];
    // The lists are sorted: skip to the panel by halves.
    for (int64_t count = end - at; count > 0;) {
      const int64_t half = count / 2;
      if (at[half] < column) {
        at += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    for (; at < end && *at < column + columns; ++at) {
      row[*at - column] = 1;
    }
  }
}

/** Scores and positives of a chunk, panel by panel, with the sums over its columns on the first visit. */
void Loss::form_scores(int64_t first, bool with_sums) {
  const int64_t rows = rows_of(first);
  convert_rows(first);
  parallel(pool_, divide_up(p_.m, kPanel), [&](int64_t task, int thread) {
    const int64_t column = task * kPanel;
    const int64_t columns = p_.m - column < kPanel ? p_.m - column : kPanel;
    const ScorePanel panel = {rows,   columns, p_.d, b_.f_double, b_.wide_d, element(p_.g, column, 0, p_.ldg, p_.dtype),
                              p_.ldg, p_.dtype};
    double* scores = b_.scores + column;
    const float* positive = b_.positive + column;
    kernels_->scores(&panel, b_.packed + thread * b_.packed_floats, scores, b_.wide_m);
    mark_positives(first, rows, column, columns);
    if (p_.margin != 0) {
      kernels_->add_margin(rows, columns, p_.margin, scores, positive, b_.wide_m);
    }
    if (with_sums) {
      const ScoreSums sums = from(b_.columns, column);
      kernels_->add_to_columns(rows, columns, p_.scale, scores, positive, b_.wide_m, &sums);
    }
  });
}

void Loss::sum_rows(int64_t first) {
  parallel_ranges(pool_, rows_of(first), divide_up(row_grain(p_.m), 8), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const ScoreSums sums = from(b_.rows, first + i);
      kernels_->sum_row(p_.m, p_.scale, b_.scores + i * b_.wide_m, b_.positive + i * b_.wide_m, &sums);
    }
  });
}

/** Turns the sums of line i into its log-sum and soft labels; returns its loss, logΣexp(z) - Σ ỹ z. */
double Loss::finish(const ScoreSums& sums, int64_t i, int64_t others) const {
  const SoftLabels soft = soft_labels(sums.count[i], others, p_.smoothing);
  const double log_sum = p_.scale * sums.top[i] + log(sums.sum[i]);
  const double labels = soft.positive * sums.positives[i] + soft.negative * (sums.all[i] - sums.positives[i]);
  sums.top[i] = log_sum;
  sums.positives[i] = soft.positive;
  sums.all[i] = soft.negative;
  return log_sum - p_.scale * labels;
}

float Loss::mean_loss(const ScoreSums& sums, int64_t count, int64_t others) const {
  double total = 0;
  for (int64_t i = 0; i < count; ++i) {
    total += finish(sums, i, others);
  }
  return static_cast<float>(total / static_cast<double>(count));
}

/** What finish leaves behind, of lines that were summed before. */
void Loss::take_sums(const ScoreSums& sums, const LineSummary* lines, int64_t count, int64_t others) const {
  for (int64_t i = 0; i < count; ++i) {
    const SoftLabels soft = soft_labels(lines[i].positives, others, p_.smoothing);
    sums.top[i] = lines[i].log_sum;
    sums.positives[i] = soft.positive;
    sums.all[i] = soft.negative;
  }
}

/** Sums over the rows alone. */
void Loss::summarise_rows(LineSummary* rows) {
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    form_scores(first, false);
    sum_rows(first);
  }
  for (int64_t i = 0; i < p_.n; ++i) {
    const double loss = finish(b_.rows, i, p_.m);
    rows[i] = {b_.rows.top[i], b_.rows.count[i], loss};
  }
}

/** Gradients to the rows, from sums over both sides. */
void Loss::row_gradients(const LineSummary* rows, const LineSummary* columns, void* d_f, int64_t lddf,
                         float* d_log_scale) {
  take_sums(b_.rows, rows, p_.n, p_.m);
  take_sums(b_.columns, columns, p_.m, p_.batch_rows);
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    form_scores(first, false);
    form_gradient(first);
    gradient_to_f(first, d_f, lddf);
  }
  for (int64_t i = 0; d_log_scale != nullptr && i < p_.n; ++i) {
    d_log_scale[i] = static_cast<float>(b_.scale_parts[i]);
  }
}

void Loss::sums(float* losses) {
  for (int64_t j = 0; j < b_.wide_m; ++j) {
    b_.columns.top[j] = -INFINITY;
    b_.columns.sum[j] = b_.columns.positives[j] = b_.columns.all[j] = b_.columns.count[j] = 0;
  }
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    form_scores(first, true);
    sum_rows(first);
  }
  losses[1] = mean_loss(b_.rows, p_.n, p_.m);
  losses[2] = mean_loss(b_.columns, p_.m, p_.n);
  losses[0] = 0.5f * (losses[1] + losses[2]);
}

void Loss::form_gradient(int64_t first) {
  parallel_ranges(pool_, rows_of(first), divide_up(row_grain(p_.m), 8), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = first + i;
      const GradientRow gradient = {p_.m,
                                    p_.scale,
                                    0.5 / static_cast<double>(p_.batch_rows),
                                    0.5 / static_cast<double>(p_.m),
                                    b_.rows.top[row],
                                    b_.rows.positives[row],
                                    b_.rows.all[row]};
      b_.scale_parts[row] =
          kernels_->gradient_row(&gradient, b_.scores + i * b_.wide_m, &b_.columns, b_.positive + i * b_.wide_m);
    }
  });
}

void Loss::gradient_to_f(int64_t first, void* d_f, int64_t lddf) {
  const int64_t rows = rows_of(first);
  const int64_t panels = divide_up(p_.d, kPanel);
  parallel(pool_, divide_up(rows, kRowGroup) * panels, [&](int64_t task, int thread) {
    const int64_t begin = task / panels * kRowGroup;
    const int64_t count = rows - begin < kRowGroup ? rows - begin : kRowGroup;
    const int64_t column = task % panels * kPanel;
    const int64_t columns = p_.d - column < kPanel ? p_.d - column : kPanel;
    double* sums = b_.d_f + begin * b_.wide_d + column;
    for (int64_t i = 0; i < count; ++i) {
      memset(sums + i * b_.wide_d, 0, round_to(columns, 16) * sizeof(double));
    }
    for (int64_t j = 0; j < p_.m; j += kPanel) {
      kernels_->multiply_rows(count, p_.m - j < kPanel ? p_.m - j : kPanel, columns,
                              b_.positive + begin * b_.wide_m + j, b_.wide_m,
                              element(p_.g, j, column, p_.ldg, p_.dtype), p_.ldg, p_.dtype,
                              b_.packed + thread * b_.packed_floats, sums, b_.wide_d);
    }
    for (int64_t i = 0; i < count; ++i) {
      kernels_->store_rounded(columns, sums + i * b_.wide_d, element(d_f, first + begin + i, column, lddf, p_.dtype),
                              p_.dtype);
    }
  });
}

void Loss::add_gradient_to_g(int64_t first) {
  const int64_t rows = rows_of(first);
  const int64_t panels = divide_up(p_.d, kPanel);
  parallel(pool_, divide_up(p_.m, kRowGroup) * panels, [&](int64_t task, int) {
    const int64_t begin = task / panels * kRowGroup;
    const int64_t count = p_.m - begin < kRowGroup ? p_.m - begin : kRowGroup;
    const int64_t column = task % panels * kPanel;
    const int64_t columns = p_.d - column < kPanel ? p_.d - column : kPanel;
    double* sums = b_.d_g + begin * b_.wide_d + column;
    if (first == 0) {
      for (int64_t i = 0; i < count; ++i) {
        memset(sums + i * b_.wide_d, 0, round_to(columns, 16) * sizeof(double));
      }
    }
    kernels_->multiply_columns(rows, count, columns, b_.positive + begin, b_.wide_m, b_.f + column, b_.wide_d, sums,
                               b_.wide_d);
  });
}

void Loss::gradients(void* d_f, int64_t lddf, void* d_g, int64_t lddg, float* d_log_scale) {
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    if (p_.n > kChunkRows) {
      form_scores(first, false);
    }
    form_gradient(first);
    if (d_f != nullptr) {
      gradient_to_f(first, d_f, lddf);
      add_gradient_to_g(first);
    }
  }
  if (d_g != nullptr) {
    parallel_ranges(pool_, p_.m, row_grain(p_.d), [&](int64_t begin, int64_t end, int) {
      for (int64_t j = begin; j < end; ++j) {
        kernels_->store_rounded(p_.d, b_.d_g + j * b_.wide_d, element(d_g, j, 0, lddg, p_.dtype), p_.dtype);
      }
    });
  }
  if (d_log_scale != nullptr) {
    double total = 0;
    for (int64_t i = 0; i < p_.n; ++i) {
      total += b_.scale_parts[i];
    }
    d_log_scale[0] = static_cast<float>(total);
  }
}

}  // namespace

size_t contrastive_exact_workspace(int threads, int64_t n, int64_t m, int64_t d) {
  Buffers buffers;
  return divide(nullptr, Sides::kBoth, threads, n, m, d, &buffers);
}

void contrastive_exact(radapter_context* context, const ContrastiveProblem& problem, const ContrastiveResults& results,
                       void* workspace) {
  Buffers buffers;
  divide(workspace, Sides::kBoth, pool_threads(context->pool), problem.n, problem.m, problem.d, &buffers);
  Loss loss(context, problem, buffers);
  loss.sums(results.losses);
  if (results.d_f != nullptr || results.d_log_scale != nullptr) {
    loss.gradients(results.d_f, results.lddf, results.d_g, results.lddg, results.d_log_scale);
  }
}

size_t contrastive_exact_rows_workspace(int threads, int64_t n, int64_t m, int64_t d) {
  Buffers buffers;
  return divide(nullptr, Sides::kRows, threads, n, m, d, &buffers);
}

void contrastive_exact_row_sums(radapter_context* context, const ContrastiveProblem& problem, LineSummary* rows,
                                void* workspace) {
  Buffers buffers;
  divide(workspace, Sides::kRows, pool_threads(context->pool), problem.n, problem.m, problem.d, &buffers);
  Loss(context, problem, buffers).summarise_rows(rows);
}

void contrastive_exact_row_gradients(radapter_context* context, const ContrastiveProblem& problem,
                                     const LineSummary* rows, const LineSummary* columns, void* d_f, int64_t lddf,
                                     float* d_log_scale, void* workspace) {
  Buffers buffers;
  divide(workspace, Sides::kRows, pool_threads(context->pool), problem.n, problem.m, problem.d, &buffers);
  Loss(context, problem, buffers).row_gradients(rows, columns, d_f, lddf, d_log_scale);
}

}  // namespace radapter
