// What a context of a GPU holds.
#ifndef RADAPTER_CUDA_CONTEXT_H
#define RADAPTER_CUDA_CONTEXT_H

#include <pthread.h>

#include "driver.h"
#include "error.h"
#include "operators.h"
#include "plugin.h"

namespace radapter::cuda {

constexpr int kMostModules = 32;
constexpr int kMostKernels = 256;

/** The operators on a GPU, each as radapter.h declares radapter_NAME. */
RADAPTER_DECLARE_OPERATORS

/** Which kernels products run on. */
enum class Tier {
  /** mma.sync and cp.async: any GPU from 8.0 on. */
  kPortable,
  /** Tensor copies and wgmma: 9.0 alone. */
  kHopper
};

/** What a context has of cuBLAS, see cublas.h. */
struct Cublas;

/** What libradapter gave this plug-in. */
const Host& host();

}  // namespace radapter::cuda

struct radapter_context {
  radapter::ContextHead head;
  CUdevice device;
  /** The device's primary context. */
  CUcontext primary;
  char name[128];
  int multiprocessors;
  radapter::cuda::Tier tier;
  /** Bytes of shared memory that one block may have. */
  int shared_memory;
  /** One for each image, in the order of kImages. */
  CUmodule modules[radapter::cuda::kMostModules];
  /** By the kernel's number, NULL until its first launch; see launch.h. */
  CUfunction functions[radapter::cuda::kMostKernels];
  /** Held while a function is looked up. */
  pthread_mutex_t lookup;
  /** NULL unless plain products are cuBLAS's. */
  radapter::cuda::Cublas* cublas;
};

namespace radapter::cuda {

/** Makes the device's context the calling thread's, and the one before it again in the end. */
class Current {
 public:
  explicit Current(const radapter_context* context) { driver().cuCtxPushCurrent(context->primary); }
  ~Current() {
    CUcontext popped;
    driver().cuCtxPopCurrent(&popped);
  }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
};

}  // namespace radapter::cuda

#endif
