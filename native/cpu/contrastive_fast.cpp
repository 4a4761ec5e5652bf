// MPM-NCE in fp32, made of matrix products.
//
// Features are unit rows, so exp(score - reference) with one reference for all keeps within the range of fp32 and
// serves rows and columns alike. First pass: the sums of the exponentials over rows and over columns. Second pass:
// gradients to the scores, kChunkRows rows at a time, and their products with the features. The margin is added to
// every score by the product that forms it, and taken off again at the positives.
//
// The gradient at a positive is formed in double from the exponential that went into the sums, and before anything is
// rounded to bf16: of a pair that is well learned little is left but the difference.
// Sums run over tiles in an order that follows from the shape.
#include <math.h>
#include <string.h>

#include <utility>

#include "contrastive.h"
#include "contrastive_kernels.h"
#include "gemm.h"

namespace radapter {
namespace {

/** Rows of gradients that are held and multiplied at once. */
constexpr int64_t kChunkRows = 768;
/** Rows of scores that are formed at once: they stay in the second-level cache. */
constexpr int64_t kBlockRows = 192;
/** Columns of a task, by the number of columns; multiples of kWidestPanel. */
constexpr int64_t kMostTileColumns = 256;
constexpr int64_t kLeastTileColumns = 64;
constexpr int64_t kTilesWanted = 8;
/** The largest score becomes exp(80) or less: room for the sum of many such. */
constexpr double kTop = 80;
/** Sums beyond these bounds are left to the exact form: terms may have left the range of fp32. */
constexpr double kLeastSum = 1e-28;
constexpr double kMostSum = 1e36;
static_assert(kBlockRows * kMostTileColumns * sizeof(float) <= kThreadScratchBytes, "a tile's positives must fit");
constexpr double kLog2 = 0.6931471805599453;

int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t tile_columns(int64_t m) {
  const int64_t columns = round_to(divide_up(m, kTilesWanted), kWidestPanel);
  return columns < kLeastTileColumns ? kLeastTileColumns : least(columns, kMostTileColumns);
}

/** An odd number of cache lines: columns of a tile then fall into different sets of the cache. */
int64_t row_length(int64_t m) { return divide_up(m, 16) / 2 * 32 + 16; }

/** Of each row, or each column, of the score matrix. */
struct Line {
  /** Σ 2^score; Σ score over positives; a positive's label. */
  double* sum;
  double* positives;
  double* label;
  /** See GradientTerms. */
  float* weight;
  float* shift;
};

struct Buffers {
  int64_t ld;
  int64_t tile_columns;
  int64_t tiles;
  Line rows;
  Line columns;
  /** [tiles, kChunkRows] each. */
  double* sums;
  double* positives;
  double* scale_parts;  // [n]
  double* total;        // [d]
  float* offset;        // [m]
  float* score_panels;  // gᵀ
  float* g_panels;      // g
  float* d_g;           // [m, d], for both sides
  float* block;         // [kBlockRows, ld]
  float* chunk;         // [kChunkRows, ld]
};

size_t divide(void* workspace, Sides sides, int64_t n, int64_t m, int64_t d, Buffers* b) {
  Divider divider(workspace);
  b->ld = row_length(m);
  b->tile_columns = tile_columns(m);
  b->tiles = divide_up(m, b->tile_columns);
  for (auto& line : {std::pair<Line*, int64_t>{&b->rows, n}, {&b->columns, m}}) {
    divider.take(&line.first->sum, line.second);
    divider.take(&line.first->positives, line.second);
    divider.take(&line.first->label, line.second);
    divider.take(&line.first->weight, line.second);
    divider.take(&line.first->shift, line.second);
  }
  divider.take(&b->sums, b->tiles * kChunkRows);
  divider.take(&b->positives, b->tiles * kChunkRows);
  divider.take(&b->scale_parts, n);
  divider.take(&b->total, d);
  divider.take(&b->offset, m);
  divider.take(&b->score_panels, gemm_panel_words(m, d));
  divider.take(&b->g_panels, gemm_panel_words(d, m));
  divider.take(&b->d_g, sides == Sides::kBoth ? m * d : 0);
  divider.take(&b->block, least(n, kBlockRows) * b->ld);
  divider.take(&b->chunk, least(n, kChunkRows) * b->ld);
  return divider.used();
}

/** What is taken off all scores, in nats. */
double reference_of(const ContrastiveProblem& p) {
  const double top = p.scale * (1 + (p.margin > 0 ? p.margin : 0));
  return top > kTop ? top - kTop : 0;
}

class Loss {
 public:
  Loss(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives, const Buffers& buffers,
       float* kept);

