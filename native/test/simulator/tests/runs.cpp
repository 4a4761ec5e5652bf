#include "tests/runs.h"

#include <algorithm>
#include <cmath>

namespace radapter_simulator_test {
namespace {

unsigned blocks_for(int count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

// b holds B [K, N], or [N, K] if it is transposed.
double product_error(const std::vector<uint16_t>& a, const std::vector<uint16_t>& b, const std::vector<float>& c, int M,
                     int N, int K, bool transposed) {
  RelativeError error;
  for (int m = 0; m < M; ++m) {
    for (int n = 0; n < N; ++n) {
      double sum = 0;
      for (int k = 0; k < K; ++k) {
        sum += static_cast<double>(bf16_value(a[m * K + k])) * bf16_value(b[transposed ? n * K + k : k * N + n]);
      }
      error.add(c[m * N + n], sum);
    }
  }
  return error.value();
}

}  // namespace

Outcome run_softmax(const std::string& module_text, int rows, int columns) {
  const Module module(module_text);
  const Kernel kernel(module, "softmax_rows");
  const std::vector<float> x = normals(static_cast<size_t>(rows * columns), 7, 4);
  const Buffer<float> in(x), out(x.size());
  Outcome outcome;
  outcome.code = kernel.launch({static_cast<unsigned>(rows)}, {256}, in.address(), out.address(), columns);
  if (outcome.code != CUDA_SUCCESS) {
    return outcome;
  }
  const std::vector<float> y = out.get();
  RelativeError error;
  for (int r = 0; r < rows; ++r) {
    const float* row = &x[r * columns];
    const double largest = *std::max_element(row, row + columns);
    double sum = 0;
    for (int c = 0; c < columns; ++c) {
      sum += std::exp(row[c] - largest);
    }
    for (int c = 0; c < columns; ++c) {
      error.add(y[r * columns + c], std::exp(row[c] - largest) / sum);
    }
  }
  outcome.error = error.value();
  return outcome;
}

namespace {

// As in kernels/adamw.cu.
struct AdamwSettings {
  float rate, beta1, beta2, epsilon, weight_decay, correction1, correction2, average_decay, gradient_scale;
};

}  // namespace

Outcome run_adamw(const std::string& module_text, size_t n) {
  const Module module(module_text);
  const Kernel kernel(module, "adamw_step");
  const AdamwSettings s{1e-3f, .9f, .999f, 1e-8f, .01f, 1.2f, 1.1f, .999f, .5f};
  const std::vector<float> p = normals(n, 1), g = normals(n, 2), m = normals(n, 3, .1f), a = normals(n, 5);
  std::vector<float> v = normals(n, 4);
  for (float& value : v) {
    value *= value;
  }
  const Buffer<float> parameter(p), gradient(g), moment(m), variance(v), average(a);
  Outcome outcome;
  const size_t threads = n / 4 + n % 4;
  outcome.code = kernel.launch({static_cast<unsigned>((threads + 255) / 256)}, {256}, parameter.address(),
                               gradient.address(), moment.address(), variance.address(), average.address(), n, s);
  if (outcome.code != CUDA_SUCCESS) {
    return outcome;
  }
  const std::vector<float> p1 = parameter.get(), m1 = moment.get(), v1 = variance.get(), a1 = average.get();
  RelativeError errors[4];
  for (size_t i = 0; i < n; ++i) {
    const double scaled = static_cast<double>(g[i]) * s.gradient_scale;
    const double m2 = m[i] + (1 - static_cast<double>(s.beta1)) * (scaled - m[i]);
    const double v2 = static_cast<double>(s.beta2) * v[i] + (1 - static_cast<double>(s.beta2)) * scaled * scaled;
    const double direction = m2 * s.correction1 / (std::sqrt(v2 * s.correction2) + s.epsilon);
    const double p2 = p[i] - static_cast<double>(s.rate) * (direction + static_cast<double>(s.weight_decay) * p[i]);
    errors[0].add(p1[i], p2);
    errors[1].add(m1[i], m2);
    errors[2].add(v1[i], v2);
    errors[3].add(a1[i], a[i] + (1 - static_cast<double>(s.average_decay)) * (p2 - a[i]));
  }
  for (const RelativeError& error : errors) {
    outcome.error = std::max(outcome.error, error.value());
  }
  return outcome;
}

Outcome run_gemm_mma(const std::string& module_text, int M, int N, int K) {
  constexpr unsigned kTiles = (2 * 64 * 40 + 2 * 32 * 72) * 2;
  const Module module(module_text);
  const Kernel kernel(module, "gemm_bf16", kTiles);
  const std::vector<uint16_t> a = bf16_normals(static_cast<size_t>(M * K), 1);
  const std::vector<uint16_t> b = bf16_normals(static_cast<size_t>(K * N), 2);
  const Buffer<uint16_t> buffer_a(a), buffer_b(b);
  const Buffer<float> c(static_cast<size_t>(M * N));
  Outcome outcome;
  outcome.code = kernel.launch({blocks_for(N, 64), blocks_for(M, 64)}, {128}, buffer_a.address(), buffer_b.address(),
                               c.address(), M, N, K);
  if (outcome.code == CUDA_SUCCESS) {
    outcome.error = product_error(a, b, c.get(), M, N, K, false);
  }
  return outcome;
}

namespace {

CUtensorMap map_of_tiles(CUdeviceptr address, int rows, int columns) {
  CUtensorMap map;
  const cuuint64_t dimensions[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(columns) * 2};
  const cuuint32_t box[] = {64, 64}, ones[] = {1, 1};
  CUDA_CHECK(cuTensorMapEncodeTiled_(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, reinterpret_cast<void*>(address),
                                     dimensions, strides, box, ones, CU_TENSOR_MAP_INTERLEAVE_NONE,
                                     CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_NONE,
                                     CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
  return map;
}

}  // namespace

Outcome run_gemm_wgmma(const std::string& module_text, int M, int N, int K) {
  constexpr unsigned kTiles = 3 * 2 * 64 * 64 * 2 + 1024;
  const Module module(module_text);
  const Kernel kernel(module, "gemm_wgmma", kTiles);
  const std::vector<uint16_t> a = bf16_normals(static_cast<size_t>(M * K), 1);
  const std::vector<uint16_t> b = bf16_normals(static_cast<size_t>(N * K), 2);
  const Buffer<uint16_t> buffer_a(a), buffer_b(b);
  const Buffer<float> c(static_cast<size_t>(M * N));
  Outcome outcome;
  outcome.code = kernel.launch({blocks_for(N, 64), blocks_for(M, 64)}, {160}, map_of_tiles(buffer_a.address(), M, K),
                               map_of_tiles(buffer_b.address(), N, K), c.address(), M, N, K);
  if (outcome.code == CUDA_SUCCESS) {
    outcome.error = product_error(a, b, c.get(), M, N, K, true);
  }
  return outcome;
}

}  // namespace radapter_simulator_test
