// Whole kernels: right results in odd shapes, whatever the schedule and whenever copies land.
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <random>

#include "tests/runs.h"

namespace radapter_simulator_test {
namespace {

void expect_right(const std::string& name, const Outcome& outcome) {
  expect_accurate(name, outcome.code, outcome.error);
}

void check_shapes() {
  for (const int columns : {1, 31, 32, 33, 255, 256, 257, 1000}) {
    expect_right(text("softmax [3, %d]", columns), run_softmax(ptx("softmax"), 3, columns));
    expect_right(text("softmax [3, %d], early exit", columns), run_softmax(ptx("softmax_EARLY_EXIT"), 3, columns));
  }
  for (const size_t elements : {1, 2, 3, 4, 5, 1020, 1023, 1024, 4101}) {
    expect_right(text("AdamW of %zu elements", elements), run_adamw(ptx("adamw"), elements));
  }
  using Sizes = std::array<int, 3>;
  for (const auto& [M, N, K] :
       {Sizes{8, 8, 8}, {64, 64, 32}, {65, 72, 40}, {1, 1, 1}, {3, 7, 5}, {70, 33, 45}, {200, 136, 328}}) {
    expect_right(text("mma.sync %d x %d x %d", M, N, K), run_gemm_mma(ptx("gemm_mma"), M, N, K));
  }
  for (const auto& [M, N, K] : {Sizes{8, 8, 8}, {64, 64, 64}, {65, 72, 72}, {1, 1, 8}, {3, 7, 16}, {200, 136, 520}}) {
    expect_right(text("wgmma %d x %d x %d", M, N, K), run_gemm_wgmma(ptx("gemm_wgmma"), M, N, K));
  }
}

void check_schedules() {
  for (const char* schedule : {"round_robin", "greedy", "reverse", "random"}) {
    const Environment schedules("PTXSIM_SCHEDULE", schedule);
    expect_right(text("softmax, %s", schedule), run_softmax(ptx("softmax"), 5, 777));
    for (const char* timing : {"late", "early", "random"}) {
      const Environment timings("PTXSIM_ASYNC", timing);
      expect_right(text("mma.sync, %s, %s", schedule, timing), run_gemm_mma(ptx("gemm_mma"), 72, 136, 104));
      expect_right(text("wgmma, %s, %s", schedule, timing), run_gemm_wgmma(ptx("gemm_wgmma"), 72, 136, 328));
    }
  }
}

void check_sums() {
  const Module module(ptx("reduce"));
  const Kernel sum(module, "sum"), persistent(module, "sum_persistent");
  CUdeviceptr next_tile = 0;
  CUDA_CHECK(cuModuleGetGlobal_(&next_tile, nullptr, module.handle(), "next_tile"));
  for (const int n : {1, 31, 1000, 4097}) {
    const std::vector<float> x = normals(static_cast<size_t>(n), 3);
    double wanted = 0, scale = 0;
    for (const float value : x) {
      wanted += value;
      scale += std::fabs(value);
    }
    const Buffer<float> in(x), out(std::vector<float>{0, 0});
    const Buffer<unsigned> tiles(std::vector<unsigned>{0});
    CUDA_CHECK(cuMemsetD32_(next_tile, 0, 1));
    expect_code(text("sum of %d runs", n), sum.launch({3}, {256}, in.address(), n, out.address(0)), CUDA_SUCCESS);
    expect_code(text("persistent sum of %d runs", n),
                persistent.launch({4}, {128}, in.address(), n, out.address(1), tiles.address()), CUDA_SUCCESS);
    const std::vector<float> got = out.get();
    expect(text("sum of %d", n), std::fabs(got[0] - wanted) <= 1e-6 * scale, text("%g of %g", got[0], wanted));
    expect(text("persistent sum of %d", n), std::fabs(got[1] - wanted) <= 1e-6 * scale,
           text("%g of %g", got[1], wanted));
    expect(text("tiles of %d", n), tiles.get()[0] == static_cast<unsigned>((n + 511) / 512));
  }
}

// The kernel `medley` on the host.
long long medley(int v, int i, int votes) {
  const auto u = static_cast<unsigned>(v);
  long long r = static_cast<int>(u * ((u & 7) + 1) - static_cast<unsigned>(i));
  unsigned reversed = 0;
  for (int k = 0; k < 32; ++k) {
    reversed |= (u >> k & 1) << (31 - k);
  }
  switch (u % 6) {
    case 0:
      r += v / 7;
      break;
    case 1:
      r *= v;
      break;
    case 2: {
      const unsigned zeros = v != 0 ? static_cast<unsigned>(__builtin_clz(u)) : 32;
      r -= static_cast<unsigned>(__builtin_popcount(u)) + zeros + reversed % 1000;
      break;
    }
    case 3:
      r ^= static_cast<long long>(v) << (i & 31);
      break;
    case 4:
      r = static_cast<long long>(std::ldexp(static_cast<float>(v & 1023), i & 7));
      break;
    default:
      r = r * 8 / ((v & 15) + 1);
      break;
  }
  if (v < 0) {
    return -r + votes;
  }
  for (int k = 0; k < (v & 3); ++k) {
    r += k * static_cast<long long>(i);
  }
  return r + votes;
}

void check_medley() {
  constexpr int kCount = 1000;
  const Module module(ptx("reduce"));
  const Kernel kernel(module, "medley");
  std::mt19937 generator(5);
  std::vector<int> in(kCount);
  for (int& value : in) {
    value = static_cast<int>(generator()) >> (generator() % 28);
  }
  const Buffer<int> buffer(in);
  const Buffer<long long> out(kCount);
  expect_code("medley runs", kernel.launch({8}, {128}, buffer.address(), out.address(), kCount), CUDA_SUCCESS);
  const std::vector<long long> got = out.get();
  int wrong = 0;
  for (int i = 0; i < kCount; ++i) {
    int votes = 0;
    for (int other = i / 32 * 32; other < i / 32 * 32 + 32 && other < kCount; ++other) {
      votes += in[other] & 1;
    }
    wrong += got[i] != medley(in[i], i, votes);
  }
  expect("medley: calls, a switch, votes, a local array", wrong == 0, text("%d wrong", wrong));
}

void check_cluster() {
  const Module module(ptx("cluster"));
  const Kernel kernel(module, "pair_sum");
  const std::vector<float> x = normals(1000, 9);
  double wanted = 0;
  for (const float value : x) {
    wanted += value;
  }
  const Buffer<float> in(x), out(4);
  expect_code("pair_sum runs", kernel.launch({4}, {128}, in.address(), out.address(), 1000), CUDA_SUCCESS);
  const std::vector<float> got = out.get();
  expect("cluster of two: distributed shared memory",
         std::fabs(got[0] + got[2] - wanted) < 1e-4 && got[0] == got[1] && got[2] == got[3]);
}

void check_printf() {
  const Module module(ptx("reduce"));
  const Kernel kernel(module, "say");
  const Buffer<int> in(std::vector<int>{5, 6});
  FILE* const caught = tmpfile();
  fflush(stderr);
  const int saved = dup(2);
  dup2(fileno(caught), 2);
  const CUresult code = kernel.launch({1}, {2}, in.address());
  fflush(stderr);
  dup2(saved, 2);
  close(saved);
  rewind(caught);
  char said[200] = "";
  const size_t length = fread(said, 1, sizeof said - 1, caught);
  fclose(caught);
  expect("printf",
         code == CUDA_SUCCESS && std::string(said, length) == "thread 0 of say: 5 2.50\nthread 1 of say: 6 3.00\n",
         said);
}

void check_kernels() {
  check_shapes();
  check_schedules();
  check_sums();
  check_medley();
  check_cluster();
  if (!on_card()) {
    check_printf();
  }
}

const Section kernels("kernels", check_kernels);

}  // namespace
}  // namespace radapter_simulator_test
