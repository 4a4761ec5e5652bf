// Attention by tiles: a block has 32 or 64 rows of one head of one sequence, and goes over all columns. Any length, any
// head size up to 256. Rows that a mask hides keep their bits whatever lies behind it, be it NaN.
#include "attention_kernels.h"
#include "attention_tile.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(16) unsigned char dynamic_shared[];

constexpr float kMinusInfinity = -__builtin_inff();

/** Which head of which sequence, and which rows and columns of the result, a block has. */
struct Place {
  int64_t batch;
  int64_t head;
  int64_t first;
  int slice;
};

__device__ __forceinline__ Place place_of(const AttentionArguments& a, int rows) {
  const int64_t tiles = (a.length + rows - 1) / rows;
  const int64_t tile = blockIdx.x % tiles;
  const int64_t pair = blockIdx.x / tiles;
  return {pair / a.heads, pair % a.heads, tile * rows, static_cast<int>(blockIdx.y)};
}

/** Part 0 (q), 1 (k) or 2 (v) of a head, from its sequence's first row. */
__device__ __forceinline__ Input head_of(const AttentionArguments& a, const Input& x, const Place& at, int part) {
  const int64_t element = at.batch * a.length * x.ld + (part * a.heads + at.head) * a.head_size;
  return {static_cast<const char*>(x.data) + element * element_bytes(x.dtype), x.ld, x.dtype, x.wide};
}

__device__ __forceinline__ int64_t statistic_of(const AttentionArguments& a, const Place& at, int64_t row) {
  return (at.batch * a.heads + at.head) * a.length + row;
}

/** Sum or maximum over the four lanes that share a row. */
__device__ __forceinline__ float row_sum(float x) {
  x += shuffle_xor(x, 1);
  return x + shuffle_xor(x, 2);
}

__device__ __forceinline__ float row_most(float x) {
  x = fmaxf(x, shuffle_xor(x, 1));
  return fmaxf(x, shuffle_xor(x, 2));
}

/** Row (of this lane's two) and column of element e of sums[j]. */
__device__ __forceinline__ int row_of(int e) { return static_cast<int>(threadIdx.x) % kWarp / 4 + e / 2 * 8; }
__device__ __forceinline__ int column_of(int j, int e) { return j * 8 + static_cast<int>(threadIdx.x) % 4 * 2 + e % 2; }

/** Writes the warp's rows of a slice, scaled row by row, to rows of an output that begin at `to`. */
template <typename T, int Slice>
__device__ __forceinline__ void store_rows(T* to, int64_t ld, int64_t row, int64_t rows, int64_t columns,
                                           const float (&v)[Slice / 8][4], float first, float second) {
#pragma unroll
  for (int n = 0; n < Slice / 8; ++n) {
#pragma unroll
    for (int e = 0; e < 4; e += 2) {
      const int64_t r = row + row_of(e);
      const int column = column_of(n, e);
      if (r < rows && column < columns) {
        const float factor = e == 0 ? first : second;
        T* place = to + r * ld + column;
        if (sizeof(T) == 4) {
          place[0] = static_cast<T>(v[n][e] * factor);
          place[1] = static_cast<T>(v[n][e + 1] * factor);
        } else {
          const uint32_t packed = pack_bf16(v[n][e] * factor, v[n][e + 1] * factor);
          place[0] = static_cast<T>(packed & 0xffff);
          place[1] = static_cast<T>(packed >> 16);
        }
      }
    }
  }
}

__device__ __forceinline__ bool is_finite(float x) { return (__float_as_uint(x) & 0x7f800000u) != 0x7f800000u; }
__device__ __forceinline__ bool is_finite(uint16_t x) { return (x & 0x7f80u) != 0x7f80u; }

/**
 * On a tile that a causal mask cuts, a hidden value's weight is 0, but 0 · NaN is NaN. So values that are not finite
 * are taken out of the tile, and the results that do see them become NaN here.
 */
