#include "tests/harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

namespace radapter_simulator_test {
namespace {

struct Entry {
  std::string name;
  void (*check)();
};

std::vector<Entry>& sections() {
  static std::vector<Entry> all;
  return all;
}

int passed = 0;
int failed = 0;
std::string ptx_folder;

const char* error_name(CUresult code) {
  const char* name = nullptr;
  cuda().cuGetErrorName_(code, &name);
  return name != nullptr ? name : "an unknown error";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Section::Section(const char* name, void (*check)()) { sections().push_back({name, check}); }

bool expect(const std::string& name, bool holds, const std::string& detail) {
  (holds ? passed : failed)++;
  if (!holds || getenv("SHOW") != nullptr) {
    printf("%-4s %s: %s\n", holds ? "ok" : "FAIL", name.c_str(), detail.c_str());
    fflush(stdout);
  }
  return holds;
}

bool expect_code(const std::string& name, CUresult got, CUresult wanted) {
  return expect(name, got == wanted, std::string(error_name(got)) + ", expected " + error_name(wanted));
}

bool expect_accurate(const std::string& name, CUresult code, double error, double tolerance) {
  return expect(name, code == CUDA_SUCCESS && error <= tolerance,
                code != CUDA_SUCCESS ? last_report() : text("relative error %.2e", error));
}

bool expect_caught(const std::string& name, CUresult code, const std::string& words) {
  const std::string report = code != CUDA_SUCCESS ? last_report() : "not noticed";
  return expect(name, code != CUDA_SUCCESS && report.find(words) != std::string::npos, first_line(report));
}

bool expect_wrong(const std::string& name, CUresult code, double error) {
  return expect(name, code == CUDA_SUCCESS && !(error < 1e-3),
                code != CUDA_SUCCESS ? last_report() : text("relative error %.2e", error));
}

std::string text(const char* pattern, ...) {
  char buffer[1000];
  va_list arguments;
  va_start(arguments, pattern);
  vsnprintf(buffer, sizeof buffer, pattern, arguments);
  va_end(arguments);
  return buffer;
}

std::string ptx(const std::string& name) {
  const std::string path = ptx_folder + "/" + name + ".ptx";
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

Environment::Environment(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }

Environment::~Environment() { unsetenv(name_.c_str()); }

Kernel::Kernel(const Module& module, const char* name, unsigned dynamic_shared) : dynamic_shared_(dynamic_shared) {
  CUDA_CHECK(cuModuleGetFunction_(&function_, module.handle(), name));
  if (dynamic_shared > 48 << 10) {
    CUDA_CHECK(cuFuncSetAttribute_(function_, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                   static_cast<int>(dynamic_shared)));
  }
}

float bf16_value(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

uint16_t bf16_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

std::vector<float> normals(size_t count, unsigned seed, float scale) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution(0, scale);
  std::vector<float> values(count);
  for (float& value : values) {
    value = distribution(generator);
  }
  return values;
}

std::vector<uint16_t> bf16_normals(size_t count, unsigned seed) {
  std::vector<uint16_t> bits;
  for (const float value : normals(count, seed)) {
    bits.push_back(bf16_bits(value));
  }
  return bits;
}

void open_tests(const char* library, const char* folder) {
  open_cuda(library);
  ptx_folder = folder;
  CUcontext context = nullptr;
  CUDA_CHECK(cuInit_(0));
  CUDA_CHECK(cuDevicePrimaryCtxRetain_(&context, 0));
  CUDA_CHECK(cuCtxSetCurrent_(context));
}

bool run_sections(const std::vector<std::string>& names) {
  size_t found = 0;
  for (const Entry& section : sections()) {
    if (!names.empty() && std::find(names.begin(), names.end(), section.name) == names.end()) {
      continue;
    }
    ++found;
    const int before = passed;
    try {
      section.check();
    } catch (const std::exception& error) {
      expect(section.name, false, error.what());
    }
    expect(section.name + " checks something", passed > before);
  }
  printf("%d checks passed, %d failed\n", passed, failed);
  return failed == 0 && found == (names.empty() ? sections().size() : names.size());
}

}  // namespace radapter_simulator_test
