// CUB, libcu++ and the math library as nvcc compiles them.
#include <algorithm>
#include <cmath>
#include <random>

#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

void check_sort(const Module& module, std::mt19937& generator) {
  const Kernel kernel(module, "library_sort");
  std::vector<int> x(512), wanted;
  for (int& value : x) {
    value = static_cast<int>(generator());
  }
  const Buffer<int> in_out(x), sums(513);
  expect_code("library_sort runs", kernel.launch({1}, {128}, in_out.address(), sums.address()), CUDA_SUCCESS);
  std::sort(x.begin(), x.end());
  unsigned sum = 0;
  for (const int value : x) {
    wanted.push_back(static_cast<int>(sum));
    sum += static_cast<unsigned>(value);
  }
  wanted.push_back(x.back());
  expect("cub::BlockRadixSort", in_out.get() == x);
  expect("cub::BlockScan and BlockReduce", sums.get() == wanted);
}

void check_barrier(const Module& module, std::mt19937& generator) {
  const Kernel kernel(module, "library_barrier");
  std::vector<int> x(128), wanted;
  for (int& value : x) {
    value = static_cast<int>(generator() % 1000);
  }
  for (size_t i = 0; i < x.size(); ++i) {
    int sum = x[i ^ 1];
    for (size_t other = i / 32 * 32; other < i / 32 * 32 + 32; ++other) {
      sum += x[127 - other];
    }
    wanted.push_back(sum);
  }
  const Buffer<int> in(x), out(128);
  expect_code("library_barrier runs", kernel.launch({1}, {128}, in.address(), out.address()), CUDA_SUCCESS);
  expect("cuda::barrier, memcpy_async, cooperative_groups::reduce", out.get() == wanted);
}

void check_pipeline(const Module& module) {
  constexpr int kCount = 1024;
  const Kernel kernel(module, "library_pipeline");
  const std::vector<float> x = normals(kCount, 3);
  const Buffer<float> in(x), out(kCount);
  expect_code("library_pipeline runs", kernel.launch({1}, {128}, in.address(), out.address(), kCount), CUDA_SUCCESS);
  const std::vector<float> got = out.get();
  double worst = 0;
  for (int i = 0; i < kCount; ++i) {
    const double mirrored = x[i / 128 * 128 + 127 - i % 128], own = x[i];
    const double wanted = std::tanh(mirrored) + std::exp(std::sin(own)) + std::pow(std::fabs(own), 1.3) + std::erf(own);
    worst = std::max(worst, std::fabs(got[i] - wanted) / (1 + std::fabs(wanted)));
  }
  expect("cuda::pipeline; tanhf, expf, sinf, powf, erff", worst < 1e-6, text("worst error %.2e", worst));
}

void check_half(const Module& module) {
  const Kernel kernel(module, "library_half");
  // 1.0 and 0.5: e^1.5 is the larger half, so both are squared: e³ and e^1.5.
  const Buffer<uint32_t> in(std::vector<uint32_t>(32, 0x3c003800u)), out(std::vector<uint32_t>(33, 0));
  expect_code("library_half runs", kernel.launch({1}, {32}, in.address(), out.address(), 32), CUDA_SUCCESS);
  expect("half2 arithmetic", out.get()[0] == 0x447b403cu, text("%08x", out.get()[0]));
}

void check_library() {
  const Module module(ptx("library"));
  std::mt19937 generator(1);
  check_sort(module, generator);
  check_barrier(module, generator);
  check_pipeline(module);
  check_half(module);
}

const Section library("library", check_library);

}  // namespace
}  // namespace radapter_simulator_test
