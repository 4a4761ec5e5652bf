// The entry points of the contrastive loss, and the choice between its two forms.
#include "contrastive.h"

#include <math.h>
#include <string.h>

#include <algorithm>

using namespace radapter;

namespace {

/** A batch of no more pairs takes the exact form: it costs a fraction of a millisecond. */
constexpr int64_t kExactPairs = 1024;

/** The workspace that finds the positives. */
struct PositiveBuffers {
  uint64_t* keys;
  int32_t* order;
  int64_t* begin;
  int32_t* row_count;
  int32_t* column_count;
};

size_t divide(void* workspace, int64_t n, int64_t m, PositiveBuffers* b) {
  Divider divider(workspace);
  divider.take(&b->keys, m);
  divider.take(&b->order, m);
  divider.take(&b->begin, n);
  divider.take(&b->row_count, n);
  divider.take(&b->column_count, m);
  return divider.used();
}

int check_lists(const char* function, const ContrastiveProblem& p) {
  for (int64_t i = 0; i < p.n; ++i) {
    if (p.row_offsets[i] < 0 || p.row_offsets[i + 1] < p.row_offsets[i]) {
      return fail(RADAPTER_INVALID_ARGUMENT, function, "row_offsets must not be negative nor decrease, see row %lld",
                  (long long)i);
    }
    for (int64_t at = p.row_offsets[i]; at < p.row_offsets[i + 1]; ++at) {
      const int32_t column = p.row_columns[at];
      if (column < 0 || column >= p.m || (at > p.row_offsets[i] && column <= p.row_columns[at - 1])) {
        return fail(RADAPTER_INVALID_ARGUMENT, function,
                    "row_columns of row %lld must increase and lie in [0, %lld), see %d", (long long)i, (long long)p.m,
                    (int)column);
      }
    }
  }
  return RADAPTER_OK;
}

uint64_t sort_key(int32_t label, uint32_t index) {
  return static_cast<uint64_t>(static_cast<uint32_t>(label)) << 32 | index;
}

/** Columns sorted by label: a row's positives are a run of them. */
void find_by_labels(const ContrastiveProblem& p, const PositiveBuffers& b) {
  for (int64_t j = 0; j < p.m; ++j) {
    b.keys[j] = sort_key(p.column_labels[j], static_cast<uint32_t>(j));
    b.column_count[j] = 0;
  }
  uint64_t* const end = b.keys + p.m;
  std::sort(b.keys, end);
  for (int64_t at = 0; at < p.m; ++at) {
    b.order[at] = static_cast<int32_t>(b.keys[at] & 0xffffffff);
  }
  for (int64_t i = 0; i < p.n; ++i) {
    const uint64_t* first = std::lower_bound(b.keys, end, sort_key(p.row_labels[i], 0));
    const uint64_t* last = std::upper_bound(b.keys, end, sort_key(p.row_labels[i], 0xffffffff));
    b.begin[i] = first - b.keys;
    b.row_count[i] = static_cast<int32_t>(last - first);
    if (first != last) {
      ++b.column_count[b.order[b.begin[i]]];
    }
  }
  // So far only a label's first column knows its rows.
  for (int64_t at = 1; at < p.m; ++at) {
    if (b.keys[at] >> 32 == b.keys[at - 1] >> 32) {
      b.column_count[b.order[at]] = b.column_count[b.order[at - 1]];
    }
  }
}

void count_lists(const ContrastiveProblem& p, const PositiveBuffers& b) {
  memset(b.column_count, 0, p.m * sizeof(int32_t));
  for (int64_t i = 0; i < p.n; ++i) {
    b.row_count[i] = static_cast<int32_t>(p.row_offsets[i + 1] - p.row_offsets[i]);
    for (int64_t at = p.row_offsets[i]; at < p.row_offsets[i + 1]; ++at) {
      ++b.column_count[p.row_columns[at]];
    }
  }
}

int check_counts(const char* function, const char* name, const int32_t* counts, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (counts[i] == 0) {
      return fail(RADAPTER_INVALID_ARGUMENT, function, "%s %lld has no positive", name, (long long)i);
    }
  }
  return RADAPTER_OK;
}

/** Of each row at least one; `column_count` counts the rows of the call. */
int find_positives(const char* function, const ContrastiveProblem& p, const PositiveBuffers& b, Positives* found) {
  if (p.row_labels != nullptr) {
    find_by_labels(p, b);
    *found = {b.order, b.begin, b.row_count, b.column_count};
  } else {
    RADAPTER_TRY(check_lists(function, p));
    count_lists(p, b);
    *found = {p.row_columns, p.row_offsets, b.row_count, b.column_count};
  }
  return check_counts(function, "row", b.row_count, p.n);
}

