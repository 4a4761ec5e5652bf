#include "gemm_kernels.h"

#include "gate_kernels.h"
#include "vector.h"

namespace radapter {
namespace {

#if RADAPTER_ISA >= 2
constexpr int kRows = 12;
#elif RADAPTER_ISA == 1
constexpr int kRows = 6;
#else
constexpr int kRows = 4;
#endif
constexpr int kColumns = 2 * kLanes;
constexpr int kRowBlock = 16 * kRows;
constexpr int kTileGap = 16;
/** How far ahead a panel is asked for. */
constexpr int kPrefetchedRows = 12;
/** Bytes after which the sets of the first-level cache repeat. */
constexpr int64_t kCacheWay = 4096;
constexpr int64_t kLine = 64;

typedef uint32_t UnalignedWord __attribute__((aligned(2), may_alias));

inline int64_t smaller_of(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t round_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

// ---- the innermost loop ----

struct NothingAhead {
  void ask() {}
};

/** Memory that is wanted soon, a line at a time; with a step of 0 the same line again. */
struct LinesAhead {
  const char* line;
  int64_t step;
  void ask() {
    __builtin_prefetch(line);
    line += step;
  }
};

/** sum + a·b in fp32, or with PAIRS of bf16 pairs. */
template <bool PAIRS>
RADAPTER_INLINE Floats accumulate(Floats a, Floats b, Floats sum) {
  return PAIRS ? fused_pairs(a, b, sum) : fused(a, b, sum);
}

/**
 * The product of ROWS rows of A and one panel, in registers. `depth` counts floats, or pairs. Strides of A are in
 * bytes. `ahead` asks for what comes next.
 */
template <int ROWS, int VECTORS, bool PAIRS, typename Ahead>
RADAPTER_INLINE void sum_in_registers(int64_t depth, const char* a, int64_t row_stride, int64_t k_stride,
                                      const float* b, Ahead ahead, Floats (&sum)[ROWS][VECTORS]) {
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < VECTORS; ++v) {
      sum[r][v] = Floats{};
    }
  }
  // Four rows hang on one pointer, so that no address spills: a general register kept in a vector register would come
  // back through a port that multiplies.
  const char* fours[(ROWS + 3) / 4];
#pragma GCC unroll 4
  for (int r = 0; r < ROWS; r += 4) {
    fours[r / 4] = a + r * row_stride;
  }
  int64_t three_rows = 3 * row_stride;
  asm("" : "+r"(three_rows));  // or the compiler adds it up anew from row_stride
  for (int64_t p = 0; p < depth; ++p) {
    Floats y[VECTORS];
    // The panel is in the second-level cache, or on its way to there.
    __builtin_prefetch(b + kPrefetchedRows * kColumns);
    if (kLanes * sizeof(float) == kLine) {
      __builtin_prefetch(b + kPrefetchedRows * kColumns + kLanes);
    }
    ahead.ask();
#pragma GCC unroll 2
    for (int v = 0; v < VECTORS; ++v) {
      y[v] = load(b + v * kLanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; ++r) {
      const char* from = fours[r / 4] + (r % 4 == 3 ? three_rows : r % 4 * row_stride);
      const Floats x = from_bits(*reinterpret_cast<const UnalignedWord*>(from) - Words{});
#pragma GCC unroll 2
      for (int v = 0; v < VECTORS; ++v) {
        sum[r][v] = accumulate<PAIRS>(x, y[v], sum[r][v]);
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < ROWS; r += 4) {
      fours[r / 4] += k_stride;
    }
    b += kColumns;
  }
}

/** c [ROWS, VECTORS·kLanes] ← (add ? c : 0) + the product of ROWS rows of A and one panel. */
template <int ROWS, int VECTORS, bool PAIRS>
void multiply_registers(int64_t depth, const char* a, int64_t row_stride, int64_t k_stride, const float* b, float* c,
                        int64_t ldc, bool add) {
  Floats sum[ROWS][VECTORS];
  sum_in_registers<ROWS, VECTORS, PAIRS>(depth, a, row_stride, k_stride, b, NothingAhead(), sum);
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r, c += ldc) {
    asm("" : "+r"(c));  // one address at a time, see above
#pragma GCC unroll 2
    for (int v = 0; v < VECTORS; ++v) {
      float* to = c + v * kLanes;
      store(to, add ? load(to) + sum[r][v] : sum[r][v]);
    }
  }
}

using RegisterKernel = void (*)(int64_t, const char*, int64_t, int64_t, const float*, float*, int64_t, bool);

template <int VECTORS, bool PAIRS>
RegisterKernel kernel_for_rows(int64_t rows) {
  static_assert(kRows <= 12, "a case is missing");
  switch (rows) {
    case 1:
      return multiply_registers<1, VECTORS, PAIRS>;
    case 2:
      return multiply_registers<2, VECTORS, PAIRS>;
    case 3:
      return multiply_registers<3, VECTORS, PAIRS>;
    case 4:
      return multiply_registers<4, VECTORS, PAIRS>;
#if RADAPTER_ISA >= 1
    case 5:
      return multiply_registers<5, VECTORS, PAIRS>;
    case 6:
      return multiply_registers<6, VECTORS, PAIRS>;
#endif
#if RADAPTER_ISA >= 2
    case 7:
      return multiply_registers<7, VECTORS, PAIRS>;
    case 8:
      return multiply_registers<8, VECTORS, PAIRS>;
    case 9:
      return multiply_registers<9, VECTORS, PAIRS>;
    case 10:
      return multiply_registers<10, VECTORS, PAIRS>;
    case 11:
      return multiply_registers<11, VECTORS, PAIRS>;
    case 12:
      return multiply_registers<12, VECTORS, PAIRS>;
#endif
    default:
      __builtin_unreachable();
  }
}

/** Whether one of some vectors has flushed_lanes. */
template <int COUNT>
RADAPTER_INLINE bool has_flushed_lanes(const Floats* x) {
  unsigned flushed = 0;
#pragma GCC unroll 32
  for (int i = 0; i < COUNT; ++i) {
    flushed |= flushed_lanes(x[i]);
  }
  return flushed != 0;
}

/** Earlier sums of a tile, NULL if there are none, and what makes results of all. */
struct TileEnd {
  const float* sums;
  int64_t ld_sums;
  float factor;
  const float* bias;
  uint16_t* c;
  int64_t ldc;
};

/** A whole tile of a product in pairs, c ← bf16(factor·sums + bias), without a way through memory. */
[[maybe_unused]] void multiply_to_bf16(int64_t depth, const char* a, int64_t row_stride, int64_t k_stride,
                                       const float* b, LinesAhead ahead, const TileEnd& end) {
  Floats sum[kRows][2];
  sum_in_registers<kRows, 2, true>(depth, a, row_stride, k_stride, b, ahead, sum);
  const Floats factor = broadcast(end.factor);
  const Floats base[2] = {end.bias == nullptr ? Floats{} : load(end.bias),
                          end.bias == nullptr ? Floats{} : load(end.bias + kLanes)};
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      const Floats all = end.sums == nullptr ? sum[r][v] : load(end.sums + r * end.ld_sums + v * kLanes) + sum[r][v];
      sum[r][v] = fused(all, factor, base[v]);
    }
  }
  // What pairs add up to alone is never denormal: their instruction has flushed it.
  const bool is_sum = end.sums == nullptr && end.bias == nullptr && end.factor == 1;
  const int64_t ldc = end.ldc;
  uint16_t* c = end.c;
  if (is_sum || !has_flushed_lanes<2 * kRows>(&sum[0][0])) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r, c += ldc) {
      asm("" : "+r"(c));  // one address at a time, see above
      store_two_bf16(c, sum[r][0], sum[r][1]);
    }
    return;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r, c += ldc) {
    Element<RADAPTER_BF16>::store(c, sum[r][0]);
    Element<RADAPTER_BF16>::store(c + kLanes, sum[r][1]);
  }
}