template <typename T, int Size, int Columns, int Threads, int Slice>
__device__ __forceinline__ void take_out_not_finite(T* tile, int offset, int64_t first_column, int64_t first_row,
                                                    float (&result)[Slice / 8][4]) {
  constexpr int kStride = Size + 16 / sizeof(T);
  bool found = false;
  for (int i = threadIdx.x; i < Columns * Size; i += Threads) {
    found |= !is_finite(tile[i / Size * kStride + i % Size]);
  }
  if (!__syncthreads_or(found)) {
    return;
  }
  for (int k = 0; k < Columns; ++k) {
#pragma unroll
    for (int n = 0; n < Slice / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const bool seen = first_column + k <= first_row + row_of(e);
        if (seen && !is_finite(tile[k * kStride + offset + column_of(n, e)])) {
          result[n][e] = __uint_as_float(0x7fffffffu);
        }
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < Columns * Size; i += Threads) {
    T* value = tile + i / Size * kStride + i % Size;
    *value = is_finite(*value) ? *value : T(0);
  }
  __syncthreads();
}

template <typename T, int Size>
__device__ __forceinline__ void forward(const AttentionArguments& a) {
  constexpr AttentionTiles kTiles = {Size, sizeof(T)};
  constexpr int kColumns = kTiles.forward_columns();
  constexpr int kSlice = kTiles.slice();
  const Place at = place_of(a, kTiles.rows());
  const Input queries = head_of(a, a.qkv, at, 0);
  const Input keys = head_of(a, a.qkv, at, 1);
  const Input values = head_of(a, a.qkv, at, 2);
  T* q = reinterpret_cast<T*>(dynamic_shared);
  T* k = q + kTiles.rows() * kTiles.stride();
  T* v = k + kColumns * kTiles.stride();
  const int warp_row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int offset = at.slice * kSlice;
  const int64_t end = at.first + kTiles.rows() < a.length ? at.first + kTiles.rows() : a.length;
  const int64_t columns = a.causal ? end : a.length;
  load_head_tile<kTiles.rows(), Size, kTiles.threads()>(q, queries, at.first, a.length, a.head_size);
  float result[kSlice / 8][4] = {};
  float top[2] = {kMinusInfinity, kMinusInfinity};
  float sum[2] = {0, 0};
  for (int64_t first = 0; first < columns; first += kColumns) {
    __syncthreads();
    load_head_tile<kColumns, Size, kTiles.threads()>(k, keys, first, a.length, a.head_size);
    load_head_tile<kColumns, Size, kTiles.threads()>(v, values, first, a.length, a.head_size);
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    if (a.causal && first + kColumns > at.first) {
      take_out_not_finite<T, Size, kColumns, kTiles.threads(), kSlice>(v, offset, first, at.first + warp_row, result);
    }
    float s[kColumns / 8][4];
    dot_rows<Size, kColumns>(s, q + warp_row * kTiles.stride(), k);
    float most[2] = {top[0], top[1]};
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int64_t column = first + column_of(j, e);
        const bool seen = column < a.length && (!a.causal || column <= at.first + warp_row + row_of(e));
        s[j][e] = seen ? __fmul_rn(s[j][e], a.scale) : kMinusInfinity;
        most[e / 2] = fmaxf(most[e / 2], s[j][e]);
      }
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      most[half] = row_most(most[half]);
      const float shrink = expf(top[half] - most[half]);
      top[half] = most[half];
      sum[half] *= shrink;
#pragma unroll
      for (int n = 0; n < kSlice / 8; ++n) {
        result[n][2 * half] *= shrink;
        result[n][2 * half + 1] *= shrink;
      }
    }
    float added[2] = {0, 0};
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        s[j][e] = expf(s[j][e] - top[e / 2]);
        added[e / 2] += s[j][e];
      }
    }
    sum[0] += row_sum(added[0]);
    sum[1] += row_sum(added[1]);
    add_weighted<Size, kColumns, kSlice>(result, s, v + offset);
  }
  const int64_t row = at.first + warp_row;
  T* out = static_cast<T*>(a.out.data) + at.batch * a.length * a.out.ld + at.head * a.head_size + offset;
  store_rows<T, kSlice>(out, a.out.ld, row, a.length, a.head_size - offset, result, 1.0f / sum[0], 1.0f / sum[1]);
  if (a.log_sum_exp != nullptr && at.slice == 0 && threadIdx.x % 4 == 0) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int64_t r = row + row_of(2 * half);
      if (r < a.length) {
        a.log_sum_exp[statistic_of(a, at, r)] = top[half] + logf(sum[half]);
      }
    }
  }
}

