// What a context of the CPU holds.
#ifndef RADAPTER_CPU_CONTEXT_H
#define RADAPTER_CPU_CONTEXT_H

#include <pthread.h>
#include <stddef.h>

#include "error.h"
#include "operators.h"
#include "pool.h"
#include "radapter.h"

struct radapter_context {
  radapter::ContextHead head;
  int isa;
  /** One allocation: the shared part, then a part for each thread. Pages nobody touches cost nothing. */
  char* scratch;
  radapter::Pool* pool = nullptr;
  /** Held during a call: calls on one context run one after another. */
  pthread_mutex_t calls = PTHREAD_MUTEX_INITIALIZER;
};

namespace radapter {

/** The operators on the CPU, each as radapter.h declares radapter_NAME. */
namespace cpu {
RADAPTER_DECLARE_OPERATORS
}

/** Scratch memory of one thread, for the length of a task. */
constexpr size_t kThreadScratchBytes = size_t{4} << 20;
/** Scratch memory of a call. */
constexpr size_t kSharedScratchBytes = size_t{16} << 20;

/**
 * `bytes` aligned to 64 bytes, on large pages where that pays: the rows of a matrix lie in more small pages than the
 * TLB reaches, and the system clears each of them by itself. NULL if refused; freed by free().
 */
void* allocate_aligned(size_t bytes);

inline float* shared_scratch(radapter_context* context) { return reinterpret_cast<float*>(context->scratch); }

inline float* thread_scratch(radapter_context* context, int thread) {
  return reinterpret_cast<float*>(context->scratch + kSharedScratchBytes + thread * kThreadScratchBytes);
}

/** Holds the context for the length of a call. Not recursive: operators call inner functions, not each other. */
class ContextLock {
 public:
  explicit ContextLock(radapter_context* context) : mutex_(&context->calls) { pthread_mutex_lock(mutex_); }
  ~ContextLock() { pthread_mutex_unlock(mutex_); }
  ContextLock(const ContextLock&) = delete;
  ContextLock& operator=(const ContextLock&) = delete;

 private:
  pthread_mutex_t* mutex_;
};

}  // namespace radapter

#endif
