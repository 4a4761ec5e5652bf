// Products with an adapter's weight on Hopper: the weight stays in shared memory, rounded once, and the rows stream
// past. Otherwise a block would read as much of the weight as of the rows for each tile of C, twice as much in single
// precision.
#include "hopper_adapter_kernels.h"
#include "hopper_tile.h"
#include "quads.h"

using namespace radapter::cuda;

namespace {

extern __shared__ __align__(1024) unsigned char dynamic_shared[];

/** Where the weight, a warpgroup's ring and its mbarriers lie. */
struct Places {
  int steps;
  int stages;
  unsigned char* ring;
  uint64_t* full;
  uint64_t* empty;
};

template <int Columns>
__device__ __forceinline__ Places places_of(const GemmProblem& p, int group) {
  Places places;
  places.steps = static_cast<int>((p.k + kHopperDepth - 1) / kHopperDepth);
  const int weight = places.steps * Columns * kHopperDepth * 2;
  const int stages = (kResidentBytes - weight) / (kResidentGroups * kResidentStage);
  places.stages = stages < kResidentStages ? stages : kResidentStages;
  places.ring = dynamic_shared + weight + group * places.stages * kResidentStage;
  places.full = reinterpret_cast<uint64_t*>(dynamic_shared + kResidentBytes) + group * 2 * kResidentStages;
  places.empty = places.full + kResidentStages;
  return places;
}

__device__ __forceinline__ void init(const Places& places) {
  for (int s = 0; s < places.stages; ++s) {
    barrier_init(&places.full[s], 1);
    barrier_init(&places.empty[s], 4);
  }
  barrier_init_fence();
}

/** Rounds columns [column, column + Columns) of op(B) into shared memory, laid out as a tensor copy would. */
template <int Dtype, bool TransposeB, int Columns>
__device__ __forceinline__ void load_weight(const GemmProblem& p, int64_t column, int steps) {
  // Pieces of 8 along the stored rows: of K, or of N.
  constexpr int kAcross = (TransposeB ? kHopperDepth : Columns) / kGroup;
  constexpr int kDown = TransposeB ? Columns : kHopperDepth;
#pragma unroll 4
  for (int i = threadIdx.x; i < steps * kDown * kAcross; i += kResidentThreads) {
    const int step = i / (kDown * kAcross);
    const int line = i / kAcross % kDown;
    const int piece = i % kAcross;
    const int64_t k = static_cast<int64_t>(step) * kHopperDepth;
    const int64_t row = TransposeB ? column + line : k + line;
    const int64_t first = (TransposeB ? k : column) + piece * kGroup;
    const int64_t rows = TransposeB ? p.n : p.k;
    const int64_t left = row < rows ? (TransposeB ? p.k : p.n) - first : 0;
    float v[kGroup] = {};
    if (left > 0) {
      load_group(p.b, row, first, left < kGroup ? static_cast<int>(left) : kGroup, v);
    }
    // Lines of 128 bytes, whose pieces of 16 change places: piece j of line l is at j ^ l % 8.
    unsigned char* to =
        dynamic_shared + (step * Columns + piece / 8 * kHopperSpan + line) * 128 + ((piece % 8) ^ (line % 8)) * 16;
    *reinterpret_cast<uint4*>(to) =
        make_uint4(pack(v[0], v[1], Dtype), pack(v[2], v[3], Dtype), pack(v[4], v[5], Dtype), pack(v[6], v[7], Dtype));
  }
  async_proxy_fence();
}

/** Steps of a tile of rows: none where the gates of all its rows are closed. A whole warp takes part. */
__device__ __forceinline__ int steps_of(const GemmProblem& p, int64_t row, int steps) {
  if (p.epilogue.gate.gate == nullptr) {
    return steps;
  }
  bool open = false;
  for (int64_t i = row + threadIdx.x % kWarp; i < row + kResidentRows && i < p.m; i += kWarp) {
    open |= gate_of(p.epilogue.gate, i) != 0;
  }
  return __any_sync(kWholeWarp, open) != 0 ? steps : 0;
}

struct RingPlace {
  int stage = 0;
  int parity = 0;