size_t least_workspace(int threads, int64_t n, int64_t m, int64_t d) {
  PositiveBuffers buffers;
  const size_t exact = contrastive_exact_workspace(threads, n, m, d);
  const size_t fast = n * m <= kExactPairs ? 0 : contrastive_fast_workspace(n, m, d);
  return divide(nullptr, n, m, &buffers) + (exact > fast ? exact : fast);
}

size_t full_workspace(int threads, int64_t n, int64_t m, int64_t d) {
  return least_workspace(threads, n, m, d) + (n * m <= kExactPairs ? 0 : contrastive_scores_bytes(n, m));
}

size_t rows_workspace(int threads, int64_t batch_rows, int64_t n, int64_t m, int64_t d) {
  PositiveBuffers buffers;
  const size_t exact = contrastive_exact_rows_workspace(threads, n, m, d);
  const size_t fast = batch_rows * m <= kExactPairs ? 0 : contrastive_fast_rows_workspace(n, m, d);
  return divide(nullptr, n, m, &buffers) + (exact > fast ? exact : fast);
}

/** The same with rows [first, first + count) alone. */
ContrastiveProblem rows_of(const ContrastiveProblem& p, int64_t first, int64_t count) {
  ContrastiveProblem rows = p;
  rows.n = count;
  rows.f = element(p.f, first, 0, p.ldf, p.dtype);
  if (p.row_labels != nullptr) {
    rows.row_labels = p.row_labels + first;
  } else {
    rows.row_offsets = p.row_offsets + first;
  }
  return rows;
}

int check_sums(const char* function, const char* name, const ContrastiveProblem& problem, const LineSummary* lines,
               int64_t count) {
  const int64_t beyond = contrastive_fast_beyond(problem, lines, count);
  if (beyond < count) {
    return fail(RADAPTER_INVALID_ARGUMENT, function,
                "the sum of %s %lld has left fp32: form all row_sums and column_sums again with exact 1", name,
                (long long)beyond);
  }
  return RADAPTER_OK;
}

float mean_loss(const LineSummary* lines, int64_t count) {
  double total = 0;
  for (int64_t i = 0; i < count; ++i) {
    total += lines[i].loss;
  }
  return static_cast<float>(total / static_cast<double>(count));
}

static_assert(sizeof(LineSummary) == 3 * sizeof(double), "a line of row_sums is three numbers");

bool describes_loss(const radapter_context* context, int64_t n, int64_t m, int64_t d) {
  return context != nullptr && n > 0 && m > 0 && d > 0;
}

}  // namespace

size_t cpu::contrastive_workspace(const radapter_context* context, int64_t n, int64_t m, int64_t d) {
  return describes_loss(context, n, m, d) ? least_workspace(pool_threads(context->pool), n, m, d) : 0;
}

size_t cpu::contrastive_full_workspace(const radapter_context* context, int64_t n, int64_t m, int64_t d) {
  return describes_loss(context, n, m, d) ? full_workspace(pool_threads(context->pool), n, m, d) : 0;
}

int cpu::contrastive(radapter_context* context, CUstream_st*, int64_t n, int64_t m, int64_t d, const void* f,
                     int64_t ldf, const void* g, int64_t ldg, int dtype, const int32_t* row_labels,
                     const int32_t* column_labels, const int64_t* row_offsets, const int32_t* row_columns,
                     const int64_t*, const int32_t*, double scale, const float* log_scale, double margin,
                     double smoothing, float* losses, void* d_f, int64_t lddf, void* d_g, int64_t lddg,
                     float* d_log_scale, void* workspace, size_t workspace_bytes) {
  const double factor = log_scale == nullptr ? scale : exp(static_cast<double>(log_scale[0]));
  RADAPTER_REQUIRE(factor > 0 && isfinite(factor), "scale is %g, must be positive and finite", factor);
  const ContrastiveProblem problem = {
      n,           n,           m,      d,      f,        ldf, g, ldg, dtype, row_labels, column_labels,
      row_offsets, row_columns, factor, margin, smoothing};
  const ContrastiveResults results = {losses, d_f, lddf, d_g, lddg, d_log_scale};
  ContextLock lock(context);
  const int threads = pool_threads(context->pool);
  PositiveBuffers buffers;
  char* const rest = static_cast<char*>(workspace) + divide(workspace, n, m, &buffers);
  Positives positives;
  RADAPTER_TRY(find_positives(__func__, problem, buffers, &positives));
  RADAPTER_TRY(check_counts(__func__, "column", buffers.column_count, m));
  float* scores = nullptr;
  if (workspace_bytes >= full_workspace(threads, n, m, d)) {
    scores = reinterpret_cast<float*>(static_cast<char*>(workspace) + least_workspace(threads, n, m, d));
  }
  if (n * m <= kExactPairs || !contrastive_fast(context, problem, positives, results, rest, scores)) {
    contrastive_exact(context, problem, results, rest);
  }
  return RADAPTER_OK;
}

