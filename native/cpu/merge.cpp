// Re-parameterisation: adapters folded into the frozen weights in front of them.
#include "context.h"
#include "dtype.h"
#include "gemm.h"

namespace radapter {
namespace {

size_t square_bytes(int64_t n) { return (static_cast<size_t>(n) * n * sizeof(float) + 63) / 64 * 64; }

bool overlap(const void* a, const void* b, size_t bytes) {
  const auto first = reinterpret_cast<uintptr_t>(a);
  const auto second = reinterpret_cast<uintptr_t>(b);
  return bytes > 0 && first < second + bytes && second < first + bytes;
}

int check_layer(const char* function, int64_t index, const radapter_merge_layer& layer) {
  if (layer.in < 0 || layer.out < 0 || layer.rank < 0 || !is_float_dtype(layer.weight_dtype)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function,
                "layer %lld has in %lld, out %lld, rank %lld, dtype %d: sizes must not be negative, the dtype F32 (0), "
                "BF16 (1) or F16 (2)",
                (long long)index, (long long)layer.in, (long long)layer.out, (long long)layer.rank, layer.weight_dtype);
  }
  if (layer.weight == nullptr || layer.merged_weight == nullptr || layer.down == nullptr) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: weight, merged_weight or down is NULL",
                (long long)index);
  }
  if ((layer.rank > 0) != (layer.up != nullptr)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: up must be given with a rank, and only then",
                (long long)index);
  }
  if ((layer.bias == nullptr) != (layer.merged_bias == nullptr)) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: bias and merged_bias must be NULL together",
                (long long)index);
  }
  const size_t size = float_dtype_size(layer.weight_dtype);
  if (overlap(layer.weight, layer.merged_weight, layer.in * layer.out * size) ||
      (layer.bias != nullptr && overlap(layer.bias, layer.merged_bias, layer.out * size))) {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "layer %lld: the merged weight or bias overlaps the frozen one",
                (long long)index);
  }
  return RADAPTER_OK;
}

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

extern "C" size_t radapter_merge_workspace(const radapter_context*, const radapter_merge_layer* layers, int64_t count) {
  size_t most = 0;
  for (int64_t i = 0; layers != nullptr && i < count; ++i) {
    if (layers[i].rank > 0 && layers[i].out > 0 && square_bytes(layers[i].out) > most) {
      most = square_bytes(layers[i].out);
    }
  }
  return most;
}

extern "C" int radapter_merge(radapter_context* context, CUstream_st* stream, const radapter_merge_layer* layers,
                              int64_t count, void* workspace, size_t workspace_bytes) {
  RADAPTER_CHECK_CALL(context, stream);
  RADAPTER_CHECK_SIZE(count);
  RADAPTER_REQUIRE(count == 0 || layers != nullptr, "layers is NULL");
  for (int64_t i = 0; i < count; ++i) {
    RADAPTER_TRY(check_layer(__func__, i, layers[i]));
  }
  RADAPTER_CHECK_WORKSPACE(workspace, workspace_bytes, radapter_merge_workspace(context, layers, count));
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
