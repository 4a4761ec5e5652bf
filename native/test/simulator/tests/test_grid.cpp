// Blocks that talk to one another through global memory are on the device together.
#include <cmath>
#include <numeric>

#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

void check_grid_sync(const Module& module) {
  constexpr int kCount = 5000;
  constexpr unsigned kBlocks = 16;
  const std::vector<float> x = normals(kCount, 3);
  const double wanted = std::accumulate(x.begin(), x.end(), 0.0);
  const Buffer<float> in(x), parts(kBlocks), out(1);
  const Kernel kernel(module, "sum_with_grid_sync");
  CUdeviceptr addresses[] = {in.address(), parts.address(), out.address()};
  int count = kCount;
  void* params[] = {&addresses[0], &count, &addresses[1], &addresses[2]};
  CUDA_CHECK(cuLaunchCooperativeKernel_(kernel.function(), kBlocks, 1, 1, 128, 1, 1, 0, nullptr, params));
  expect("grid.sync()", std::fabs(out.get()[0] - wanted) < 1e-3, text("%g of %g", out.get()[0], wanted));

  CUlaunchAttribute attribute{};
  attribute.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
  attribute.value.cooperative = 1;
  CUlaunchConfig config{};
  config.gridDimX = kBlocks;
  config.blockDimX = 128;
  config.gridDimY = config.gridDimZ = config.blockDimY = config.blockDimZ = 1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  CUDA_CHECK(cuMemsetD32_(out.address(), 0, 1));
  CUDA_CHECK(cuLaunchKernelEx_(&config, kernel.function(), params, nullptr));
  expect("grid.sync() by cuLaunchKernelEx", std::fabs(out.get()[0] - wanted) < 1e-3);
}

void check_grid_sync_refused(const Module& module) {
  const Buffer<float> x(std::vector<float>(100, 1)), parts(64), out(1);
  const Kernel kernel(module, "sum_with_grid_sync");
  expect("grid.sync() in a launch that is not cooperative",
         kernel.launch({4}, {128}, x.address(), 100, parts.address(), out.address()) != CUDA_SUCCESS);
  int fitting = 0;
  CUDA_CHECK(cuOccupancyMaxActiveBlocksPerMultiprocessor_(&fitting, kernel.function(), 1024, 0));
  expect("two blocks of 1024 threads fit on a multiprocessor", fitting == 2);
  CUdeviceptr address = x.address();
  int count = 100;
  void* params[] = {&address, &count, &address, &address};
  expect_code("more blocks than fit",
              cuda().cuLaunchCooperativeKernel_(kernel.function(), 9, 1, 1, 1024, 1, 1, 0, nullptr, params),
              CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
}

void check_chain(const Module& module, int blocks, int step) {
  const Buffer<int> flags(std::vector<int>(static_cast<size_t>(blocks), 0));
  const Kernel kernel(module, "chain");
  const CUresult code = kernel.launch({static_cast<unsigned>(blocks)}, {1024}, flags.address(), step);
  std::vector<int> wanted(static_cast<size_t>(blocks));
  for (int b = 0; b < blocks; ++b) {
    wanted[b] = step < 0 ? b + 1 : blocks - b;
  }
  expect(text("chain of %d blocks, step %d", blocks, step), code == CUDA_SUCCESS && flags.get() == wanted,
         code != CUDA_SUCCESS ? last_report() : "");
}

void check_refused(const Module& module) {
  check_grid_sync_refused(module);
  const Buffer<int> flags(std::vector<int>(30, 0)), turn(std::vector<int>{-1});
  const Environment limit("PTXSIM_MAX_INSTRUCTIONS", "100000");
  expect_caught("a wait for a block that is not on the device",
                Kernel(module, "chain").launch({30}, {1024}, flags.address(), 1), "PTXSIM_MAX_INSTRUCTIONS");
  expect_caught("a turn that never comes", Kernel(module, "take_turns").launch({2}, {32}, turn.address(), 50),
                "deadlock");
}

void check_grid() {
  const Module module(ptx("grid"));
  for (const char* schedule : {"round_robin", "greedy", "reverse", "random"}) {
    const Environment environment("PTXSIM_SCHEDULE", schedule);
    check_grid_sync(module);
    // Eight blocks of 1024 threads are on the device at once: more of them may wait for those before, not behind them.
    check_chain(module, 8, 1);
    check_chain(module, 8, -1);
    check_chain(module, 30, -1);
    const Buffer<int> turn(std::vector<int>{0});
    const Kernel kernel(module, "take_turns");
    expect_code(text("two blocks take turns, %s", schedule), kernel.launch({2}, {32}, turn.address(), 50),
                CUDA_SUCCESS);
    expect("50 turns", turn.get()[0] == 50);
  }
  if (!on_card()) {
    check_refused(module);
  }
}

const Section grid("grid", check_grid);

}  // namespace
}  // namespace radapter_simulator_test