RegisterKernel register_kernel(int64_t rows, int64_t columns, bool pairs) {
  if (columns > kLanes) {
    return pairs ? kernel_for_rows<2, true>(rows) : kernel_for_rows<2, false>(rows);
  }
  return pairs ? kernel_for_rows<1, true>(rows) : kernel_for_rows<1, false>(rows);
}

// ---- packing ----

template <int DTYPE>
const typename Element<DTYPE>::Type* element(const GemmOperand& x, int64_t row, int64_t column) {
  return static_cast<const typename Element<DTYPE>::Type*>(x.data) + row * x.ld + column;
}

inline void gate_row(const GemmProblem& problem, int64_t k, float* row) {
  if (problem.b_gate.gate != nullptr) {
    const float gate = gate_of(problem.b_gate, k);
    store(row, load(row) * gate);
    store(row + kLanes, load(row + kLanes) * gate);
  }
}

/**
 * A panel of a B that lies by columns: line(j, p, left) gives kLanes words of column j from row p on, zeros beyond the
 * first `left`.
 */
template <typename Line>
RADAPTER_INLINE void pack_transposed(int64_t rows, int64_t columns, float* to, Line line) {
  for (int64_t p = 0; p < rows; p += kLanes) {
    for (int64_t j = 0; j < kColumns; j += kLanes) {
      Floats block[kLanes] = {};
      const int64_t valid = smaller_of(columns - j, kLanes);
      for (int64_t r = 0; r < valid; ++r) {
        block[r] = line(j + r, p, rows - p);
      }
      transpose(block);
      for (int64_t r = 0; r < smaller_of(rows - p, kLanes); ++r) {
        store(to + (p + r) * kColumns + j, block[r]);
      }
    }
  }
}

