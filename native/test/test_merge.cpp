// Folding adapters into frozen weights.
#include <math.h>

#include "harness.h"

namespace radapter_test {
namespace {

struct Layer {
  int64_t in, out, rank;
  int dtype;
  bool transposed, with_bias;
  Matrix weight, bias, down, up, merged_weight, merged_bias;

  Layer(uint64_t seed, int64_t in, int64_t out, int64_t rank, int dtype, bool transposed, bool with_bias)
      : in(in),
        out(out),
        rank(rank),
        dtype(dtype),
        transposed(transposed),
        with_bias(with_bias),
        weight(transposed ? Matrix::random(seed, out, in, dtype) : Matrix::random(seed, in, out, dtype)),
        bias(Matrix::random(seed + 1, 1, out, dtype)),
        down(Matrix::random(seed + 2, out, rank == 0 ? out : rank, RADAPTER_F32, 0, 0.2)),
        up(Matrix::random(seed + 3, rank, out, RADAPTER_F32, 0, 0.2)),
        merged_weight(weight.rows(), weight.columns(), dtype),
        merged_bias(1, with_bias ? out : 0, dtype) {}

  radapter_merge_layer description(double coefficient) {
    return {weight.data(),
            dtype,
            transposed,
            with_bias ? bias.data() : nullptr,
            in,
            out,
            down.floats(),
            rank == 0 ? nullptr : up.floats(),
            rank,
            coefficient,
            merged_weight.data(),
            with_bias ? merged_bias.data() : nullptr};
  }
};

/** weight (I + coefficient·W), or the bias' one row, by plain loops. */
template <typename Real>
std::vector<double> fold(const Layer& layer, double coefficient, bool bias) {
  const int64_t out = layer.out;
  std::vector<Real> w(out * out);
  for (int64_t i = 0; i < out; ++i) {
    for (int64_t j = 0; j < out; ++j) {
      Real sum = layer.rank == 0 ? Real(layer.down.at(i, j)) : 0;
      for (int64_t r = 0; r < layer.rank; ++r) {
        sum += Real(layer.down.at(i, r)) * Real(layer.up.at(r, j));
      }
      w[i * out + j] = sum;
    }
  }
  const int64_t rows = bias ? 1 : layer.in;
  const bool transposed = !bias && layer.transposed;
  const Matrix& given = bias ? layer.bias : layer.weight;
  std::vector<double> merged(rows * out);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < out; ++j) {
      Real sum = 0;
      for (int64_t l = 0; l < out; ++l) {
        sum += Real(transposed ? given.at(l, i) : given.at(i, l)) * w[l * out + j];
      }
      const Real value = Real(transposed ? given.at(j, i) : given.at(i, j)) + Real(coefficient) * sum;
      merged[transposed ? j * rows + i : i * out + j] = value;
    }
  }
  return merged;
}

void check_merge(const Machine& machine) {
  std::vector<Layer> layers;
  uint64_t seed = 50;
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
    for (int flags = 0; flags < 4; ++flags) {
      layers.emplace_back(++seed, 40, 24, 0, dtype, (flags & 1) != 0, (flags & 2) != 0);
      layers.emplace_back(++seed, 33, 70, 4, dtype, (flags & 1) != 0, (flags & 2) != 0);
    }
  }
  for (double coefficient : {0.0, 0.5, 1.0}) {
    std::vector<Matrix*> outputs;
    for (Layer& layer : layers) {
      outputs.push_back(&layer.merged_weight);
      outputs.push_back(&layer.merged_bias);
    }
    const int64_t count = static_cast<int64_t>(layers.size());
    run_everywhere(machine, "merge", outputs, {}, [&](radapter_context* context) {
      std::vector<radapter_merge_layer> descriptions;
      for (Layer& layer : layers) {
        descriptions.push_back(layer.description(coefficient));
      }
      Workspace workspace(radapter_merge_workspace(context, descriptions.data(), count));
      const int status =
          radapter_merge(context, nullptr, descriptions.data(), count, workspace.data(), workspace.size());
      expect(workspace.guards_intact(), "merge: wrote behind its workspace");
      return status;
    });
    for (const Layer& layer : layers) {
      const std::string what = text("merge dtype %d rank %lld transposed %d coefficient %g", layer.dtype,
                                    (long long)layer.rank, layer.transposed, coefficient);
      expect_close(what, layer.merged_weight, fold<double>(layer, coefficient, false),
                   fold<float>(layer, coefficient, false));
      if (layer.with_bias) {
        expect_close(what + " bias", layer.merged_bias, fold<double>(layer, coefficient, true),
                     fold<float>(layer, coefficient, true));
      }
      if (coefficient == 0) {
        expect(layer.merged_weight.elements() == layer.weight.elements(), "%s: changed the weight", what.c_str());
      }
    }
  }
  radapter_context* context = machine.contexts[0];
  radapter_merge_layer bad = layers[0].description(1);
  bad.merged_weight = const_cast<void*>(bad.weight);
  expect_refused("overlap", radapter_merge(context, nullptr, &bad, 1, nullptr, 0), "overlaps");
  bad = layers[0].description(1);
  bad.rank = 3;
  expect_refused("rank without up", radapter_merge(context, nullptr, &bad, 1, nullptr, 0), "up must be given");
  bad = layers[0].description(1);
  bad.weight_dtype = RADAPTER_I32;
  expect_refused("dtype", radapter_merge(context, nullptr, &bad, 1, nullptr, 0), "dtype 3");
  expect_refused("count", radapter_merge(context, nullptr, nullptr, -1, nullptr, 0), "count is -1");
}

const Operator merge_operator("merge", check_merge);

}  // namespace
}  // namespace radapter_test
