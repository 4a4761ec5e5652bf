// An adapter of few columns in one pass over X. Both weights lie in registers, each warp having those of its columns:
// so a block reads 16 rows of X once, adds up its warps' parts of T in their order, and the warps send out the columns
// they have read.
#include "gemm_tile.h"
#include "quads.h"
#include "thin_adapter_kernels.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(16) unsigned char dynamic_shared[];

/** What a thread has of the weights, as mma.m16n8k16 takes its second operand. Steps: 16 columns of X each. */
template <int Steps>
struct ThinWeights {
  /** first as two halves, by step, eight columns of T, and half of the step. */
  uint32_t high[Steps][2][2];
  uint32_t low[Steps][2][2];
  /** second, by eight columns of Y and half of its rows. */
  uint32_t second[2 * Steps][2];

  /**
   * Through `shared`, 8·Steps words a thread, each of which reads what it wrote: a loop can do that, and registers have
   * no number that a loop could count.
   */
  __device__ __forceinline__ ThinWeights(const ThinAdapterArguments& a, int column, uint32_t* shared) {
    const int lane = threadIdx.x % kWarp;
    // Of eight lines and eight terms a lane has one line and two terms; eight columns of X are all there or none is.
    const int line = lane / 4;
    const int term = lane % 4 * 2;
    uint32_t* mine = shared + threadIdx.x;
#pragma unroll 1
    for (int i = 0; i < 4 * Steps; ++i) {
      const int n = i % 2 * 8 + line;
      const int k = column + i / 2 * 8 + term;
      const bool there = n < a.rank && k < a.d;
      const float* from = a.first.data + n * a.first.column + k * a.first.row;
      split(there ? from[0] : 0.0f, there ? from[a.first.row] : 0.0f, &mine[2 * i * kThinThreads],
            &mine[(2 * i + 1) * kThinThreads]);
    }
#pragma unroll
    for (int i = 0; i < 4 * Steps; ++i) {
      high[i / 4][i % 2][i / 2 % 2] = mine[2 * i * kThinThreads];
      low[i / 4][i % 2][i / 2 % 2] = mine[(2 * i + 1) * kThinThreads];
    }
#pragma unroll 1
    for (int i = 0; i < 4 * Steps; ++i) {
      const int k = i % 2 * 8 + term;
      const int c = column + i / 2 * 8 + line;
      const float* from = a.second.data + k * a.second.row + c * a.second.column;
      mine[i * kThinThreads] =
          pack_bf16(k < a.rank && c < a.d ? from[0] : 0.0f, k + 1 < a.rank && c < a.d ? from[a.second.row] : 0.0f);
    }
#pragma unroll
    for (int i = 0; i < 4 * Steps; ++i) {
      second[i / 2][i % 2] = mine[i * kThinThreads];
    }
  }

  /** Two numbers as the sums of two halves. */
  static __device__ __forceinline__ void split(float x, float y, uint32_t* high, uint32_t* low) {
    float upper_x;
    float upper_y;
    *high = pack_bf16(x, y);
    unpack(*high, RADAPTER_BF16, &upper_x, &upper_y);
    *low = pack_bf16(x - upper_x, y - upper_y);
  }
};

/** T of a tile as mma takes its first operand: in halves, and what they leave of single precision. */
struct ThinHidden {
  uint32_t high[4];
  uint32_t low[4];
};

/** The warp's part of T, [16, 16]: its columns of X times its rows of first. */
template <int Steps>
__device__ __forceinline__ void multiply_first(const ThinWeights<Steps>& weights, int rank, const uint16_t* x,
                                               float (&t)[2][4]) {
  const int lane = threadIdx.x % kWarp;
  const uint16_t* row = x + lane % 16 * thin_stride(Steps) + lane / 16 * 8;
#pragma unroll
  for (int s = 0; s < Steps; ++s) {
    uint32_t a[4];
    load_matrices(a, row + s * 16);
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      if (n * 8 < rank) {
        multiply_bf16(t[n], a, weights.low[s][n][0], weights.low[s][n][1]);
        multiply_bf16(t[n], a, weights.high[s][n][0], weights.high[s][n][1]);
      }
    }
  }
}