/** The vector of row k that begins at column n, of which `left` columns are there. */
template <int DTYPE>
RADAPTER_INLINE Floats vector_of_b(const GemmOperand& b, int64_t k, int64_t n, int64_t left) {
  return left <= 0 ? Floats{} : load_up_to<DTYPE>(element<DTYPE>(b, k, n), left);
}

template <int DTYPE>
void pack_b_floats(const GemmProblem& problem, int64_t k_begin, int64_t k_end, int64_t n_begin, int64_t n_end,
                   float* to) {
  const GemmOperand& b = problem.b;
  for (int64_t n = n_begin; n < n_end; n += kColumns, to += (k_end - k_begin) * kColumns) {
    const int64_t columns = smaller_of(kColumns, n_end - n);
    if (b.transposed) {
      pack_transposed(k_end - k_begin, columns, to, [&](int64_t j, int64_t p, int64_t left) {
        return load_up_to<DTYPE>(element<DTYPE>(b, n + j, k_begin + p), left);
      });
    }
    for (int64_t k = k_begin; k < k_end; ++k) {
      float* row = to + (k - k_begin) * kColumns;
      if (!b.transposed) {
        store(row, vector_of_b<DTYPE>(b, k, n, columns));
        store(row + kLanes, vector_of_b<DTYPE>(b, k, n + kLanes, columns - kLanes));
      }
      gate_row(problem, k, row);
    }
  }
}

uint32_t pair(const uint16_t* low, const uint16_t* high) {
  return *low | (high == nullptr ? 0u : static_cast<uint32_t>(*high) << 16);
}

template <int... LANES>
RADAPTER_INLINE Floats even_lanes(Floats x, Floats y, Lanes<LANES...>) {
  return __builtin_shufflevector(x, y, (2 * LANES)...);
}

template <int... LANES>
RADAPTER_INLINE Floats odd_lanes(Floats x, Floats y, Lanes<LANES...>) {
  return __builtin_shufflevector(x, y, (2 * LANES + 1)...);
}

/** kLanes pairs along a row, zeros beyond the first `left` numbers. */
template <int DTYPE>
RADAPTER_INLINE Floats load_pairs(const typename Element<DTYPE>::Type* from, int64_t left) {
  if constexpr (DTYPE == RADAPTER_BF16) {
    Floats pairs = {};
    __builtin_memcpy(&pairs, from, left >= 2 * kLanes ? sizeof(pairs) : left * sizeof(uint16_t));
    return pairs;
  } else {
    typedef typename LanesBelow<kLanes>::Type All;
    const Floats first = nearest_bf16(load_up_to<DTYPE>(from, left));
    const Floats second = left > kLanes ? nearest_bf16(load_up_to<DTYPE>(from + kLanes, left - kLanes)) : Floats{};
    return pairs_of(even_lanes(first, second, All()), odd_lanes(first, second, All()));
  }
}

