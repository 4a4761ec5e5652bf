// What is done with a tile of scores of the contrastive loss: positives are marked, rows and columns summed, the
// gradient formed. One tile serves both directions.
#ifndef RADAPTER_CUDA_CONTRASTIVE_TILE_H
#define RADAPTER_CUDA_CONTRASTIVE_TILE_H

#include "contrastive_kernels.h"
#include "gemm_tile.h"

namespace radapter::cuda {

constexpr float kMinusInfinity = -__builtin_inff();

/** Which scores of a tile are positives, by its rows and by its columns: a bit each. */
template <int Size>
struct Marks {
  uint32_t rows[Size][Size / 32];
  uint32_t columns[Size][Size / 32];
};

/** Each warp compares its lines' labels, one after another, with all of the other side's, which its lanes hold. */
template <int Size, int Threads>
__device__ __forceinline__ void mark_lines(const int32_t* lines, int line_count, const int32_t* others, int other_count,
                                           uint32_t (*marks)[Size / 32]) {
  const int lane = threadIdx.x % kWarp;
  int32_t labels[Size / 32];
#pragma unroll
  for (int word = 0; word < Size / 32; ++word) {
    labels[word] = word * 32 + lane < other_count ? others[word * 32 + lane] : 0;
  }
#pragma unroll 1
  for (int line = threadIdx.x / kWarp; line < Size; line += Threads / kWarp) {
    const bool inside = line < line_count;
    const int32_t label = inside ? lines[line] : 0;
#pragma unroll
    for (int word = 0; word < Size / 32; ++word) {
      const bool equal = inside && word * 32 + lane < other_count && labels[word] == label;
      const uint32_t bits = __ballot_sync(kWholeWarp, equal);
      if (lane == word) {
        marks[line][word] = bits;
      }
    }
  }
}

/** Each row's thread goes through that part of its list that lies in the tile. The marks are 0 before. */
template <int Size>
__device__ __forceinline__ void mark_lists(const ContrastiveArguments& a, const TileRange& at, Marks<Size>* marks) {
  const int row = threadIdx.x;
  if (row >= Size || at.row + row >= a.scores.m) {
    return;
  }
  const int64_t line = a.first_row + at.row + row;
  int64_t low = a.row_offsets[line];
  const int64_t end = a.row_offsets[line + 1];
  for (int64_t count = end - low; count > 0;) {
    const int64_t half = count / 2;
    if (a.row_columns[low + half] < at.column) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  for (; low < end && a.row_columns[low] < at.column + Size; ++low) {
    const int column = static_cast<int>(a.row_columns[low] - at.column);
    marks->rows[row][column / 32] |= 1u << (column % 32);
    atomicOr(&marks->columns[column][row / 32], 1u << (row % 32));
  }
}

__device__ __forceinline__ int inside_of(int64_t first, int64_t end, int size) {
  return end - first < size ? static_cast<int>(end - first) : size;
}

template <int Size, int Threads>
__device__ __forceinline__ void mark(const ContrastiveArguments& a, const TileRange& at, Marks<Size>* marks) {
  if (a.row_labels != nullptr) {
    const int32_t* rows = a.row_labels + a.first_row + at.row;
    const int32_t* columns = a.column_labels + at.column;
    const int row_count = inside_of(at.row, a.scores.m, Size);
    const int column_count = inside_of(at.column, a.scores.n, Size);
    mark_lines<Size, Threads>(rows, row_count, columns, column_count, marks->rows);
    mark_lines<Size, Threads>(columns, column_count, rows, row_count, marks->columns);
    return;
  }
  auto* words = reinterpret_cast<uint32_t*>(marks);
#pragma unroll 1
  for (int i = threadIdx.x; i < static_cast<int>(sizeof(*marks) / sizeof(uint32_t)); i += Threads) {
    words[i] = 0;
  }
  __syncthreads();
  mark_lists<Size>(a, at, marks);
}

/** exp(x) = exp2(kLog2E·x): the instruction's own base. */
constexpr float kLog2E = 1.4426950408889634f;

/** Sums over `count` scores from `line` on, `step` apart, of which the marked ones are positives. */
template <int Size>
__device__ __forceinline__ LineSums sum_line(const float* line, int step, int count, float scale,
                                             const uint32_t* marks) {
  LineSums sums = {kMinusInfinity, 0, 0, 0, 0, static_cast<float>(count)};
#pragma unroll 4
  for (int i = 0; i < count; ++i) {
    sums.top = fmaxf(sums.top, line[i * step]);
  }
  const float falling = -scale * kLog2E;
#pragma unroll 4
  for (int i = 0; i < count; ++i) {
    const float below = sums.top - line[i * step];
    sums.sum += exp2f(falling * below);
    sums.all += below;
  }
#pragma unroll 1
  for (int word = 0; word < Size / 32; ++word) {
    for (uint32_t left = marks[word]; left != 0; left &= left - 1) {
      sums.positives += sums.top - line[(word * 32 + __ffs(static_cast<int>(left)) - 1) * step];
      sums.count += 1;
    }
  }
  return sums;
}

/** The sums of a tile's rows and columns; its scores have rows Size + 1 apart. By the first 2·Size threads. */
template <int Size>
__device__ __forceinline__ void sum_scores(const ContrastiveArguments& a, const TileRange& at, const float* scores,
                                           const Marks<Size>& marks) {
  const float scale = a.scale[0];
  const int rows = inside_of(at.row, a.scores.m, Size);
  const int columns = inside_of(at.column, a.scores.n, Size);
  // One code for both directions.
  const bool by_row = threadIdx.x < Size;
  const int line = static_cast<int>(threadIdx.x) % Size;
  if (threadIdx.x >= 2 * Size || line >= (by_row ? rows : columns) || (!by_row && a.column_parts == nullptr)) {
    return;
  }
  const float* from = scores + line * (by_row ? Size + 1 : 1);
  LineSums* to = by_row ? a.row_parts + at.column / Size * a.scores.m + at.row
                        : a.column_parts + at.row / Size * a.scores.n + at.column;
  to[line] = sum_line<Size>(from, by_row ? 1 : Size + 1, by_row ? columns : rows, scale,
                            by_row ? marks.rows[line] : marks.columns[line]);
}

/** What a line adds to the gradient of one of its scores c: exp2(rate·(c - top))·share less one of the others. */
struct LineSlope {
  float top;
  float share;
  float positive;
  float negative;
};

__device__ __forceinline__ LineSlope slope_of(const LineSoft& line, float weight) {
  return {line.top, weight * line.inverse_sum, weight * line.positive, weight * line.negative};
}

__device__ __forceinline__ float at_score(const LineSlope& line, float score, bool positive, float rate) {
  return exp2f(rate * (score - line.top)) * line.share - (positive ? line.positive : line.negative);
}

/**
 * The gradient of a tile's scores, by the first 2·Size of the block's Threads threads, all of which take part; `parts`
 * has a number for each warp.
 */
template <int Size, int Threads>
__device__ __forceinline__ void differentiate_scores(const ContrastiveArguments& a, const TileRange& at,
                                                     const float* scores, const Marks<Size>& marks, float* parts) {
  constexpr int kWorkers = 2 * Size;
  const float scale = a.scale[0];
  const float rate = scale * kLog2E;
  const int rows = inside_of(at.row, a.scores.m, Size);
  constexpr int kGroups = Size / kGroup;
  static_assert(kWarp % kGroups == 0 && Size * kGroups % kWorkers == 0 && kWorkers % kGroups == 0,
                "a row's groups are neighbours in a warp, and a thread's columns are the same in every row");
  const int column = static_cast<int>(threadIdx.x) % kGroups * kGroup;
  const int64_t left = a.scores.n - (at.column + column);
  const int columns = left <= 0 ? 0 : left < kGroup ? static_cast<int>(left) : kGroup;
  LineSlope column_slopes[kGroup];
#pragma unroll
  for (int j = 0; j < kGroup; ++j) {
    column_slopes[j] =
        j < columns ? slope_of(a.column_soft[at.column + column + j], scale * a.column_weight) : LineSlope{0, 0, 0, 0};
  }
  float part = 0;
#pragma unroll 1
  for (int row = threadIdx.x < kWorkers ? static_cast<int>(threadIdx.x) / kGroups : Size; row < Size;
       row += kWorkers / kGroups) {
    const int count = row >= rows ? 0 : columns;
    float of_group = 0;
    if (count > 0) {
      const LineSlope row_slope = slope_of(a.row_soft[a.first_row + at.row + row], scale * a.row_weight);
      const uint32_t positives = marks.rows[row][column / 32] >> (column % 32);
      float v[kGroup];
#pragma unroll
      for (int j = 0; j < kGroup; ++j) {
        v[j] = 0;
        if (j < count) {
          const float score = scores[row * (Size + 1) + column + j];
          const bool positive = (positives >> j & 1) != 0;
          v[j] = at_score(row_slope, score, positive, rate) + at_score(column_slopes[j], score, positive, rate);
          of_group += v[j] * score;
        }
      }
      if (a.gradient.data != nullptr) {
        store_group(a.gradient, at.row + row, at.column + column, count, v);
      }
    }
    part += of_group;
    if (a.row_scale_parts != nullptr) {
#pragma unroll
      for (int mask = kGroups / 2; mask > 0; mask /= 2) {
        of_group += shuffle_xor(of_group, mask);
      }
      if (column == 0 && row < rows) {
        a.row_scale_parts[at.column / Size * a.scores.m + at.row + row] = of_group;
      }
    }
  }
  part = block_sum<Threads / kWarp>(part, parts);
  if (threadIdx.x == 0) {
    a.scale_parts[blockIdx.x] = part;
  }
}

}  // namespace radapter::cuda

#endif
