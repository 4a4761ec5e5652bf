#include "driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "error.h"

#define RADAPTER_TEXT_OF(name) #name
/** The name after cuda.h's macros: cuMemAlloc_v2 for cuMemAlloc. */
#define RADAPTER_EXPANDED_TEXT_OF(name) RADAPTER_TEXT_OF(name)

namespace radapter::cuda {
namespace {

Driver the_driver;
bool opened = false;
pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

int load(const char* function) {
  const char* chosen = getenv("RADAPTER_LIBCUDA");
  const char* path = chosen == nullptr || chosen[0] == '\0' ? "libcuda.so.1" : chosen;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(RADAPTER_UNSUPPORTED, function, "the CUDA driver cannot be loaded: %s", dlerror());
  }
#define RADAPTER_LOAD(name)                                                                                       \
  the_driver.name = reinterpret_cast<decltype(the_driver.name)>(dlsym(library, RADAPTER_EXPANDED_TEXT_OF(name))); \
  if (the_driver.name == nullptr) {                                                                               \
    return fail(RADAPTER_UNSUPPORTED, function, "the CUDA driver %s is too old: it lacks %s", path,               \
                RADAPTER_EXPANDED_TEXT_OF(name));                                                                 \
  }
  RADAPTER_FOR_EACH_DRIVER_FUNCTION(RADAPTER_LOAD)
#undef RADAPTER_LOAD
  const CUresult result = the_driver.cuInit(0);
  if (result != CUDA_SUCCESS) {
    const char* description = nullptr;
    the_driver.cuGetErrorString(result, &description);
    return fail(RADAPTER_UNSUPPORTED, function, "the CUDA driver does not start: %s",
                description == nullptr ? "unknown error" : description);
  }
  opened = true;
  return RADAPTER_OK;
}

}  // namespace

int open_driver(const char* function) {
  pthread_mutex_lock(&opening);
  const int status = opened ? static_cast<int>(RADAPTER_OK) : load(function);
  pthread_mutex_unlock(&opening);
  return status;
}

const Driver& driver() { return the_driver; }

int check_result(const char* function, CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) {
    return RADAPTER_OK;
  }
  const char* name = nullptr;
  const char* description = nullptr;
  the_driver.cuGetErrorName(result, &name);
  the_driver.cuGetErrorString(result, &description);
  return fail(result == CUDA_ERROR_OUT_OF_MEMORY ? RADAPTER_OUT_OF_MEMORY : RADAPTER_INTERNAL, function, "%s: %s (%s)",
              what, name == nullptr ? "unknown" : name, description == nullptr ? "no description" : description);
}

}  // namespace radapter::cuda
