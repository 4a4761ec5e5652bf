// Small products for operators that hold a tile of scores at a time (attention, contrastive losses). Only for
// *_kernels.cpp.
//
// A sum over k is formed from blocks of kSumBlock terms that begin at multiples of kSumBlock: short chains of additions
// keep the precision of the terms, and an element's bits depend on neither the tile it falls into nor the terms beyond
// its own range.
#ifndef RADAPTER_CPU_TILE_H
#define RADAPTER_CPU_TILE_H

#include "doubles.h"

namespace radapter {
namespace {

constexpr int64_t kSumBlock = 32;
constexpr int kTileRows = 6;
#if defined(RADAPTER_USE_AVX512)
constexpr int kTileVectors = 4;
#else
constexpr int kTileVectors = 2;
#endif
constexpr int64_t kNoDiagonal = INT64_MAX;

/** Left operand: element (i, k) is data[i·row_stride + k·step]; with PAIRS every element is a word of two bf16. */
struct Left {
  const float* data;
  int64_t row_stride;
  int64_t step;
};

/** Right operand [k, columns] with rows of whole vectors. */
struct Right {
  const float* data;
  int64_t ld;
};

/** Terms [begin, end) of a sum; row i of a tile takes only those below diagonal + i. */
struct Terms {
  int64_t begin;
  int64_t end;
  int64_t diagonal;
};

RADAPTER_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
RADAPTER_INLINE int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }
RADAPTER_INLINE int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

template <int ROWS, int VECTORS>
struct Part {
  Floats at[ROWS][VECTORS];
};

typedef uint32_t AliasingWord __attribute__((may_alias));

template <bool PAIRS>
RADAPTER_INLINE Floats broadcast_at(const float* from) {
  return PAIRS ? from_bits(*reinterpret_cast<const AliasingWord*>(from) - Words{}) : broadcast(*from);
}

template <bool PAIRS, int ROWS, int VECTORS>
RADAPTER_INLINE void add_terms(Part<ROWS, VECTORS>& part, const Left& a, const Right& b, int64_t k, int64_t stop,
                               int64_t diagonal) {
  const int64_t common = least(stop, diagonal);
  const float* left = a.data + k * a.step;
  const float* right = b.data + k * b.ld;
  for (; k < common; ++k, left += a.step, right += b.ld) {
    Floats row[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      row[v] = load(right + v * kLanes);
    }
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) {
      const Floats factor = broadcast_at<PAIRS>(left + i * a.row_stride);
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) {
        part.at[i][v] = PAIRS ? fused_pairs(factor, row[v], part.at[i][v]) : fused(factor, row[v], part.at[i][v]);
      }
    }
  }
  for (; k < stop; ++k, left += a.step, right += b.ld) {
#pragma GCC unroll 8
    for (int i = 1; i < ROWS; ++i) {
      if (k < diagonal + i) {
        const Floats factor = broadcast(left[i * a.row_stride]);
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; ++v) {
          part.at[i][v] = fused(factor, load(right + v * kLanes), part.at[i][v]);
        }
      }
    }
  }
}

RADAPTER_INLINE void add_to(float* sum, Floats x) { store(sum, load(sum) + x); }

RADAPTER_INLINE void add_to(double* sum, Floats x) {
  store(sum, load(sum) + first_half(x));
  store(sum + kDoubleLanes, load(sum + kDoubleLanes) + second_half(x));
}

template <int ROWS, int VECTORS>
RADAPTER_INLINE void add_part(Part<ROWS, VECTORS>& total, const Part<ROWS, VECTORS>& part) {
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      total.at[i][v] += part.at[i][v];
    }
  }
}

template <int ROWS, int VECTORS, typename Sum>
RADAPTER_INLINE void add_part(Sum* c, int64_t ldc, const Part<ROWS, VECTORS>& part) {
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      add_to(c + i * ldc + v * kLanes, part.at[i][v]);
    }
  }
}

