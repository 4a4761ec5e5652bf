// Every launch of a kernel.
#ifndef RADAPTER_CUDA_LAUNCH_H
#define RADAPTER_CUDA_LAUNCH_H

#include <stddef.h>

#include "context.h"

namespace radapter::cuda {

/** A kernel of an image, by name. Its one parameter is a structure of arguments, by value. */
class Kernel {
 public:
  /** `shared` is the dynamic shared memory of every launch, in bytes. */
  Kernel(const unsigned char* image, const char* name, size_t shared = 0);
  const unsigned char* image() const { return image_; }
  const char* name() const { return name_; }
  size_t shared() const { return shared_; }
  /** Position among all kernels. */
  int number() const { return number_; }

 private:
  const unsigned char* image_;
  const char* name_;
  size_t shared_;
  int number_;
};

struct Grid {
  int64_t x;
  int64_t y = 1;
  int64_t z = 1;
};

int launch_bytes(radapter_context* context, CUstream_st* stream, const Kernel& kernel, const Grid& grid, int threads,
                 const void* arguments);

/** Puts a kernel into the stream; a grid without blocks is nothing to do. */
template <typename Arguments>
int launch(radapter_context* context, CUstream_st* stream, const Kernel& kernel, const Grid& grid, int threads,
           const Arguments& arguments) {
  static_assert(sizeof(Arguments) <= 4096, "a kernel takes 4096 bytes of arguments");
  return launch_bytes(context, stream, kernel, grid, threads, &arguments);
}

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
inline size_t round_to_line(size_t bytes) { return (bytes + 63) / 64 * 64; }

/** Most blocks along y and z. */
constexpr int64_t kMostGrid = 65535;

}  // namespace radapter::cuda

/** Names kernel NAME of cuda/FILE_kernels.cu for launch(): RADAPTER_KERNEL(elementwise, add). */
#define RADAPTER_KERNEL(file, name, ...)                      \
  extern "C" const unsigned char radapter_##file##_kernels[]; \
  const ::radapter::cuda::Kernel name##_kernel(radapter_##file##_kernels, #name, ##__VA_ARGS__)

#endif
