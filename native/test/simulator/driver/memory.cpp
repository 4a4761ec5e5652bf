// Memory, copies and fills.
#include <string.h>

#include "driver/driver.h"

namespace radapter_simulator {
namespace {

/** One side of a copy: a device address, or a host address. */
struct Side {
  CUdeviceptr device = 0;
  char* host = nullptr;

  char* bytes(size_t count) const { return host != nullptr ? host : DeviceMemory::get().host(device, count); }
};

Side device_side(CUdeviceptr address) { return {address, nullptr}; }

Side host_side(const void* address) { return {0, const_cast<char*>(static_cast<const char*>(address))}; }

bool is_pinned(const char* address) {
  const Allocation* block = DeviceMemory::get().find(reinterpret_cast<uint64_t>(address));
  return block != nullptr && block->delta == 0 && !block->freed;
}

/** `rows` rows of `width` bytes; a plain copy is one row. */
struct Shape {
  size_t width = 0, rows = 1, from_pitch = 0, to_pitch = 0;

  size_t from_bytes() const { return rows == 0 ? 0 : (rows - 1) * from_pitch + width; }
  size_t to_bytes() const { return rows == 0 ? 0 : (rows - 1) * to_pitch + width; }
};

CUresult copy_now(const std::string& function, const Side& to, const Side& from, const Shape& shape) {
  const auto missing = [&](const char* which, const Side& side, size_t bytes) {
    return refuse(function.c_str(),
                  which + DeviceMemory::get().describe(side.device) + ", " + std::to_string(bytes) + " bytes asked");
  };
  char* destination = to.bytes(shape.to_bytes());
  const char* source = from.bytes(shape.from_bytes());
  if (destination == nullptr) {
    return missing("destination: ", to, shape.to_bytes());
  }
  if (source == nullptr) {
    return missing("source: ", from, shape.from_bytes());
  }
  for (size_t row = 0; row < shape.rows; ++row) {
    memmove(destination + row * shape.to_pitch, source + row * shape.from_pitch, shape.width);
  }
  return CUDA_SUCCESS;
}

// Pageable host memory is read before the call returns, and written before it returns; pinned memory later.
CUresult copy(const char* function, CUstream_st* stream, Side to, Side from, const Shape& shape,
              bool is_synchronous = false) {
  if (shape.width == 0 || shape.rows == 0) {
    return CUDA_SUCCESS;
  }
  Work work;
  const std::string name = function;
  if (from.host != nullptr && !is_pinned(from.host) && !is_synchronous) {
    if (stream->capture != nullptr) {
      return refuse(function, "a captured copy reads host memory that is not pinned", CUDA_ERROR_INVALID_VALUE);
    }
    auto staged = std::make_shared<std::vector<char>>(from.host, from.host + shape.from_bytes());
    work.run = [=] { return copy_now(name, to, host_side(staged->data()), shape); };
  } else {
    work.run = [=] { return copy_now(name, to, from, shape); };
  }
  if (from.host != nullptr && is_pinned(from.host)) {
    work.reads = {from.host, from.host + shape.from_bytes()};
  }
  const bool into_pinned = to.host != nullptr && is_pinned(to.host);
  if (into_pinned && shape.rows == 1) {
    work.writes = {to.host, to.host + shape.to_bytes()};
  }
  if (is_synchronous || (to.host != nullptr && !into_pinned && stream->capture == nullptr)) {
    return enqueue_and_finish(stream, std::move(work));
  }
  return enqueue(stream, std::move(work));
}

Shape line(size_t bytes) { return {bytes, 1, bytes, bytes}; }

CUresult copy_rows(const char* function, CUstream_st* stream, const CUDA_MEMCPY2D* request, bool is_synchronous) {
  const auto is_plain = [](CUmemorytype type) {
    return type == CU_MEMORYTYPE_HOST || type == CU_MEMORYTYPE_DEVICE || type == CU_MEMORYTYPE_UNIFIED;
  };
  if (!is_plain(request->srcMemoryType) || !is_plain(request->dstMemoryType)) {
    return refuse(function, "arrays are not supported", CUDA_ERROR_NOT_SUPPORTED);
  }
  Shape shape{request->WidthInBytes, request->Height, request->srcPitch, request->dstPitch};
  if (shape.rows > 1 &&
      (shape.from_pitch < shape.width + request->srcXInBytes || shape.to_pitch < shape.width + request->dstXInBytes)) {
    return refuse(function, "a pitch is shorter than a row");
  }
  const size_t from_offset = request->srcY * request->srcPitch + request->srcXInBytes;
  const size_t to_offset = request->dstY * request->dstPitch + request->dstXInBytes;
  const Side from = request->srcMemoryType == CU_MEMORYTYPE_HOST
                        ? host_side(static_cast<const char*>(request->srcHost) + from_offset)
                        : device_side(request->srcDevice + from_offset);
  const Side to = request->dstMemoryType == CU_MEMORYTYPE_HOST
                      ? host_side(static_cast<const char*>(request->dstHost) + to_offset)
                      : device_side(request->dstDevice + to_offset);
  return copy(function, stream, to, from, shape, is_synchronous);
}

template <class T>
CUresult fill(const char* function, CUstream_st* stream, CUdeviceptr address, T value, size_t count) {
  if (address % sizeof(T) != 0) {
    return refuse(function, "misaligned address");
  }
  if (count == 0) {
    return CUDA_SUCCESS;
  }
  Work work;
  const std::string name = function;
  work.run = [=]() -> CUresult {
    char* at = DeviceMemory::get().host(address, count * sizeof(T));
    if (at == nullptr) {
      return refuse(name.c_str(),
                    DeviceMemory::get().describe(address) + ", " + std::to_string(count * sizeof(T)) + " bytes asked");
    }
    for (size_t k = 0; k < count; ++k) {
      memcpy(at + k * sizeof(T), &value, sizeof(T));
    }
    return CUDA_SUCCESS;
  };
  return enqueue(stream, std::move(work));
}

CUstream_st* legacy() { return &Driver::get().legacy_stream; }

}  // namespace
}  // namespace radapter_simulator