template <int ROWS, int VECTORS>
RADAPTER_INLINE void store_part(float* c, int64_t ldc, const Part<ROWS, VECTORS>& part) {
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      store(c + i * ldc + v * kLanes, part.at[i][v]);
    }
  }
}

/** What a product does with its result's old values. */
enum class Onto { kOld, kNothing };

/** C (+)= A B over a narrow tile; the blocks' sums are added up in registers. */
template <bool PAIRS, Onto ONTO, int ROWS, int VECTORS>
__attribute__((noinline)) void multiply_narrow_tile(Left a, Right b, Terms terms, float* c, int64_t ldc) {
  Part<ROWS, VECTORS> total = {};
  for (int64_t k = terms.begin; k < terms.end;) {
    const int64_t stop = least(terms.end, k / kSumBlock * kSumBlock + kSumBlock);
    Part<ROWS, VECTORS> part = {};
    add_terms<PAIRS>(part, a, b, k, stop, terms.diagonal);
    add_part(total, part);
    k = stop;
  }
  if constexpr (ONTO == Onto::kOld) {
    add_part(c, ldc, total);
  } else {
    store_part(c, ldc, total);
  }
}

/** C += A B over a tile; C holds floats or doubles. */
template <bool PAIRS, int ROWS, int VECTORS, typename Sum>
__attribute__((noinline)) void multiply_tile(Left a, Right b, Terms terms, Sum* c, int64_t ldc) {
  for (int64_t k = terms.begin; k < terms.end;) {
    const int64_t stop = least(terms.end, k / kSumBlock * kSumBlock + kSumBlock);
    Part<ROWS, VECTORS> part = {};
    add_terms<PAIRS>(part, a, b, k, stop, terms.diagonal);
    add_part(c, ldc, part);
    k = stop;
  }
}

template <typename T>
RADAPTER_INLINE void clear(T* x, int64_t count) {
  __builtin_memset(x, 0, count * sizeof(T));
}

#if RADAPTER_ISA >= 2
template <bool PAIRS, Onto ONTO, int ROWS>
RADAPTER_INLINE void multiply_rows(Left a, Right b, int64_t vectors, const Terms& terms, float* c, int64_t ldc) {
  int64_t v = 0;
  for (; v + 2 <= vectors; v += 2) {
    multiply_narrow_tile<PAIRS, ONTO, ROWS, 2>(a, Right{b.data + v * kLanes, b.ld}, terms, c + v * kLanes, ldc);
  }
  if (v < vectors) {
    multiply_narrow_tile<PAIRS, ONTO, ROWS, 1>(a, Right{b.data + v * kLanes, b.ld}, terms, c + v * kLanes, ldc);
  }
}
#endif

template <bool PAIRS, Onto ONTO, int ROWS, typename Sum>
RADAPTER_INLINE void multiply_rows(Left a, Right b, int64_t vectors, const Terms& terms, Sum* c, int64_t ldc) {
  if constexpr (ONTO == Onto::kNothing) {
    for (int i = 0; i < ROWS; ++i) {
      clear(c + i * ldc, vectors * kLanes);
    }
  }
  int64_t v = 0;
  for (; v + kTileVectors <= vectors; v += kTileVectors) {
    multiply_tile<PAIRS, ROWS, kTileVectors>(a, Right{b.data + v * kLanes, b.ld}, terms, c + v * kLanes, ldc);
  }
  for (; v < vectors; ++v) {
    multiply_tile<PAIRS, ROWS, 1>(a, Right{b.data + v * kLanes, b.ld}, terms, c + v * kLanes, ldc);
  }
}

