#include "gemm.h"

#include <stdlib.h>

#include "allocation.h"
#include "context.h"
#include "dtype.h"
#include "gemm_kernels.h"
#include "operands.h"

struct radapter_packed {
  radapter::PackedHead head;
  int isa;
  bool pairs;
  float* panels;
};

namespace radapter {
namespace {

/** Multiply-adds that are worth the wake-up of a thread. */
constexpr int64_t kLeastWork = 1 << 18;
/** A larger op(B) is packed by each tile for itself. */
constexpr int64_t kMostSharedPanelBytes = 8 << 20;
static_assert(kMostSharedPanelBytes <= static_cast<int64_t>(kSharedScratchBytes), "shared panels must fit");
static_assert((kMostTileRows * kMostTileColumns + kDepth * (kMostTileColumns + 192 + 1)) * 4 <=
                  static_cast<int64_t>(kThreadScratchBytes),
              "a tile must fit the scratch of a thread");

int64_t round_up(int64_t x, int64_t step) { return divide_up(x, step) * step; }

struct Tiles {
  int64_t rows;
  int64_t columns;
};

int64_t tile_count(const GemmProblem& problem, const Tiles& tiles) {
  return divide_up(problem.m, tiles.rows) * divide_up(problem.n, tiles.columns);
}

/** Halves tiles, the longer side first, until there are a few for each thread. */
Tiles choose_tiles(const GemmKernels& kernels, const GemmProblem& problem, int threads, bool packed) {
  // A tile that packs for itself is square, so that neither side's packing weighs; the other's panels wait ready.
  const int64_t most_rows = packed ? kernels.row_block : kMostTileRows;
  const int64_t most_columns = packed ? kMostTileColumns : kMostTileRows;
  Tiles tiles = {least(round_up(problem.m, kernels.row_tile), most_rows),
                 least(round_up(problem.n, kernels.column_tile), most_columns)};
  const int64_t work = problem.m * problem.n * (problem.k + 16);
  const int64_t wanted = threads == 1 ? 1 : least(int64_t{threads} * (packed ? 4 : 2), work / kLeastWork);
  while (tile_count(problem, tiles) < wanted) {
    if (tiles.rows >= tiles.columns && tiles.rows > kernels.row_tile) {
      tiles.rows = round_up(tiles.rows / 2, kernels.row_tile);
    } else if (tiles.columns > kernels.column_tile) {
      tiles.columns = round_up(tiles.columns / 2, kernels.column_tile);
    } else if (tiles.rows > kernels.row_tile) {
      tiles.rows = round_up(tiles.rows / 2, kernels.row_tile);
    } else {
      break;
    }
  }
  return tiles;
}

/** `count` elements in `parts` parts of almost equal size, each a whole number of units but the last. */
struct Partition {
  int64_t count;
  int64_t unit;
  int64_t parts;
  int64_t begin(int64_t part) const { return least(divide_up(count, unit) * part / parts * unit, count); }
};

void multiply_tiles(radapter_context* context, const GemmKernels& kernels, const GemmProblem& problem,
                    const Tiles& tiles) {
  const Partition columns = {problem.n, kernels.column_tile, divide_up(problem.n, tiles.columns)};
  Partition rows = {problem.m, kernels.row_tile, divide_up(problem.m, tiles.rows)};
  // As many tasks for one thread as for another.
  const int threads = pool_threads(context->pool);
  while (rows.parts * columns.parts > threads && rows.parts * columns.parts % threads != 0) {
    ++rows.parts;
  }
  parallel(context->pool, rows.parts * columns.parts, [&](int64_t task, int thread) {
    const int64_t row = task / columns.parts;
    const int64_t column = task % columns.parts;
    kernels.multiply(&problem, rows.begin(row), rows.begin(row + 1), columns.begin(column), columns.begin(column + 1),
                     thread_scratch(context, thread));
  });
}

int64_t panel_words(const GemmKernels& kernels, const GemmProblem& problem) {
  const int64_t rows = problem.pairs ? divide_up(problem.k, 2) : problem.k;
  return rows * round_up(problem.n, kernels.column_tile);
}

void pack_whole(radapter_context* context, const GemmKernels& kernels, const GemmProblem& problem, float* panels) {
  const int64_t padded = round_up(problem.n, kernels.column_tile);
  const int64_t step = 4 * kernels.column_tile;
  const int64_t across = divide_up(problem.n, step);
  const int64_t block = block_depth(problem.pairs);
  parallel(context->pool, across * divide_up(problem.k, block), [&](int64_t task, int) {
    const int64_t k = task / across * block;
    const int64_t k_end = least(k + block, problem.k);
    const int64_t n = task % across * step;
    const int64_t before = problem.pairs ? k / 2 : k;
    const int64_t depth = problem.pairs ? divide_up(k_end - k, 2) : k_end - k;
    kernels.pack_b(&problem, k, k_end, n, least(n + step, problem.n), panels + before * padded + n * depth);
  });
}

}  // namespace

bool gemm_in_pairs(const radapter_context* context, const GemmProblem& problem) {
  const bool b_is_bf16 = problem.b.dtype == RADAPTER_BF16 || (problem.rounds_b && problem.b.dtype == RADAPTER_F32);
  return context->isa == RADAPTER_ISA_AVX512_BF16 && problem.a.dtype == RADAPTER_BF16 && b_is_bf16 &&
         problem.b_gate.gate == nullptr;
}

void gemm(radapter_context* context, const GemmProblem& given) {
  if (given.m == 0 || given.n == 0) {
    return;
  }
  const GemmKernels& kernels = *gemm_kernels(context->isa);
  const int threads = pool_threads(context->pool);
  GemmProblem problem = given;
  problem.pairs = gemm_in_pairs(context, problem);
  if (problem.panels == nullptr && problem.m > kernels.row_block &&
      panel_words(kernels, problem) * 4 <= kMostSharedPanelBytes) {
    float* panels = shared_scratch(context);
    pack_whole(context, kernels, problem, panels);
    problem.panels = panels;
    problem.panels_hold_pairs = problem.pairs;
  }
  multiply_tiles(context, kernels, problem, choose_tiles(kernels, problem, threads, problem.panels != nullptr));
}

int64_t gemm_panel_words(int64_t n, int64_t k) { return k * round_up(n, kWidestPanel); }

void gemm_pack(radapter_context* context, GemmProblem* problem, float* panels) {
  problem->pairs = gemm_in_pairs(context, *problem);
  pack_whole(context, *gemm_kernels(context->isa), *problem, panels);
  problem->panels = panels;
  problem->panels_hold_pairs = problem->pairs;
}

void gemm_tile(radapter_context* context, const GemmProblem& problem, int64_t m_begin, int64_t m_end, int64_t n_begin,
               int64_t n_end, int thread) {
  gemm_kernels(context->isa)->multiply(&problem, m_begin, m_end, n_begin, n_end, thread_scratch(context, thread));
}

}  // namespace radapter

