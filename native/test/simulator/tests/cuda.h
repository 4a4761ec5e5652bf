// The driver API without linking it: dlopen, dlsym, as a plug-in does.
#ifndef RADAPTER_SIMULATOR_TESTS_CUDA_H
#define RADAPTER_SIMULATOR_TESTS_CUDA_H

#include <cuda.h>

#include <stdexcept>
#include <string>

#include "ptxsim.h"

namespace radapter_simulator_test {

// Every entry point that the tests call, as cuda.h spells it; its macros add _v2 and the like.
// clang-format off
#define CUDA_FUNCTIONS(X) \
  X(cuInit) X(cuDriverGetVersion) X(cuDeviceGetCount) X(cuDeviceGet) X(cuDeviceGetName) X(cuDeviceGetAttribute) X(cuDeviceGetUuid) \
  X(cuDevicePrimaryCtxRetain) X(cuCtxSetCurrent) X(cuCtxPushCurrent) X(cuCtxPopCurrent) X(cuCtxSynchronize) \
  X(cuModuleLoadData) X(cuModuleGetFunction) X(cuModuleGetGlobal) X(cuModuleUnload) X(cuFuncSetAttribute) X(cuFuncGetAttribute) \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  X(cuMemAlloc) X(cuMemFree) X(cuMemAllocAsync) X(cuMemFreeAsync) X(cuMemHostAlloc) X(cuMemFreeHost) X(cuMemGetInfo) \
  X(cuMemcpyHtoD) X(cuMemcpyDtoH) X(cuMemcpyDtoD) X(cuMemcpyHtoDAsync) X(cuMemcpyDtoHAsync) X(cuMemcpyDtoDAsync) X(cuMemcpy2DAsync) \
  X(cuMemsetD32) X(cuMemsetD32Async) \
  X(cuStreamCreate) X(cuStreamDestroy) X(cuStreamSynchronize) X(cuStreamQuery) X(cuStreamWaitEvent) X(cuLaunchHostFunc) \
  X(cuEventCreate) X(cuEventDestroy) X(cuEventRecord) X(cuEventSynchronize) X(cuEventQuery) X(cuEventElapsedTime) \
  X(cuStreamBeginCapture) X(cuStreamEndCapture) X(cuGraphInstantiate) X(cuGraphLaunch) X(cuGraphDestroy) X(cuGraphExecDestroy) \
  X(cuLaunchKernel) X(cuLaunchKernelEx) X(cuLaunchCooperativeKernel) X(cuTensorMapEncodeTiled) X(cuGetErrorName) X(cuGetErrorString) X(cuGetProcAddress)
// clang-format on

/** The entry points of the library at `path`: cuda().cuInit_ and so on. Throws if one is missing. */
struct Cuda {
  explicit Cuda(const char* path);

#define X(name) decltype(&::name) name##_ = nullptr;
  CUDA_FUNCTIONS(X)
#undef X
  decltype(&::ptxsimLastReport) ptxsimLastReport_ = nullptr;
  decltype(&::ptxsimCounters) ptxsimCounters_ = nullptr;
  decltype(&::ptxsimBlockCounters) ptxsimBlockCounters_ = nullptr;
};

/** The library under test, opened by main(). */
Cuda& cuda();
/** Whether this is NVIDIA's driver: there faults are not reported but end the context, so none is planted. */
bool on_card();
/** The text of the last error. */
std::string last_report();
void open_cuda(const char* path);

/** Throws with the error's name unless `code` is CUDA_SUCCESS. */
void require_success(CUresult code, const char* call);

/** CUDA_CHECK(cuMemFree_(p)): calls, and throws on an error. */
#define CUDA_CHECK(call) ::radapter_simulator_test::require_success(::radapter_simulator_test::cuda().call, #call)

}  // namespace radapter_simulator_test

#endif
