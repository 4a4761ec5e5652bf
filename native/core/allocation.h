// Objects on the heap, by malloc. `new (std::nothrow)` will not do: libstdc++'s throws within, and catches, when memory
// is refused, and it would bring in an unwinder that needs a newer glibc than the rest of the library.
#ifndef RADAPTER_CORE_ALLOCATION_H
#define RADAPTER_CORE_ALLOCATION_H

#include <stddef.h>
#include <stdlib.h>

#include <new>
#include <utility>

namespace radapter {

/** T{arguments...}, or NULL if its memory is refused. Ended by destroy(). */
template <typename T, typename... Arguments>
T* create(Arguments&&... arguments) {
  static_assert(alignof(T) <= alignof(max_align_t), "malloc aligns no further");
  void* memory = malloc(sizeof(T));
  return memory == nullptr ? nullptr : ::new (memory) T{std::forward<Arguments>(arguments)...};
}

/** Ends what create() made; NULL is ignored. */
template <typename T>
void destroy(T* object) {
  if (object != nullptr) {
    object->~T();
    free(object);
  }
}

}  // namespace radapter

#endif
