// The device and its context.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>

#include "driver/driver.h"

namespace radapter_simulator {
namespace {

constexpr int kThreadsPerMultiprocessor = 2048;
constexpr int kBlocksPerMultiprocessor = 32;
/** Of each block's shared memory the system takes this much. */
constexpr int kReservedShared = 1024;

// Attributes that do not depend on the simulated chip.
const std::unordered_map<int, int>& fixed_attributes() {
  static const std::unordered_map<int, int> values = {
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 64},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 0x7fffffff},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 65535},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 65535},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 49152},
      {CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY, 65536},
      {CU_DEVICE_ATTRIBUTE_WARP_SIZE, kLanes},
      {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 65536},
      {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 1000000},
      {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, multiprocessors()},
      {CU_DEVICE_ATTRIBUTE_INTEGRATED, 0},
      {CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 1},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, 0},
      {CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 1},
      {CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, 0},
      {CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 0},
      {CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID, 0},
      {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 1000000},
      {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 4096},
      {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 50 << 20},
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, kThreadsPerMultiprocessor},
      {CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 2},
      {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
      {CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED, 1},
      {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 65536},
      {CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 0},
      {CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 1},
      {CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 1},
      {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, kBlocksPerMultiprocessor},
      {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, kReservedShared}};
  return values;
}

}  // namespace

int multiprocessors() {
  static const int count = [] {
    const char* told = getenv("PTXSIM_MULTIPROCESSORS");
    const int number = told == nullptr ? 0 : atoi(told);
    return number > 0 ? number : 4;
  }();
  return count;
}

int most_shared_bytes() {
  return device_capability() >= 90 ? 227 << 10 : device_capability() == 80 ? 163 << 10 : 99 << 10;
}

int blocks_per_multiprocessor(const CUfunc_st& function, int threads, size_t dynamic_shared) {
  const size_t shared = function.program->shared_static + dynamic_shared + kReservedShared;
  const size_t all_shared = static_cast<size_t>(most_shared_bytes()) + kReservedShared;
  const int warps = (threads + kLanes - 1) / kLanes;
  return std::min({kBlocksPerMultiprocessor, kThreadsPerMultiprocessor / kLanes / std::max(1, warps),
                   static_cast<int>(all_shared / shared)});
}

}  // namespace radapter_simulator

using namespace radapter_simulator;

DRIVER_FUNCTION cuInit(unsigned flags) {
  if (flags != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  Driver& driver = Driver::get();
  const std::lock_guard<std::recursive_mutex> guard(driver.lock);
  driver.initialised = true;
  remember(&driver.primary);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDriverGetVersion(int* version) {
  if (version == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *version = CUDA_VERSION;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDeviceGetCount(int* count) {
  ENTER_DRIVER();
  REQUIRE(count);
  *count = 1;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDeviceGet(CUdevice* device, int ordinal) {
  ENTER_DRIVER();
  REQUIRE(device);
  *device = 0;
  return ordinal == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

DRIVER_FUNCTION cuDeviceGetName(char* name, int size, CUdevice) {
  ENTER_DRIVER();
  REQUIRE(name);
  snprintf(name, static_cast<size_t>(size), "ptxsim sm_%d (no GPU)", device_capability());
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  ENTER_DRIVER();
  REQUIRE(bytes);
  *bytes = DeviceMemory::get().total();
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice) {
  ENTER_DRIVER();
  REQUIRE(uuid);
  memcpy(uuid->bytes, "ptxsim-device-00", sizeof uuid->bytes);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  ENTER_DRIVER();
  REQUIRE(value);
  const int capability = device_capability();
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      *value = capability / 10;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      *value = capability % 10;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
      *value = most_shared_bytes();
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
      *value = most_shared_bytes() + kReservedShared;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
    case CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED:
      *value = capability >= 90;
      return CUDA_SUCCESS;
    default:
      break;
  }
  const auto found = fixed_attributes().find(attribute);
  *value = found == fixed_attributes().end() ? 0 : found->second;
  if (found == fixed_attributes().end() && is_verbose()) {
    fprintf(stderr, "ptxsim: device attribute %d is answered 0\n", static_cast<int>(attribute));
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  ENTER_DRIVER();
  REQUIRE(context);
  *context = &Driver::get().primary;
  ++(*context)->references;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDevicePrimaryCtxRelease_v2(CUdevice) {
  ENTER_DRIVER();
  int& references = Driver::get().primary.references;
  if (references == 0) {
    return refuse(__func__, "the primary context is not retained", CUDA_ERROR_INVALID_CONTEXT);
  }
  --references;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuDevicePrimaryCtxGetState(CUdevice, unsigned* flags, int* active) {
  ENTER_DRIVER();
  REQUIRE(flags);
  REQUIRE(active);
  *flags = 0;
  *active = Driver::get().primary.references > 0;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxSetCurrent(CUcontext context) {
  ENTER_DRIVER();
  if (context != nullptr && !is_live(context)) {
    return refuse(__func__, "not a live context", CUDA_ERROR_INVALID_CONTEXT);
  }
  std::vector<CUcontext>& contexts = thread_contexts();
  if (contexts.empty()) {
    contexts.push_back(context);
  } else {
    contexts.back() = context;
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxGetCurrent(CUcontext* context) {
  ENTER_DRIVER();
  REQUIRE(context);
  *context = thread_contexts().empty() ? nullptr : thread_contexts().back();
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxPushCurrent_v2(CUcontext context) {
  ENTER_DRIVER();
  if (!is_live(context)) {
    return refuse(__func__, "not a live context", CUDA_ERROR_INVALID_CONTEXT);
  }
  thread_contexts().push_back(context);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxPopCurrent_v2(CUcontext* context) {
  ENTER_DRIVER();
  if (thread_contexts().empty()) {
    return refuse(__func__, "no context is current in this thread", CUDA_ERROR_INVALID_CONTEXT);
  }
  if (context != nullptr) {
    *context = thread_contexts().back();
  }
  thread_contexts().pop_back();
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxGetDevice(CUdevice* device) {
  ENTER_CONTEXT();
  REQUIRE(device);
  *device = 0;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  ENTER_CONTEXT();
  if (least != nullptr) {
    *least = 0;
  }
  if (greatest != nullptr) {
    *greatest = -5;
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuCtxSynchronize() {
  ENTER_CONTEXT();
  return Timeline::get().finish_all();
}
