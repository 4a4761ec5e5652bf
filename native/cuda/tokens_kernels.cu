// Patches, tokens, rows taken and put back.
#include "numbers.h"
#include "sums.h"
#include "tokens_kernels.h"

using namespace radapter::cuda;

namespace {

/** Calls body(row, column, count) for this thread's group of a matrix [rows, columns], groups numbered row by row. */
template <typename Body>
__device__ __forceinline__ void for_own_group(int64_t rows, int64_t columns, Body body) {
  const int64_t groups = (columns + kGroup - 1) / kGroup;
  const int64_t group = static_cast<int64_t>(blockIdx.x) * kTokenThreads + threadIdx.x;
  const int64_t row = group / groups;
  if (row < rows) {
    const int64_t column = (group - row * groups) * kGroup;
    body(row, column, group_count(column, columns));
  }
}

__device__ __forceinline__ void set_nan(float (&v)[kGroup]) {
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    v[i] = __uint_as_float(0x7fffffffu);
  }
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kTokenThreads) patches(PatchesArguments a) {
  const int64_t columns = 3 * a.patch * a.patch;
  const int64_t height = a.grid_height * a.patch;
  const int64_t width = a.grid_width * a.patch;
  for_own_group(a.rows, columns, [&](int64_t row, int64_t column, int count) {
    const int64_t grid_row = row / a.grid_width;
    const int64_t left = row % a.grid_width * a.patch;
    const int64_t image = grid_row / a.grid_height;
    const int64_t top = grid_row % a.grid_height * a.patch;
    float v[kGroup];
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      const int64_t j = column + i;
      const int64_t line = j / a.patch;
      const int64_t channel = line / a.patch;
      v[i] = i < count ? a.images[((image * 3 + channel) * height + top + line % a.patch) * width + left + j % a.patch]
                       : 0.0f;
    }
    store_group(a.patches, row, column, count, v);
  });
}

extern "C" __global__ void __launch_bounds__(kTokenThreads) image_tokens(TokensArguments a) {
  for_own_group(a.rows, a.columns, [&](int64_t row, int64_t column, int count) {
    const int64_t image = row / a.length;
    const int64_t t = row % a.length;
    float v[kGroup];
    float position[kGroup];
    if (t == 0) {
      load_group(a.class_embedding, 0, column, count, v);
    } else {
      load_group(a.from, image * (a.length - 1) + t - 1, column, count, v);
    }
    load_group(a.position, t, column, count, position);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] += position[i];
    }
    store_group(a.tokens, row, column, count, v);
  });
}

/** from: d_tokens; tokens: d_embedded, whose rows leave out each image's first. */
extern "C" __global__ void __launch_bounds__(kTokenThreads) image_tokens_backward(TokensArguments a) {
  for_own_group(a.rows, a.columns, [&](int64_t row, int64_t column, int count) {
    const int64_t patches = a.length - 1;
    float v[kGroup];
    load_group(a.from, row / patches * a.length + row % patches + 1, column, count, v);
    store_group(a.tokens, row, column, count, v);
  });
}

extern "C" __global__ void __launch_bounds__(kTokenThreads) text_tokens(TokensArguments a) {
  for_own_group(a.rows, a.columns, [&](int64_t row, int64_t column, int count) {
    const int32_t id = a.ids[row];
    float v[kGroup];
    float position[kGroup];
    if (id < 0 || id >= a.vocabulary) {
      set_nan(v);
    } else {
      load_group(a.from, id, column, count, v);
    }
    load_group(a.position, row % a.length, column, count, position);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] += position[i];
    }
    store_group(a.tokens, row, column, count, v);
  });
}

extern "C" __global__ void __launch_bounds__(kTokenThreads) sum_over_batch(BatchSumArguments a) {
  for_own_group(a.positions, a.columns, [&](int64_t t, int64_t column, int count) {
    Pair sums[kGroup] = {};
    for (int64_t b = 0; b < a.batch; ++b) {
      float v[kGroup];
      load_group(a.d_tokens, b * a.length + t, column, count, v);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) {
        sums[i] = sums[i] + v[i];
      }
    }
    float v[kGroup];
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] = value(sums[i]);
    }
    store_group(a.sum, t, column, count, v);
  });
}

/** d_table[id] = Σ of d_tokens over the tokens with this id, in their order: the block looks through all ids. */
extern "C" __global__ void __launch_bounds__(kTableThreads) table_gradient(TableGradientArguments a) {
  constexpr int kWarps = kTableThreads / kWarp;
  __shared__ int32_t found[kTableThreads];
  __shared__ int counts[kWarps];
  const int32_t id = static_cast<int32_t>(blockIdx.x);
  const int warp = threadIdx.x / kWarp;
  const int lane = threadIdx.x % kWarp;
  const int64_t column = (static_cast<int64_t>(blockIdx.y) * kTableThreads + threadIdx.x) * kGroup;
  Pair sums[kGroup] = {};
  for (int64_t first = 0; first < a.tokens; first += kTableThreads) {
    const int64_t token = first + threadIdx.x;
    const bool mine = token < a.tokens && a.ids[token] == id;
    const unsigned matches = __ballot_sync(kWholeWarp, mine);
    if (lane == 0) {
      counts[warp] = __popc(matches);
    }
    __syncthreads();
    int before = __popc(matches & ((1u << lane) - 1));
    int total = 0;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
      before += w < warp ? counts[w] : 0;
      total += counts[w];
    }
    if (mine) {
      found[before] = static_cast<int32_t>(threadIdx.x);
    }
    __syncthreads();
    for (int k = 0; k < total && column < a.columns; ++k) {
      float v[kGroup];
      load_group(a.d_tokens, first + found[k], column, group_count(column, a.columns), v);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) {
        sums[i] = sums[i] + v[i];
      }
    }
  }
  if (column < a.columns) {
    float v[kGroup];
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      v[i] = value(sums[i]);
    }
    store_group(a.d_table, id, column, group_count(column, a.columns), v);
  }
}

extern "C" __global__ void __launch_bounds__(kTokenThreads) gather_rows(RowsArguments a) {
  for_own_group(a.count, a.columns, [&](int64_t i, int64_t column, int count) {
    const int32_t row = a.rows[i];
    float v[kGroup];
    if (row < 0 || row >= a.total) {
      set_nan(v);
    } else {
      load_group(a.from, row, column, count, v);
    }
    store_group(a.to, i, column, count, v);
  });
}

extern "C" __global__ void __launch_bounds__(kTokenThreads) scatter_rows(RowsArguments a) {
  for_own_group(a.count, a.columns, [&](int64_t i, int64_t column, int count) {
    const int32_t row = a.rows[i];
    if (row >= 0 && row < a.total) {
      float v[kGroup];
      load_group(a.from, i, column, count, v);
      store_group(a.to, row, column, count, v);
    }
  });
}