size_t cpu::contrastive_rows_workspace(const radapter_context* context, int64_t n, int64_t m, int64_t d,
                                       int64_t count) {
  return describes_loss(context, n, m, d) && count > 0 ? rows_workspace(pool_threads(context->pool), n, count, m, d)
                                                       : 0;
}

int cpu::contrastive_row_sums(radapter_context* context, CUstream_st*, int64_t n, int64_t m, int64_t d, const void* f,
                              int64_t ldf, const void* g, int64_t ldg, int dtype, const int32_t* row_labels,
                              const int32_t* column_labels, const int64_t* row_offsets, const int32_t* row_columns,
                              double scale, const float* log_scale, double margin, double smoothing, int64_t first,
                              int64_t count, int exact, double* row_sums, void* workspace, size_t) {
  const double factor = log_scale == nullptr ? scale : exp(static_cast<double>(log_scale[0]));
  RADAPTER_REQUIRE(factor > 0 && isfinite(factor), "scale is %g, must be positive and finite", factor);
  const ContrastiveProblem problem = rows_of({n, n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels, row_offsets,
                                              row_columns, factor, margin, smoothing},
                                             first, count);
  auto* const rows = reinterpret_cast<LineSummary*>(row_sums);
  ContextLock lock(context);
  PositiveBuffers buffers;
  char* const rest = static_cast<char*>(workspace) + divide(workspace, count, m, &buffers);
  Positives positives;
  RADAPTER_TRY(find_positives(__func__, problem, buffers, &positives));
  if (exact != 0 || n * m <= kExactPairs) {
    contrastive_exact_row_sums(context, problem, rows, rest);
  } else {
    contrastive_fast_row_sums(context, problem, positives, rows, rest);
  }
  return RADAPTER_OK;
}

int cpu::contrastive_row_gradients(radapter_context* context, CUstream_st*, int64_t n, int64_t m, int64_t d,
                                   const void* f, int64_t ldf, const void* g, int64_t ldg, int dtype,
                                   const int32_t* row_labels, const int32_t* column_labels, const int64_t* row_offsets,
                                   const int32_t* row_columns, double scale, const float* log_scale, double margin,
                                   double smoothing, int64_t first, int64_t count, int exact, const double* row_sums,
                                   const double* column_sums, float* losses, void* d_f, int64_t lddf,
                                   float* d_log_scale, void* workspace, size_t) {
  const double factor = log_scale == nullptr ? scale : exp(static_cast<double>(log_scale[0]));
  RADAPTER_REQUIRE(factor > 0 && isfinite(factor), "scale is %g, must be positive and finite", factor);
  const ContrastiveProblem problem = rows_of({n, n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels, row_offsets,
                                              row_columns, factor, margin, smoothing},
                                             first, count);
  const auto* const rows = reinterpret_cast<const LineSummary*>(row_sums);
  const auto* const columns = reinterpret_cast<const LineSummary*>(column_sums);
  ContextLock lock(context);
  PositiveBuffers buffers;
  char* const rest = static_cast<char*>(workspace) + divide(workspace, count, m, &buffers);
  Positives positives;
  RADAPTER_TRY(find_positives(__func__, problem, buffers, &positives));
  if (exact != 0 || n * m <= kExactPairs) {
    contrastive_exact_row_gradients(context, problem, rows + first, columns, d_f, lddf, d_log_scale, rest);
  } else {
    RADAPTER_TRY(check_sums(__func__, "row", problem, rows, n));
    RADAPTER_TRY(check_sums(__func__, "column", problem, columns, m));
    contrastive_fast_row_gradients(context, problem, positives, rows + first, columns, d_f, lddf, d_log_scale, rest);
  }
  if (losses != nullptr) {
    losses[1] = mean_loss(rows, n);
    losses[2] = mean_loss(columns, m);
    losses[0] = 0.5f * (losses[1] + losses[2]);
  }
  return RADAPTER_OK;
}