/**
 * Adds up the warps' parts, which lie in `parts` as [warp][eight columns][lane], times the row's gate; `writes` says
 * whether this warp keeps them. A sum lies in a lane just as the second product wants it.
 */
__device__ __forceinline__ ThinHidden finish_hidden(const ThinAdapterArguments& a, const float4* parts, int64_t row,
                                                    bool writes) {
  const int lane = threadIdx.x % kWarp;
  const bool rounded = a.hidden.dtype != RADAPTER_F32;
  float gates[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t r = row + lane / 4 + half * 8;
    gates[half] = r < a.rows ? gate_of(a.hidden_gate, r) : 0.0f;
  }
  ThinHidden hidden;
#pragma unroll
  for (int n = 0; n < 2; ++n) {
    float4 sum = parts[n * kWarp + lane];
#pragma unroll
    for (int warp = 1; n * 8 < a.rank && warp < kThinWarps; ++warp) {
      const float4 part = parts[(warp * 2 + n) * kWarp + lane];
      sum.x += part.x, sum.y += part.y, sum.z += part.z, sum.w += part.w;
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int64_t r = row + lane / 4 + half * 8;
      const int column = n * 8 + lane % 4 * 2;
      const float x = gates[half] == 0 ? 0.0f : gates[half] * (half == 0 ? sum.x : sum.z);
      const float y = gates[half] == 0 ? 0.0f : gates[half] * (half == 0 ? sum.y : sum.w);
      ThinWeights<1>::split(x, y, &hidden.high[n * 2 + half], &hidden.low[n * 2 + half]);
      if (rounded) {
        hidden.low[n * 2 + half] = 0;
      }
      if (writes && r < a.rows) {
        if (column < a.rank) {
          store_element(a.hidden.data, r * a.hidden.ld + column, a.hidden.dtype, x);
        }
        if (column + 1 < a.rank) {
          store_element(a.hidden.data, r * a.hidden.ld + column + 1, a.hidden.dtype, y);
        }
      }
    }
  }
  return hidden;
}

/** v += eight elements. */
__device__ __forceinline__ void add_group(float (&v)[kGroup], const void* from) {
  const uint4 packed = *static_cast<const uint4*>(from);
  const uint32_t pairs[] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
  for (int i = 0; i < kGroup / 2; ++i) {
    float low;
    float high;
    unpack(pairs[i], RADAPTER_BF16, &low, &high);
    v[2 * i] += low;
    v[2 * i + 1] += high;
  }
}

/** Eight columns of a row out: residual + X + factor·sums. */
__device__ __forceinline__ void finish_columns(const ThinAdapterArguments& a, int64_t row, int column, float factor,
                                               const uint16_t* x, float (&v)[kGroup]) {
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    v[i] = factor == 0 ? 0.0f : v[i] * factor;
  }
  add_group(v, x);
  if (a.residual.data != nullptr) {
    add_group(v, static_cast<const uint16_t*>(a.residual.data) + row * a.residual.ld + column);
  }
  *reinterpret_cast<uint4*>(static_cast<uint16_t*>(a.y.data) + row * a.y.ld + column) =
      make_uint4(pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7]));
}

/** The warp's columns of Y for the tile of X from `row` on, which begins at `x`. */
template <int Steps>
__device__ __forceinline__ void multiply_second(const ThinAdapterArguments& a, const ThinWeights<Steps>& weights,
                                                const ThinHidden& hidden, const uint16_t* x, int64_t row, int column) {
  const int lane = threadIdx.x % kWarp;
  const float scale = a.scale == nullptr ? 1.0f : a.scale[0];
  float factors[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t r = row + lane / 4 + half * 8;
    factors[half] = r < a.rows ? scale * gate_of(a.gate, r) : 0.0f;
  }
#pragma unroll
  for (int j = 0; j < 2 * Steps; j += 4) {
    float sums[4][4] = {};
#pragma unroll
    for (int b = 0; b < 4; ++b) {
      multiply_bf16(sums[b], hidden.low, weights.second[j + b][0], weights.second[j + b][1]);
      multiply_bf16(sums[b], hidden.high, weights.second[j + b][0], weights.second[j + b][1]);
    }
    // Once: there are many groups of columns. The lower rows' sums move to the front.
#pragma unroll 1
    for (int half = 0; half < 2; ++half) {
      float2 pairs[4];
#pragma unroll
      for (int b = 0; b < 4; ++b) {
        pairs[b] = make_float2(sums[b][0], sums[b][1]);
        sums[b][0] = sums[b][2];
        sums[b][1] = sums[b][3];
      }
      transpose_quad(pairs);
      float v[kGroup] = {pairs[0].x, pairs[0].y, pairs[1].x, pairs[1].y,
                         pairs[2].x, pairs[2].y, pairs[3].x, pairs[3].y};
      const int line = lane / 4 + half * 8;
      const int c = column + j * 8 + lane % 4 * kGroup;
      if (row + line < a.rows && c < a.d) {
        finish_columns(a, row + line, c, half == 0 ? factors[0] : factors[1], x + line * thin_stride(Steps) + c, v);
      }
    }
  }
}

