// Re-parameterisation: adapters folded into the frozen weights in front of them.
#include "context.h"
#include "dtype.h"
#include "gemm.h"

namespace radapter {
namespace {

size_t square_bytes(int64_t n) { return (static_cast<size_t>(n) * n * sizeof(float) + 63) / 64 * 64; }

/** merged = given + coefficient·(given W) for `rows` rows of `out` numbers. */
GemmProblem fold(const radapter_merge_layer& layer, int64_t rows, const void* given, const float* w, void* merged) {
  GemmProblem problem;
  problem.m = rows;
  problem.n = layer.out;
  problem.k = layer.out;
  problem.a = {given, layer.out, layer.weight_dtype, false};
  problem.b = {w, layer.out, RADAPTER_F32, false};
  problem.epilogue.coefficient = static_cast<float>(layer.coefficient);
  problem.epilogue.addend = given;
  problem.epilogue.ld_addend = layer.out;
  problem.epilogue.c = merged;
  problem.epilogue.ldc = layer.out;
  problem.epilogue.c_dtype = layer.weight_dtype;
  return problem;
}

/** The same for a weight stored [out, in]: mergedᵀ = givenᵀ + coefficient·(Wᵀ givenᵀ). */
GemmProblem fold_transposed(const radapter_merge_layer& layer, const float* w) {
  GemmProblem problem;
  problem.m = layer.out;
  problem.n = layer.in;
  problem.k = layer.out;
  problem.a = {w, layer.out, RADAPTER_F32, true};
  problem.b = {layer.weight, layer.in, layer.weight_dtype, false};
  problem.epilogue.coefficient = static_cast<float>(layer.coefficient);
  problem.epilogue.addend = layer.weight;
  problem.epilogue.ld_addend = layer.in;
  problem.epilogue.c = layer.merged_weight;
  problem.epilogue.ldc = layer.in;
  problem.epilogue.c_dtype = layer.weight_dtype;
  return problem;
}

/** W of a layer: given, or D U formed in `workspace`. */
const float* full_rank(radapter_context* context, const radapter_merge_layer& layer, float* workspace) {
  if (layer.rank == 0) {
    return layer.down;
  }
  GemmProblem problem;
  problem.m = layer.out;
  problem.n = layer.out;
  problem.k = layer.rank;
  problem.a = {layer.down, layer.rank, RADAPTER_F32, false};
  problem.b = {layer.up, layer.out, RADAPTER_F32, false};
  problem.epilogue.c = workspace;
  problem.epilogue.ldc = layer.out;
  gemm(context, problem);
  return workspace;
}

}  // namespace
}  // namespace radapter

using namespace radapter;

size_t cpu::merge_workspace(const radapter_context*, const radapter_merge_layer* layers, int64_t count) {
  size_t most = 0;
  for (int64_t i = 0; layers != nullptr && i < count; ++i) {
    if (layers[i].rank > 0 && layers[i].out > 0 && square_bytes(layers[i].out) > most) {
      most = square_bytes(layers[i].out);
    }
  }
  return most;
}

int cpu::merge(radapter_context* context, CUstream_st*, const radapter_merge_layer* layers, int64_t count,
               void* workspace, size_t) {
  ContextLock lock(context);
  for (int64_t i = 0; i < count; ++i) {
    const radapter_merge_layer& layer = layers[i];
    const float* w = full_rank(context, layer, static_cast<float*>(workspace));
    gemm(context,
         layer.transposed ? fold_transposed(layer, w) : fold(layer, layer.in, layer.weight, w, layer.merged_weight));
    if (layer.bias != nullptr) {
      gemm(context, fold(layer, 1, layer.bias, w, layer.merged_bias));
    }
  }
  return RADAPTER_OK;
}
