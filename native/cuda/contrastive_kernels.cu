// MPM-NCE and InfoNCE without a matrix of scores: tiles of it are formed twice, for the sums over rows and columns, and
// for the gradient. One tile serves both directions.
#include "contrastive_tile.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(16) unsigned char dynamic_shared[];

/** Adds the margin to the sums that are not of positives; a warp's columns are one word of marks. */
template <int Size, int Rows>
__device__ __forceinline__ void add_margin(WarpSums<Rows, 4>& sums, int row, int column, float margin,
                                           const Marks<Size>& marks) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int i = 0; i < 2 * Rows; ++i) {
    const uint32_t positives = marks.rows[row + i * 8 + lane / 4][column / 32] >> (lane % 4 * 2);
#pragma unroll
    for (int j = 0; j < 4; ++j) {
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        sums.v[i / 2][j][i % 2 * 2 + e] += (positives >> (j * 8 + e) & 1) != 0 ? 0.0f : margin;
      }
    }
  }
}

/** The scores of this block's tile, in shared memory with rows Size + 1 apart: rows and columns are read as fast. */
template <typename Tile, int Size, int Threads>
__device__ __forceinline__ TileRange form_scores(const ContrastiveArguments& a, int depth, Marks<Size>* marks) {
  static_assert(Threads == 2 * Size, "a thread for each row and each column");
  const TileRange at = range_of<Size, Size>(a.scores, blockIdx.x, 0, depth);
  auto* scores = reinterpret_cast<float*>(dynamic_shared);
  // In the end the operands have been read by all, and the marks are there for all.
  mark<Size, Threads>(a, at, marks);
  typename Tile::Sums sums = {};
  Tile::run(sums, a.scores, at, dynamic_shared);
  add_margin(sums, Tile::warp_row(), Tile::warp_column(), a.margin, *marks);
  store_sums(scores, Size + 1, Tile::warp_row(), Tile::warp_column(), sums);
  __syncthreads();
  return at;
}

template <typename Tile, int Size, int Threads>
__device__ __forceinline__ void sum_tile(const ContrastiveArguments& a, int depth) {
  auto& marks = *reinterpret_cast<Marks<Size>*>(dynamic_shared + scores_bytes(Size));
  const TileRange at = form_scores<Tile, Size, Threads>(a, depth, &marks);
  sum_scores<Size>(a, at, reinterpret_cast<const float*>(dynamic_shared), marks);
}

template <typename Tile, int Size, int Threads>
__device__ __forceinline__ void differentiate_tile(const ContrastiveArguments& a, int depth) {
  auto& marks = *reinterpret_cast<Marks<Size>*>(dynamic_shared + scores_bytes(Size));
  const TileRange at = form_scores<Tile, Size, Threads>(a, depth, &marks);
  differentiate_scores<Size, Threads>(a, at, reinterpret_cast<const float*>(dynamic_shared), marks,
                                      reinterpret_cast<float*>(&marks + 1));
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
