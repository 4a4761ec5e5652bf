#include "context.h"

#include <stdlib.h>
#include <sys/mman.h>

#include <new>

#include "cpu_count.h"
#include "isa.h"

namespace {

using namespace radapter;

constexpr int kMostThreads = 1024;

size_t scratch_bytes(int threads) { return kSharedScratchBytes + threads * kThreadScratchBytes; }

}  // namespace

void* radapter::allocate_panels(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t alignment = bytes < kHugePage ? 64 : kHugePage;
  const size_t whole = (bytes + 63) / 64 * 64;
  void* memory = aligned_alloc(alignment, whole);
#if defined(MADV_HUGEPAGE)
  if (memory != nullptr && alignment == kHugePage) {
    madvise(memory, whole, MADV_HUGEPAGE);
  }
#endif
  return memory;
}

extern "C" int radapter_abi_version(void) { return RADAPTER_ABI_VERSION; }

extern "C" const char* radapter_version(void) { return RADAPTER_VERSION; }

extern "C" int radapter_cpu_create(int threads, int isa, radapter_context** context) {
  RADAPTER_CHECK_POINTER(context);
  *context = nullptr;
  RADAPTER_REQUIRE(isa >= RADAPTER_ISA_AUTO && isa <= RADAPTER_ISA_AVX512_BF16, "isa is %d, must be -1 to 3", isa);
  RADAPTER_REQUIRE(threads <= kMostThreads, "threads is %d, must be at most %d", threads, kMostThreads);
  const int best = radapter_cpu_isa();
  if (isa > best) {
    return fail(RADAPTER_UNSUPPORTED, __func__, "this machine lacks instruction set %s, its best is %s", isa_name(isa),
                isa_name(best));
  }
  const int count = threads > 0 ? threads : available_processors(kMostThreads);
  auto* created =
      new (std::nothrow) radapter_context{isa == RADAPTER_ISA_AUTO ? best : isa, nullptr, PTHREAD_MUTEX_INITIALIZER,
                                          static_cast<char*>(allocate_panels(scratch_bytes(count)))};
  if (created == nullptr || created->scratch == nullptr) {
    delete created;
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%llu bytes of scratch memory were refused",
                (unsigned long long)scratch_bytes(count));
  }
  created->pool = pool_create(count);
  if (created->pool == nullptr) {
    radapter_context_destroy(created);
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "the system refused to start %d threads", count - 1);
  }
  *context = created;
  return RADAPTER_OK;
}

extern "C" int radapter_context_destroy(radapter_context* context) {
  if (context != nullptr) {
    pool_destroy(context->pool);
    free(context->scratch);
    pthread_mutex_destroy(&context->calls);
    delete context;
  }
  return RADAPTER_OK;
}

extern "C" int radapter_context_threads(const radapter_context* context) {
  return context == nullptr ? 0 : pool_threads(context->pool);
}

extern "C" int radapter_context_isa(const radapter_context* context) {
  return context == nullptr ? RADAPTER_ISA_AUTO : context->isa;
}

extern "C" int radapter_allocate(radapter_context* context, size_t bytes, void** memory) {
  RADAPTER_CHECK_POINTER(context);
  RADAPTER_CHECK_POINTER(memory);
  *memory = nullptr;
  const size_t rounded = bytes == 0 ? 64 : (bytes + 63) / 64 * 64;
  void* allocated = rounded < bytes ? nullptr : aligned_alloc(64, rounded);
  if (allocated == nullptr) {
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%llu bytes were refused", (unsigned long long)bytes);
  }
  *memory = allocated;
  return RADAPTER_OK;
}

extern "C" int radapter_free(radapter_context* context, void* memory) {
  RADAPTER_CHECK_POINTER(context);
  free(memory);
  return RADAPTER_OK;
}
