// The kernels, as fat binaries inside the plug-in; the list is written by the build.
#ifndef RADAPTER_CUDA_IMAGES_H
#define RADAPTER_CUDA_IMAGES_H

namespace radapter::cuda {

/** Every image, ending with NULL. */
extern const unsigned char* const kImages[];

}  // namespace radapter::cuda

#endif
