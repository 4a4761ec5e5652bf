// What the files of the driver API share: handles, the lock, and the checks that a real driver makes first.
#ifndef RADAPTER_SIMULATOR_DRIVER_H
#define RADAPTER_SIMULATOR_DRIVER_H

#include <cuda.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver/timeline.h"
#include "machine/machine.h"

// The driver's own names for what its handles point to.

struct CUctx_st {
  int references = 0;
};

struct CUfunc_st {
  CUmodule module = nullptr;
  std::unique_ptr<radapter_simulator::Program> program;
  /** Bytes of dynamic shared memory that a launch may ask for. */
  int dynamic_limit = 48 << 10;
};

struct CUmod_st {
  std::unique_ptr<radapter_simulator::Module> ptx;
  radapter_simulator::GlobalAddresses globals;
  std::unordered_map<std::string, uint64_t> sizes;
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
};

/** Work, and the earlier nodes it comes after. */
struct GraphNode {
  radapter_simulator::Work work;
  std::vector<size_t> after;
};

struct CUgraph_st {
  std::vector<GraphNode> nodes;
};

struct CUgraphExec_st {
  std::vector<GraphNode> nodes;
};

struct CUstream_st {
  /** Runs beside the legacy default stream, not before or after its work. */
  bool non_blocking = false;
  radapter_simulator::OperationPointer last;
  /** Events that the next operation waits for. */
  std::vector<radapter_simulator::OperationPointer> waits;
  /** The graph that the stream's work is recorded into, and the nodes that the next one comes after. */
  CUgraph capture = nullptr;
  bool is_origin = false;
  std::vector<size_t> capture_last;
};

struct CUevent_st {
  /** Null until it is recorded. */
  radapter_simulator::OperationPointer operation;
  CUgraph capture = nullptr;
  std::vector<size_t> capture_nodes;
};

namespace radapter_simulator {

/** The state of the driver, behind one lock. */
struct Driver {
  std::recursive_mutex lock;
  bool initialised = false;
  CUctx_st primary;
  CUstream_st legacy_stream;
  CUstream_st per_thread_stream;
  std::vector<CUstream> streams;
  /** With PTXSIM_STICKY: the code of a failed launch, with which everything fails from then on, as with a GPU. */
  CUresult sticky = CUDA_SUCCESS;
  std::string last_report;

  static Driver& get();
};

/** The contexts that this thread has pushed; the last one is current. */
std::vector<CUcontext>& thread_contexts();

/** Prints and keeps the text of an error, and returns its code. */
CUresult report(CUresult code, const std::string& text);
/** The same for a call that is refused: "cuMemFree_v2: why". */
CUresult refuse(const char* function, const std::string& why, CUresult code = CUDA_ERROR_INVALID_VALUE);

/** Handles that were given out and are not destroyed. */
void remember(const void* handle);
void forget(const void* handle);
bool is_live(const void* handle);

/** The stream that a handle means; null if it is not live. */
CUstream_st* stream_of(CUstream handle);
/** Gives a stream work, or records it if the stream is capturing. */
CUresult enqueue(CUstream_st* stream, Work work);
/** The same, and waits for it. */
CUresult enqueue_and_finish(CUstream_st* stream, Work work);

/** Largest shared memory of a block that a kernel may ask for. */
int most_shared_bytes();
/** 4, or PTXSIM_MULTIPROCESSORS. */
int multiprocessors();
/** Keeps what a launch did for ptxsimCounters, and appends it to PTXSIM_STATS. */
void keep_counters(const std::string& kernel, const LaunchShape& shape, std::vector<Counters> blocks);
/** Blocks that fit on one multiprocessor at once; 0 if none does. */
int blocks_per_multiprocessor(const CUfunc_st& function, int threads, size_t dynamic_shared);

/** CUDA_SUCCESS, or why a call cannot be served: no cuInit, no context, or an earlier error. */
CUresult check_driver(const char* function);
CUresult check_context(const char* function);

}  // namespace radapter_simulator

#define DRIVER_FUNCTION extern "C" __attribute__((visibility("default"))) CUresult CUDAAPI

// The first lines of an entry point. A macro, for they return from it.
#define ENTER_DRIVER()                                                                         \
  const std::lock_guard<std::recursive_mutex> guard(::radapter_simulator::Driver::get().lock); \
  if (const CUresult entered = ::radapter_simulator::check_driver(__func__)) return entered

#define ENTER_CONTEXT()                                                                        \
  const std::lock_guard<std::recursive_mutex> guard(::radapter_simulator::Driver::get().lock); \
  if (const CUresult entered = ::radapter_simulator::check_context(__func__)) return entered

#define REQUIRE(pointer) \
  if ((pointer) == nullptr) return ::radapter_simulator::refuse(__func__, "null argument " #pointer)

#define REQUIRE_LIVE(handle)                  \
  if (!::radapter_simulator::is_live(handle)) \
  return ::radapter_simulator::refuse(__func__, "not a live handle: " #handle, CUDA_ERROR_INVALID_HANDLE)

#define REQUIRE_STREAM(name, handle)                                 \
  CUstream_st* const name = ::radapter_simulator::stream_of(handle); \
  if (name == nullptr) return ::radapter_simulator::refuse(__func__, "not a live stream", CUDA_ERROR_INVALID_HANDLE)

#endif
