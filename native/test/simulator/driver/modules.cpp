// Modules: PTX out of text or fat binaries, variables, kernels.
#include <stdlib.h>
#include <string.h>

#include <algorithm>

#include "driver/driver.h"
#include "machine/decoder.h"

namespace radapter_simulator {
namespace {

constexpr uint32_t kWrapperMagic = 0x466243b1;
constexpr uint32_t kFatbinMagic = 0xba55ed50;
constexpr uint32_t kElfMagic = 0x464c457f;
constexpr uint16_t kPtxEntry = 1;

template <class T>
T read(const uint8_t* at) {
  T value;
  memcpy(&value, at, sizeof value);
  return value;
}

CUresult refuse_image(const std::string& why, CUresult code = CUDA_ERROR_NO_BINARY_FOR_GPU) {
  return refuse("cuModuleLoadData", why, code);
}

// "sm_90a", "sm_100f": code that runs on this very chip alone, or on its family.
bool is_exact_target(const std::string& target) { return target.back() == 'a' || target.back() == 'f'; }

std::string target_of(const std::string& ptx) {
  const size_t at = ptx.find(".target");
  if (at == std::string::npos) {
    return "sm_0";
  }
  const size_t begin = ptx.find("sm_", at);
  return ptx.substr(begin, ptx.find_first_of(", \t\r\n", begin) - begin);
}

bool fits_device(const std::string& target) {
  const int capability = atoi(target.c_str() + strlen("sm_"));
  return is_exact_target(target) ? capability == device_capability() : capability <= device_capability();
}

// A fat binary is a header and then entries; each has the bytes of its header at 4, of its payload at 8, and the chip's
// number at 28.
CUresult choose_ptx(const uint8_t* fatbin, std::string* text) {
  const uint8_t* entry = fatbin + read<uint16_t>(fatbin + 6);
  const uint8_t* end = entry + read<uint64_t>(fatbin + 8);
  int best = -1;
  bool is_compressed = false, has_cubin = false;
  while (entry + 32 < end) {
    const auto header = read<uint32_t>(entry + 4);
    const auto bytes = read<uint64_t>(entry + 8);
    const auto capability = static_cast<int>(read<uint32_t>(entry + 28));
    if (read<uint16_t>(entry) == kPtxEntry) {
      const std::string ptx(reinterpret_cast<const char*>(entry) + header, bytes);
      const size_t start = ptx.find(".version");
      if (start == std::string::npos || start > 4096) {
        is_compressed = true;
      } else if (capability > best && fits_device(target_of(ptx))) {
        best = capability;
        *text = ptx.substr(start);
      }
    } else {
      has_cubin = true;
    }
    entry += header + bytes;
  }
  if (best >= 0) {
    return CUDA_SUCCESS;
  }
  return refuse_image(is_compressed ? "the fatbin's PTX is compressed: build with nvcc --no-compress"
                      : has_cubin   ? "the fatbin holds no PTX for this device, only cubins"
                                    : "the fatbin holds no PTX for this device");
}

CUresult find_ptx(const void* image, std::string* text) {
  const auto* bytes = static_cast<const uint8_t*>(image);
  if (read<uint32_t>(bytes) == kWrapperMagic) {
    bytes = read<const uint8_t*>(bytes + 8);
  }
  switch (read<uint32_t>(bytes)) {
    case kElfMagic:
      return refuse_image("the image is a cubin (SASS); only PTX can be simulated");
    case kFatbinMagic:
      return choose_ptx(bytes, text);
    default:
      *text = reinterpret_cast<const char*>(bytes);
      return text->find(".version") != std::string::npos
                 ? CUDA_SUCCESS
                 : refuse_image("the image is neither PTX text nor a fatbin", CUDA_ERROR_INVALID_IMAGE);
  }
}

CUresult place_variables(CUmod_st* module) {
  DeviceMemory& memory = DeviceMemory::get();
  for (const Variable& variable : module->ptx->variables) {
    if ((variable.space != Space::global && variable.space != Space::constant) || variable.external) {
      continue;
    }
    const uint64_t address = memory.allocate(std::max<uint64_t>(variable.size, 1), "module variable");
    if (address == 0) {
      return CUDA_ERROR_OUT_OF_MEMORY;
    }
    module->globals[variable.name] = address;
    module->sizes[variable.name] = variable.size;
    char* bytes = memory.host(address, variable.size);
    memset(bytes, 0, variable.size);
    std::copy_n(variable.init.data(), std::min<size_t>(variable.init.size(), variable.size), bytes);
  }
  for (const Variable& variable : module->ptx->variables) {
    for (const auto& [offset, symbol] : variable.relocations) {
      const auto target = module->globals.find(symbol);
      if (target == module->globals.end()) {
        return refuse_image("a variable holds the address of unknown " + symbol, CUDA_ERROR_INVALID_PTX);
      }
      char* at = memory.host(module->globals[variable.name] + offset, sizeof(uint64_t));
      const uint64_t address = read<uint64_t>(reinterpret_cast<const uint8_t*>(at)) + target->second;
      memcpy(at, &address, sizeof address);
    }
  }
  return CUDA_SUCCESS;
}

CUresult load(CUmodule* out, const void* image) {
  std::string text;
  if (const CUresult code = find_ptx(image, &text)) {
    return code;
  }
  auto module = std::make_unique<CUmod_st>();
  try {
    module->ptx = parse(text);
  } catch (const ParseError& error) {
    return report(CUDA_ERROR_INVALID_PTX, error.what());
  }
  const std::string& target = module->ptx->target_name;
  if (target.empty() || !fits_device(target)) {
    return refuse_image("PTX target " + target + " does not run on the simulated sm_" +
                        std::to_string(device_capability()));
  }
  if (const CUresult code = place_variables(module.get())) {
    return code;
  }
  *out = module.release();
  remember(*out);
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace radapter_simulator

using namespace radapter_simulator;

DRIVER_FUNCTION cuModuleLoadData(CUmodule* module, const void* image) {
  ENTER_CONTEXT();
  REQUIRE(module);
  REQUIRE(image);
  return load(module, image);
}

DRIVER_FUNCTION cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, CUjit_option*, void**) {
  ENTER_CONTEXT();
  REQUIRE(module);
  REQUIRE(image);
  return load(module, image);
}

DRIVER_FUNCTION cuModuleLoadFatBinary(CUmodule* module, const void* image) {
  ENTER_CONTEXT();
  REQUIRE(module);
  REQUIRE(image);
  return load(module, image);
}

DRIVER_FUNCTION cuModuleUnload(CUmodule module) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(module);
  const CUresult code = Timeline::get().finish_all();
  for (const auto& [name, function] : module->functions) {
    forget(function.get());
  }
  for (const auto& [name, address] : module->globals) {
    DeviceMemory::get().release(address);
  }
  forget(module);
  delete module;
  return code;
}

DRIVER_FUNCTION cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  ENTER_CONTEXT();
  REQUIRE(function);
  REQUIRE(name);
  REQUIRE_LIVE(module);
  const auto known = module->functions.find(name);
  if (known != module->functions.end()) {
    *function = known->second.get();
    return CUDA_SUCCESS;
  }
  const auto entry = module->ptx->functions.find(name);
  if (entry == module->ptx->functions.end() || !entry->second->entry) {
    return refuse(__func__, std::string("no kernel ") + name, CUDA_ERROR_NOT_FOUND);
  }
  auto made = std::make_unique<CUfunc_st>();
  made->module = module;
  try {
    made->program = decode(*module->ptx, *entry->second, module->globals);
  } catch (const DecodeError& error) {
    return report(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, error.what());
  }
  *function = made.get();
  remember(*function);
  module->functions[name] = std::move(made);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* bytes, CUmodule module, const char* name) {
  ENTER_CONTEXT();
  REQUIRE(name);
  REQUIRE_LIVE(module);
  const auto found = module->globals.find(name);
  if (found == module->globals.end()) {
    return refuse(__func__, std::string("no variable ") + name, CUDA_ERROR_NOT_FOUND);
  }
  if (address != nullptr) {
    *address = found->second;
  }
  if (bytes != nullptr) {
    *bytes = module->sizes[name];
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(function);
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      if (value < 0 || value + static_cast<int>(function->program->shared_static) > most_shared_bytes()) {
        return refuse(__func__, std::to_string(value) + " bytes of shared memory exceed the device's " +
                                    std::to_string(most_shared_bytes()));
      }
      function->dynamic_limit = value;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
      return CUDA_SUCCESS;
    default:
      return refuse(__func__, "attribute " + std::to_string(attribute), CUDA_ERROR_NOT_SUPPORTED);
  }
}

