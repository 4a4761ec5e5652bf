#include "driver/driver.h"

#include <stdio.h>
#include <stdlib.h>

#include <set>

#include "ptxsim.h"

namespace radapter_simulator {
namespace {

std::set<const void*>& live_handles() {
  static auto* handles = new std::set<const void*>;
  return *handles;
}

}  // namespace

Driver& Driver::get() {
  static Driver* driver = new Driver;
  return *driver;
}

std::vector<CUcontext>& thread_contexts() {
  thread_local std::vector<CUcontext> contexts;
  return contexts;
}

CUresult report(CUresult code, const std::string& text) {
  Driver::get().last_report = text;
  fprintf(stderr, "ptxsim: error %d: %s\n", static_cast<int>(code), text.c_str());
  return code;
}

CUresult refuse(const char* function, const std::string& why, CUresult code) {
  return report(code, std::string(function) + ": " + why);
}

void remember(const void* handle) { live_handles().insert(handle); }

void forget(const void* handle) { live_handles().erase(handle); }

bool is_live(const void* handle) { return live_handles().count(handle) != 0; }

CUresult check_driver(const char* function) {
  return Driver::get().initialised ? CUDA_SUCCESS
                                   : refuse(function, "cuInit was not called", CUDA_ERROR_NOT_INITIALIZED);
}

CUresult check_context(const char* function) {
  if (const CUresult code = check_driver(function)) {
    return code;
  }
  if (thread_contexts().empty() || thread_contexts().back() == nullptr) {
    return refuse(function, "no context is current in this thread", CUDA_ERROR_INVALID_CONTEXT);
  }
  CUresult& sticky = Driver::get().sticky;
  if (getenv("PTXSIM_STICKY") == nullptr) {
    sticky = CUDA_SUCCESS;
  }
  if (sticky != CUDA_SUCCESS) {
    return sticky;
  }
  // What went wrong in a launch that nobody has waited for yet.
  return Timeline::get().take_error();
}

}  // namespace radapter_simulator

extern "C" __attribute__((visibility("default"))) const char* ptxsimLastReport() {
  const std::lock_guard<std::recursive_mutex> guard(radapter_simulator::Driver::get().lock);
  return radapter_simulator::Driver::get().last_report.c_str();
}