/** vector_of_b in bf16. */
template <int DTYPE>
RADAPTER_INLINE Floats bf16_vector_of_b(const GemmOperand& b, int64_t k, int64_t n, int64_t left) {
  const Floats x = vector_of_b<DTYPE>(b, k, n, left);
  return DTYPE == RADAPTER_BF16 ? x : nearest_bf16(x);
}

template <int DTYPE>
void pack_b_pairs(const GemmProblem& problem, int64_t k_begin, int64_t k_end, int64_t n_begin, int64_t n_end,
                  float* to) {
  const GemmOperand& b = problem.b;
  const int64_t rows = (k_end - k_begin + 1) / 2;
  for (int64_t n = n_begin; n < n_end; n += kColumns, to += rows * kColumns) {
    const int64_t columns = smaller_of(kColumns, n_end - n);
    if (b.transposed) {
      pack_transposed(rows, columns, to, [&](int64_t j, int64_t p, int64_t) {
        const int64_t k = k_begin + 2 * p;
        return load_pairs<DTYPE>(element<DTYPE>(b, n + j, k), k_end - k);
      });
      continue;
    }
    for (int64_t p = 0; p < rows; ++p) {
      const int64_t k = k_begin + 2 * p;
      for (int64_t j = 0; j < kColumns; j += kLanes) {
        const Floats low = bf16_vector_of_b<DTYPE>(b, k, n + j, columns - j);
        const Floats high = k + 1 < k_end ? bf16_vector_of_b<DTYPE>(b, k + 1, n + j, columns - j) : Floats{};
        store(to + p * kColumns + j, pairs_of(low, high));
      }
    }
  }
}

/** The words of a row block of panels, when its depth is `depth`. */
inline int64_t panel_rows(int64_t depth, bool pairs) { return pairs ? (depth + 1) / 2 : depth; }

/** Where row k of the panel of column n lies, op(B) being packed in whole; k is even. */
inline const float* whole_panel(const GemmProblem& problem, bool pairs, int64_t k, int64_t n) {
  const int64_t block = k / block_depth(pairs) * block_depth(pairs);
  const int64_t depth = smaller_of(block_depth(pairs), problem.k - block);
  return problem.panels + panel_rows(block, pairs) * round_up(problem.n, kColumns) + n * panel_rows(depth, pairs) +
         panel_rows(k - block, pairs) * kColumns;
}

/** Panels of floats from panels of bf16 pairs, for an A that is not bf16. */
void widen_panels(const GemmProblem& problem, int64_t k_begin, int64_t k_end, int64_t n_begin, int64_t n_end,
                  float* to) {
  for (int64_t n = n_begin; n < n_end; n += kColumns) {
    const float* from = whole_panel(problem, true, k_begin, n);
    for (int64_t k = 0; k < k_end - k_begin; ++k, to += kColumns) {
      for (int v = 0; v < kColumns; v += kLanes) {
        const Words pairs = bits(load(from + k / 2 * kColumns + v));
        store(to + v, from_bits(k % 2 == 0 ? pairs << 16 : pairs & 0xffff0000));
      }
    }
  }
}

void pack_b(const GemmProblem* problem, int64_t k_begin, int64_t k_end, int64_t n_begin, int64_t n_end, float* panels) {
  if (problem->panels != nullptr) {
    widen_panels(*problem, k_begin, k_end, n_begin, n_end, panels);
  } else if (problem->pairs) {
    const auto pack = problem->b.dtype == RADAPTER_F32 ? pack_b_pairs<RADAPTER_F32> : pack_b_pairs<RADAPTER_BF16>;
    pack(*problem, k_begin, k_end, n_begin, n_end, panels);
  } else if (problem->b.dtype == RADAPTER_F32) {
    pack_b_floats<RADAPTER_F32>(*problem, k_begin, k_end, n_begin, n_end, panels);
  } else if (problem->b.dtype == RADAPTER_BF16) {
    pack_b_floats<RADAPTER_BF16>(*problem, k_begin, k_end, n_begin, n_end, panels);
  } else {
    pack_b_floats<RADAPTER_F16>(*problem, k_begin, k_end, n_begin, n_end, panels);
  }
}