/** exp(score - log_sum), the score rounded as the forward pass rounded it. */
__device__ __forceinline__ float probability(float dot, float scale, float log_sum) {
  return expf(__fmul_rn(dot, scale) - log_sum);
}

/**
 * d_q: rows are queries, columns keys. Where one weight is near 1, ⟨p, dp⟩ almost cancels dp, and ⟨out, d_out⟩ of the
 * rounded output is not good enough: it only serves as a first guess here. With ds = p·(dp - guess) and c = Σ ds the
 * right gradient is Σ ds·k - c·Σ p·k, and guess + c what the keys' gradients need.
 */
template <typename T, int Size>
__device__ __forceinline__ void backward_queries(const AttentionArguments& a) {
  constexpr AttentionTiles kTiles = {Size, sizeof(T)};
  constexpr int kColumns = kTiles.columns();
  constexpr int kSlice = kTiles.slice();
  const Place at = place_of(a, kTiles.rows());
  const Input keys = head_of(a, a.qkv, at, 1);
  const Input values = head_of(a, a.qkv, at, 2);
  T* q = reinterpret_cast<T*>(dynamic_shared);
  T* d = q + kTiles.rows() * kTiles.stride();
  T* k = d + kTiles.rows() * kTiles.stride();
  T* v = k + kColumns * kTiles.stride();
  const int warp_row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int offset = at.slice * kSlice;
  const int64_t end = at.first + kTiles.rows() < a.length ? at.first + kTiles.rows() : a.length;
  const int64_t columns = a.causal ? end : a.length;
  load_head_tile<kTiles.rows(), Size, kTiles.threads()>(q, head_of(a, a.qkv, at, 0), at.first, a.length, a.head_size);
  load_head_tile<kTiles.rows(), Size, kTiles.threads()>(d, head_of(a, a.d_out, at, 0), at.first, a.length, a.head_size);
  float log_sum[2];
  float delta[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int64_t r = at.first + warp_row + row_of(2 * half);
    log_sum[half] = r < a.length ? a.log_sum_exp[statistic_of(a, at, r)] : 0.0f;
    delta[half] = r < a.length ? a.delta[statistic_of(a, at, r)] : 0.0f;
  }
  float result[kSlice / 8][4] = {};
  float mean_key[kSlice / 8][4] = {};
  float correction[2] = {0, 0};
  for (int64_t first = 0; first < columns; first += kColumns) {
    __syncthreads();
    load_head_tile<kColumns, Size, kTiles.threads()>(k, keys, first, a.length, a.head_size);
    load_head_tile<kColumns, Size, kTiles.threads()>(v, values, first, a.length, a.head_size);
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    float p[kColumns / 8][4];
    float ds[kColumns / 8][4];
    dot_rows<Size, kColumns>(p, q + warp_row * kTiles.stride(), k);
    dot_rows<Size, kColumns>(ds, d + warp_row * kTiles.stride(), v);
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int64_t column = first + column_of(j, e);
        const int64_t row = at.first + warp_row + row_of(e);
        const bool seen = column < a.length && row < a.length && (!a.causal || column <= row);
        p[j][e] = seen ? probability(p[j][e], a.scale, log_sum[e / 2]) : 0.0f;
        ds[j][e] = seen ? p[j][e] * (ds[j][e] - delta[e / 2]) : 0.0f;
        correction[e / 2] += ds[j][e];
      }
    }
    add_weighted<Size, kColumns, kSlice>(result, ds, k + offset);
    add_weighted<Size, kColumns, kSlice>(mean_key, p, k + offset);
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    correction[half] = row_sum(correction[half]);
    const int64_t r = at.first + warp_row + row_of(2 * half);
    if (at.slice == 0 && threadIdx.x % 4 == 0 && r < a.length) {
      a.corrected_delta[statistic_of(a, at, r)] = delta[half] + correction[half];
    }
  }
