// Capture of streams into graphs, and their replay.
#include <algorithm>
#include <set>

#include "driver/driver.h"

namespace radapter_simulator {
namespace {

// Do the nodes in `last` come after all nodes of the graph?
bool joins_all(const CUgraph_st& graph, const std::vector<size_t>& last) {
  std::set<size_t> reached;
  std::vector<size_t> left = last;
  while (!left.empty()) {
    const size_t node = left.back();
    left.pop_back();
    if (reached.insert(node).second) {
      left.insert(left.end(), graph.nodes[node].after.begin(), graph.nodes[node].after.end());
    }
  }
  return reached.size() == graph.nodes.size();
}

void stop_capture(CUstream_st* stream) {
  stream->capture = nullptr;
  stream->is_origin = false;
  stream->capture_last.clear();
}

void replay(const CUgraphExec_st& graph, CUstream_st* stream) {
  Timeline& timeline = Timeline::get();
  // Before and after the graph stands an operation of the stream, so that its order among others is kept.
  enqueue(stream, Work());
  const OperationPointer entry = stream->last;
  std::vector<OperationPointer> all;
  for (const GraphNode& node : graph.nodes) {
    std::vector<OperationPointer> after = {entry};
    for (const size_t before : node.after) {
      after.push_back(all[before]);
    }
    all.push_back(timeline.add(node.work, after));
  }
  stream->waits = all;
  enqueue(stream, Work());
}

}  // namespace
}  // namespace radapter_simulator

using namespace radapter_simulator;

DRIVER_FUNCTION cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  if (stream == &Driver::get().legacy_stream) {
    return refuse(__func__, "the default stream cannot capture", CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  }
  if (stream->capture != nullptr) {
    return refuse(__func__, "the stream is capturing", CUDA_ERROR_ILLEGAL_STATE);
  }
  stream->capture = new CUgraph_st;
  stream->is_origin = true;
  stream->capture_last.clear();
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  ENTER_CONTEXT();
  REQUIRE(graph);
  REQUIRE_STREAM(stream, handle);
  if (stream->capture == nullptr) {
    return refuse(__func__, "the stream is not capturing", CUDA_ERROR_ILLEGAL_STATE);
  }
  if (!stream->is_origin) {
    return refuse(__func__, "the capture began in another stream", CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  }
  CUgraph captured = stream->capture;
  const bool is_joined = joins_all(*captured, stream->capture_last);
  for (const CUstream other : Driver::get().streams) {
    if (other->capture == captured) {
      stop_capture(other);
    }
  }
  stop_capture(stream);
  if (!is_joined) {
    delete captured;
    *graph = nullptr;
    return refuse(__func__, "a stream that joined the capture was not waited for", CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  }
  *graph = captured;
  remember(captured);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
  ENTER_CONTEXT();
  REQUIRE(status);
  REQUIRE_STREAM(stream, handle);
  *status = stream->capture != nullptr ? CU_STREAM_CAPTURE_STATUS_ACTIVE : CU_STREAM_CAPTURE_STATUS_NONE;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  ENTER_CONTEXT();
  REQUIRE(executable);
  REQUIRE_LIVE(graph);
  *executable = new CUgraphExec_st{graph->nodes};
  remember(*executable);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuGraphLaunch(CUgraphExec executable, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  REQUIRE_LIVE(executable);
  if (stream->capture != nullptr) {
    return refuse(__func__, "a graph in a graph is not supported", CUDA_ERROR_NOT_SUPPORTED);
  }
  replay(*executable, stream);
  return Timeline::get().take_error();
}

DRIVER_FUNCTION cuGraphExecDestroy(CUgraphExec executable) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(executable);
  forget(executable);
  delete executable;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuGraphDestroy(CUgraph graph) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(graph);
  forget(graph);
  delete graph;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
  ENTER_CONTEXT();
  REQUIRE(count);
  REQUIRE_LIVE(graph);
  if (nodes != nullptr) {
    return refuse(__func__, "only the number of nodes is known here", CUDA_ERROR_NOT_SUPPORTED);
  }
  *count = graph->nodes.size();
  return CUDA_SUCCESS;
}