/** Some rows of A as the innermost loop reads them. Strides in bytes; a tile of kRows rows is `tile_stride` apart. */
struct RowsOfA {
  const char* data;
  int64_t row_stride;
  int64_t k_stride;
  int64_t tile_stride;
};

/** Rows of floats, converted; or as they are, where they would all fall into the same sets of the cache. */
template <int DTYPE>
RowsOfA pack_a_rows(const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t k_begin, int64_t k_end,
                    float* to) {
  for (int64_t m = m_begin; m < m_end; ++m) {
    float* row = to + (m - m_begin) * kDepth;
    const auto* from = element<DTYPE>(problem.a, m, k_begin);
    for (int64_t k = 0; k < k_end - k_begin; k += kLanes) {
      store(row + k, load_up_to<DTYPE>(from + k, k_end - k_begin - k));
    }
  }
  return {reinterpret_cast<const char*>(to), kDepth * 4, 4, kRows * kDepth * 4};
}

/**
 * Tiles of kRows columns of a transposed A, converted. Rows of A are read as they lie, into all tiles at once; whole
 * vectors are written, the surplus lanes over what the next row writes. The gap between tiles takes the last surplus
 * and keeps the tiles' cache sets apart.
 */
template <int DTYPE>
RowsOfA pack_a_tiles(const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t k_begin, int64_t k_end,
                     float* packed) {
  const int64_t tile_stride = (k_end - k_begin) * kRows + kTileGap;
  for (int64_t k = k_begin; k < k_end; ++k) {
    float* to = packed + (k - k_begin) * kRows;
    for (int64_t m = m_begin; m < m_end; m += kRows, to += tile_stride) {
      store(to, load_up_to<DTYPE>(element<DTYPE>(problem.a, k, m), problem.m - m));
    }
  }
  return {reinterpret_cast<const char*>(packed), 4, kRows * 4, tile_stride * 4};
}

/** Rows of pairs; only needed where k is odd. */
RowsOfA pack_a_pairs(const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t k_begin, int64_t k_end,
                     float* packed) {
  const GemmOperand& a = problem.a;
  for (int64_t m = m_begin; m < m_end; ++m) {
    auto* to = reinterpret_cast<uint32_t __attribute__((may_alias))*>(packed + (m - m_begin) * kDepth);
    for (int64_t k = k_begin; k < k_end; k += 2) {
      const uint16_t* low = element<RADAPTER_BF16>(a, m, k);
      *to++ = pair(low, k + 1 < k_end ? low + 1 : nullptr);
    }
  }
  return {reinterpret_cast<const char*>(packed), kDepth * 4, 4, kRows * kDepth * 4};
}

/** Tiles of pairs from kRows columns of a transposed A, as pack_a_tiles makes them of floats. */
RowsOfA pack_a_pair_tiles(const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t k_begin, int64_t k_end,
                          float* packed) {
  const int64_t pairs = (k_end - k_begin + 1) / 2;
  const int64_t tile_stride = pairs * kRows + kTileGap;
  for (int64_t p = 0; p < pairs; ++p) {
    const int64_t k = k_begin + 2 * p;
    float* to = packed + p * kRows;
    for (int64_t m = m_begin; m < m_end; m += kRows, to += tile_stride) {
      const int64_t left = problem.m - m;
      const Floats low = load_up_to<RADAPTER_BF16>(element<RADAPTER_BF16>(problem.a, k, m), left);
      const Floats high =
          k + 1 < k_end ? load_up_to<RADAPTER_BF16>(element<RADAPTER_BF16>(problem.a, k + 1, m), left) : Floats{};
      store(to, pairs_of(low, high));
    }
  }
  return {reinterpret_cast<const char*>(packed), 4, kRows * 4, tile_stride * 4};
}

