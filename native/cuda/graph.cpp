// Work of a stream noted once: the driver's stream capture and its graphs. A radapter_graph is a CUgraphExec.
#include "context.h"

namespace radapter::cuda {
namespace {

CUgraphExec executable_of(radapter_graph* graph) { return reinterpret_cast<CUgraphExec>(graph); }

}  // namespace

// Noted for this thread alone: other threads may allocate and synchronise meanwhile.
int graph_begin(radapter_context* context, CUstream_st* stream) {
  Current current(context);
  RADAPTER_DRIVER(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  return RADAPTER_OK;
}

int graph_end(radapter_context* context, CUstream_st* stream, radapter_graph** graph) {
  Current current(context);
  CUgraph noted = nullptr;
  RADAPTER_DRIVER(cuStreamEndCapture(stream, &noted));
  CUgraphExec executable = nullptr;
  const CUresult result = driver().cuGraphInstantiateWithFlags(&executable, noted, 0);
  driver().cuGraphDestroy(noted);
  RADAPTER_TRY(check_result(__func__, result, "cuGraphInstantiateWithFlags"));
  *graph = reinterpret_cast<radapter_graph*>(executable);
  return RADAPTER_OK;
}

int graph_launch(radapter_context* context, CUstream_st* stream, radapter_graph* graph) {
  Current current(context);
  RADAPTER_DRIVER(cuGraphLaunch(executable_of(graph), stream));
  return RADAPTER_OK;
}

int graph_destroy(radapter_context* context, radapter_graph* graph) {
  Current current(context);
  if (graph != nullptr) {
    RADAPTER_DRIVER(cuGraphExecDestroy(executable_of(graph)));
  }
  return RADAPTER_OK;
}

}  // namespace radapter::cuda
