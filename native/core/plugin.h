// What libradapter and a plug-in tell each other. A plug-in links nothing of libradapter: it exports one function,
// gets a Host and gives a Plugin.
#ifndef RADAPTER_CORE_PLUGIN_H
#define RADAPTER_CORE_PLUGIN_H

#include <stddef.h>

#include "radapter.h"

namespace radapter {

/** What libradapter gives; lives for ever. */
struct Host {
  /** RADAPTER_ABI_VERSION of libradapter. */
  int abi_version;
  /** Keeps "radapter_FUNCTION: MESSAGE" as the calling thread's last error and returns `status`. */
  int (*fail)(int status, const char* function, const char* message);
  /** Memory of the host, aligned for anything, zero; NULL if refused. */
  void* (*allocate)(size_t bytes);
  /** Frees what `allocate` gave. */
  void (*release)(void* memory);
};

/** What a plug-in gives; lives for ever. */
struct Plugin {
  /** RADAPTER_ABI_VERSION the plug-in was built for. */
  int abi_version;
  /** Number of devices; RADAPTER_UNSUPPORTED, with the reason, where there is no driver. */
  int (*device_count)(int* count);
  /** Opens device number `device`. */
  int (*create)(int device, struct radapter_context** context);
};

/** The function a plug-in exports under kPluginEntry: NULL if it was built for another ABI than the host's. */
typedef const Plugin* (*PluginEntry)(const Host* host);

constexpr char kPluginEntry[] = "radapter_plugin";

}  // namespace radapter

#endif
