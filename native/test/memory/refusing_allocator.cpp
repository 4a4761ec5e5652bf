// Takes the place of malloc and its kin, and passes on to glibc what is not refused.
#include "refusing_allocator.h"

#include <errno.h>
#include <stddef.h>

#include <atomic>

extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void* memory);

int64_t refusing_allocator_aligned_left = INT64_MAX;
}

namespace {

std::atomic<int64_t> live{0};
// Initial-exec, for another model would allocate when a thread first looks.
__attribute__((tls_model("initial-exec"))) thread_local int64_t left = INT64_MAX;

bool take(int64_t* granted) {
  if (__atomic_load_n(granted, __ATOMIC_RELAXED) == INT64_MAX) {
    return true;
  }
  if (__atomic_fetch_sub(granted, 1, __ATOMIC_RELAXED) > 0) {
    return true;
  }
  __atomic_fetch_add(granted, 1, __ATOMIC_RELAXED);
  errno = ENOMEM;
  return false;
}

void* counted(void* memory) {
  if (memory != nullptr) {
    live.fetch_add(1, std::memory_order_relaxed);
  }
  return memory;
}

void* aligned(size_t alignment, size_t bytes) {
  if (!take(&left) || !take(&refusing_allocator_aligned_left)) {
    return nullptr;
  }
  return counted(__libc_memalign(alignment, bytes));
}

}  // namespace

extern "C" {

void refusing_allocator_grant(int64_t blocks) { left = blocks; }

int64_t refusing_allocator_live(void) { return live.load(); }

void* malloc(size_t bytes) { return take(&left) ? counted(__libc_malloc(bytes)) : nullptr; }

void* calloc(size_t count, size_t bytes) { return take(&left) ? counted(__libc_calloc(count, bytes)) : nullptr; }

void* realloc(void* memory, size_t bytes) {
  if (!take(&left)) {
    return nullptr;
  }
  void* moved = __libc_realloc(memory, bytes);
  // a new block, or one that is gone
  if (memory == nullptr) {
    counted(moved);
  } else if (bytes == 0 && moved == nullptr) {
    live.fetch_sub(1, std::memory_order_relaxed);
  }
  return moved;
}

void* aligned_alloc(size_t alignment, size_t bytes) { return aligned(alignment, bytes); }

void* memalign(size_t alignment, size_t bytes) { return aligned(alignment, bytes); }

int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  void* given = aligned(alignment, bytes);
  if (given == nullptr) {
    return ENOMEM;
  }
  *memory = given;
  return 0;
}

void free(void* memory) {
  if (memory != nullptr) {
    live.fetch_sub(1, std::memory_order_relaxed);
  }
  __libc_free(memory);
}
}