DRIVER_FUNCTION cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function) {
  ENTER_CONTEXT();
  REQUIRE(value);
  REQUIRE_LIVE(function);
  const Program& program = *function->program;
  const int* most = program.entry->max_threads;
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
      *value = most[0] != 0 ? most[0] * most[1] * most[2] : 1024;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
      *value = static_cast<int>(program.shared_static);
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
      *value = static_cast<int>(program.local_bytes);
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
      *value = function->dynamic_limit;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
      *value = function->module->ptx->target;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_NUM_REGS:
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
      // ptxas would know.
      *value = 0;
      return CUDA_SUCCESS;
    default:
      return refuse(__func__, "attribute " + std::to_string(attribute), CUDA_ERROR_NOT_SUPPORTED);
  }
}

DRIVER_FUNCTION cuFuncGetParamInfo(CUfunction function, size_t index, size_t* offset, size_t* bytes) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(function);
  const std::vector<Parameter>& params = function->program->params;
  if (index >= params.size()) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (offset != nullptr) {
    *offset = params[index].offset;
  }
  if (bytes != nullptr) {
    *bytes = params[index].size;
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuFuncGetModule(CUmodule* module, CUfunction function) {
  ENTER_CONTEXT();
  REQUIRE(module);
  REQUIRE_LIVE(function);
  *module = function->module;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads,
                                                            size_t dynamic_shared) {
  ENTER_CONTEXT();
  REQUIRE(blocks);
  REQUIRE_LIVE(function);
  *blocks = blocks_per_multiprocessor(*function, threads, dynamic_shared);
  return CUDA_SUCCESS;
}