RowsOfA rows_of_a(const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t k_begin, int64_t k_end,
                  float* packed) {
  const GemmOperand& a = problem.a;
  if (problem.pairs) {
    if (!a.transposed && (k_end - k_begin) % 2 == 0) {
      const char* data = reinterpret_cast<const char*>(element<RADAPTER_BF16>(a, m_begin, k_begin));
      return {data, a.ld * 2, 4, kRows * a.ld * 2};
    }
    return a.transposed ? pack_a_pair_tiles(problem, m_begin, m_end, k_begin, k_end, packed)
                        : pack_a_pairs(problem, m_begin, m_end, k_begin, k_end, packed);
  }
  // Copying rows that share the sets of the cache pays where the tile is wide.
  const bool is_copied = a.ld * 4 % kCacheWay == 0 && problem.panels != nullptr;
  if (a.dtype == RADAPTER_F32 && !a.transposed && !is_copied) {
    const char* data = reinterpret_cast<const char*>(element<RADAPTER_F32>(a, m_begin, k_begin));
    return {data, a.ld * 4, 4, kRows * a.ld * 4};
  }
  if (a.transposed) {
    return a.dtype == RADAPTER_F32    ? pack_a_tiles<RADAPTER_F32>(problem, m_begin, m_end, k_begin, k_end, packed)
           : a.dtype == RADAPTER_BF16 ? pack_a_tiles<RADAPTER_BF16>(problem, m_begin, m_end, k_begin, k_end, packed)
                                      : pack_a_tiles<RADAPTER_F16>(problem, m_begin, m_end, k_begin, k_end, packed);
  }
  return a.dtype == RADAPTER_F32    ? pack_a_rows<RADAPTER_F32>(problem, m_begin, m_end, k_begin, k_end, packed)
         : a.dtype == RADAPTER_BF16 ? pack_a_rows<RADAPTER_BF16>(problem, m_begin, m_end, k_begin, k_end, packed)
                                    : pack_a_rows<RADAPTER_F16>(problem, m_begin, m_end, k_begin, k_end, packed);
}

// ---- the epilogue ----

template <int ACTIVATION>
RADAPTER_INLINE Floats activate(Floats v, Floats aux) {
  switch (ACTIVATION) {
    case RADAPTER_QUICK_GELU:
      return quick_gelu(v);
    case RADAPTER_GELU:
      return gelu(v);
    case RADAPTER_QUICK_GELU_GRADIENT:
      return v * quick_gelu_gradient(aux);
    case RADAPTER_GELU_GRADIENT:
      return v * gelu_gradient(aux);
    default:
      return v;
  }
}

/** Where the results of a row lie and what goes into them, from its first column on; NULL where it is missing. */
template <int DTYPE>
struct RowEnds {
  typedef typename Element<DTYPE>::Type Type;
  Type* c;
  Type* aux;
  const float* bias;
  const Type* addend;
  const Type* residual;
};

template <int DTYPE, int ACTIVATION>
RADAPTER_INLINE void finish_row(const RowEnds<DTYPE>& row, const float* sums, float factor, int64_t columns) {
  constexpr bool kReadsAux = ACTIVATION == RADAPTER_QUICK_GELU_GRADIENT || ACTIVATION == RADAPTER_GELU_GRADIENT;
  for (int64_t j = 0; j < columns; j += kLanes) {
    const int64_t left = columns - j;
    Floats base = row.bias == nullptr ? Floats{} : load_up_to<RADAPTER_F32>(row.bias + j, left);
    if (row.addend != nullptr) {
      base = base + load_up_to<DTYPE>(row.addend + j, left);
    }
    Floats v = fused(load(sums + j), broadcast(factor), base);
    if (ACTIVATION != RADAPTER_NONE) {
      if (!kReadsAux && row.aux != nullptr) {
        store_up_to<DTYPE>(row.aux + j, v, left);
      }
      v = activate<ACTIVATION>(v, kReadsAux ? load_up_to<DTYPE>(row.aux + j, left) : Floats{});
    }
    if (row.residual != nullptr) {
      v = v + load_up_to<DTYPE>(row.residual + j, left);
    }
    store_up_to<DTYPE>(row.c + j, v, left);
  }
}

