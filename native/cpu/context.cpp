#include "context.h"

#include <stdlib.h>

#include "allocation.h"
#include "cpu_count.h"
#include "isa.h"

namespace {

using namespace radapter;

constexpr int kMostThreads = 1024;

#define RADAPTER_ENTRY(name) cpu::name,
const Table kTable = {false, RADAPTER_FOR_EACH_OPERATOR(RADAPTER_ENTRY)};
#undef RADAPTER_ENTRY

size_t scratch_bytes(int threads) { return kSharedScratchBytes + threads * kThreadScratchBytes; }

}  // namespace

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
  auto* scratch = static_cast<char*>(allocate_aligned(scratch_bytes(count)));
  auto* created =
      create<radapter_context>(ContextHead{&kTable}, isa == RADAPTER_ISA_AUTO ? isa_fastest() : isa, scratch);
  if (created == nullptr || scratch == nullptr) {
    ::free(scratch);
    destroy(created);
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%llu bytes of scratch memory were refused",
                (unsigned long long)scratch_bytes(count));
  }
  created->pool = pool_create(count);
  if (created->pool == nullptr) {
    cpu::context_destroy(created);
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "the system refused to start %d threads", count - 1);
  }
  *context = created;
  return RADAPTER_OK;
}

int cpu::context_destroy(radapter_context* context) {
  pool_destroy(context->pool);
  ::free(context->scratch);
  pthread_mutex_destroy(&context->calls);
  destroy(context);
  return RADAPTER_OK;
}

int cpu::context_threads(const radapter_context* context) { return pool_threads(context->pool); }

int cpu::context_isa(const radapter_context* context) { return context->isa; }

const char* cpu::context_device(const radapter_context*) { return "cpu"; }
