#include "tests/cuda.h"

#include <dlfcn.h>

namespace radapter_simulator_test {
namespace {

Cuda* opened = nullptr;

void* find(void* library, const char* name) {
  void* function = dlsym(library, name);
  if (function == nullptr) {
    throw std::runtime_error(std::string("the library lacks ") + name);
  }
  return function;
}

}  // namespace

#define TEXT_OF(x) #x
#define EXPANDED_TEXT_OF(x) TEXT_OF(x)

Cuda::Cuda(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw std::runtime_error(dlerror());
  }
#define X(name) name##_ = reinterpret_cast<decltype(name##_)>(find(library, EXPANDED_TEXT_OF(name)));
  CUDA_FUNCTIONS(X)
#undef X
  // NVIDIA's driver lacks these.
#define X(name) name##_ = reinterpret_cast<decltype(name##_)>(dlsym(library, #name));
  X(ptxsimLastReport) X(ptxsimCounters) X(ptxsimBlockCounters)
#undef X
}

Cuda& cuda() { return *opened; }

bool on_card() { return cuda().ptxsimLastReport_ == nullptr; }

std::string last_report() { return on_card() ? "the driver says no more" : cuda().ptxsimLastReport_(); }

void open_cuda(const char* path) { opened = new Cuda(path); }

void require_success(CUresult code, const char* call) {
  if (code == CUDA_SUCCESS) {
    return;
  }
  const char* name = nullptr;
  cuda().cuGetErrorName_(code, &name);
  throw std::runtime_error(std::string(call) + ": " + (name != nullptr ? name : "?") + ": " + last_report());
}

}  // namespace radapter_simulator_test