/** What all sums are multiplied by. */
inline float factor_of(const GemmEpilogue& e) { return e.coefficient * (e.scale == nullptr ? 1.0f : e.scale[0]); }

template <typename T>
T* moved(T* x, int64_t elements) {
  return x == nullptr ? nullptr : x + elements;
}

/** Rows [m_begin, m_end) and columns [n_begin, n_end) of C from their sums. */
template <int DTYPE, int ACTIVATION>
void finish_tile(const GemmEpilogue& e, const float* sums, int64_t ld_sums, int64_t m_begin, int64_t m_end,
                 int64_t n_begin, int64_t n_end) {
  using Type = typename Element<DTYPE>::Type;
  // Copies: what is stored might otherwise, for all the compiler knows, change them.
  const int64_t ldc = e.ldc;
  const int64_t ld_addend = e.ld_addend;
  const int64_t ldr = e.ldr;
  const RowGate gate = e.gate;
  const float scale = factor_of(e);
  RowEnds<DTYPE> row = {moved(static_cast<Type*>(e.c), m_begin * ldc + n_begin),
                        moved(static_cast<Type*>(e.aux), m_begin * ldc + n_begin), moved(e.bias, n_begin),
                        moved(static_cast<const Type*>(e.addend), m_begin * ld_addend + n_begin),
                        moved(static_cast<const Type*>(e.residual), m_begin * ldr + n_begin)};
  for (int64_t m = m_begin; m < m_end; ++m, sums += ld_sums) {
    finish_row<DTYPE, ACTIVATION>(row, sums, scale * gate_of(gate, m), n_end - n_begin);
    row = {moved(row.c, ldc), moved(row.aux, ldc), row.bias, moved(row.addend, ld_addend), moved(row.residual, ldr)};
  }
}

using TileFinisher = void (*)(const GemmEpilogue&, const float*, int64_t, int64_t, int64_t, int64_t, int64_t);

template <int DTYPE>
TileFinisher finisher_for(int activation) {
  switch (activation) {
    case RADAPTER_QUICK_GELU:
      return finish_tile<DTYPE, RADAPTER_QUICK_GELU>;
    case RADAPTER_GELU:
      return finish_tile<DTYPE, RADAPTER_GELU>;
    case RADAPTER_QUICK_GELU_GRADIENT:
      return finish_tile<DTYPE, RADAPTER_QUICK_GELU_GRADIENT>;
    case RADAPTER_GELU_GRADIENT:
      return finish_tile<DTYPE, RADAPTER_GELU_GRADIENT>;
    default:
      return finish_tile<DTYPE, RADAPTER_NONE>;
  }
}

TileFinisher finisher(const GemmEpilogue& epilogue) {
  return epilogue.c_dtype == RADAPTER_F32    ? finisher_for<RADAPTER_F32>(epilogue.activation)
         : epilogue.c_dtype == RADAPTER_BF16 ? finisher_for<RADAPTER_BF16>(epilogue.activation)
                                             : finisher_for<RADAPTER_F16>(epilogue.activation);
}

// ---- a tile ----

/** What a task computes: rows [m_begin, m_end) and columns [n_begin, n_end) of C. */
struct Block {
  int64_t m_begin;
  int64_t m_end;
  int64_t n_begin;
  int64_t n_end;
};

/** Where its sums over k are kept, how many terms come now, whether they are the first, and whether they end in C. */
struct Sums {
  float* data;
  int64_t ld;
  int64_t depth;
  bool is_first;
  bool is_finished;
};

/** Whether finishing takes more than the sums: rows that memory brings well only if they are read along. */
bool reads_rows(const GemmEpilogue& e) { return e.addend != nullptr || e.residual != nullptr || e.aux != nullptr; }

/**
 * Products of one block of rows of A with a block of panels. A tile is finished while its sums are in the cache, but
 * where rows are read for it too, all are finished in the end, row after row.
 */