using namespace radapter_simulator;

// ---- allocation ----

DRIVER_FUNCTION cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  ENTER_CONTEXT();
  REQUIRE(address);
  if (bytes == 0) {
    return refuse(__func__, "0 bytes");
  }
  *address = DeviceMemory::get().allocate(bytes);
  return *address != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

// Waits for the device, as the real one does.
DRIVER_FUNCTION cuMemFree_v2(CUdeviceptr address) {
  ENTER_CONTEXT();
  if (address == 0) {
    return CUDA_SUCCESS;
  }
  const CUresult code = Timeline::get().finish_all();
  if (!DeviceMemory::get().release(address)) {
    return refuse(__func__, "not the start of a live allocation: " + DeviceMemory::get().describe(address));
  }
  return code;
}

DRIVER_FUNCTION cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE(address);
  REQUIRE_STREAM(stream, handle);
  if (stream->capture != nullptr) {
    return refuse(__func__, "allocation nodes are not supported in a captured stream", CUDA_ERROR_NOT_SUPPORTED);
  }
  *address = DeviceMemory::get().allocate(bytes, "cuMemAllocAsync");
  return *address != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

DRIVER_FUNCTION cuMemFreeAsync(CUdeviceptr address, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  if (stream->capture != nullptr) {
    return refuse(__func__, "free nodes are not supported in a captured stream", CUDA_ERROR_NOT_SUPPORTED);
  }
  const Allocation* block = DeviceMemory::get().find(address);
  if (block == nullptr || block->freed || block->begin != address) {
    return refuse(__func__, "not the start of a live allocation: " + DeviceMemory::get().describe(address));
  }
  Work work;
  work.run = [=]() -> CUresult {
    return DeviceMemory::get().release(address) ? CUDA_SUCCESS
                                                : refuse("cuMemFreeAsync", DeviceMemory::get().describe(address));
  };
  return enqueue(stream, std::move(work));
}

