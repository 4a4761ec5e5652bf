// Re-parameterisation: adapters folded into the frozen weights in front of them, the products of many layers a launch.
#include "gemm.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

size_t square_bytes(int64_t n) { return round_to_line(n * n * sizeof(float)); }

/** merged = given + coefficient·(given W) for `rows` rows of `out` numbers. */
GemmProblem fold(const radapter_merge_layer& layer, int64_t rows, const void* given, const float* w, void* merged) {
  GemmProblem problem;
  problem.m = rows;
  problem.n = problem.k = layer.out;
  problem.a = input(given, layer.out, layer.weight_dtype);
  problem.b = input(w, layer.out, RADAPTER_F32);
  problem.round = kTwoHalves;
  problem.epilogue.coefficient = static_cast<float>(layer.coefficient);
  problem.epilogue.addend = problem.a;
  problem.epilogue.c = output(merged, layer.out, layer.weight_dtype);
  return problem;
}

/** The same for a weight stored [out, in]: mergedᵀ = givenᵀ + coefficient·(Wᵀ givenᵀ). */
GemmProblem fold_transposed(const radapter_merge_layer& layer, const float* w) {
  GemmProblem problem;
  problem.m = problem.k = layer.out;
  problem.n = layer.in;
  problem.a = input(w, layer.out, RADAPTER_F32);
  problem.transpose_a = 1;
  problem.b = input(layer.weight, layer.in, layer.weight_dtype);
  problem.round = kTwoHalves;
  problem.epilogue.coefficient = static_cast<float>(layer.coefficient);
  problem.epilogue.addend = problem.b;
  problem.epilogue.c = output(layer.merged_weight, layer.in, layer.weight_dtype);
  return problem;
}

/** D U. */
GemmProblem full_rank(const radapter_merge_layer& layer, float* w) {
  GemmProblem problem;
  problem.m = problem.n = layer.out;
  problem.k = layer.rank;
  problem.a = input(layer.down, layer.rank, RADAPTER_F32);
  problem.b = input(layer.up, layer.out, RADAPTER_F32);
  problem.epilogue.c = output(w, layer.out, RADAPTER_F32);
  return problem;
}

/** Gathers products and launches them as they fill a group. */
class Group {
 public:
  Group(radapter_context* context, CUstream_st* stream) : context_(context), stream_(stream) {}

  int add(const GemmProblem& problem) {
    problems_[count_++] = problem;
    return count_ == kMostProblems ? flush() : static_cast<int>(RADAPTER_OK);
  }

  int flush() {
    const int64_t count = count_;
    count_ = 0;
    return multiply_group(context_, stream_, problems_, count);
  }

 private:
  radapter_context* context_;
  CUstream_st* stream_;
  GemmProblem problems_[kMostProblems];
  int64_t count_ = 0;
};

}  // namespace

size_t merge_workspace(const radapter_context*, const radapter_merge_layer* layers, int64_t count) {
  size_t bytes = 0;
  for (int64_t i = 0; layers != nullptr && i < count; ++i) {
    bytes += layers[i].rank > 0 && layers[i].out > 0 ? square_bytes(layers[i].out) : 0;
  }
  return bytes;
}

int merge(radapter_context* context, CUstream_st* stream, const radapter_merge_layer* layers, int64_t count,
          void* workspace, size_t) {
  Group adapters(context, stream);
  size_t used = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (layers[i].rank > 0) {
      RADAPTER_TRY(adapters.add(full_rank(layers[i], reinterpret_cast<float*>(static_cast<char*>(workspace) + used))));
      used += square_bytes(layers[i].out);
    }
  }
  RADAPTER_TRY(adapters.flush());
  Group straight(context, stream);
  Group transposed(context, stream);
  used = 0;
  for (int64_t i = 0; i < count; ++i) {
    const radapter_merge_layer& layer = layers[i];
    const float* w = layer.down;
    if (layer.rank > 0) {
      w = reinterpret_cast<const float*>(static_cast<const char*>(workspace) + used);
      used += square_bytes(layer.out);
    }
    if (layer.transposed) {
      RADAPTER_TRY(transposed.add(fold_transposed(layer, w)));
    } else {
      RADAPTER_TRY(straight.add(fold(layer, layer.in, layer.weight, w, layer.merged_weight)));
    }
    if (layer.bias != nullptr) {
      RADAPTER_TRY(straight.add(fold(layer, 1, layer.bias, w, layer.merged_bias)));
    }
  }
  RADAPTER_TRY(straight.flush());
  return transposed.flush();
}

}  // namespace radapter::cuda