#pragma unroll
  for (int n = 0; n < kSlice / 8; ++n) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      result[n][e] -= correction[e / 2] * mean_key[n][e];
    }
  }
  T* to = static_cast<T*>(a.d_qkv.data) + at.batch * a.length * a.d_qkv.ld + at.head * a.head_size + offset;
  store_rows<T, kSlice>(to, a.d_qkv.ld, at.first + warp_row, a.length, a.head_size - offset, result, a.scale, a.scale);
}

/** d_k and d_v: rows are keys, columns queries. */
template <typename T, int Size>
__device__ __forceinline__ void backward_keys(const AttentionArguments& a) {
  constexpr AttentionTiles kTiles = {Size, sizeof(T)};
  constexpr int kColumns = kTiles.columns();
  constexpr int kSlice = kTiles.slice();
  const Place at = place_of(a, kTiles.rows());
  const Input queries = head_of(a, a.qkv, at, 0);
  const Input gradients = head_of(a, a.d_out, at, 0);
  T* k = reinterpret_cast<T*>(dynamic_shared);
  T* v = k + kTiles.rows() * kTiles.stride();
  T* q = v + kTiles.rows() * kTiles.stride();
  T* d = q + kColumns * kTiles.stride();
  float* log_sums = reinterpret_cast<float*>(d + kColumns * kTiles.stride());
  float* deltas = log_sums + kColumns;
  const int warp_row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int offset = at.slice * kSlice;
  load_head_tile<kTiles.rows(), Size, kTiles.threads()>(k, head_of(a, a.qkv, at, 1), at.first, a.length, a.head_size);
  load_head_tile<kTiles.rows(), Size, kTiles.threads()>(v, head_of(a, a.qkv, at, 2), at.first, a.length, a.head_size);
  float d_key[kSlice / 8][4] = {};
  float d_value[kSlice / 8][4] = {};
  for (int64_t first = a.causal ? at.first / kColumns * kColumns : 0; first < a.length; first += kColumns) {
    __syncthreads();
    load_head_tile<kColumns, Size, kTiles.threads()>(q, queries, first, a.length, a.head_size);
    load_head_tile<kColumns, Size, kTiles.threads()>(d, gradients, first, a.length, a.head_size);
    copy_async_commit();
    for (int i = threadIdx.x; i < kColumns; i += kTiles.threads()) {
      const bool inside = first + i < a.length;
      log_sums[i] = inside ? a.log_sum_exp[statistic_of(a, at, first + i)] : 0.0f;
      deltas[i] = inside ? a.corrected_delta[statistic_of(a, at, first + i)] : 0.0f;
    }
    copy_async_wait<0>();
    __syncthreads();
    float s[kColumns / 8][4];
    float p[kColumns / 8][4];
    dot_rows<Size, kColumns>(s, k + warp_row * kTiles.stride(), q);
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int64_t column = first + column_of(j, e);
        const int64_t row = at.first + warp_row + row_of(e);
        const bool seen = column < a.length && row < a.length && (!a.causal || row <= column);
        s[j][e] = seen ? probability(s[j][e], a.scale, log_sums[column_of(j, e)]) : 0.0f;
      }
    }
    add_weighted<Size, kColumns, kSlice>(d_value, s, d + offset);
    dot_rows<Size, kColumns>(p, v + warp_row * kTiles.stride(), d);
