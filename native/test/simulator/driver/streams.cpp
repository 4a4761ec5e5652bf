// Streams and events.
#include <algorithm>

#include "driver/driver.h"

namespace radapter_simulator {
namespace {

bool is_legacy(const CUstream_st* stream) { return stream == &Driver::get().legacy_stream; }

// What the next operation of a stream comes after.
std::vector<OperationPointer> before_next(CUstream_st* stream) {
  std::vector<OperationPointer> before = std::move(stream->waits);
  stream->waits.clear();
  before.push_back(stream->last);
  if (is_legacy(stream)) {
    for (const CUstream other : Driver::get().streams) {
      if (!other->non_blocking) {
        before.push_back(other->last);
      }
    }
    before.push_back(Driver::get().per_thread_stream.last);
  } else if (!stream->non_blocking) {
    before.push_back(Driver::get().legacy_stream.last);
  }
  return before;
}

OperationPointer add_operation(CUstream_st* stream, Work work) {
  stream->last = Timeline::get().add(std::move(work), before_next(stream));
  return stream->last;
}

// What the host waits for that waits for the stream.
std::vector<OperationPointer> all_of(const CUstream_st* stream) {
  std::vector<OperationPointer> operations = stream->waits;
  operations.push_back(stream->last);
  return operations;
}

bool is_done(const std::vector<OperationPointer>& operations) {
  return std::all_of(operations.begin(), operations.end(),
                     [](const OperationPointer& one) { return one == nullptr || one->done; });
}

CUresult refuse_capturing(const char* function) {
  return refuse(function, "the stream is capturing", CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

// Polling lets time pass: one operation runs, and is seen the next time.
CUresult poll(const std::vector<OperationPointer>& operations) {
  if (is_done(operations)) {
    return CUDA_SUCCESS;
  }
  for (const OperationPointer& operation : operations) {
    if (operation != nullptr && !operation->done) {
      Timeline::get().advance(operation);
      break;
    }
  }
  const CUresult code = Timeline::get().take_error();
  return code != CUDA_SUCCESS ? code : CUDA_ERROR_NOT_READY;
}

}  // namespace

CUstream_st* stream_of(CUstream handle) {
  Driver& driver = Driver::get();
  if (handle == nullptr || handle == CU_STREAM_LEGACY) {
    return &driver.legacy_stream;
  }
  if (handle == CU_STREAM_PER_THREAD) {
    return &driver.per_thread_stream;
  }
  return is_live(handle) ? handle : nullptr;
}

CUresult enqueue(CUstream_st* stream, Work work) {
  if (stream->capture == nullptr) {
    add_operation(stream, std::move(work));
    // With PTXSIM_STREAMS=early it has run.
    return Timeline::get().take_error();
  }
  std::vector<GraphNode>& nodes = stream->capture->nodes;
  nodes.push_back({std::move(work), std::move(stream->capture_last)});
  stream->capture_last = {nodes.size() - 1};
  return CUDA_SUCCESS;
}

CUresult enqueue_and_finish(CUstream_st* stream, Work work) {
  if (stream->capture != nullptr) {
    return refuse_capturing("a call that waits");
  }
  return Timeline::get().finish(add_operation(stream, std::move(work)));
}

}  // namespace radapter_simulator

using namespace radapter_simulator;

DRIVER_FUNCTION cuStreamCreate(CUstream* stream, unsigned flags) {
  ENTER_CONTEXT();
  REQUIRE(stream);
  if ((flags & ~static_cast<unsigned>(CU_STREAM_NON_BLOCKING)) != 0) {
    return refuse(__func__, "unknown flags");
  }
  *stream = new CUstream_st;
  (*stream)->non_blocking = (flags & CU_STREAM_NON_BLOCKING) != 0;
  Driver::get().streams.push_back(*stream);
  remember(*stream);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int) {
  return cuStreamCreate(stream, flags);
}

// What the stream was given runs all the same, when somebody waits for the device.
DRIVER_FUNCTION cuStreamDestroy_v2(CUstream stream) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(stream);
  std::vector<CUstream>& streams = Driver::get().streams;
  streams.erase(std::find(streams.begin(), streams.end(), stream));
  forget(stream);
  delete stream;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuStreamSynchronize(CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return stream->capture != nullptr ? refuse_capturing(__func__) : Timeline::get().finish(all_of(stream));
}

DRIVER_FUNCTION cuStreamQuery(CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  return stream->capture != nullptr ? refuse_capturing(__func__) : poll(all_of(stream));
}

DRIVER_FUNCTION cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  REQUIRE_LIVE(event);
  if (event->capture != nullptr) {
    if (stream->capture != nullptr && stream->capture != event->capture) {
      return refuse(__func__, "the event belongs to another capture", CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    }
    // The stream joins the capture.
    stream->capture = event->capture;
    std::vector<size_t>& last = stream->capture_last;
    last.insert(last.end(), event->capture_nodes.begin(), event->capture_nodes.end());
    return CUDA_SUCCESS;
  }
  if (stream->capture != nullptr) {
    return refuse(__func__, "a capturing stream waits for an event of another", CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  }
  if (event->operation != nullptr) {
    stream->waits.push_back(event->operation);
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  Work work;
  work.run = [=] {
    function(data);
    return CUDA_SUCCESS;
  };
  return enqueue(stream, std::move(work));
}

// ---- events ----

DRIVER_FUNCTION cuEventCreate(CUevent* event, unsigned) {
  ENTER_CONTEXT();
  REQUIRE(event);
  *event = new CUevent_st;
  remember(*event);
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuEventDestroy_v2(CUevent event) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(event);
  forget(event);
  delete event;
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuEventRecord(CUevent event, CUstream handle) {
  ENTER_CONTEXT();
  REQUIRE_STREAM(stream, handle);
  REQUIRE_LIVE(event);
  event->capture = stream->capture;
  event->capture_nodes = stream->capture_last;
  if (stream->capture == nullptr) {
    event->operation = add_operation(stream, Work());
  }
  return CUDA_SUCCESS;
}

DRIVER_FUNCTION cuEventSynchronize(CUevent event) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(event);
  return Timeline::get().finish(event->operation);
}

DRIVER_FUNCTION cuEventQuery(CUevent event) {
  ENTER_CONTEXT();
  REQUIRE_LIVE(event);
  return poll({event->operation});
}

DRIVER_FUNCTION cuEventElapsedTime_v2(float* milliseconds, CUevent from, CUevent to) {
  ENTER_CONTEXT();
  REQUIRE(milliseconds);
  REQUIRE_LIVE(from);
  REQUIRE_LIVE(to);
  if (from->operation == nullptr || to->operation == nullptr) {
    return refuse(__func__, "the event was not recorded", CUDA_ERROR_INVALID_HANDLE);
  }
  if (!from->operation->done || !to->operation->done) {
    return CUDA_ERROR_NOT_READY;
  }
  *milliseconds = static_cast<float>((to->operation->seconds - from->operation->seconds) * 1e3);
  return CUDA_SUCCESS;
}
