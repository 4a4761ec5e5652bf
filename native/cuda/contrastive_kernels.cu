// MPM-NCE and InfoNCE without a matrix of scores: tiles of it are formed twice, for the sums over rows and columns, and
// for the gradient. One tile serves both directions.
#include "contrastive_kernels.h"
#include "gemm_tile.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(16) unsigned char dynamic_shared[];

constexpr float kMinusInfinity = -__builtin_inff();

/** Which scores of a tile are positives: a bit each. */
template <int Size>
struct Marks {
  uint32_t words[Size][Size / 32];

  __device__ __forceinline__ bool at(int row, int column) const {
    return (words[row][column / 32] >> (column % 32) & 1) != 0;
  }
};

/** Each warp compares the labels of 32 columns with a row's at once. */
template <int Size, int Threads>
__device__ __forceinline__ void mark_labels(const ContrastiveArguments& a, const TileRange& at, Marks<Size>* marks) {
  const int lane = threadIdx.x % kWarp;
  for (int i = threadIdx.x / kWarp; i < Size * (Size / 32); i += Threads / kWarp) {
    const int row = i / (Size / 32);
    const int word = i % (Size / 32);
    const int64_t column = at.column + word * 32 + lane;
    const bool inside = at.row + row < a.scores.m && column < a.scores.n;
    const bool equal = inside && a.row_labels[a.first_row + at.row + row] == a.column_labels[column];
    const uint32_t bits = __ballot_sync(kWholeWarp, equal);
    if (lane == 0) {
      marks->words[row][word] = bits;
    }
  }
}

/** Each row's thread goes through that part of its list that lies in the tile. */
template <int Size>
__device__ __forceinline__ void mark_lists(const ContrastiveArguments& a, const TileRange& at, Marks<Size>* marks) {
  const int row = threadIdx.x;
  if (row >= Size) {
    return;
  }
  for (int word = 0; word < Size / 32; ++word) {
    marks->words[row][word] = 0;
  }
  if (at.row + row >= a.scores.m) {
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
    marks->words[row][column / 32] |= 1u << (column % 32);
  }
}

/** The scores of this block's tile, in shared memory with rows Size + 1 apart: rows and columns are read as fast. */
template <typename Tile, int Size, int Threads>
__device__ __forceinline__ TileRange form_scores(const ContrastiveArguments& a, int depth, Marks<Size>* marks) {
  static_assert(Threads == 2 * Size, "a thread for each row and each column");
  const TileRange at = range_of<Size, Size>(a.scores, blockIdx.x, 0, depth);
  auto* scores = reinterpret_cast<float*>(dynamic_shared);
  typename Tile::Sums sums = {};
  Tile::run(sums, a.scores, at, dynamic_shared);
  store_sums(scores, Size + 1, Tile::warp_row(), Tile::warp_column(), sums);
  if (a.row_labels != nullptr) {
    mark_labels<Size, Threads>(a, at, marks);
  } else {
    mark_lists<Size>(a, at, marks);
  }
  __syncthreads();
  for (int i = threadIdx.x; a.margin != 0 && i < Size * Size; i += Threads) {
    if (!marks->at(i / Size, i % Size)) {
      scores[i / Size * (Size + 1) + i % Size] += a.margin;
    }
  }
  __syncthreads();
  return at;
}

/** Sums over `count` scores from `line` on, `step` apart; positive(i) says which are positives. */
template <typename Positive>
__device__ __forceinline__ LineSums sum_line(const float* line, int step, int count, float scale, Positive positive) {
  LineSums sums = {kMinusInfinity, 0, 0, 0, 0, 0};
  for (int i = 0; i < count; ++i) {
    sums.top = fmaxf(sums.top, line[i * step]);
  }
  for (int i = 0; i < count; ++i) {
    const float below = sums.top - line[i * step];
    const bool marked = positive(i);
    sums.sum += expf(-scale * below);
    sums.all += below;
    sums.positives += marked ? below : 0.0f;
    sums.count += marked ? 1.0f : 0.0f;
  }
  sums.length = static_cast<float>(count);
  return sums;
}

__device__ __forceinline__ int inside_of(int64_t first, int64_t end, int size) {
  return end - first < size ? static_cast<int>(end - first) : size;
}