  bool sums();
  void losses(float* losses);
  void gradients(const ContrastiveResults& results);

  void summarise_rows(LineSummary* rows);
  void take_sums(const LineSummary* rows, const LineSummary* columns);
  void row_gradients(void* d_f, int64_t lddf, float* d_log_scale);

 private:
  /** Rows [row, row + rows) and columns [column, column + columns) of the scores. */
  struct Part {
    int64_t row;
    int64_t rows;
    int64_t column;
    int64_t columns;
    float* scores;
  };

  Part part_of(int64_t row, int64_t rows, int64_t tile, float* from) const;
  ScoreTile tile_of(const Part& part) const { return {part.rows, part.columns, part.scores, b_.ld}; }
  template <typename Body>
  void at_positives(const Part& part, Body&& body) const;
  void form_scores(const Part& part, int thread);
  void sum_part(const Part& part, double* sums, double* positives);
  void add_parts(int64_t first, int64_t rows, const double* parts, double* sums);
  void add_other_side(int64_t others, const void* y, int64_t ldy);
  double loss_of(const Line& line, int64_t i, double positives, int64_t others, const void* x, int64_t ldx) const;
  void weigh(const Line& line, int64_t i, double positives, int64_t others, double weight) const;
  double finish(const Line& line, const int32_t* counts, int64_t count, int64_t others, double weight, const void* x,
                int64_t ldx, const void* y, int64_t ldy);
  /** What a score times its gradient, as they are held, is worth in the gradient to log(scale). */
  double gradient_unit() const { return kLog2 / (2 * static_cast<double>(p_.batch_rows)); }
  void form_gradients(int64_t first, int64_t rows);
  float positive_gradient(int64_t i, int64_t j, float score) const;
  void gradients_of_part(const Part& part, int64_t first, int thread);
  GemmOperand gradient_rows(int64_t first) const;
  void multiply_by_g(int64_t first, int64_t rows, const ContrastiveResults& results);
  void multiply_by_f(int64_t first, int64_t rows, const ContrastiveResults& results);

