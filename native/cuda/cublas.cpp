#include "cublas.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

namespace radapter::cuda {
namespace {

// What is used of cuBLAS's stable interface, so that its header is not needed: statuses and choices by their numbers.
typedef struct cublasContext* Handle;
constexpr int kSuccess = 0;
constexpr int kNotTransposed = 0;
constexpr int kTransposed = 1;
constexpr int kSumsInSinglePrecision = 68;
constexpr int kItsOwnChoice = -1;
constexpr int kPartsInSinglePrecision = 16;

struct Library {
  int (*create)(Handle*);
  int (*destroy)(Handle);
  int (*set_stream)(Handle, CUstream);
  int (*set_workspace)(Handle, void*, size_t);
  int (*set_math_mode)(Handle, int);
  int (*multiply)(Handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha, const void* a,
                  int a_type, int lda, const void* b, int b_type, int ldb, const void* beta, void* c, int c_type,
                  int ldc, int compute_type, int algorithm);
  const char* (*status_text)(int);
};

/** What NVIDIA recommends for a Hopper; of our own, so that products can be recorded and give the same bits. */
constexpr size_t kWorkspaceBytes = size_t{32} << 20;

Library the_library;
bool opened = false;
pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

template <typename Function>
bool find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

int load() {
  const char* chosen = getenv("RADAPTER_LIBCUBLAS");
  const bool any = chosen == nullptr || chosen[0] == '\0';
  void* library = dlopen(any ? "libcublas.so.13" : chosen, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr && any) {
    library = dlopen("libcublas.so.12", RTLD_NOW | RTLD_LOCAL);
  }
  if (library == nullptr) {
    return fail(RADAPTER_UNSUPPORTED, "use_cublas", "cuBLAS cannot be loaded: %s; RADAPTER_LIBCUBLAS may name it",
                dlerror());
  }
  if (!find(library, "cublasCreate_v2", &the_library.create) ||
      !find(library, "cublasDestroy_v2", &the_library.destroy) ||
      !find(library, "cublasSetStream_v2", &the_library.set_stream) ||
      !find(library, "cublasSetWorkspace_v2", &the_library.set_workspace) ||
      !find(library, "cublasSetMathMode", &the_library.set_math_mode) ||
      !find(library, "cublasGemmEx", &the_library.multiply) ||
      !find(library, "cublasGetStatusString", &the_library.status_text)) {
    return fail(RADAPTER_UNSUPPORTED, "use_cublas", "this cuBLAS is too old: %s", dlerror());
  }
  opened = true;
  return RADAPTER_OK;
}

int open_library() {
  pthread_mutex_lock(&opening);
  const int status = opened ? static_cast<int>(RADAPTER_OK) : load();
  pthread_mutex_unlock(&opening);
  return status;
}

int check(const char* what, int status) {
  return status == kSuccess ? static_cast<int>(RADAPTER_OK)
                            : fail(RADAPTER_INTERNAL, "cublas", "%s: %s", what, the_library.status_text(status));
}

/** The cudaDataType of F32, BF16 or F16. */
int type_of(int dtype) { return dtype == RADAPTER_F32 ? 0 : dtype == RADAPTER_BF16 ? 14 : 2; }

bool is_plain(const GemmEpilogue& e) {
  return e.coefficient == 1 && e.scale == nullptr && e.gate.gate == nullptr && e.bias.data == nullptr &&
         e.addend.data == nullptr && e.aux.data == nullptr && e.residual.data == nullptr &&
         e.activation == RADAPTER_NONE;
}

bool is_int(int64_t x) { return x > 0 && x <= INT_MAX; }

}  // namespace

struct Cublas {
  Handle handle;
  CUstream_st* stream;
  CUdeviceptr workspace;
  /** A handle is for one thread at a time. */
  pthread_mutex_t turn;
};

bool fits_cublas(const radapter_context* context, CUstream_st* stream, const GemmProblem& p) {
  const int c_dtype = p.epilogue.c.dtype;
  return context->cublas != nullptr && context->cublas->stream == stream && p.splits == 0 && p.b_gate.gate == nullptr &&
         is_plain(p.epilogue) && p.a.dtype == p.b.dtype && (c_dtype == p.a.dtype || c_dtype == RADAPTER_F32) &&
         is_int(p.m) && is_int(p.n) && is_int(p.k) && is_int(p.a.ld) && is_int(p.b.ld) && is_int(p.epilogue.c.ld);
}

/** Rows here are columns there: what it computes is the transpose, op(B)ᵀ op(A)ᵀ. */
int multiply_cublas(radapter_context* context, const GemmProblem& p) {
  Cublas& cublas = *context->cublas;
  const float one = 1;
  const float zero = 0;
  const Output& c = p.epilogue.c;
  Current current(context);
  pthread_mutex_lock(&cublas.turn);
  const int status =
      the_library.multiply(cublas.handle, p.transpose_b != 0 ? kTransposed : kNotTransposed,
                           p.transpose_a != 0 ? kTransposed : kNotTransposed, static_cast<int>(p.n),
                           static_cast<int>(p.m), static_cast<int>(p.k), &one, p.b.data, type_of(p.b.dtype),
                           static_cast<int>(p.b.ld), p.a.data, type_of(p.a.dtype), static_cast<int>(p.a.ld), &zero,
                           c.data, type_of(c.dtype), static_cast<int>(c.ld), kSumsInSinglePrecision, kItsOwnChoice);
  pthread_mutex_unlock(&cublas.turn);
  return check("cublasGemmEx", status);
}

void release_cublas(Cublas* cublas) {
  if (cublas == nullptr) {
    return;
  }
  if (cublas->handle != nullptr) {
    the_library.destroy(cublas->handle);
  }
  if (cublas->workspace != 0) {
    driver().cuMemFree(cublas->workspace);
  }
  pthread_mutex_destroy(&cublas->turn);
  host().release(cublas);
}

namespace {

int open(Cublas* cublas, CUstream_st* stream) {
  RADAPTER_TRY(check("cublasCreate", the_library.create(&cublas->handle)));
  RADAPTER_DRIVER(cuMemAlloc(&cublas->workspace, kWorkspaceBytes));
  // Or it may add up parts of a product in halves.
  RADAPTER_TRY(check("cublasSetMathMode", the_library.set_math_mode(cublas->handle, kPartsInSinglePrecision)));
  RADAPTER_TRY(check("cublasSetStream", the_library.set_stream(cublas->handle, stream)));
  // After the stream, which takes the workspace back.
  return check("cublasSetWorkspace",
               the_library.set_workspace(cublas->handle, reinterpret_cast<void*>(cublas->workspace), kWorkspaceBytes));
}

}  // namespace

int use_cublas(radapter_context* context, CUstream_st* stream, int use) {
  Current current(context);
  Cublas* before = context->cublas;
  context->cublas = nullptr;
  release_cublas(before);
  if (use == 0) {
    return RADAPTER_OK;
  }
  RADAPTER_TRY(open_library());
  auto* created = static_cast<Cublas*>(host().allocate(sizeof(Cublas)));
  if (created == nullptr) {
    return fail(RADAPTER_OUT_OF_MEMORY, __func__, "%d bytes were refused", (int)sizeof(Cublas));
  }
  *created = {nullptr, stream, 0, PTHREAD_MUTEX_INITIALIZER};
  const int status = open(created, stream);
  if (status != RADAPTER_OK) {
    release_cublas(created);
    return status;
  }
  context->cublas = created;
  return RADAPTER_OK;
}

}  // namespace radapter::cuda
