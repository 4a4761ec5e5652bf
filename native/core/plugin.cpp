// Opens libradapter_cuda.so, for the functions of the ABI that name it.
#include "plugin.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "error.h"

namespace radapter {
namespace {

int keep_failure(int status, const char* function, const char* message) {
  return fail(status, function, "%s", message);
}

void* allocate_zeroed(size_t bytes) { return calloc(1, bytes); }

const Host kHost = {RADAPTER_ABI_VERSION, keep_failure, allocate_zeroed, free};

/** Never closed: contexts, and the driver's own threads, may run its code until the process ends. */
int open_plugin(const char* function, const char* path, const Plugin** plugin) {
  if (path == nullptr || path[0] != '/') {
    return fail(RADAPTER_INVALID_ARGUMENT, function, "plugin_path is '%s', must be an absolute path",
                path == nullptr ? "NULL" : path);
  }
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(RADAPTER_UNSUPPORTED, function, "the plug-in cannot be loaded: %s", dlerror());
  }
  const auto entry = reinterpret_cast<PluginEntry>(dlsym(library, kPluginEntry));
  if (entry == nullptr) {
    return fail(RADAPTER_UNSUPPORTED, function, "%s is no plug-in of radapter", path);
  }
  *plugin = entry(&kHost);
  if (*plugin == nullptr || (*plugin)->abi_version != RADAPTER_ABI_VERSION) {
    return fail(RADAPTER_UNSUPPORTED, function, "%s was built for another version of radapter than this, ABI %d", path,
                RADAPTER_ABI_VERSION);
  }
  return RADAPTER_OK;
}

}  // namespace
}  // namespace radapter

using namespace radapter;

extern "C" int radapter_cuda_create(const char* plugin_path, int device, radapter_context** context) {
  RADAPTER_CHECK_POINTER(context);
  *context = nullptr;
  const Plugin* plugin;
  RADAPTER_TRY(open_plugin(__func__, plugin_path, &plugin));
  return plugin->create(device, context);
}

extern "C" int radapter_cuda_device_count(const char* plugin_path, int* count) {
  RADAPTER_CHECK_POINTER(count);
  *count = 0;
  const Plugin* plugin;
  RADAPTER_TRY(open_plugin(__func__, plugin_path, &plugin));
  return plugin->device_count(count);
}