  radapter_context* context_;
  const ContrastiveKernels* kernels_;
  const ContrastiveProblem& p_;
  const Positives& positives_;
  const Buffers& b_;
  float* kept_;
  /** score = factor·⟨f, g⟩ + offset, less step for a positive. */
  float factor_;
  float offset_;
  float step_;
  /** That of `kTop`, in nats. */
  double reference_;
  /** What a column's mean counts beside a row's. */
  double column_weight_;
  GemmProblem product_;
};

Loss::Loss(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives,
           const Buffers& buffers, float* kept)
    : context_(context),
      kernels_(contrastive_kernels(context->isa)),
      p_(problem),
      positives_(positives),
      b_(buffers),
      kept_(kept) {
  reference_ = reference_of(p_);
  factor_ = static_cast<float>(p_.scale / kLog2);
  offset_ = static_cast<float>((p_.scale * p_.margin - reference_) / kLog2);
  step_ = static_cast<float>(p_.scale * p_.margin / kLog2);
  column_weight_ = static_cast<double>(p_.batch_rows) / static_cast<double>(p_.m);
  for (int64_t j = 0; j < p_.m; ++j) {
    b_.offset[j] = offset_;
  }
  product_.n = p_.m;
  product_.k = p_.d;
  product_.a = {p_.f, p_.ldf, p_.dtype, false};
  product_.b = {p_.g, p_.ldg, p_.dtype, true};
  product_.epilogue.coefficient = factor_;
  product_.epilogue.bias = b_.offset;
  product_.epilogue.ldc = b_.ld;
  gemm_pack(context_, &product_, b_.score_panels);
}

Loss::Part Loss::part_of(int64_t row, int64_t rows, int64_t tile, float* from) const {
  const int64_t column = tile * b_.tile_columns;
  return {row, rows, column, least(b_.tile_columns, p_.m - column), from + column};
}

/** Calls body(i, j, score) for every positive of the part. */
template <typename Body>
void Loss::at_positives(const Part& part, Body&& body) const {
  for (int64_t i = 0; i < part.rows; ++i) {
    const int64_t row = part.row + i;
    const int32_t* at = positives_.columns + positives_.begin[row];
    const int32_t* end = at + positives_.row_count[row];
    // They increase: skip to the part by halves.
    for (int64_t count = end - at; count > 0;) {
      const int64_t half = count / 2;
      if (at[half] < part.column) {
        at += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    float* const scores = part.scores + i * b_.ld;
    for (; at < end && *at < part.column + part.columns; ++at) {
      body(row, *at, scores + (*at - part.column));
    }
  }
}

/** Scores, without margin at the positives. */
void Loss::form_scores(const Part& part, int thread) {
  GemmProblem product = product_;
  product.m = part.rows;
  product.a.data = element(p_.f, part.row, 0, p_.ldf, p_.dtype);
  product.epilogue.c = part.scores - part.column;
  gemm_tile(context_, product, 0, product.m, part.column, part.column + part.columns, thread);
  if (step_ != 0) {
    at_positives(part, [&](int64_t, int64_t, float* score) { *score -= step_; });
  }
}

void Loss::sum_part(const Part& part, double* sums, double* positives) {
  memset(positives, 0, part.rows * sizeof(double));
  at_positives(part, [&](int64_t i, int64_t j, const float* score) {
    positives[i - part.row] += *score;
    b_.columns.positives[j] += *score;
  });
  const ScoreTile tile = tile_of(part);
  kernels_->sum_exponentials(&tile, sums, b_.columns.sum + part.column);
}

/** sums[first + i] = Σ parts[·, i] over tiles. */
void Loss::add_parts(int64_t first, int64_t rows, const double* parts, double* sums) {
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (int64_t tile = 0; tile < b_.tiles; ++tile) {
      sum += parts[tile * kChunkRows + i];
    }
    sums[first + i] = sum;
  }
}

bool within_bounds(double sum) { return sum > kLeastSum && sum < kMostSum; }

bool within_bounds(const double* sums, int64_t count) {
  bool within = true;
  for (int64_t i = 0; i < count; ++i) {
    within = within && within_bounds(sums[i]);
  }
  return within;
}

/** The first pass. Returns whether the exponentials kept within fp32. */
bool Loss::sums() {
  memset(b_.columns.sum, 0, p_.m * sizeof(double));
  memset(b_.columns.positives, 0, p_.m * sizeof(double));
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    const int64_t rows = least(kChunkRows, p_.n - first);
    parallel(context_->pool, b_.tiles, [&](int64_t tile, int thread) {
      for (int64_t row = 0; row < rows; row += kBlockRows) {
        float* const to = kept_ == nullptr ? b_.block : kept_ + (first + row) * b_.ld;
        const Part part = part_of(first + row, least(kBlockRows, rows - row), tile, to);
        form_scores(part, thread);
        sum_part(part, b_.sums + tile * kChunkRows + row, b_.positives + tile * kChunkRows + row);
      }
    });
    add_parts(first, rows, b_.sums, b_.rows.sum);
    add_parts(first, rows, b_.positives, b_.rows.positives);
  }
  return within_bounds(b_.rows.sum, p_.n) && within_bounds(b_.columns.sum, p_.m);
}

/** total = Σ y over all of the other side, for the labels of negatives. */
void Loss::add_other_side(int64_t others, const void* y, int64_t ldy) {
  if (p_.smoothing != 0) {
    parallel_ranges(context_->pool, p_.d, 16, [&](int64_t begin, int64_t end, int) {
      kernels_->sum_rows(others, end - begin, element(y, 0, begin, ldy, p_.dtype), ldy, p_.dtype, b_.total + begin);
    });
  }
}

/** Loss of line i of x, after add_other_side. The reference is in both its terms, for labels add up to one. */
double Loss::loss_of(const Line& line, int64_t i, double positives, int64_t others, const void* x, int64_t ldx) const {
  const SoftLabels soft = soft_labels(positives, others, p_.smoothing);
  double labels = soft.positive * line.positives[i];
  if (soft.negative != 0) {
    const double all = factor_ * kernels_->inner_product(p_.d, element(x, i, 0, ldx, p_.dtype), p_.dtype, b_.total) +
                       static_cast<double>(others) * offset_ - positives * step_;
    labels += soft.negative * (all - line.positives[i]);
  }
  return log(line.sum[i]) - kLog2 * labels;
}

/** What the gradients need of line i; `weight` is what its gradient counts beside a row's. */
void Loss::weigh(const Line& line, int64_t i, double positives, int64_t others, double weight) const {
  const SoftLabels soft = soft_labels(positives, others, p_.smoothing);
  line.weight[i] = static_cast<float>(weight / line.sum[i]);
  line.shift[i] = static_cast<float>(weight * soft.negative);
  line.label[i] = weight * soft.positive;
}

/** Loss over lines x against all of y, and what their gradients need. */
double Loss::finish(const Line& line, const int32_t* counts, int64_t count, int64_t others, double weight,
                    const void* x, int64_t ldx, const void* y, int64_t ldy) {
  add_other_side(others, y, ldy);
  double loss = 0;
  for (int64_t i = 0; i < count; ++i) {
    loss += loss_of(line, i, counts[i], others, x, ldx);
    weigh(line, i, counts[i], others, weight);
  }
  return loss / static_cast<double>(count);
}

/** After the first pass. */
void Loss::summarise_rows(LineSummary* rows) {
  add_other_side(p_.m, p_.g, p_.ldg);
  for (int64_t i = 0; i < p_.n; ++i) {
    const double positives = positives_.row_count[i];
    rows[i] = {within_bounds(b_.rows.sum[i]) ? reference_ + log(b_.rows.sum[i]) : NAN, positives,
               loss_of(b_.rows, i, positives, p_.m, p_.f, p_.ldf)};
  }
}

/** In place of the first pass: sums that were formed before. */
void Loss::take_sums(const LineSummary* rows, const LineSummary* columns) {
  for (int64_t i = 0; i < p_.n; ++i) {
    b_.rows.sum[i] = exp(rows[i].log_sum - reference_);
    weigh(b_.rows, i, rows[i].positives, p_.m, 1);
  }
  for (int64_t j = 0; j < p_.m; ++j) {
    b_.columns.sum[j] = exp(columns[j].log_sum - reference_);
    weigh(b_.columns, j, columns[j].positives, p_.batch_rows, column_weight_);
  }
}

void Loss::losses(float* losses) {
  losses[1] = static_cast<float>(finish(b_.rows, positives_.row_count, p_.n, p_.m, 1, p_.f, p_.ldf, p_.g, p_.ldg));
  losses[2] = static_cast<float>(
      finish(b_.columns, positives_.column_count, p_.m, p_.n, column_weight_, p_.g, p_.ldg, p_.f, p_.ldf));
  losses[0] = 0.5f * (losses[1] + losses[2]);
}

/** Gradient to a positive's score. */
float Loss::positive_gradient(int64_t i, int64_t j, float score) const {
  const double exponential = kernels_->exponential(score);
  return static_cast<float>((exponential / b_.rows.sum[i] - b_.rows.label[i]) +
                            (column_weight_ * exponential / b_.columns.sum[j] - b_.columns.label[j]));
}

/** Gradients in place of a part's scores, and in the chunk; sums of gradient times score. */
void Loss::gradients_of_part(const Part& part, int64_t first, int thread) {
  const int64_t at_chunk = part.row - first;
  const int64_t at_parts = part.column / b_.tile_columns * kChunkRows + at_chunk;
  double* const of_positives = b_.positives + at_parts;
  memset(of_positives, 0, part.rows * sizeof(double));
  float* const formed = thread_scratch(context_, thread);
  float* next = formed;
  at_positives(part, [&](int64_t i, int64_t j, float* score) {
    *next = positive_gradient(i, j, *score);
    of_positives[i - part.row] += static_cast<double>(*next++) * *score;
    *score = 0;
  });
  const ScoreTile tile = tile_of(part);
  const GradientTerms terms = {b_.rows.weight + part.row, b_.rows.shift + part.row, b_.columns.weight + part.column,
                               b_.columns.shift + part.column};
  kernels_->gradients(&tile, &terms, b_.sums + at_parts);
  for (int64_t i = 0; i < part.rows; ++i) {
    b_.sums[at_parts + i] += of_positives[i];
  }
  next = formed;
  at_positives(part, [&](int64_t, int64_t, float* gradient) { *gradient = *next++; });
  if (p_.dtype == RADAPTER_BF16) {
    kernels_->round_to_bf16(part.rows, part.columns, part.scores, b_.ld,
                            reinterpret_cast<uint16_t*>(b_.chunk) + at_chunk * b_.ld + part.column, b_.ld);
  }
}

/** Gradients to the scores of a chunk, times 2n. */
void Loss::form_gradients(int64_t first, int64_t rows) {
  parallel(context_->pool, b_.tiles, [&](int64_t tile, int thread) {
    for (int64_t row = 0; row < rows; row += kBlockRows) {
      float* const to = kept_ != nullptr            ? kept_ + (first + row) * b_.ld
                        : p_.dtype == RADAPTER_BF16 ? b_.block
                                                    : b_.chunk + row * b_.ld;
      const Part part = part_of(first + row, least(kBlockRows, rows - row), tile, to);
      if (kept_ == nullptr) {
        form_scores(part, thread);
      }
      gradients_of_part(part, first, thread);
    }
  });
  add_parts(first, rows, b_.sums, b_.scale_parts);
}

GemmOperand Loss::gradient_rows(int64_t first) const {
  const float* rows = kept_ != nullptr && p_.dtype == RADAPTER_F32 ? kept_ + first * b_.ld : b_.chunk;
  return {rows, b_.ld, p_.dtype, false};
}

void Loss::multiply_by_g(int64_t first, int64_t rows, const ContrastiveResults& results) {
  GemmProblem product;
  product.m = rows;
  product.n = p_.d;
  product.k = p_.m;
  product.a = gradient_rows(first);
  product.b = {p_.g, p_.ldg, p_.dtype, false};
  if (first == 0) {
    gemm_pack(context_, &product, b_.g_panels);
  }
  product.panels = b_.g_panels;
  product.panels_hold_pairs = product_.panels_hold_pairs;
  product.epilogue.coefficient = static_cast<float>(p_.scale / (2 * static_cast<double>(p_.batch_rows)));
  product.epilogue.c = element(results.d_f, first, 0, results.lddf, p_.dtype);
  product.epilogue.ldc = results.lddf;
  product.epilogue.c_dtype = p_.dtype;
  gemm(context_, product);
}

/** Adds a chunk's part to the gradient to g, which is rounded when it is whole. */
void Loss::multiply_by_f(int64_t first, int64_t rows, const ContrastiveResults& results) {
  const bool in_place = p_.dtype == RADAPTER_F32;
  GemmProblem product;
  product.m = p_.m;
  product.n = p_.d;
  product.k = rows;
  product.a = gradient_rows(first);
  product.a.transposed = true;
  product.b = {element(p_.f, first, 0, p_.ldf, p_.dtype), p_.ldf, p_.dtype, false};
  product.epilogue.coefficient = static_cast<float>(p_.scale / (2 * static_cast<double>(p_.batch_rows)));
  product.epilogue.c = in_place ? results.d_g : b_.d_g;
  product.epilogue.ldc = in_place ? results.lddg : p_.d;
  if (first > 0) {
    product.epilogue.residual = product.epilogue.c;
    product.epilogue.ldr = product.epilogue.ldc;
  }
  gemm(context_, product);
}

void Loss::gradients(const ContrastiveResults& results) {
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    const int64_t rows = least(kChunkRows, p_.n - first);
    form_gradients(first, rows);
    if (results.d_f != nullptr) {
      multiply_by_g(first, rows, results);
      multiply_by_f(first, rows, results);
    }
  }
  if (results.d_g != nullptr && p_.dtype == RADAPTER_BF16) {
    parallel_ranges(context_->pool, p_.m, row_grain(p_.d), [&](int64_t begin, int64_t end, int) {
      kernels_->round_to_bf16(end - begin, p_.d, b_.d_g + begin * p_.d, p_.d,
                              static_cast<uint16_t*>(results.d_g) + begin * results.lddg, results.lddg);
    });
  }
  if (results.d_log_scale != nullptr) {
    // A reference common to all scores has no part in it: the gradients add up to zero.
    double total = 0;
    for (int64_t i = 0; i < p_.n; ++i) {
      total += b_.scale_parts[i];
    }
    results.d_log_scale[0] = static_cast<float>(total * gradient_unit());
  }
}

/** Gradients to the rows, after take_sums. */
void Loss::row_gradients(void* d_f, int64_t lddf, float* d_log_scale) {
  const ContrastiveResults results = {nullptr, d_f, lddf, nullptr, 0, nullptr};
  for (int64_t first = 0; first < p_.n; first += kChunkRows) {
    const int64_t rows = least(kChunkRows, p_.n - first);
    form_gradients(first, rows);
    multiply_by_g(first, rows, results);
  }
  for (int64_t i = 0; d_log_scale != nullptr && i < p_.n; ++i) {
    d_log_scale[i] = static_cast<float>(b_.scale_parts[i] * gradient_unit());
  }
}

}  // namespace

