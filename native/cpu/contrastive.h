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

size_t contrastive_fast_workspace(int64_t n, int64_t m, int64_t d);
/** Bytes of the scores that contrastive_fast can keep between its passes. */
size_t contrastive_scores_bytes(int64_t n, int64_t m);
/**
 * `scores` is memory for all scores, or NULL: then they are formed twice, to the same bits. Returns whether the
 * exponentials stayed within fp32; if not, nothing was written to the results.
 */
bool contrastive_fast(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives,
                      const ContrastiveResults& results, void* workspace, float* scores);

}  // namespace radapter

#endif