void multiply_block(const GemmProblem& problem, const Block& block, const RowsOfA& a, const float* panels,
                    const Sums& sums) {
  const GemmEpilogue& e = problem.epilogue;
  const TileFinisher finish = finisher(e);
  const bool by_rows = reads_rows(e);
  const bool ends_in_registers = RADAPTER_ISA == 3 && problem.pairs && sums.is_finished && !by_rows &&
                                 e.c_dtype == RADAPTER_BF16 && e.activation == RADAPTER_NONE && e.gate.gate == nullptr;
  for (int64_t n = block.n_begin; n < block.n_end; n += kColumns, panels += kColumns * sums.depth) {
    const int64_t n_end = smaller_of(n + kColumns, block.n_end);
    const char* rows = a.data;
    for (int64_t m = block.m_begin; m < block.m_end; m += kRows, rows += a.tile_stride) {
      const int64_t m_end = smaller_of(m + kRows, block.m_end);
      float* const to = sums.data + (m - block.m_begin) * sums.ld + (n - block.n_begin);
      if (ends_in_registers && m_end - m == kRows && n_end - n == kColumns) {
        const bool asks = n == block.n_begin && a.tile_stride <= sums.depth * kLine;
        multiply_to_bf16(sums.depth, rows, a.row_stride, a.k_stride, panels,
                         LinesAhead{rows + a.tile_stride, asks ? kLine : 0},
                         {sums.is_first ? nullptr : to, sums.ld, factor_of(e), moved(e.bias, n),
                          static_cast<uint16_t*>(e.c) + m * e.ldc + n, e.ldc});
        continue;
      }
      register_kernel(m_end - m, n_end - n, problem.pairs)(sums.depth, rows, a.row_stride, a.k_stride, panels, to,
                                                           sums.ld, !sums.is_first);
      if (sums.is_finished && !by_rows) {
        finish(e, to, sums.ld, m, m_end, n, n_end);
      }
    }
  }
  if (sums.is_finished && by_rows) {
    finish(e, sums.data, sums.ld, block.m_begin, block.m_end, block.n_begin, block.n_end);
  }
}

/** Whether sums are results: whole panels of floats that nothing is done to. */
bool sums_in_place(const GemmProblem& problem, int64_t n_begin, int64_t n_end) {
  const GemmEpilogue& e = problem.epilogue;
  return e.c_dtype == RADAPTER_F32 && e.coefficient == 1 && e.scale == nullptr && e.gate.gate == nullptr &&
         e.bias == nullptr && e.activation == RADAPTER_NONE && !reads_rows(e) && (n_end - n_begin) % kColumns == 0;
}

void multiply(const GemmProblem* problem, int64_t m_begin, int64_t m_end, int64_t n_begin, int64_t n_end,
              float* scratch) {
  const bool in_place = sums_in_place(*problem, n_begin, n_end);
  const GemmEpilogue& epilogue = problem->epilogue;
  float* const sums = in_place ? static_cast<float*>(epilogue.c) + m_begin * epilogue.ldc + n_begin : scratch;
  const int64_t ld_sums = in_place ? epilogue.ldc : round_up(n_end - n_begin, kColumns);
  float* const packed_b = scratch + kMostTileRows * kMostTileColumns;
  float* const packed_a = packed_b + kDepth * kMostTileColumns;
  const bool panels_fit = problem->panels != nullptr && problem->panels_hold_pairs == problem->pairs;
  int64_t k = 0;
  do {
    const int64_t k_end = smaller_of(k + block_depth(problem->pairs), problem->k);
    const float* panels = packed_b;
    if (panels_fit) {
      panels = whole_panel(*problem, problem->pairs, k, n_begin);
    } else {
      pack_b(problem, k, k_end, n_begin, n_end, packed_b);
    }
    for (int64_t m = m_begin; m < m_end; m += kRowBlock) {
      const Block block = {m, smaller_of(m + kRowBlock, m_end), n_begin, n_end};
      multiply_block(*problem, block, rows_of_a(*problem, m, block.m_end, k, k_end, packed_a), panels,
                     {sums + (m - m_begin) * ld_sums, ld_sums, panel_rows(k_end - k, problem->pairs), k == 0,
                      k_end == problem->k && !in_place});
    }
    k = k_end;
  } while (k < problem->k);
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(GemmKernels, gemm_kernels) = {kRows, kColumns, kRowBlock, pack_b, multiply};

}  // namespace radapter
