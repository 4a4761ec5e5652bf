// The CUDA driver, opened at run time: nothing of NVIDIA's is needed to load the plug-in.
#ifndef RADAPTER_CUDA_DRIVER_H
#define RADAPTER_CUDA_DRIVER_H

#include <cuda.h>

/** Every function of the driver the plug-in uses, by the name cuda.h gives it. */
#define RADAPTER_FOR_EACH_DRIVER_FUNCTION(X) \
  X(cuInit)                                  \
  X(cuDeviceGetCount)                        \
  X(cuDeviceGet)                             \
  X(cuDeviceGetName)                         \
  X(cuDeviceGetAttribute)                    \
  X(cuDevicePrimaryCtxRetain)                \
  X(cuDevicePrimaryCtxRelease)               \
  X(cuCtxPushCurrent)                        \
  X(cuCtxPopCurrent)                         \
  X(cuCtxSynchronize)                        \
  X(cuModuleLoadData)                        \
  X(cuModuleUnload)                          \
  X(cuModuleGetFunction)                     \
  X(cuFuncSetAttribute)                      \
  X(cuLaunchKernel)                          \
  X(cuMemAlloc)                              \
  X(cuMemFree)                               \
  X(cuMemHostAlloc)                          \
  X(cuMemFreeHost)                           \
  X(cuMemGetInfo)                            \
  X(cuMemcpyHtoDAsync)                       \
  X(cuMemcpyDtoHAsync)                       \
  X(cuMemcpyDtoDAsync)                       \
  X(cuStreamCreate)                          \
  X(cuStreamDestroy)                         \
  X(cuStreamSynchronize)                     \
  X(cuStreamWaitEvent)                       \
  X(cuEventCreate)                           \
  X(cuEventDestroy)                          \
  X(cuEventRecord)                           \
  X(cuEventSynchronize)                      \
  X(cuEventElapsedTime)                      \
  X(cuStreamBeginCapture)                    \
  X(cuStreamEndCapture)                      \
  X(cuGraphInstantiateWithFlags)             \
  X(cuGraphLaunch)                           \
  X(cuGraphDestroy)                          \
  X(cuGraphExecDestroy)                      \
  X(cuTensorMapEncodeTiled)                  \
  X(cuGetErrorName)                          \
  X(cuGetErrorString)

namespace radapter::cuda {

struct Driver {
#define RADAPTER_MEMBER(name) decltype(&::name) name;
  RADAPTER_FOR_EACH_DRIVER_FUNCTION(RADAPTER_MEMBER)
#undef RADAPTER_MEMBER
};

/**
 * Opens libcuda.so.1, or what RADAPTER_LIBCUDA names, and initialises it; once. RADAPTER_UNSUPPORTED, with the reason
 * as the last error of `function`, where that fails.
 */
int open_driver(const char* function);

/** The driver; only after open_driver. */
const Driver& driver();

/** Turns a result of the driver into a radapter_status and a message: "WHAT: NAME (description)". */
int check_result(const char* function, CUresult result, const char* what);

}  // namespace radapter::cuda

// The members of Driver are written driver().cuMemAlloc: cuda.h's macros give the versioned name in both places.

#define RADAPTER_DRIVER(call) \
  RADAPTER_TRY(::radapter::cuda::check_result(__func__, ::radapter::cuda::driver().call, #call))

#endif
