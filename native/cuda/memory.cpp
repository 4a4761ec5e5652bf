// Memory, copies, streams and events of a GPU: thin words around the driver's.
#include "context.h"

namespace radapter::cuda {
namespace {

/** RADAPTER_OUT_OF_MEMORY, with what was asked for and what there is. */
int out_of_memory(const char* function, size_t bytes) {
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  driver().cuMemGetInfo(&free_bytes, &total_bytes);
  return fail(RADAPTER_OUT_OF_MEMORY, function, "%llu bytes were refused; %llu of the device's %llu bytes are free",
              (unsigned long long)bytes, (unsigned long long)free_bytes, (unsigned long long)total_bytes);
}

}  // namespace

int allocate(radapter_context* context, size_t bytes, void** memory) {
  Current current(context);
  CUdeviceptr address = 0;
  // The driver aligns to 256 bytes.
  const CUresult result = driver().cuMemAlloc(&address, bytes == 0 ? 64 : bytes);
  if (result == CUDA_ERROR_OUT_OF_MEMORY || (result == CUDA_ERROR_INVALID_VALUE && bytes > 0)) {
    return out_of_memory(__func__, bytes);
  }
  RADAPTER_TRY(check_result(__func__, result, "cuMemAlloc"));
  *memory = reinterpret_cast<void*>(address);
  return RADAPTER_OK;
}

int free(radapter_context* context, void* memory) {
  Current current(context);
  if (memory != nullptr) {
    RADAPTER_DRIVER(cuMemFree(reinterpret_cast<CUdeviceptr>(memory)));
  }
  return RADAPTER_OK;
}

int allocate_host(radapter_context* context, size_t bytes, void** memory) {
  Current current(context);
  RADAPTER_DRIVER(cuMemHostAlloc(memory, bytes == 0 ? 64 : bytes, CU_MEMHOSTALLOC_PORTABLE));
  return RADAPTER_OK;
}

int free_host(radapter_context* context, void* memory) {
  Current current(context);
  if (memory != nullptr) {
    RADAPTER_DRIVER(cuMemFreeHost(memory));
  }
  return RADAPTER_OK;
}

int memory_info(radapter_context* context, size_t* free_bytes, size_t* total_bytes) {
  Current current(context);
  RADAPTER_DRIVER(cuMemGetInfo(free_bytes, total_bytes));
  return RADAPTER_OK;
}

int copy_to_device(radapter_context* context, CUstream_st* stream, void* to, const void* from, size_t bytes) {
  Current current(context);
  if (bytes > 0) {
    RADAPTER_DRIVER(cuMemcpyHtoDAsync(reinterpret_cast<CUdeviceptr>(to), from, bytes, stream));
  }
  return RADAPTER_OK;
}

int copy_to_host(radapter_context* context, CUstream_st* stream, void* to, const void* from, size_t bytes) {
  Current current(context);
  if (bytes > 0) {
    RADAPTER_DRIVER(cuMemcpyDtoHAsync(to, reinterpret_cast<CUdeviceptr>(from), bytes, stream));
  }
  return RADAPTER_OK;
}

int copy_on_device(radapter_context* context, CUstream_st* stream, void* to, const void* from, size_t bytes) {
  Current current(context);
  if (bytes > 0) {
    RADAPTER_DRIVER(
        cuMemcpyDtoDAsync(reinterpret_cast<CUdeviceptr>(to), reinterpret_cast<CUdeviceptr>(from), bytes, stream));
  }
  return RADAPTER_OK;
}

int stream_create(radapter_context* context, CUstream_st** stream) {
  Current current(context);
  RADAPTER_DRIVER(cuStreamCreate(stream, CU_STREAM_NON_BLOCKING));
  return RADAPTER_OK;
}

int stream_destroy(radapter_context* context, CUstream_st* stream) {
  Current current(context);
  if (stream != nullptr) {
    RADAPTER_DRIVER(cuStreamDestroy(stream));
  }
  return RADAPTER_OK;
}

int stream_synchronize(radapter_context* context, CUstream_st* stream) {
  Current current(context);
  RADAPTER_DRIVER(cuStreamSynchronize(stream));
  return RADAPTER_OK;
}

int event_create(radapter_context* context, CUevent_st** event) {
  Current current(context);
  RADAPTER_DRIVER(cuEventCreate(event, CU_EVENT_DEFAULT));
  return RADAPTER_OK;
}

int event_destroy(radapter_context* context, CUevent_st* event) {
  Current current(context);
  if (event != nullptr) {
    RADAPTER_DRIVER(cuEventDestroy(event));
  }
  return RADAPTER_OK;
}

int event_record(radapter_context* context, CUevent_st* event, CUstream_st* stream) {
  Current current(context);
  RADAPTER_DRIVER(cuEventRecord(event, stream));
  return RADAPTER_OK;
}

int event_synchronize(radapter_context* context, CUevent_st* event) {
  Current current(context);
  RADAPTER_DRIVER(cuEventSynchronize(event));
  return RADAPTER_OK;
}

int stream_wait(radapter_context* context, CUstream_st* stream, CUevent_st* event) {
  Current current(context);
  RADAPTER_DRIVER(cuStreamWaitEvent(stream, event, CU_EVENT_WAIT_DEFAULT));
  return RADAPTER_OK;
}

int event_elapsed(radapter_context* context, CUevent_st* first, CUevent_st* last, double* seconds) {
  Current current(context);
  float milliseconds;
  RADAPTER_DRIVER(cuEventElapsedTime(&milliseconds, first, last));
  *seconds = 1e-3 * static_cast<double>(milliseconds);
  return RADAPTER_OK;
}

}  // namespace radapter::cuda
