// Names of errors, and entry points by their names.
#include <dlfcn.h>
#include <stdio.h>

#include "driver/driver.h"

namespace {

struct ErrorName {
  CUresult code;
  const char* name;
  const char* text;
};

#define ERROR_NAME(code, text) \
  { code, #code, text }
const ErrorName kErrors[] = {
    ERROR_NAME(CUDA_SUCCESS, "no error"),
    ERROR_NAME(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    ERROR_NAME(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    ERROR_NAME(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    ERROR_NAME(CUDA_ERROR_DEINITIALIZED, "driver shutting down"),
    ERROR_NAME(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    ERROR_NAME(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    ERROR_NAME(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    ERROR_NAME(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    ERROR_NAME(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device"),
    ERROR_NAME(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed"),
    ERROR_NAME(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "the provided PTX was compiled with an unsupported toolchain"),
    ERROR_NAME(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    ERROR_NAME(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state"),
    ERROR_NAME(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    ERROR_NAME(CUDA_ERROR_NOT_READY, "device not ready"),
    ERROR_NAME(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    ERROR_NAME(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    ERROR_NAME(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated"),
    ERROR_NAME(CUDA_ERROR_ASSERT, "device-side assert triggered"),
    ERROR_NAME(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an illegal instruction was encountered"),
    ERROR_NAME(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    ERROR_NAME(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    ERROR_NAME(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, "too many blocks in cooperative launch"),
    ERROR_NAME(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    ERROR_NAME(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    ERROR_NAME(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "the capture was not initiated in this stream"),
    ERROR_NAME(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "capture has unjoined work"),
    ERROR_NAME(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "dependency created on uncaptured work in another stream"),
    ERROR_NAME(CUDA_ERROR_INVALID_CLUSTER_SIZE, "the cluster configuration is invalid"),
    ERROR_NAME(CUDA_ERROR_UNKNOWN, "unknown error")};
#undef ERROR_NAME

const ErrorName* find_error(CUresult code) {
  for (const ErrorName& error : kErrors) {
    if (error.code == code) {
      return &error;
    }
  }
  return nullptr;
}

}  // namespace

DRIVER_FUNCTION cuGetErrorName(CUresult code, const char** name) {
  const ErrorName* error = find_error(code);
  if (name == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *name = error != nullptr ? error->name : nullptr;
  return error != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

DRIVER_FUNCTION cuGetErrorString(CUresult code, const char** text) {
  const ErrorName* error = find_error(code);
  if (text == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *text = error != nullptr ? error->text : nullptr;
  return error != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// The newest version that is exported.
DRIVER_FUNCTION cuGetProcAddress_v2(const char* name, void** function, int, cuuint64_t,
                                    CUdriverProcAddressQueryResult* status) {
  if (name == nullptr || function == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  static void* const self = [] {
    Dl_info info;
    dladdr(reinterpret_cast<void*>(&cuInit), &info);
    return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  }();
  *function = nullptr;
  for (const char* version : {"_v4", "_v3", "_v2", ""}) {
    *function = dlsym(self, (std::string(name) + version).c_str());
    if (*function != nullptr) {
      break;
    }
  }
  const bool found = *function != nullptr;
  if (status != nullptr) {
    *status = found ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  }
  if (!found && radapter_simulator::is_verbose()) {
    fprintf(stderr, "ptxsim: cuGetProcAddress: there is no %s\n", name);
  }
  return found ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

// The CUDA runtime asks for undocumented tables here and stops without them: code for the simulator uses the driver
// API.
DRIVER_FUNCTION cuGetExportTable(const void** table, const CUuuid*) {
  if (table != nullptr) {
    *table = nullptr;
  }
  if (radapter_simulator::is_verbose()) {
    fprintf(stderr, "ptxsim: cuGetExportTable has no table\n");
  }
  return CUDA_ERROR_NOT_FOUND;
}
