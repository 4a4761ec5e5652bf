#include "launch.h"

#include "images.h"

namespace radapter::cuda {
namespace {

/** Dynamic shared memory a kernel gets without asking. */
constexpr size_t kSharedForAll = 48 << 10;

int kernel_count = 0;

int module_of(const unsigned char* image) {
  int i = 0;
  while (kImages[i].fatbin != image) {
    ++i;
  }
  return i;
}

int look_up(radapter_context* context, const Kernel& kernel, CUfunction* function) {
  const char* name = kernel.name();
  if (kernel.shared() > static_cast<size_t>(context->shared_memory)) {
    return fail(RADAPTER_UNSUPPORTED, name, "needs %d bytes of shared memory, %s has %d", (int)kernel.shared(),
                context->name, context->shared_memory);
  }
  const CUmodule module = context->modules[module_of(kernel.image())];
  RADAPTER_TRY(check_result(name, driver().cuModuleGetFunction(function, module, name), "cuModuleGetFunction"));
  if (kernel.shared() <= kSharedForAll) {
    return RADAPTER_OK;
  }
  return check_result(name,
                      driver().cuFuncSetAttribute(*function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                                  static_cast<int>(kernel.shared())),
                      "cuFuncSetAttribute");
}

/** The function of a kernel, looked up once for each context. */
int function_of(radapter_context* context, const Kernel& kernel, CUfunction* function) {
  CUfunction* const place = &context->functions[kernel.number()];
  *function = __atomic_load_n(place, __ATOMIC_ACQUIRE);
  if (*function != nullptr) {
    return RADAPTER_OK;
  }
  pthread_mutex_lock(&context->lookup);
  const int status = look_up(context, kernel, function);
  if (status == RADAPTER_OK) {
    __atomic_store_n(place, *function, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&context->lookup);
  return status;
}

}  // namespace

Kernel::Kernel(const unsigned char* image, const char* name, size_t shared)
    : image_(image), name_(name), shared_(shared), number_(kernel_count++) {}

int launch_bytes(radapter_context* context, CUstream_st* stream, const Kernel& kernel, const Grid& grid, int threads,
                 const void* arguments) {
  if (grid.x <= 0 || grid.y <= 0 || grid.z <= 0) {
    return RADAPTER_OK;
  }
  if (grid.x > INT32_MAX || grid.y > kMostGrid || grid.z > kMostGrid || kernel.number() >= kMostKernels) {
    return fail(RADAPTER_UNSUPPORTED, kernel.name(), "a grid of %lld x %lld x %lld blocks is too large",
                (long long)grid.x, (long long)grid.y, (long long)grid.z);
  }
  Current current(context);
  CUfunction function;
  RADAPTER_TRY(function_of(context, kernel, &function));
  void* parameters[] = {const_cast<void*>(arguments)};
  return check_result(kernel.name(),
                      driver().cuLaunchKernel(function, static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y),
                                              static_cast<unsigned>(grid.z), static_cast<unsigned>(threads), 1, 1,
                                              static_cast<unsigned>(kernel.shared()), stream, parameters, nullptr),
                      "cuLaunchKernel");
}

}  // namespace radapter::cuda
