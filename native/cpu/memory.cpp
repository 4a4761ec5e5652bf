// Memory, copies, streams and events of the CPU: its memory is the host's, and work is done when a call returns.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "context.h"

using namespace radapter;

void* radapter::allocate_aligned(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t alignment = bytes < kHugePage ? 64 : kHugePage;
  const size_t whole = bytes == 0 ? 64 : (bytes + 63) / 64 * 64;
  void* memory = nullptr;
  if (whole < bytes || posix_memalign(&memory, alignment, whole) != 0) {
    return nullptr;
  }
#if defined(MADV_HUGEPAGE)
  if (alignment == kHugePage) {
    madvise(memory, whole, MADV_HUGEPAGE);
  }
#endif
  return memory;
}

int cpu::allocate(radapter_context*, size_t bytes, void** memory) {
  *memory = allocate_aligned(bytes);
  if (*memory == nullptr) {
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%llu bytes were refused", (unsigned long long)bytes);
  }
  return RADAPTER_OK;
}

int cpu::free(radapter_context*, void* memory) {
  ::free(memory);
  return RADAPTER_OK;
}

int cpu::allocate_host(radapter_context* context, size_t bytes, void** memory) {
  return cpu::allocate(context, bytes, memory);
}

int cpu::free_host(radapter_context* context, void* memory) { return cpu::free(context, memory); }

int cpu::memory_info(radapter_context*, size_t* free_bytes, size_t* total_bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  *free_bytes = page * static_cast<size_t>(sysconf(_SC_AVPHYS_PAGES));
  *total_bytes = page * static_cast<size_t>(sysconf(_SC_PHYS_PAGES));
  return RADAPTER_OK;
}

int cpu::copy_to_device(radapter_context* context, CUstream_st* stream, void* to, const void* from, size_t bytes) {
  return cpu::copy_on_device(context, stream, to, from, bytes);
}

int cpu::copy_to_host(radapter_context* context, CUstream_st* stream, void* to, const void* from, size_t bytes) {
  return cpu::copy_on_device(context, stream, to, from, bytes);
}

int cpu::copy_on_device(radapter_context*, CUstream_st*, void* to, const void* from, size_t bytes) {
  if (bytes > 0) {
    memcpy(to, from, bytes);
  }
  return RADAPTER_OK;
}

int cpu::stream_create(radapter_context*, CUstream_st** stream) {
  *stream = nullptr;
  return RADAPTER_OK;
}

int cpu::stream_destroy(radapter_context*, CUstream_st*) { return RADAPTER_OK; }

int cpu::stream_synchronize(radapter_context*, CUstream_st*) { return RADAPTER_OK; }

int cpu::event_create(radapter_context*, CUevent_st** event) {
  *event = nullptr;
  return RADAPTER_OK;
}

int cpu::event_destroy(radapter_context*, CUevent_st*) { return RADAPTER_OK; }

int cpu::event_record(radapter_context*, CUevent_st*, CUstream_st*) { return RADAPTER_OK; }

int cpu::event_synchronize(radapter_context*, CUevent_st*) { return RADAPTER_OK; }

int cpu::stream_wait(radapter_context*, CUstream_st*, CUevent_st*) { return RADAPTER_OK; }

int cpu::event_elapsed(radapter_context*, CUevent_st*, CUevent_st*, double*) {
  return fail(RADAPTER_UNSUPPORTED, __func__, "the CPU has no events");
}

int cpu::graph_begin(radapter_context*, CUstream_st*) {
  return fail(RADAPTER_UNSUPPORTED, __func__, "the CPU has no graphs");
}

int cpu::graph_end(radapter_context*, CUstream_st*, radapter_graph**) {
  return fail(RADAPTER_UNSUPPORTED, __func__, "the CPU has no graphs");
}

int cpu::graph_launch(radapter_context*, CUstream_st*, radapter_graph*) {
  return fail(RADAPTER_UNSUPPORTED, __func__, "the CPU has no graphs");
}

int cpu::graph_destroy(radapter_context*, radapter_graph*) { return RADAPTER_OK; }

int cpu::use_cublas(radapter_context*, CUstream_st*, int) {
  return fail(RADAPTER_UNSUPPORTED, __func__, "cuBLAS multiplies on a GPU alone");
}
