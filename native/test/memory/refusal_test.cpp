// Whatever allocation of the library is refused, the call says so and how much it asked for, nothing is left behind,
// and the next call works.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "radapter.h"
#include "refusing_allocator.h"

namespace {

constexpr int64_t kRows = 48;
constexpr int64_t kColumns = 32;
constexpr int kThreads = 3;

void require(bool condition, const char* what) {
  if (!condition) {
    fprintf(stderr, "%s; the last error is \"%s\"\n", what, radapter_last_error());
    exit(1);
  }
}

/** Whether a call, which may have set `created`, was granted its memory; what it says if it was not is checked. */
template <typename T>
bool granted(int status, T* const& created) {
  if (status == RADAPTER_OK) {
    require(created != nullptr, "a call that succeeded made nothing");
    return true;
  }
  require(status == RADAPTER_OUT_OF_MEMORY, "a refused allocation has another status than RADAPTER_OUT_OF_MEMORY");
  require(strpbrk(radapter_last_error(), "123456789") != nullptr, "the message does not say how much was asked for");
  require(strstr(radapter_last_error(), "refused") != nullptr, "the message does not say that it was refused");
  require(created == nullptr, "a call that failed left something");
  return false;
}

/** A product by a packed matrix of ones, with all that it allocates; false if something was refused. */
bool multiply(int64_t blocks) {
  radapter_context* context = nullptr;
  radapter_packed* packed = nullptr;
  void* memory = nullptr;
  refusing_allocator_grant(blocks);
  bool whole = granted(radapter_cpu_create(kThreads, RADAPTER_ISA_AUTO, &context), context);
  if (whole) {
    const size_t bytes = (2 * kRows * kColumns + kRows * kRows) * sizeof(float);
    whole = granted(radapter_allocate(context, bytes, &memory), memory);
  }
  if (whole) {
    auto* a = static_cast<float*>(memory);
    float* b = a + kRows * kColumns;
    float* c = b + kRows * kColumns;
    for (int64_t i = 0; i < 2 * kRows * kColumns; ++i) {
      a[i] = 1;
    }
    whole = granted(radapter_pack(context, nullptr, 1, kRows, kColumns, b, kColumns, RADAPTER_F32, &packed), packed);
    if (whole) {
      const int status = radapter_gemm_packed(context, nullptr, kRows, a, kColumns, RADAPTER_F32, packed, nullptr,
                                              RADAPTER_NONE, nullptr, nullptr, 0, c, kRows, RADAPTER_F32);
      require(status == RADAPTER_OK && c[0] == kColumns && c[kRows * kRows - 1] == kColumns, "the product is wrong");
    }
  }
  refusing_allocator_grant(INT64_MAX);
  if (context != nullptr) {
    require(radapter_packed_destroy(context, packed) == RADAPTER_OK, "what was packed is not freed");
    require(radapter_free(context, memory) == RADAPTER_OK, "memory is not freed");
    require(radapter_context_destroy(context) == RADAPTER_OK, "the context is not freed");
  }
  return whole;
}

}  // namespace

int main() {
  // once in peace, so that what the system keeps of threads is there
  require(multiply(INT64_MAX), "nothing was refused, and yet it failed");
  const int64_t before = refusing_allocator_live();
  int64_t blocks = 0;
  while (!multiply(blocks)) {
    require(refusing_allocator_live() == before, "something is left behind");
    ++blocks;
  }
  require(refusing_allocator_live() == before, "something is left behind");
  require(blocks >= 5, "the library allocates less than a context, its scratch, its threads, memory and a matrix");
  printf("%lld allocations, each refused once\n", static_cast<long long>(blocks));
  return 0;
}
