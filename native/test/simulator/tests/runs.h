// The larger test kernels, each run once against a reference in double. `module`: PTX text, perhaps of a planted fault.
#ifndef RADAPTER_SIMULATOR_TESTS_RUNS_H
#define RADAPTER_SIMULATOR_TESTS_RUNS_H

#include "tests/harness.h"

namespace radapter_simulator_test {

struct Outcome {
  CUresult code = CUDA_SUCCESS;
  /** Relative; meaningless after a failure. */
  double error = -1;
};

Outcome run_softmax(const std::string& module, int rows, int columns);
Outcome run_adamw(const std::string& module, size_t elements);
/** C [M, N] = A [M, K] · B [K, N] by mma.sync; B transposed, and K a multiple of 8, by wgmma. */
Outcome run_gemm_mma(const std::string& module, int M, int N, int K);
Outcome run_gemm_wgmma(const std::string& module, int M, int N, int K);

}  // namespace radapter_simulator_test

#endif
