// The context itself: creation, refusals, memory.
#include <stdint.h>
#include <string.h>

#include "harness.h"

namespace radapter_test {
namespace {

void check_context(const Machine& machine) {
  radapter_context* context = machine.contexts[1];
  expect(radapter_abi_version() == RADAPTER_ABI_VERSION, "ABI version");
  expect(strlen(radapter_version()) > 0, "version");
  expect(radapter_context_threads(context) == 2, "threads");
  expect(radapter_context_isa(context) == machine.isa, "isa");

  radapter_context* none;
  expect_refused("isa 9", radapter_cpu_create(1, 9, &none), "isa is 9");
  expect_refused("no place for the result", radapter_cpu_create(1, 0, nullptr), "context is NULL");
  expect(radapter_cpu_create(0, RADAPTER_ISA_AUTO, &none) == RADAPTER_OK, "all threads");
  expect(radapter_context_threads(none) >= 1, "all threads");
  radapter_context_destroy(none);
  radapter_context_destroy(nullptr);

  void* memory = nullptr;
  expect(radapter_allocate(context, 1000, &memory) == RADAPTER_OK, "allocate");
  expect(reinterpret_cast<uintptr_t>(memory) % 64 == 0, "alignment");
  expect(radapter_free(context, memory) == RADAPTER_OK, "free");
  expect(radapter_free(context, nullptr) == RADAPTER_OK, "free NULL");
  expect(radapter_allocate(context, SIZE_MAX - 5, &memory) == RADAPTER_OUT_OF_MEMORY, "too much memory");
}

const Operator context_operator("context", check_context);

}  // namespace
}  // namespace radapter_test