size_t contrastive_fast_workspace(int64_t n, int64_t m, int64_t d) {
  Buffers buffers;
  return divide(nullptr, Sides::kBoth, n, m, d, &buffers);
}

size_t contrastive_scores_bytes(int64_t n, int64_t m) { return n * row_length(m) * sizeof(float); }

bool contrastive_fast(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives,
                      const ContrastiveResults& results, void* workspace, float* scores) {
  Buffers buffers;
  divide(workspace, Sides::kBoth, problem.n, problem.m, problem.d, &buffers);
  Loss loss(context, problem, positives, buffers, scores);
  if (!loss.sums()) {
    return false;
  }
  loss.losses(results.losses);
  if (results.d_f != nullptr || results.d_log_scale != nullptr) {
    loss.gradients(results);
  }
  return true;
}

size_t contrastive_fast_rows_workspace(int64_t n, int64_t m, int64_t d) {
  Buffers buffers;
  return divide(nullptr, Sides::kRows, n, m, d, &buffers);
}

void contrastive_fast_row_sums(radapter_context* context, const ContrastiveProblem& problem, const Positives& positives,
                               LineSummary* rows, void* workspace) {
  Buffers buffers;
  divide(workspace, Sides::kRows, problem.n, problem.m, problem.d, &buffers);
  Loss loss(context, problem, positives, buffers, nullptr);
  loss.sums();
  loss.summarise_rows(rows);
}

int64_t contrastive_fast_beyond(const ContrastiveProblem& problem, const LineSummary* lines, int64_t count) {
  const double reference = reference_of(problem);
  int64_t i = 0;
  while (i < count && within_bounds(exp(lines[i].log_sum - reference))) {
    ++i;
  }
  return i;
}

void contrastive_fast_row_gradients(radapter_context* context, const ContrastiveProblem& problem,
                                    const Positives& positives, const LineSummary* rows, const LineSummary* columns,
                                    void* d_f, int64_t lddf, float* d_log_scale, void* workspace) {
  Buffers buffers;
  divide(workspace, Sides::kRows, problem.n, problem.m, problem.d, &buffers);
  Loss loss(context, problem, positives, buffers, nullptr);
  loss.take_sums(rows, columns);
  loss.row_gradients(d_f, lddf, d_log_scale);
}

}  // namespace radapter