template <typename Tile, int Size, int Threads>
__device__ __forceinline__ void sum_tile(const ContrastiveArguments& a, int depth) {
  auto& marks = *reinterpret_cast<Marks<Size>*>(dynamic_shared + scores_bytes(Size));
  const TileRange at = form_scores<Tile, Size, Threads>(a, depth, &marks);
  const auto* scores = reinterpret_cast<const float*>(dynamic_shared);
  const float scale = a.scale[0];
  const int rows = inside_of(at.row, a.scores.m, Size);
  const int columns = inside_of(at.column, a.scores.n, Size);
  const int line = static_cast<int>(threadIdx.x) % Size;
  if (threadIdx.x < Size) {
    if (line < rows) {
      a.row_parts[at.column / Size * a.scores.m + at.row + line] =
          sum_line(scores + line * (Size + 1), 1, columns, scale, [&](int i) { return marks.at(line, i); });
    }
  } else if (line < columns && a.column_parts != nullptr) {
    a.column_parts[at.row / Size * a.scores.n + at.column + line] =
        sum_line(scores + line, Size + 1, rows, scale, [&](int i) { return marks.at(i, line); });
  }
}

/** softmax - soft label. */
__device__ __forceinline__ float slope_of(const LineSoft& line, float score, bool positive, float scale) {
  return expf(scale * (score - line.top)) * line.inverse_sum - (positive ? line.positive : line.negative);
}