  __device__ __forceinline__ void advance(int stages) {
    if (++stage == stages) {
      stage = 0;
      parity ^= 1;
    }
  }
};

/** Sends a warp's 16 rows of sums through the epilogue, straight from the registers, 32 columns at a time. */
template <int Columns>
__device__ __forceinline__ void finish(const GemmProblem& p, int64_t row, int64_t column, float (&sums)[Columns / 2]) {
  // What the host promises to be missing is missing for the compiler too.
  GemmEpilogue e;
  e.coefficient = p.epilogue.coefficient;
  e.scale = p.epilogue.scale;
  e.gate = p.epilogue.gate;
  e.addend = p.epilogue.addend;
  e.residual = p.epilogue.residual;
  e.c = p.epilogue.c;
  const int lane = threadIdx.x % kWarp;
  // Once: all of it at the same time needs more registers than there are. The next sums move to the front instead.
#pragma unroll 1
  for (int64_t c = column + lane % 4 * kGroup; c < column + Columns; c += 32) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float2 x[4];
#pragma unroll
      for (int b = 0; b < 4; ++b) {
        x[b] = make_float2(sums[b * 4 + half * 2], sums[b * 4 + half * 2 + 1]);
      }
      transpose_quad(x);
      float v[kGroup] = {x[0].x, x[0].y, x[1].x, x[1].y, x[2].x, x[2].y, x[3].x, x[3].y};
      const int64_t r = row + lane / 4 + half * 8;
      if (r < p.m && c < p.n) {
        finish_group(e, r, c, group_count(c, p.n), v);
      }
    }
#pragma unroll
    for (int i = 0; i < Columns / 2 - 16; ++i) {
      sums[i] = sums[i + 16];
    }
  }
}

template <int Dtype, bool TransposeB, int Columns>
__device__ __forceinline__ void multiply_resident(const HopperAdapterArguments& a) {
  const GemmProblem& p = a.problem;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const bool copies = warp >= kHopperConsumers / kWarp;
  const int group = copies ? warp - kHopperConsumers / kWarp : warp / 4;
  const int64_t slabs = (p.n + Columns - 1) / Columns;
  const int64_t column = blockIdx.x % slabs * Columns;
  const int64_t first = (blockIdx.x / slabs * kResidentGroups + group) * kResidentRows;
  const int64_t stride = static_cast<int64_t>(a.walkers) * kResidentGroups * kResidentRows;
  const Places places = places_of<Columns>(p, group);
  if (copies && threadIdx.x % kWarp == 0) {
    init(places);
  }
  load_weight<Dtype, TransposeB, Columns>(p, column, places.steps);
  __syncthreads();
  RingPlace place;
  if (copies) {
#pragma unroll 1
    for (int64_t row = first; row < p.m; row += stride) {
      const int steps = steps_of(p, row, places.steps);
      if (threadIdx.x % kWarp == 0) {
#pragma unroll 1
        for (int step = 0; step < steps; ++step) {
          barrier_wait(&places.empty[place.stage], place.parity ^ 1);
          barrier_expect(&places.full[place.stage], kResidentStage);
          tensor_load(places.ring + place.stage * kResidentStage, &a.a, &places.full[place.stage], step * kHopperDepth,
                      static_cast<int>(row));
          place.advance(places.stages);
        }
      }
      __syncwarp();
    }
    return;
  }
#pragma unroll 1
  for (int64_t row = first; row < p.m; row += stride) {
    const int steps = steps_of(p, row, places.steps);
    float sums[Columns / 2] = {};
    int read = -1;
#pragma unroll 1
    for (int step = 0; step < steps; ++step) {
      barrier_wait(&places.full[place.stage], place.parity);
      multiply_stage<Dtype, false, TransposeB>(sums, places.ring + place.stage * kResidentStage,
                                               dynamic_shared + step * Columns * kHopperDepth * 2);
      wgmma_wait<1>();
      if (read >= 0 && threadIdx.x % kWarp == 0) {
        barrier_arrive(&places.empty[read]);
      }
      read = place.stage;
      place.advance(places.stages);
    }
    wgmma_wait<0>();
    if (read >= 0 && threadIdx.x % kWarp == 0) {
      barrier_arrive(&places.empty[read]);
    }
    finish<Columns>(p, row + warp % 4 * 16, column, sums);
  }
}

}  // namespace

/** hopper_adapter_TYPE_TRANSPOSED_COLUMNS. */
#define RADAPTER_RESIDENT_KERNELS(type, dtype, suffix, transpose_b)                              \
  extern "C" __global__ void __launch_bounds__(kResidentThreads, 1)                              \
      hopper_adapter_##type##_##suffix##_128(const __grid_constant__ HopperAdapterArguments a) { \
    multiply_resident<dtype, transpose_b, 128>(a);                                               \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(kResidentThreads, 1)                              \
      hopper_adapter_##type##_##suffix##_64(const __grid_constant__ HopperAdapterArguments a) {  \
    multiply_resident<dtype, transpose_b, 64>(a);                                                \
  }

RADAPTER_RESIDENT_KERNELS(bf16, RADAPTER_BF16, nn, false)
RADAPTER_RESIDENT_KERNELS(bf16, RADAPTER_BF16, nt, true)
RADAPTER_RESIDENT_KERNELS(f16, RADAPTER_F16, nn, false)
RADAPTER_RESIDENT_KERNELS(f16, RADAPTER_F16, nt, true)