/** The rows of a tile into shared memory, later; zeros beyond [rows, columns). */
template <int Width>
__device__ __forceinline__ void load_rows(uint16_t* shared, const Input& x, int64_t row, int64_t rows, int columns) {
  constexpr int kAcross = Width / kGroup;
  const auto* base = static_cast<const uint16_t*>(x.data);
#pragma unroll 1
  for (int i = threadIdx.x; i < kThinRows * kAcross; i += kThinThreads) {
    const int r = i / kAcross;
    const int c = i % kAcross * kGroup;
    const bool inside = row + r < rows && c < columns;
    copy_async(shared + r * (Width + kHalfPadding) + c, inside ? base + (row + r) * x.ld + c : base, inside ? 16 : 0);
  }
}

template <int Steps>
__device__ __forceinline__ void thin_adapter(const ThinAdapterArguments& a) {
  constexpr int kStages = thin_stages(Steps);
  constexpr int kTile = kThinRows * thin_stride(Steps);
  constexpr int kWidth = Steps * 16 * kThinWarps;
  auto* stages = reinterpret_cast<uint16_t*>(dynamic_shared);
  auto* parts = reinterpret_cast<float4*>(stages + kStages * kTile);
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int column = warp * Steps * 16;
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThinRows;
  int64_t next = static_cast<int64_t>(blockIdx.x) * kThinRows;
  // Every round ends a group of copies, one without copies too, so that the count of groups tells which have landed.
  const auto ask = [&](int stage) {
    if (next < a.rows) {
      load_rows<kWidth>(stages + stage * kTile, a.x, next, a.rows, a.d);
    }
    copy_async_commit();
    next += step;
  };
  const ThinWeights<Steps> weights(a, column, reinterpret_cast<uint32_t*>(dynamic_shared));
  __syncthreads();
#pragma unroll
  for (int stage = 0; stage < kStages - 1; ++stage) {
    ask(stage);
  }
  int stage = 0;
#pragma unroll 1
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kThinRows; row < a.rows; row += step) {
    copy_async_wait<kStages - 2>();
    __syncthreads();
    ask((stage + kStages - 1) % kStages);
    const uint16_t* x = stages + stage * kTile;
    float t[2][4] = {};
    multiply_first<Steps>(weights, a.rank, x + column, t);
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      parts[(warp * 2 + n) * kWarp + lane] = make_float4(t[n][0], t[n][1], t[n][2], t[n][3]);
    }
    __syncthreads();
    const ThinHidden hidden = finish_hidden(a, parts, row, warp == 0);
    multiply_second<Steps>(a, weights, hidden, x, row, column);
    stage = (stage + 1) % kStages;
  }
  copy_async_wait<0>();
}

}  // namespace

/** thin_adapter_COLUMNS: up to so many. */
#define RADAPTER_THIN_KERNEL(columns, steps)                                                \
  extern "C" __global__ void __launch_bounds__(kThinThreads, (steps) <= 4 ? 2 : 1)          \
      thin_adapter_##columns(const __grid_constant__ ThinAdapterArguments a) {              \
    static_assert((columns) == 16 * kThinWarps * (steps), "a warp for each part of a row"); \
    thin_adapter<steps>(a);                                                                 \
  }

RADAPTER_THIN_KERNEL(512, 4)
RADAPTER_THIN_KERNEL(768, 6)
RADAPTER_THIN_KERNEL(1024, 8)