/** C [rows ≤ kTileRows, vectors] (+)= A B, of floats or with PAIRS of words of two bf16 (without a diagonal). */
template <bool PAIRS = false, Onto ONTO = Onto::kOld, typename Sum>
[[maybe_unused]] void multiply(int64_t rows, Left a, Right b, int64_t vectors, Terms terms, Sum* c, int64_t ldc) {
  switch (rows) {
    case 1:
      return multiply_rows<PAIRS, ONTO, 1>(a, b, vectors, terms, c, ldc);
    case 2:
      return multiply_rows<PAIRS, ONTO, 2>(a, b, vectors, terms, c, ldc);
    case 3:
      return multiply_rows<PAIRS, ONTO, 3>(a, b, vectors, terms, c, ldc);
    case 4:
      return multiply_rows<PAIRS, ONTO, 4>(a, b, vectors, terms, c, ldc);
    case 5:
      return multiply_rows<PAIRS, ONTO, 5>(a, b, vectors, terms, c, ldc);
    default:
      return multiply_rows<PAIRS, ONTO, kTileRows>(a, b, vectors, terms, c, ldc);
  }
}

/** C = A B for a tile of doubles: a [rows, lda], b with rows of ldb, C [rows, 2 vectors] with rows of ldc. */
template <int ROWS>
__attribute__((noinline)) void multiply_doubles_tile(const double* a, int64_t lda, const double* b, int64_t ldb,
                                                     int64_t terms, double* c, int64_t ldc) {
  Doubles sum[ROWS][2] = {};
  for (int64_t k = 0; k < terms; ++k, b += ldb) {
    const Doubles b0 = load(b);
    const Doubles b1 = load(b + kDoubleLanes);
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) {
      const Doubles factor = broadcast(a[i * lda + k]);
      sum[i][0] = fused(factor, b0, sum[i][0]);
      sum[i][1] = fused(factor, b1, sum[i][1]);
    }
  }
  for (int i = 0; i < ROWS; ++i) {
    store(c + i * ldc, sum[i][0]);
    store(c + i * ldc + kDoubleLanes, sum[i][1]);
  }
}

/** C [rows, vectors of kLanes] = A B in double. */
[[maybe_unused]] void multiply_doubles(int64_t rows, const double* a, int64_t lda, const double* b, int64_t ldb,
                                       int64_t vectors, int64_t terms, double* c, int64_t ldc) {
  for (int64_t v = 0; v < vectors; ++v) {
    const double* right = b + v * kLanes;
    double* to = c + v * kLanes;
    int64_t i = 0;
    for (; i + kTileRows <= rows; i += kTileRows) {
      multiply_doubles_tile<kTileRows>(a + i * lda, lda, right, ldb, terms, to + i * ldc, ldc);
    }
    for (; i < rows; ++i) {
      multiply_doubles_tile<1>(a + i * lda, lda, right, ldb, terms, to + i * ldc, ldc);
    }
  }
}

/** to [rows, ld] floats = from, columns beyond `columns` zero; ld a whole number of vectors. */
template <int T>
RADAPTER_INLINE void copy_rows(int64_t rows, int64_t columns, const typename Element<T>::Type* from, int64_t stride,
                               float* to, int64_t ld) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < ld; j += kLanes) {
      store(to + i * ld + j, load_up_to<T>(from + i * stride + j, greatest(columns - j, 0)));
    }
  }
}

/** to [columns, ld] floats = fromᵀ, from [rows, columns]; entries beyond `rows` zero; ld a whole number of vectors. */
template <int T>
RADAPTER_INLINE void copy_transposed(int64_t rows, int64_t columns, const typename Element<T>::Type* from,
                                     int64_t stride, float* to, int64_t ld) {
  for (int64_t i = 0; i < ld; i += kLanes) {
    const int64_t valid = least(rows - i, kLanes);
    for (int64_t j = 0; j < columns; j += kLanes) {
      Floats block[kLanes] = {};
      for (int64_t r = 0; r < valid; ++r) {
        block[r] = load_up_to<T>(from + (i + r) * stride + j, columns - j);
      }
      transpose(block);
      for (int64_t c = 0; c < least(columns - j, kLanes); ++c) {
        store(to + (j + c) * ld + i, block[c]);
      }
    }
  }
}

}  // namespace
}  // namespace radapter

#endif
