// MPM-NCE and InfoNCE in two forms: a fast one in fp32, whose products are whole matrix products, and an exact one in
// double, which takes any features. See contrastive.cpp for the choice.
#ifndef RADAPTER_CPU_CONTRASTIVE_H
#define RADAPTER_CPU_CONTRASTIVE_H

#include "context.h"
#include "operands.h"

namespace radapter {

inline int64_t round_to(int64_t a, int64_t b) { return divide_up(a, b) * b; }

/** What the call was given. */
struct ContrastiveProblem {
  /** Rows of the whole batch, of which the n that f holds may be some. */
  int64_t batch_rows;
  int64_t n;
  int64_t m;
  int64_t d;
  const void* f;
  int64_t ldf;
  const void* g;
  int64_t ldg;
  int dtype;
  const int32_t* row_labels;
  const int32_t* column_labels;
  const int64_t* row_offsets;
  const int32_t* row_columns;
  double scale;
  double margin;
  double smoothing;
};

/** What it wants; see radapter_contrastive for what may be NULL. */
struct ContrastiveResults {
  float* losses;
  void* d_f;
  int64_t lddf;
  void* d_g;
  int64_t lddg;
  float* d_log_scale;
};

/** The soft labels of a line's positives and of its negatives. */
struct SoftLabels {
  double positive;
  double negative;
};

/** Labels of a line of `others` scores. Without negatives nothing is taken from the positives. */
inline SoftLabels soft_labels(double positives, int64_t others, double smoothing) {
  const double negatives = static_cast<double>(others) - positives;
  return negatives == 0 ? SoftLabels{1 / positives, 0} : SoftLabels{(1 - smoothing) / positives, smoothing / negatives};
}

/** What the gradients of one row need of the others: an element of row_sums, see radapter_contrastive_row_sums. */
struct LineSummary {
  double log_sum;
  double positives;
  double loss;
};

/** What a call works for: gradients to both sides, or to its rows alone. */
enum class Sides { kBoth, kRows };

/** The positives of row i: columns[begin[i]] …, row_count[i] of them, in increasing order. */
struct Positives {
  const int32_t* columns;
  const int64_t* begin;
  const int32_t* row_count;
  const int32_t* column_count;
};

/** Hands out parts of a workspace; with a NULL base it only counts. */
class Divider {
 public:
  explicit Divider(void* base) : base_(static_cast<char*>(base)) {}
  template <typename T>
  void take(T** part, int64_t count) {
    *part = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    used_ += round_to_line(count * sizeof(T));
  }
  size_t used() const { return used_; }

 private:
  char* base_;
  size_t used_ = 0;
};

size_t contrastive_exact_workspace(int threads, int64_t n, int64_t m, int64_t d);
void contrastive_exact(radapter_context* context, const ContrastiveProblem& problem, const ContrastiveResults& results,
                       void* workspace);

/** Bytes for the two functions that follow, which work on n rows and leave gradients to g alone. */
size_t contrastive_exact_rows_workspace(int threads, int64_t n, int64_t m, int64_t d);
void contrastive_exact_row_sums(radapter_context* context, const ContrastiveProblem& problem, LineSummary* rows,
                                void* workspace);
/** d_log_scale [n] nullable. */
void contrastive_exact_row_gradients(radapter_context* context, const ContrastiveProblem& problem,
                                     const LineSummary* rows, const LineSummary* columns, void* d_f, int64_t lddf,
                                     float* d_log_scale, void* workspace);

size_t contrastive_fast_workspace(int64_t n, int64_t m, int64_t d);
/** Bytes of the scores that contrastive_fast can keep between its passes. */
size_t contrastive_scores_bytes(int64_t n, int64_t m);
/**
 * `scores` is memory for all scores, or NULL: then they are formed twice, to the same bits. Returns whether the
 * exponentials stayed within fp32; if not, nothing was written to the results.
 */
bool contrastive_fast(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives,
                      const ContrastiveResults& results, void* workspace, float* scores);

/** Bytes for the two functions that follow, which work on n rows and leave gradients to g alone. */
size_t contrastive_fast_rows_workspace(int64_t n, int64_t m, int64_t d);
/** Of a row whose sum left fp32, log_sum is NaN. */
void contrastive_fast_row_sums(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives,
                               LineSummary* rows, void* workspace);
/** The first line whose exponentials leave fp32; `count` if there is none. */
int64_t contrastive_fast_beyond(const ContrastiveProblem& problem, const LineSummary* lines, int64_t count);
/** d_log_scale [n] nullable. */
void contrastive_fast_row_gradients(radapter_context* context, const ContrastiveProblem& problem,
                                    const Positives& positives, const LineSummary* rows, const LineSummary* columns,
                                    void* d_f, int64_t lddf, float* d_log_scale, void* workspace);

}  // namespace radapter

#endif
