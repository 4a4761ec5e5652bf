// The plug-in's entry, and the life of a context.
#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cublas.h"
#include "images.h"

namespace radapter {
namespace {

const Host* the_host = nullptr;

}  // namespace

int fail(int status, const char* function, const char* format, ...) {
  char message[480];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  return the_host->fail(status, function, message);
}

namespace cuda {

const Host& host() { return *the_host; }

namespace {

#define RADAPTER_ENTRY(name) name,
const Table kTable = {true, RADAPTER_FOR_EACH_OPERATOR(RADAPTER_ENTRY)};
#undef RADAPTER_ENTRY

int attribute(CUdevice device, CUdevice_attribute name, int* value) {
  return check_result("cuda_create", driver().cuDeviceGetAttribute(value, name, device), "cuDeviceGetAttribute");
}

/** The device's best tier, or the one that RADAPTER_CUDA_TIER names: portable or hopper. */
int choose_tier(int major, int minor, radapter_context* context) {
  const char* chosen = getenv("RADAPTER_CUDA_TIER");
  const bool hopper = major == 9 && minor == 0;
  context->tier = hopper ? Tier::kHopper : Tier::kPortable;
  if (chosen == nullptr || chosen[0] == '\0' || (hopper && strcmp(chosen, "hopper") == 0)) {
    return RADAPTER_OK;
  }
  if (strcmp(chosen, "portable") == 0) {
    context->tier = Tier::kPortable;
    return RADAPTER_OK;
  }
  return fail(RADAPTER_UNSUPPORTED, "cuda_create", "RADAPTER_CUDA_TIER is \"%s\": %s has \"portable\"%s", chosen,
              context->name, hopper ? " and \"hopper\"" : " alone");
}

int describe(radapter_context* context) {
  char name[96];
  int major;
  int minor;
  RADAPTER_DRIVER(cuDeviceGetName(name, sizeof(name), context->device));
  RADAPTER_TRY(attribute(context->device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, &major));
  RADAPTER_TRY(attribute(context->device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, &minor));
  RADAPTER_TRY(attribute(context->device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &context->multiprocessors));
  RADAPTER_TRY(
      attribute(context->device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &context->shared_memory));
  snprintf(context->name, sizeof(context->name), "%s (compute capability %d.%d)", name, major, minor);
  if (major < 8) {
    return fail(RADAPTER_UNSUPPORTED, "cuda_create", "%s is too old: compute capability 8.0 is needed", context->name);
  }
  return choose_tier(major, minor, context);
}

/** All of them now: while a stream is being captured nothing may be loaded. */
int load_modules(radapter_context* context) {
  Current current(context);
  for (int i = 0; kImages[i].fatbin != nullptr; ++i) {
    if (!kImages[i].is_hopper || context->tier == Tier::kHopper) {
      RADAPTER_DRIVER(cuModuleLoadData(&context->modules[i], kImages[i].fatbin));
    }
  }
  return RADAPTER_OK;
}

int open(int device, radapter_context* context) {
  int count;
  RADAPTER_DRIVER(cuDeviceGetCount(&count));
  RADAPTER_REQUIRE(device >= 0 && device < count, "device is %d, there are %d", device, count);
  RADAPTER_DRIVER(cuDeviceGet(&context->device, device));
  RADAPTER_TRY(describe(context));
  RADAPTER_DRIVER(cuDevicePrimaryCtxRetain(&context->primary, context->device));
  return load_modules(context);
}

int create(int device, radapter_context** context) {
  RADAPTER_TRY(open_driver("cuda_create"));
  auto* created = static_cast<radapter_context*>(host().allocate(sizeof(radapter_context)));
  if (created == nullptr) {
    return fail(RADAPTER_OUT_OF_MEMORY, "cuda_create", "%d bytes were refused", (int)sizeof(radapter_context));
  }
  created->head.table = &kTable;
  pthread_mutex_init(&created->lookup, nullptr);
  const int status = open(device, created);
  if (status != RADAPTER_OK) {
    context_destroy(created);
    return status;
  }
  *context = created;
  return RADAPTER_OK;
}

int device_count(int* count) {
  RADAPTER_TRY(open_driver("cuda_device_count"));
  RADAPTER_DRIVER(cuDeviceGetCount(count));
  return RADAPTER_OK;
}

const Plugin kPlugin = {RADAPTER_ABI_VERSION, device_count, create};

}  // namespace

int context_destroy(radapter_context* context) {
  if (context->primary != nullptr) {
    {
      Current current(context);
      driver().cuCtxSynchronize();
      release_cublas(context->cublas);
      for (CUmodule module : context->modules) {
        if (module != nullptr) {
          driver().cuModuleUnload(module);
        }
      }
    }
    driver().cuDevicePrimaryCtxRelease(context->device);
  }
  pthread_mutex_destroy(&context->lookup);
  host().release(context);
  return RADAPTER_OK;
}

int context_threads(const radapter_context*) { return 0; }

int context_isa(const radapter_context*) { return RADAPTER_ISA_AUTO; }

const char* context_device(const radapter_context* context) { return context->name; }

}  // namespace cuda
}  // namespace radapter

extern "C" RADAPTER_API const radapter::Plugin* radapter_plugin(const radapter::Host* host) {
  if (host->abi_version != RADAPTER_ABI_VERSION) {
    return nullptr;
  }
  radapter::the_host = host;
  return &radapter::cuda::kPlugin;
}