using namespace radapter;

int cpu::gemm(radapter_context* context, CUstream_st*, int transpose_a, int transpose_b, int64_t m, int64_t n,
              int64_t k, const void* a, int64_t lda, int a_dtype, const void* b, int64_t ldb, int b_dtype,
              const float* bias, int activation, void* aux, const void* residual, int64_t ldr, void* c, int64_t ldc,
              int c_dtype) {
  GemmProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.a = {a, lda, a_dtype, transpose_a != 0};
  problem.b = {b, ldb, b_dtype, transpose_b != 0};
  problem.epilogue.bias = bias;
  problem.epilogue.activation = activation;
  problem.epilogue.aux = aux;
  problem.epilogue.residual = residual;
  problem.epilogue.ldr = ldr;
  problem.epilogue.c = c;
  problem.epilogue.ldc = ldc;
  problem.epilogue.c_dtype = c_dtype;
  ContextLock lock(context);
  gemm(context, problem);
  return RADAPTER_OK;
}

int cpu::pack(radapter_context* context, CUstream_st*, int transpose_b, int64_t n, int64_t k, const void* b,
              int64_t ldb, int b_dtype, radapter_packed** packed) {
  const GemmKernels& kernels = *gemm_kernels(context->isa);
  GemmProblem problem;
  problem.n = n;
  problem.k = k;
  problem.a.dtype = RADAPTER_BF16;
  problem.b = {b, ldb, b_dtype, transpose_b != 0};
  problem.pairs = gemm_in_pairs(context, problem);
  const size_t bytes = panel_words(kernels, problem) * 4 + 64;
  auto* panels = static_cast<float*>(allocate_aligned(bytes));
  auto* created = create<radapter_packed>(PackedHead{n, k}, context->isa, problem.pairs, panels);
  if (panels == nullptr || created == nullptr) {
    ::free(panels);
    destroy(created);
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%llu bytes were refused", (unsigned long long)bytes);
  }
  ContextLock lock(context);
  pack_whole(context, kernels, problem, panels);
  *packed = created;
  return RADAPTER_OK;
}

int cpu::packed_destroy(radapter_context*, radapter_packed* packed) {
  if (packed != nullptr) {
    ::free(packed->panels);
    destroy(packed);
  }
  return RADAPTER_OK;
}

int cpu::gemm_packed(radapter_context* context, CUstream_st*, int64_t m, const void* a, int64_t lda, int a_dtype,
                     const radapter_packed* b, const float* bias, int activation, void* aux, const void* residual,
                     int64_t ldr, void* c, int64_t ldc, int c_dtype) {
  RADAPTER_REQUIRE(b->isa == context->isa, "b was packed for another instruction set");
  GemmProblem problem;
  problem.m = m;
  problem.n = b->head.n;
  problem.k = b->head.k;
  problem.a = {a, lda, a_dtype, false};
  problem.b.dtype = b->pairs ? RADAPTER_BF16 : RADAPTER_F32;
  problem.panels = b->panels;
  problem.panels_hold_pairs = b->pairs;
  problem.epilogue.bias = bias;
  problem.epilogue.activation = activation;
  problem.epilogue.aux = aux;
  problem.epilogue.residual = residual;
  problem.epilogue.ldr = ldr;
  problem.epilogue.c = c;
  problem.epilogue.ldc = ldc;
  problem.epilogue.c_dtype = c_dtype;
  ContextLock lock(context);
  gemm(context, problem);
  return RADAPTER_OK;
}