template <typename Tile, int Size, int Threads>
__device__ __forceinline__ void differentiate_tile(const ContrastiveArguments& a, int depth) {
  auto& marks = *reinterpret_cast<Marks<Size>*>(dynamic_shared + scores_bytes(Size));
  auto* parts = reinterpret_cast<float*>(&marks + 1);
  const TileRange at = form_scores<Tile, Size, Threads>(a, depth, &marks);
  const auto* scores = reinterpret_cast<const float*>(dynamic_shared);
  const float scale = a.scale[0];
  const int rows = inside_of(at.row, a.scores.m, Size);
  constexpr int kGroups = Size / kGroup;
  static_assert(kWarp % kGroups == 0 && Size * kGroups % Threads == 0, "a row's groups are neighbours in a warp");
  float part = 0;
#pragma unroll 1
  for (int i = threadIdx.x; i < Size * kGroups; i += Threads) {
    const int row = i / kGroups;
    const int column = i % kGroups * kGroup;
    const int64_t left = a.scores.n - (at.column + column);
    const int count = row >= rows || left <= 0 ? 0 : left < kGroup ? static_cast<int>(left) : kGroup;
    float of_group = 0;
    if (count > 0) {
      const LineSoft row_soft = a.row_soft[a.first_row + at.row + row];
      float v[kGroup];
#pragma unroll
      for (int j = 0; j < kGroup; ++j) {
        v[j] = 0;
        if (j < count) {
          const float score = scores[row * (Size + 1) + column + j];
          const bool positive = marks.at(row, column + j);
          const float slope = a.row_weight * slope_of(row_soft, score, positive, scale) +
                              a.column_weight * slope_of(a.column_soft[at.column + column + j], score, positive, scale);
          v[j] = scale * slope;
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

typedef HalfTile<RADAPTER_BF16, false, true, kLargeTile, kLargeThreads, 64, 32> Bf16Tile;

/** The same sums below a top that is no lower. */
__device__ __forceinline__ LineSums below(const LineSums& a, float top, float scale) {
  if (a.length == 0 || a.top == top) {
    return a;
  }
  const float step = top - a.top;
  return {top,     a.sum * expf(-scale * step), fmaf(a.count, step, a.positives), fmaf(a.length, step, a.all), a.count,
          a.length};
}

/** Sums of two parts of a line. */
__device__ __forceinline__ LineSums merged(const LineSums& a, const LineSums& b, float scale) {
  const float top = fmaxf(a.top, b.top);
  const LineSums x = below(a, top, scale);
  const LineSums y = below(b, top, scale);
  return {top, x.sum + y.sum, x.positives + y.positives, x.all + y.all, x.count + y.count, x.length + y.length};
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kLargeThreads) contrastive_sums_bf16(ContrastiveArguments a) {
  sum_tile<Bf16Tile, kLargeTile, kLargeThreads>(a, kHalfDepth);
}

extern "C" __global__ void __launch_bounds__(kSmallThreads) contrastive_sums_f32(ContrastiveArguments a) {
  sum_tile<FloatTile<false, true>, kSmallTile, kSmallThreads>(a, kFloatDepth);
}

extern "C" __global__ void __launch_bounds__(kLargeThreads) contrastive_gradient_bf16(ContrastiveArguments a) {
  differentiate_tile<Bf16Tile, kLargeTile, kLargeThreads>(a, kHalfDepth);
}

extern "C" __global__ void __launch_bounds__(kSmallThreads) contrastive_gradient_f32(ContrastiveArguments a) {
  differentiate_tile<FloatTile<false, true>, kSmallTile, kSmallThreads>(a, kFloatDepth);
}

extern "C" __global__ void contrastive_scale(ContrastiveScaleArguments a) {
  a.scale[0] = a.log_scale == nullptr ? a.given : static_cast<float>(exp(static_cast<double>(a.log_scale[0])));
}

extern "C" __global__ void __launch_bounds__(kLineThreads) merge_lines(MergeLinesArguments a) {
  const int64_t line = static_cast<int64_t>(blockIdx.x) * (kLineThreads / kWarp) + threadIdx.x / kWarp;
  if (line >= a.lines) {
    return;
  }
  const float scale = a.scale[0];
  LineSums sums = {kMinusInfinity, 0, 0, 0, 0, 0};
  for (int64_t part = threadIdx.x % kWarp; part < a.parts; part += kWarp) {
    sums = merged(sums, a.sums[part * a.lines + line], scale);
  }
#pragma unroll
  for (int mask = kWarp / 2; mask > 0; mask /= 2) {
    const LineSums other = {shuffle_xor(sums.top, mask),       shuffle_xor(sums.sum, mask),
                            shuffle_xor(sums.positives, mask), shuffle_xor(sums.all, mask),
                            shuffle_xor(sums.count, mask),     shuffle_xor(sums.length, mask)};
    sums = merged(sums, other, scale);
  }
  if (threadIdx.x % kWarp == 0) {
    a.states[line] = a.first ? sums : merged(a.states[line], sums, scale);
  }
}

extern "C" __global__ void __launch_bounds__(kLineThreads) finish_lines(FinishLinesArguments a) {
  const int64_t line = static_cast<int64_t>(blockIdx.x) * kLineThreads + threadIdx.x;
  if (line >= a.lines) {
    return;
  }
  const LineSums sums = a.states[line];
  const float negatives = a.others - sums.count;
  const float smoothing = negatives == 0 ? 0.0f : a.smoothing;
  // Without positives: 1/0 times their sum, 0, is NaN, and so is the loss.
  const float positive = (1 - smoothing) / sums.count;
  const float negative = negatives == 0 ? 0.0f : smoothing / negatives;
  a.soft[line] = {sums.top, 1.0f / sums.sum, positive, negative};
  const float mean = positive * sums.positives + negative * (sums.all - sums.positives);
  a.losses[line] = logf(sums.sum) + a.scale[0] * mean;
}

extern "C" __global__ void __launch_bounds__(kLineThreads) contrastive_losses(LossesArguments a) {
  __shared__ Pair shared[kLineThreads / kWarp];
  Pair rows = {0, 0};
  Pair columns = {0, 0};
  for (int64_t i = threadIdx.x; i < a.rows; i += kLineThreads) {
    rows = rows + a.row_losses[i];
  }
  for (int64_t j = threadIdx.x; j < a.columns; j += kLineThreads) {
    columns = columns + a.column_losses[j];
  }
  const float by_row = value(block_sum<kLineThreads / kWarp>(rows, shared)) / static_cast<float>(a.rows);
  const float by_column = value(block_sum<kLineThreads / kWarp>(columns, shared)) / static_cast<float>(a.columns);
  if (threadIdx.x == 0) {
    a.losses[0] = 0.5f * (by_row + by_column);
    a.losses[1] = by_row;
    a.losses[2] = by_column;
  }
}
