// Planted faults: each launch fails with the right words, or its result is wrong.
#include "tests/runs.h"

namespace radapter_simulator_test {
namespace {

void expect_run_caught(const std::string& name, const Outcome& outcome, const std::string& words) {
  expect_caught(name, outcome.code, words);
}

void check_softmax() {
  expect_run_caught("softmax without its second __syncthreads", run_softmax(ptx("softmax_PLANT_NO_SYNC"), 4, 777),
                    "shared-memory race");
  expect_run_caught("softmax of one column too many", run_softmax(ptx("softmax_PLANT_OUT_OF_BOUNDS"), 1, 777),
                    "outside any live allocation");
  expect_run_caught("the same where the next row follows", run_softmax(ptx("softmax_PLANT_OUT_OF_BOUNDS"), 4, 777),
                    "race between blocks");
}

void check_adamw() {
  const Outcome outcome = run_adamw(ptx("adamw_PLANT_NO_TAIL"), 1023);
  expect_wrong("AdamW that forgets the last elements", outcome.code, outcome.error);
}

void check_mma() {
  expect_run_caught("cp.async wait one group short", run_gemm_mma(ptx("gemm_mma_PLANT_WAIT_SHORT"), 72, 136, 104),
                    "asynchronous copy into it is in flight");
  expect_run_caught("mma.sync product without its last __syncthreads",
                    run_gemm_mma(ptx("gemm_mma_PLANT_NO_SYNC"), 72, 136, 104), "race");
  expect_run_caught("16-byte copies of rows of 37 elements", run_gemm_mma(ptx("gemm_mma_PLANT_MISALIGNED"), 40, 37, 40),
                    "misaligned");
  for (const char* fault : {"SWAPPED_FRAGMENTS", "NOT_TRANSPOSED"}) {
    const Outcome outcome = run_gemm_mma(ptx(std::string("gemm_mma_PLANT_") + fault), 72, 136, 104);
    expect_wrong(fault, outcome.code, outcome.error);
  }
}

void check_wgmma() {
  const auto run = [](const char* fault, int K = 328) {
    return run_gemm_wgmma(ptx(std::string("gemm_wgmma_PLANT_") + fault), 72, 136, K);
  };
  expect_run_caught("tile released before wgmma has read it", run("EARLY_RELEASE", 520), "in flight");
  expect_run_caught("expect_tx too large", run("BYTES"), "expect_tx does not match");
  expect_run_caught("wrong parity of a wait", run("PARITY", 520), "");
  expect_run_caught("no wgmma.wait_group", run("NO_WAIT"), "unfinished wgmma");
  expect_run_caught("no wgmma.fence", run("NO_FENCE"), "wgmma.fence");
  expect_run_caught("tiles of a 128-byte swizzle declared with 128-byte alignment", run("ALIGNMENT"),
                    "swizzle pattern");
  {
    const Environment hardware("PTXSIM_SHARED", "hardware");
    const Outcome outcome = run("ALIGNMENT");
    expect_accurate("the same where a GPU happens to put it", outcome.code, outcome.error);
  }
  for (const char* fault : {"STRIDE", "NO_SWIZZLE"}) {
    const Outcome outcome = run(fault);
    expect_wrong(fault, outcome.code, outcome.error);
  }
}

// A kernel of reduce.cu that takes one array.
CUresult run_on_array(const char* name, unsigned threads, unsigned blocks = 1) {
  const Module module(ptx("reduce"));
  const Kernel kernel(module, name);
  const Buffer<int> x(std::vector<int>(2048, 3));
  return kernel.launch({blocks}, {threads}, x.address());
}

CUresult run_sum(const char* module_name, int n, int offset_bytes, CUdeviceptr other_array = 0) {
  const Module module(ptx(module_name));
  const Kernel kernel(module, "sum");
  const Buffer<float> x(std::vector<float>(static_cast<size_t>(n), 1)), out(std::vector<float>{0});
  const CUdeviceptr in = other_array != 0 ? other_array : x.address() + static_cast<CUdeviceptr>(offset_bytes);
  return kernel.launch({2}, {256}, in, n, out.address());
}

void check_small() {
  expect_caught("shuffle of a diverged warp", run_on_array("planted_divergent_shuffle", 32), "diverged warp");
  expect_caught("uninitialised shared memory", run_on_array("planted_uninitialised", 64),
                "uninitialised shared memory");
  expect_caught("a block reads what another wrote", run_on_array("planted_shift", 32, 4), "race between blocks");
  expect_caught("deadlock at named barriers", run_on_array("planted_barrier_hang", 64), "deadlock");
  expect_caught("reduction without __syncthreads", run_sum("reduce_PLANT_NO_SYNC", 999, 0), "race");
  expect_caught("one element too many", run_sum("reduce_PLANT_TAIL", 999, 0), "past the end");
  expect_caught("misaligned pointer", run_sum("reduce", 900, 2), "misaligned");
  CUdeviceptr gone = 0;
  CUDA_CHECK(cuMemAlloc_(&gone, 4096));
  CUDA_CHECK(cuMemFree_(gone));
  expect_caught("use after cuMemFree", run_sum("reduce", 900, 0, gone), "use after free");
  const Module module(ptx("cluster_PLANT_NO_CLUSTER_SYNC"));
  const Kernel kernel(module, "pair_sum");
  const Buffer<float> x(std::vector<float>(1000, 1)), out(2);
  expect_caught("cluster without its barrier", kernel.launch({2}, {128}, x.address(), out.address(), 1000), "");
}

void check_planted() {
  check_softmax();
  check_adamw();
  check_mma();
  check_wgmma();
  check_small();
}

const Section planted("planted", check_planted);

}  // namespace
}  // namespace radapter_simulator_test
