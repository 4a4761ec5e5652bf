// The kernels, as fat binaries inside the plug-in; the list is written by the build.
#ifndef RADAPTER_CUDA_IMAGES_H
#define RADAPTER_CUDA_IMAGES_H

namespace radapter::cuda {

/** The kernels of one source file. */
struct Image {
  const unsigned char* fatbin;
  /** Whether it runs on 9.0 alone. */
  bool is_hopper;
};

/** Every image, ending with one whose fatbin is NULL. */
extern const Image kImages[];

}  // namespace radapter::cuda

#endif
