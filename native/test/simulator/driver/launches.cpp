// Kernel launches, and tensor maps.
#include <stdlib.h>
#include <string.h>

#include <algorithm>

#include "driver/driver.h"
#include "instructions/tensor_map.h"
#include "machine/launch.h"

namespace radapter_simulator {
namespace {

constexpr uint64_t kMostThreads = 1024;
constexpr uint32_t kMostClusterBlocks = 8;

// Why a launch of this shape is refused; empty if it is not.
std::string find_fault(const CUfunc_st& function, const LaunchShape& shape) {
  const int* most = function.program->entry->max_threads;
  uint64_t threads = 1;
  for (int axis = 0; axis < 3; ++axis) {
    if (shape.grid[axis] == 0 || shape.block[axis] == 0) {
      return "a grid or block dimension is zero";
    }
    threads *= shape.block[axis];
  }
  if (threads > kMostThreads || shape.block[2] > 64 || shape.grid[0] > 0x7fffffffu || shape.grid[1] > 65535 ||
      shape.grid[2] > 65535) {
    return "grid or block too large";
  }
  if (most[0] != 0 && threads > static_cast<uint64_t>(most[0]) * most[1] * most[2]) {
    return "block of " + std::to_string(threads) + " threads exceeds __launch_bounds__";
  }
  for (int axis = 0; axis < 3; ++axis) {
    if (shape.cluster[axis] == 0 || shape.grid[axis] % shape.cluster[axis] != 0) {
      return "grid is no multiple of the cluster";
    }
  }
  const auto dynamic_shared = static_cast<int>(shape.dynamic_shared);
  const int all_shared = dynamic_shared + static_cast<int>(function.program->shared_static);
  if (dynamic_shared > function.dynamic_limit || all_shared > std::max(function.dynamic_limit, 48 << 10)) {
    return std::to_string(dynamic_shared) + " bytes of dynamic shared memory exceed the limit of " +
           std::to_string(function.dynamic_limit) + " (cuFuncSetAttribute MAX_DYNAMIC_SHARED_SIZE_BYTES)";
  }
  return "";
}

/** The kernel's parameters, aligned as tensor maps want it. */
struct PackedParameters {
  static constexpr size_t kAlignment = 128;

  explicit PackedParameters(size_t bytes) : storage(bytes + kAlignment, 0) {
    data = storage.data() + (kAlignment - reinterpret_cast<uintptr_t>(storage.data()) % kAlignment);
  }

  std::vector<uint8_t> storage;
  uint8_t* data;
};

// Why the parameters cannot be packed; empty if they can.
std::string pack_parameters(const Program& program, void** params, void** extra, uint8_t* to) {
  if (params != nullptr) {
    for (size_t k = 0; k < program.params.size(); ++k) {
      if (params[k] == nullptr) {
        return "kernelParams[" + std::to_string(k) + "] is null";
      }
      memcpy(to + program.params[k].offset, params[k], program.params[k].size);
    }
    return "";
  }
  if (extra == nullptr) {
    return program.parameter_bytes != 0 ? "no parameters given" : "";
  }
  const void* data = nullptr;
  size_t bytes = 0;
  for (void** entry = extra; *entry != CU_LAUNCH_PARAM_END; entry += 2) {
    if (*entry == CU_LAUNCH_PARAM_BUFFER_POINTER) {
      data = entry[1];
    } else if (*entry == CU_LAUNCH_PARAM_BUFFER_SIZE) {
      bytes = *static_cast<const size_t*>(entry[1]);
    } else {
      return "unknown `extra` entry";
    }
  }
  if (data == nullptr || bytes < program.parameter_bytes) {
    return "parameter buffer of " + std::to_string(bytes) + " bytes, the kernel takes " +
           std::to_string(program.parameter_bytes);
  }
  memcpy(to, data, program.parameter_bytes);
  return "";
}

CUresult launch_kernel(const char* api, CUfunction function, LaunchShape shape, CUstream_st* stream, void** params,
                       void** extra) {
  if (!is_live(function)) {
    return refuse(api, "not a live function", CUDA_ERROR_INVALID_HANDLE);
  }
  const Program& program = *function->program;
  const auto fail = [&](const std::string& why, CUresult code = CUDA_ERROR_INVALID_VALUE) {
    return refuse(api, why + " (kernel " + program.entry->name + ")", code);
  };
  if (program.entry->cluster[0] != 0) {
    std::copy_n(program.entry->cluster, 3, shape.cluster);
  }
  const std::string fault = find_fault(*function, shape);
  if (!fault.empty()) {
    return fail(fault);
  }
  if (shape.cluster_blocks() > kMostClusterBlocks || (shape.cluster_blocks() > 1 && device_capability() < 90)) {
    return fail("cluster size", CUDA_ERROR_INVALID_CLUSTER_SIZE);
  }
  const int fitting =
      blocks_per_multiprocessor(*function, static_cast<int>(shape.block_threads()), shape.dynamic_shared);
  shape.resident_blocks = static_cast<uint32_t>(multiprocessors() * fitting);
  if (shape.cooperative &&
      static_cast<uint64_t>(shape.grid[0]) * shape.grid[1] * shape.grid[2] > shape.resident_blocks) {
    return fail("a cooperative launch of more blocks than the " + std::to_string(shape.resident_blocks) +
                    " that fit on the device at once",
                CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  }
  const auto packed = std::make_shared<PackedParameters>(program.parameter_bytes);
  const std::string missing = pack_parameters(program, params, extra, packed->data);
  if (!missing.empty()) {
    return fail(missing);
  }
  Work work;
  work.run = [=, &program] {
    LaunchResult result = launch(program, shape, packed->data);
    keep_counters(program.entry->name, shape, std::move(result.blocks));
    if (result.code != CUDA_SUCCESS) {
      report(result.code, result.text);
      if (getenv("PTXSIM_STICKY") != nullptr) {
        Driver::get().sticky = result.code;
      }
    }
    return result.code;
  };
  return enqueue(stream, std::move(work));
}

}  // namespace
}  // namespace radapter_simulator

using namespace radapter_simulator;

DRIVER_FUNCTION cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                               unsigned block_y, unsigned block_z, unsigned dynamic_shared, CUstream handle,
                               void** params, void** extra) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  const LaunchShape shape{{grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, {1, 1, 1}, dynamic_shared};
  return launch_kernel(__func__, function, shape, stream, params, extra);
}

