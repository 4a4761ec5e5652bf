// What stands in for cuBLAS on the simulated device: the few functions that the plug-in calls, by their names there.
// Like cuBLAS it puts its work into the stream it was given, and wants a workspace before it does.
#include <cuda.h>
#include <dlfcn.h>
#include <stdlib.h>

#include "plain_product.h"

asm(".section .rodata\n.balign 16\nplain_product_ptx: .incbin \"" PLAIN_PRODUCT_PTX "\"\n.byte 0\n.previous");
extern "C" __attribute__((visibility("hidden"))) const char plain_product_ptx[];

namespace {

constexpr int kSuccess = 0;
constexpr int kNotInitialized = 1;
constexpr int kInvalidValue = 7;
constexpr int kExecutionFailed = 13;
constexpr int kNotSupported = 15;
constexpr unsigned kThreads = 64;

void* driver_function(const char* name) {
  static void* const library = dlopen(getenv("RADAPTER_LIBCUDA"), RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : dlsym(library, name);
}

#define DRIVER(name) reinterpret_cast<decltype(&::name)>(driver_function(#name))

}  // namespace

struct cublasContext {
  CUmodule module;
  CUfunction function;
  CUstream stream;
  bool has_workspace;
};

extern "C" {

/** How many products it has been asked for. */
int cublas_stand_in_products = 0;

int cublasCreate_v2(cublasContext** handle) {
  auto* created = static_cast<cublasContext*>(calloc(1, sizeof(cublasContext)));
  if (DRIVER(cuModuleLoadData)(&created->module, plain_product_ptx) != CUDA_SUCCESS ||
      DRIVER(cuModuleGetFunction)(&created->function, created->module, "plain_product") != CUDA_SUCCESS) {
    free(created);
    return kNotInitialized;
  }
  *handle = created;
  return kSuccess;
}

int cublasDestroy_v2(cublasContext* handle) {
  const CUresult result = DRIVER(cuModuleUnload)(handle->module);
  free(handle);
  return result == CUDA_SUCCESS ? kSuccess : kExecutionFailed;
}

int cublasSetStream_v2(cublasContext* handle, CUstream stream) {
  handle->stream = stream;
  handle->has_workspace = false;
  return kSuccess;
}

int cublasSetWorkspace_v2(cublasContext* handle, void* workspace, size_t bytes) {
  handle->has_workspace = workspace != nullptr && bytes > 0 && reinterpret_cast<size_t>(workspace) % 256 == 0;
  return handle->has_workspace ? kSuccess : kInvalidValue;
}

int cublasSetMathMode(cublasContext*, int mode) { return mode == 16 ? kSuccess : kNotSupported; }

int cublasGemmEx(cublasContext* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                 const void* a, int a_type, int lda, const void* b, int b_type, int ldb, const void* beta, void* c,
                 int c_type, int ldc, int compute_type, int algorithm) {
  const bool plain = *static_cast<const float*>(alpha) == 1 && *static_cast<const float*>(beta) == 0;
  const bool types = a_type == b_type && (c_type == a_type || c_type == 0) && compute_type == 68 && algorithm == -1;
  const bool fits = lda >= (transpose_a ? k : m) && ldb >= (transpose_b ? n : k) && ldc >= m;
  if (!plain || !types || !handle->has_workspace) {
    return kNotSupported;
  }
  if (!fits) {
    return kInvalidValue;
  }
  ++cublas_stand_in_products;
  PlainProduct product = {m, n, k, {a, a_type, lda, transpose_a}, {b, b_type, ldb, transpose_b}, {c, c_type, ldc, 0}};
  void* arguments[] = {&product};
  const unsigned blocks = (static_cast<unsigned>(m) * static_cast<unsigned>(n) + kThreads - 1) / kThreads;
  return DRIVER(cuLaunchKernel)(handle->function, blocks, 1, 1, kThreads, 1, 1, 0, handle->stream, arguments,
                                nullptr) == CUDA_SUCCESS
             ? kSuccess
             : kExecutionFailed;
}

const char* cublasGetStatusString(int status) {
  switch (status) {
    case kNotInitialized:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case kInvalidValue:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case kExecutionFailed:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case kNotSupported:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "unknown";
  }
}
}