#pragma unroll
    for (int j = 0; j < kColumns / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        s[j][e] = s[j][e] == 0 ? 0.0f : s[j][e] * (p[j][e] - deltas[column_of(j, e)]);
      }
    }
    add_weighted<Size, kColumns, kSlice>(d_key, s, q + offset);
  }
  const int64_t d_columns = a.heads * a.head_size;
  T* to = static_cast<T*>(a.d_qkv.data) + at.batch * a.length * a.d_qkv.ld + at.head * a.head_size + offset;
  const int64_t row = at.first + warp_row;
  const int64_t left = a.head_size - offset;
  store_rows<T, kSlice>(to + d_columns, a.d_qkv.ld, row, a.length, left, d_key, a.scale, a.scale);
  store_rows<T, kSlice>(to + 2 * d_columns, a.d_qkv.ld, row, a.length, left, d_value, 1.0f, 1.0f);
}

}  // namespace

#define RADAPTER_ATTENTION_KERNELS(name, type, size)                                         \
  extern "C" __global__ void __launch_bounds__(AttentionTiles{size, sizeof(type)}.threads(), \
                                               AttentionTiles{size, sizeof(type)}.blocks())  \
      attention_forward_##name##_##size(AttentionArguments a) {                              \
    forward<type, size>(a);                                                                  \
  }                                                                                          \
  extern "C" __global__ void __launch_bounds__(AttentionTiles{size, sizeof(type)}.threads(), \
                                               AttentionTiles{size, sizeof(type)}.blocks())  \
      attention_queries_##name##_##size(AttentionArguments a) {                              \
    backward_queries<type, size>(a);                                                         \
  }                                                                                          \
  extern "C" __global__ void __launch_bounds__(AttentionTiles{size, sizeof(type)}.threads(), \
                                               AttentionTiles{size, sizeof(type)}.blocks())  \
      attention_keys_##name##_##size(AttentionArguments a) {                                 \
    backward_keys<type, size>(a);                                                            \
  }

RADAPTER_ATTENTION_KERNELS(bf16, uint16_t, 32)
RADAPTER_ATTENTION_KERNELS(bf16, uint16_t, 64)
RADAPTER_ATTENTION_KERNELS(bf16, uint16_t, 128)
RADAPTER_ATTENTION_KERNELS(bf16, uint16_t, 256)
RADAPTER_ATTENTION_KERNELS(f32, float, 32)
RADAPTER_ATTENTION_KERNELS(f32, float, 64)
RADAPTER_ATTENTION_KERNELS(f32, float, 128)
RADAPTER_ATTENTION_KERNELS(f32, float, 256)

/** delta = ⟨out, d_out⟩: a warp a query and head, whose lanes have a group of eight each. */
extern "C" __global__ void __launch_bounds__(kDeltaWarps* kWarp) attention_delta(AttentionArguments a) {
  const int64_t pair = static_cast<int64_t>(blockIdx.x) * kDeltaWarps + threadIdx.x / kWarp;
  const int64_t row = pair / a.heads;
  const int64_t head = pair % a.heads;
  if (row >= a.batch * a.length) {
    return;
  }
  const int64_t column = threadIdx.x % kWarp * kGroup;
  float sum = 0;
  if (column < a.head_size) {
    float out[kGroup];
    float d[kGroup];
    load_group(a.kept, row, head * a.head_size + column, kGroup, out);
    load_group(a.d_out, row, head * a.head_size + column, kGroup, d);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      sum += out[i] * d[i];
    }
  }
  sum = warp_sum(sum);
  if (threadIdx.x % kWarp == 0) {
    a.delta[(row / a.length * a.heads + head) * a.length + row % a.length] = sum;
  }
}