DRIVER_FUNCTION cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  ENTER_CONTEXT();
  REQUIRE(address);
  *address = DeviceMemory::get().allocate_host(bytes);
  return *address != nullptr ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

DRIVER_FUNCTION cuMemAllocHost_v2(void** address, size_t bytes) { return cuMemHostAlloc(address, bytes, 0); }

DRIVER_FUNCTION cuMemFreeHost(void* address) {
  ENTER_CONTEXT();
  const CUresult code = Timeline::get().finish_all();
  return DeviceMemory::get().release_host(address) ? code : refuse(__func__, "not a pinned allocation");
}

DRIVER_FUNCTION cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned) {
  ENTER_CONTEXT();
  REQUIRE(device);
  *device = reinterpret_cast<CUdeviceptr>(host);
  return is_pinned(static_cast<const char*>(host)) ? CUDA_SUCCESS : refuse(__func__, "not a pinned allocation");
}

DRIVER_FUNCTION cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  ENTER_CONTEXT();
  REQUIRE(free_bytes);
  REQUIRE(total_bytes);
  *total_bytes = DeviceMemory::get().total();
  *free_bytes = *total_bytes - DeviceMemory::get().used();
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
  ENTER_CONTEXT();
  const Allocation* block = DeviceMemory::get().find(address);
  if (block == nullptr || block->freed) {
    return refuse(__func__, DeviceMemory::get().describe(address), CUDA_ERROR_NOT_FOUND);
  }
  if (base != nullptr) {
    *base = block->begin;
  }
  if (bytes != nullptr) {
    *bytes = block->size;
  }
  return CUDA_SUCCESS;
}

// ---- copies ----

DRIVER_FUNCTION cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  ENTER_CONTEXT();
  return copy(__func__, legacy(), device_side(to), host_side(from), line(bytes), true);
}

DRIVER_FUNCTION cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  ENTER_CONTEXT();
  return copy(__func__, legacy(), host_side(to), device_side(from), line(bytes), true);
}

// The host does not wait for a copy from device to device.
DRIVER_FUNCTION cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  ENTER_CONTEXT();
  return copy(__func__, legacy(), device_side(to), device_side(from), line(bytes));
}

DRIVER_FUNCTION cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return copy(__func__, stream, device_side(to), host_side(from), line(bytes));
}

DRIVER_FUNCTION cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return copy(__func__, stream, host_side(to), device_side(from), line(bytes));
}

DRIVER_FUNCTION cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return copy(__func__, stream, device_side(to), device_side(from), line(bytes));
}

DRIVER_FUNCTION cuMemcpy2D_v2(const CUDA_MEMCPY2D* request) {
  ENTER_CONTEXT();
  REQUIRE(request);
  return copy_rows(__func__, legacy(), request, true);
}

DRIVER_FUNCTION cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* request, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE(request);
  REQUIRE_STREAM(stream, handle);
  return copy_rows(__func__, stream, request, false);
}

// ---- fills: the host waits for none of them ----

DRIVER_FUNCTION cuMemsetD8_v2(CUdeviceptr address, unsigned char value, size_t count) {
  ENTER_CONTEXT();
  return fill(__func__, legacy(), address, value, count);
}

DRIVER_FUNCTION cuMemsetD16_v2(CUdeviceptr address, unsigned short value, size_t count) {
  ENTER_CONTEXT();
  return fill(__func__, legacy(), address, value, count);
}

DRIVER_FUNCTION cuMemsetD32_v2(CUdeviceptr address, unsigned value, size_t count) {
  ENTER_CONTEXT();
  return fill(__func__, legacy(), address, value, count);
}

DRIVER_FUNCTION cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t count, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return fill(__func__, stream, address, value, count);
}

DRIVER_FUNCTION cuMemsetD16Async(CUdeviceptr address, unsigned short value, size_t count, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return fill(__func__, stream, address, value, count);
}

DRIVER_FUNCTION cuMemsetD32Async(CUdeviceptr address, unsigned value, size_t count, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return fill(__func__, stream, address, value, count);
}