DRIVER_FUNCTION cuLaunchCooperativeKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                                          unsigned block_x, unsigned block_y, unsigned block_z, unsigned dynamic_shared,
                                          CUstream handle, void** params) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  LaunchShape shape{{grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, {1, 1, 1}, dynamic_shared};
  shape.cooperative = true;
  return launch_kernel(__func__, function, shape, stream, params, nullptr);
}

DRIVER_FUNCTION cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** params, void** extra) {
  ENTER_CONTEXT();
  REQUIRE(config);
  REQUIRE_STREAM(stream, config->hStream);
  LaunchShape shape{{config->gridDimX, config->gridDimY, config->gridDimZ},
                    {config->blockDimX, config->blockDimY, config->blockDimZ},
                    {1, 1, 1},
                    config->sharedMemBytes};
  for (unsigned k = 0; k < config->numAttrs; ++k) {
    const CUlaunchAttribute& attribute = config->attrs[k];
    switch (attribute.id) {
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
        shape.cluster[0] = attribute.value.clusterDim.x;
        shape.cluster[1] = attribute.value.clusterDim.y;
        shape.cluster[2] = attribute.value.clusterDim.z;
        break;
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        shape.cooperative = attribute.value.cooperative != 0;
        break;
      case CU_LAUNCH_ATTRIBUTE_IGNORE:
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
        break;
      default:
        return refuse(__func__, "launch attribute " + std::to_string(attribute.id), CUDA_ERROR_NOT_SUPPORTED);
    }
  }
  return launch_kernel(__func__, function, shape, stream, params, extra);
}

DRIVER_FUNCTION cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* base,
                                       const cuuint64_t* dimensions, const cuuint64_t* strides, const cuuint32_t* box,
                                       const cuuint32_t* element_strides, CUtensorMapInterleave interleave,
                                       CUtensorMapSwizzle swizzle, CUtensorMapL2promotion,
                                       CUtensorMapFloatOOBfill fill) {
  ENTER_DRIVER();
  REQUIRE(map);
  REQUIRE(dimensions);
  REQUIRE(box);
  if (reinterpret_cast<uintptr_t>(map) % 64 != 0) {
    return refuse(__func__, "the CUtensorMap is not aligned to 64 bytes");
  }
  const TensorMapRequest request{
      type,    rank, reinterpret_cast<uint64_t>(base), dimensions, strides, box, element_strides, interleave,
      swizzle, fill};
  const char* why = nullptr;
  TensorMap encoded;
  const CUresult code = encode_tensor_map(&encoded, request, &why);
  if (code != CUDA_SUCCESS) {
    return refuse(__func__, why, code);
  }
  memcpy(map, &encoded, sizeof encoded);
  return CUDA_SUCCESS;
}
