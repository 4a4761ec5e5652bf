// Lending and borrowing by DLPack, as far as it takes C: a function to call, and one to be called.
#include <stddef.h>
#include <stdint.h>

#include "radapter.h"

namespace {

/** A DLManagedTensor, of which the deleter reads `manager_ctx` alone. */
struct Lent {
  unsigned char dl_tensor[48];
  int32_t* releases;
  void (*deleter)(void*);
};
static_assert(offsetof(Lent, releases) == 48, "manager_ctx of a DLManagedTensor");
static_assert(offsetof(Lent, deleter) == 56, "deleter of a DLManagedTensor");

/** A DLManagedTensorVersioned; these fields are where they are in every version. */
struct VersionedLent {
  uint32_t major;
  uint32_t minor;
  int32_t* releases;
  void (*deleter)(void*);
};
static_assert(offsetof(VersionedLent, releases) == 8, "manager_ctx of a DLManagedTensorVersioned");
static_assert(offsetof(VersionedLent, deleter) == 16, "deleter of a DLManagedTensorVersioned");

template <typename Structure>
void count_release(void* lent) {
  __atomic_fetch_add(static_cast<Structure*>(lent)->releases, 1, __ATOMIC_RELEASE);
}

}  // namespace

extern "C" void radapter_release(void* deleter, void* argument) {
  if (deleter != nullptr) {
    reinterpret_cast<void (*)(void*)>(deleter)(argument);
  }
}

extern "C" void* radapter_dlpack_deleter(void) { return reinterpret_cast<void*>(&count_release<Lent>); }

extern "C" void* radapter_dlpack_versioned_deleter(void) {
  return reinterpret_cast<void*>(&count_release<VersionedLent>);
}
