#include "thin_adapter_kernels.h"

#include "gate_kernels.h"
#include "vector.h"

namespace radapter {
namespace {

/** Rows worked on together: their sums for four ranks fill the registers that one transposition adds up. */
constexpr int kThinRows = kLanes / kRankStep;

/** Rows of a matrix. */
template <int T>
struct Rows {
  typedef typename Element<T>::Type Type;
  Type* first;
  int64_t ld;
  Type* row(int64_t i) const { return first + i * ld; }
};

template <int T>
Rows<T> rows_at(const void* matrix, int64_t row, int64_t ld) {
  typedef typename Element<T>::Type Type;
  return {const_cast<Type*>(static_cast<const Type*>(matrix)) + (matrix == nullptr ? 0 : row * ld), ld};
}

/** Numbers of ROWS rows, one for each rank. */
template <int ROWS, int RANKS>
struct RankValues {
  float at[ROWS][RANKS];
};

/**
 * to[i][rank + r] ← Σ a[i, k]·factor[r, k] for four ranks. The rows that follow are asked for on the way, and those of
 * `target`, which are written next.
 */
template <int T, int ROWS, int RANKS>
RADAPTER_INLINE void project_on_four(const Rows<T>& a, const Rows<T>& target, int64_t d, const float* factor,
                                     int64_t wide, int rank, RankValues<ROWS, RANKS>& to) {
  Floats sums[kLanes] = {};
  for (int64_t j = 0; j < d; j += kLanes) {
    Floats w[kRankStep];
#pragma GCC unroll 4
    for (int r = 0; r < kRankStep; ++r) {
      w[r] = load(factor + r * wide + j);
    }
#pragma GCC unroll 4
    for (int i = 0; i < ROWS; ++i) {
      __builtin_prefetch(a.row(i + ROWS) + j);
      __builtin_prefetch(target.row(i) + j);
      const Floats x = load_up_to<T>(a.row(i) + j, d - j);
#pragma GCC unroll 4
      for (int r = 0; r < kRankStep; ++r) {
        sums[i * kRankStep + r] = fused(x, w[r], sums[i * kRankStep + r]);
      }
    }
  }
  transpose(sums);
#pragma GCC unroll 5
  for (int half = kLanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < half; ++i) {
      sums[i] += sums[i + half];
    }
  }
  float totals[kLanes];
  store(totals, sums[0]);
  for (int i = 0; i < ROWS; ++i) {
    __builtin_memcpy(to.at[i] + rank, totals + i * kRankStep, kRankStep * sizeof(float));
  }
}

template <int T, int ROWS, int RANKS>
RADAPTER_INLINE RankValues<ROWS, RANKS> project(const Rows<T>& a, const Rows<T>& target, int64_t d,
                                                const float* factor) {
  const int64_t wide = thin_width(d);
  RankValues<ROWS, RANKS> values;
  for (int rank = 0; rank < RANKS; rank += kRankStep) {
    project_on_four<T>(a, target, d, factor + rank * wide, wide, rank, values);
  }
  return values;
}

/** to ← base + factor_i·Σ_r values[i][r]·w[r, ·] + residual (nullable). */
template <int T, int ROWS, int RANKS>
RADAPTER_INLINE void expand(const RankValues<ROWS, RANKS>& values, const float* w, const float (&factors)[ROWS],
                            int64_t d, const Rows<T>& base, const Rows<T>& residual, const Rows<T>& to) {
  const int64_t wide = thin_width(d);
  for (int64_t j = 0; j < d; j += kLanes) {
#pragma GCC unroll 4
    for (int i = 0; i < ROWS; ++i) {
      Floats sum = values.at[i][0] * load(w + j);
#pragma GCC unroll 8
      for (int r = 1; r < RANKS; ++r) {
        sum = fused(broadcast(values.at[i][r]), load(w + r * wide + j), sum);
      }
      Floats v = fused(sum, broadcast(factors[i]), load_up_to<T>(base.row(i) + j, d - j));
      if (residual.first != nullptr) {
        v = v + load_up_to<T>(residual.row(i) + j, d - j);
      }
      store_up_to<T>(to.row(i) + j, v, d - j);
    }
  }
}

/** sums[r, ·] += Σ_i values[i][r]·a[i, ·]. The rows that follow are asked for on the way. */
template <int T, int ROWS, int RANKS>
RADAPTER_INLINE void accumulate(const RankValues<ROWS, RANKS>& values, const Rows<T>& a, int64_t d, float* sums) {
  const int64_t wide = thin_width(d);
  for (int64_t j = 0; j < d; j += kLanes) {
    Floats x[ROWS];
#pragma GCC unroll 4
    for (int i = 0; i < ROWS; ++i) {
      __builtin_prefetch(a.row(i + ROWS) + j);
      x[i] = load_up_to<T>(a.row(i) + j, d - j);
    }
#pragma GCC unroll 8
    for (int r = 0; r < RANKS; ++r) {
      float* const at = sums + r * wide + j;
      Floats sum = load(at);
#pragma GCC unroll 4
      for (int i = 0; i < ROWS; ++i) {
        sum = fused(broadcast(values.at[i][r]), x[i], sum);
      }
      store(at, sum);
    }
  }
}

/** The hidden values as they are stored: rounded to their type. */
template <int T, int ROWS, int RANKS>
RankValues<ROWS, RANKS> hidden_rows(const void* hidden, int64_t row, int64_t rank) {
  RankValues<ROWS, RANKS> values = {};
  for (int i = 0; i < ROWS; ++i) {
    float lanes[RANKS + kLanes] = {};
    for (int64_t r = 0; r < rank; r += kLanes) {
      store(lanes + r, load_up_to<T>(rows_at<T>(hidden, row + i, rank).first + r, rank - r));
    }
    __builtin_memcpy(values.at[i], lanes, sizeof(values.at[i]));
  }
  return values;
}

template <int T, int ROWS, int RANKS>
void store_hidden(const RankValues<ROWS, RANKS>& values, int64_t row, int64_t rank, void* hidden) {
  for (int i = 0; i < ROWS; ++i) {
    float lanes[RANKS + kLanes] = {};
    __builtin_memcpy(lanes, values.at[i], sizeof(values.at[i]));
    for (int64_t r = 0; r < rank; r += kLanes) {
      store_up_to<T>(rows_at<T>(hidden, row + i, rank).first + r, load(lanes + r), rank - r);
    }
  }
}

template <int T, int ROWS, int RANKS>
void forward_rows(const ThinForward& adapter, int64_t row) {
  const Rows<T> x = rows_at<T>(adapter.x, row, adapter.ldx);
  const Rows<T> y = rows_at<T>(adapter.y, row, adapter.ldy);
  store_hidden<T>(project<T, ROWS, RANKS>(x, y, adapter.d, adapter.factors.down_transposed), row, adapter.rank,
                  adapter.hidden);
  float factors[ROWS];
  for (int i = 0; i < ROWS; ++i) {
    factors[i] = adapter.scale * gate_of(adapter.gate, row + i);
  }
  expand<T>(hidden_rows<T, ROWS, RANKS>(adapter.hidden, row, adapter.rank), adapter.factors.up, factors, adapter.d, x,
            rows_at<T>(adapter.residual, row, adapter.ldr), y);
}

/** values[i] ← gate_i·values[i]. */
template <int ROWS, int RANKS>
void apply_gates(const RowGate& gate, int64_t row, RankValues<ROWS, RANKS>& values) {
  for (int i = 0; i < ROWS; ++i) {
    const float factor = gate_of(gate, row + i);
    for (int r = 0; r < RANKS; ++r) {
      values.at[i][r] *= factor;
    }
  }
}

/** dx, if asked for, is written last: it may lie where dy does. */
template <int T, int ROWS, int RANKS>
void backward_rows(const ThinBackward& adapter, int64_t row, float* d_down_transposed, float* d_up) {
  const int64_t d = adapter.d;
  const Rows<T> dy = rows_at<T>(adapter.dy, row, adapter.lddy);
  const Rows<T> dx = adapter.dx == nullptr ? dy : rows_at<T>(adapter.dx, row, adapter.lddx);
  RankValues<ROWS, RANKS> p = project<T, ROWS, RANKS>(dy, dx, d, adapter.factors.up);
  apply_gates(adapter.gate, row, p);
  if (d_up != nullptr) {
    RankValues<ROWS, RANKS> h = hidden_rows<T, ROWS, RANKS>(adapter.hidden, row, adapter.rank);
    apply_gates(adapter.gate, row, h);
    accumulate<T>(h, dy, d, d_up);
  }
  if (d_down_transposed != nullptr) {
    accumulate<T>(p, rows_at<T>(adapter.x, row, adapter.ldx), d, d_down_transposed);
  }
  if (adapter.dx != nullptr) {
    float factors[ROWS];
    for (float& factor : factors) {
      factor = adapter.scale;
    }
    expand<T>(p, adapter.factors.down_transposed, factors, d, dy, rows_at<T>(nullptr, 0, 0), dx);
  }
}

template <int T, int RANKS>
void forward_range(const ThinForward& adapter, int64_t begin, int64_t end) {
  int64_t row = begin;
  for (; row + kThinRows <= end; row += kThinRows) {
    forward_rows<T, kThinRows, RANKS>(adapter, row);
  }
  for (; row < end; ++row) {
    forward_rows<T, 1, RANKS>(adapter, row);
  }
}

template <int T, int RANKS>
void backward_range(const ThinBackward& adapter, int64_t begin, int64_t end, float* d_down_transposed, float* d_up) {
  int64_t row = begin;
  for (; row + kThinRows <= end; row += kThinRows) {
    backward_rows<T, kThinRows, RANKS>(adapter, row, d_down_transposed, d_up);
  }
  for (; row < end; ++row) {
    backward_rows<T, 1, RANKS>(adapter, row, d_down_transposed, d_up);
  }
}

template <int T>
void forward_of(const ThinForward& adapter, int64_t begin, int64_t end) {
  const auto range = thin_ranks(adapter.rank) == kRankStep ? forward_range<T, kRankStep> : forward_range<T, kThinRank>;
  range(adapter, begin, end);
}

template <int T>
void backward_of(const ThinBackward& adapter, int64_t begin, int64_t end, float* d_down_transposed, float* d_up) {
  const auto range =
      thin_ranks(adapter.rank) == kRankStep ? backward_range<T, kRankStep> : backward_range<T, kThinRank>;
  range(adapter, begin, end, d_down_transposed, d_up);
}

void forward(const ThinForward* adapter, int64_t begin, int64_t end) {
  const auto run = adapter->dtype == RADAPTER_F32    ? forward_of<RADAPTER_F32>
                   : adapter->dtype == RADAPTER_BF16 ? forward_of<RADAPTER_BF16>
                                                     : forward_of<RADAPTER_F16>;
  run(*adapter, begin, end);
}

void backward(const ThinBackward* adapter, int64_t begin, int64_t end, float* d_down_transposed, float* d_up) {
  const auto run = adapter->dtype == RADAPTER_F32    ? backward_of<RADAPTER_F32>
                   : adapter->dtype == RADAPTER_BF16 ? backward_of<RADAPTER_BF16>
                                                     : backward_of<RADAPTER_F16>;
  run(*adapter, begin, end, d_down_transposed, d_up);
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(ThinAdapterKernels, thin_adapter_kernels) = {forward, backward};

}  // namespace radapter
