// The test registry. A file test_NAME.cpp adds its section by
//     static const Section arithmetic("arithmetic", check_arithmetic);
// and needs no mention anywhere else.
#ifndef RADAPTER_SIMULATOR_TESTS_HARNESS_H
#define RADAPTER_SIMULATOR_TESTS_HARNESS_H

#include <stdint.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tests/cuda.h"

namespace radapter_simulator_test {

struct Section {
  Section(const char* name, void (*check)());
};

/** Opens the library under test, with a context; `folder` holds the kernels' PTX. Throws if that cannot be done. */
void open_tests(const char* library, const char* folder);
/** Runs the sections of these names, or all. Returns whether there are such and all checks passed. */
bool run_sections(const std::vector<std::string>& names);

/** Counts a check, and prints it if it failed. Returns `holds`. */
bool expect(const std::string& name, bool holds, const std::string& detail = "");
/** A call's code is the one that was expected. */
bool expect_code(const std::string& name, CUresult got, CUresult wanted);
/** The launch succeeded and its relative error is at most `tolerance`. */
bool expect_accurate(const std::string& name, CUresult code, double error, double tolerance = 1e-6);
/** The launch failed with a report that holds `words`. */
bool expect_caught(const std::string& name, CUresult code, const std::string& words);
/** Nothing is reported, but the result is wrong: the comparison sees it. */
bool expect_wrong(const std::string& name, CUresult code, double error);

std::string text(const char* pattern, ...) __attribute__((format(printf, 1, 2)));
/** The PTX of kernels/NAME.cu, or of a planted fault in it: "softmax", "softmax_PLANT_NO_SYNC". */
std::string ptx(const std::string& name);

/** Sets an environment variable while it lives. */
class Environment {
 public:
  Environment(const char* name, const std::string& value);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::string name_;
};

class Module {
 public:
  /** PTX text, or a fat binary. */
  explicit Module(const std::string& text) : Module(static_cast<const void*>(text.c_str())) {}
  explicit Module(const void* image) { CUDA_CHECK(cuModuleLoadData_(&handle_, image)); }
  ~Module() { cuda().cuModuleUnload_(handle_); }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  CUmodule handle() const { return handle_; }

 private:
  CUmodule handle_ = nullptr;
};

struct Size {
  unsigned x, y = 1, z = 1;
};

/** One kernel of a module. */
class Kernel {
 public:
  Kernel(const Module& module, const char* name, unsigned dynamic_shared = 0);

  /** Launches into a stream; `arguments` have the types of the kernel's parameters. */
  template <class... Arguments>
  CUresult launch_into(CUstream stream, Size grid, Size block, Arguments... arguments) const {
    void* params[] = {static_cast<void*>(&arguments)..., nullptr};
    return cuda().cuLaunchKernel_(function_, grid.x, grid.y, grid.z, block.x, block.y, block.z, dynamic_shared_, stream,
                                  params, nullptr);
  }

  /** Launches, and waits for the end. */
  template <class... Arguments>
  CUresult launch(Size grid, Size block, Arguments... arguments) const {
    const CUresult code = launch_into(nullptr, grid, block, arguments...);
    return code != CUDA_SUCCESS ? code : cuda().cuStreamSynchronize_(nullptr);
  }

  CUfunction function() const { return function_; }

 private:
  CUfunction function_ = nullptr;
  unsigned dynamic_shared_;
};

/** A device array. */
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t size) : size_(size) { CUDA_CHECK(cuMemAlloc_(&address_, size * sizeof(T))); }
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) { set(values); }
  ~Buffer() { cuda().cuMemFree_(address_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void set(const std::vector<T>& values) { CUDA_CHECK(cuMemcpyHtoD_(address_, values.data(), size_ * sizeof(T))); }

  std::vector<T> get() const {
    std::vector<T> values(size_);
    CUDA_CHECK(cuMemcpyDtoH_(values.data(), address_, size_ * sizeof(T)));
    return values;
  }

  CUdeviceptr address(size_t index = 0) const { return address_ + index * sizeof(T); }

 private:
  CUdeviceptr address_ = 0;
  size_t size_;
};

/** ‖got − wanted‖ / ‖wanted‖; infinite where something is no number. */
class RelativeError {
 public:
  void add(double got, double wanted) {
    error_ += std::isfinite(got) ? (got - wanted) * (got - wanted) : INFINITY;
    norm_ += wanted * wanted;
  }
  double value() const { return std::sqrt(error_ / norm_); }

 private:
  double error_ = 0;
  double norm_ = 0;
};

float bf16_value(uint16_t bits);
uint16_t bf16_bits(float value);
std::vector<float> normals(size_t count, unsigned seed, float scale = 1);
std::vector<uint16_t> bf16_normals(size_t count, unsigned seed);

}  // namespace radapter_simulator_test

#endif
