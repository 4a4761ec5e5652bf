// The context itself: creation, refusals, memory.
#include <stdint.h>
#include <string.h>

#include "harness.h"

namespace radapter_test {
namespace {

void check_creation(const Machine& machine) {
  radapter_context* context = machine.contexts[1];
  expect(radapter_abi_version() == RADAPTER_ABI_VERSION, "ABI version");
  expect(strlen(radapter_version()) > 0, "version");
  expect(strlen(radapter_context_device(context)) > 0, "device");
  expect(radapter_context_threads(context) == (machine.gpu ? 0 : 2), "threads");
  expect(radapter_context_isa(context) == machine.isa, "isa");

  radapter_context* none;
  expect_refused("isa 9", radapter_cpu_create(1, 9, &none), "isa is 9");
  expect_refused("no place for the result", radapter_cpu_create(1, 0, nullptr), "context is NULL");
  expect(radapter_cpu_create(0, RADAPTER_ISA_AUTO, &none) == RADAPTER_OK, "all threads");
  expect(radapter_context_threads(none) >= 1, "all threads");
  radapter_context_destroy(none);
  radapter_context_destroy(nullptr);

  int count;
  expect_refused("a relative path", radapter_cuda_create("libradapter_cuda.so", 0, &none), "absolute path");
  expect_refused("no path", radapter_cuda_device_count(nullptr, &count), "absolute path");
  expect(radapter_cuda_create("/nowhere/libradapter_cuda.so", 0, &none) == RADAPTER_UNSUPPORTED && none == nullptr &&
             strstr(radapter_last_error(), "/nowhere/libradapter_cuda.so") != nullptr,
         "a plug-in that is not there: %s", radapter_last_error());
}

void check_memory(radapter_context* context) {
  void* memory = nullptr;
  expect(radapter_allocate(context, 1000, &memory) == RADAPTER_OK, "allocate");
  expect(reinterpret_cast<uintptr_t>(memory) % 64 == 0, "alignment");
  expect(radapter_free(context, memory) == RADAPTER_OK, "free");
  expect(radapter_free(context, nullptr) == RADAPTER_OK, "free NULL");
  expect(radapter_allocate(context, SIZE_MAX - 5, &memory) == RADAPTER_OUT_OF_MEMORY && memory == nullptr,
         "too much memory");
  expect(strstr(radapter_last_error(), "18446744073709551610 bytes") != nullptr, "%s", radapter_last_error());
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  expect(radapter_memory_info(context, &free_bytes, &total_bytes) == RADAPTER_OK, "memory info");
  expect(free_bytes > 0 && free_bytes <= total_bytes, "memory info: %zu of %zu", free_bytes, total_bytes);
}

/** A GPU says what was free, and goes on. */
void check_refused_memory(radapter_context* context) {
  size_t free_bytes;
  size_t total_bytes;
  void* memory = nullptr;
  expect(radapter_memory_info(context, &free_bytes, &total_bytes) == RADAPTER_OK, "memory info");
  expect(radapter_allocate(context, 2 * total_bytes, &memory) == RADAPTER_OUT_OF_MEMORY && memory == nullptr,
         "too much");
  expect(strstr(radapter_last_error(), text("%zu bytes were refused", 2 * total_bytes).c_str()) != nullptr &&
             strstr(radapter_last_error(), text("%zu of the device", free_bytes).c_str()) != nullptr,
         "%s", radapter_last_error());
  expect(radapter_allocate(context, 64, &memory) == RADAPTER_OK, "allocate after a refusal");
  expect(radapter_free(context, memory) == RADAPTER_OK, "free");
}

/** Bytes to the device, within it and back, in streams that wait for each other. */
void check_copies(const Machine& machine) {
  radapter_context* context = machine.contexts[0];
  CUstream_st* streams[2];
  CUevent_st* events[2];
  void* device[2];
  void* host;
  for (int i = 0; i < 2; ++i) {
    expect(radapter_stream_create(context, &streams[i]) == RADAPTER_OK, "stream");
    expect(radapter_event_create(context, &events[i]) == RADAPTER_OK, "event");
    expect(radapter_allocate(context, 999, &device[i]) == RADAPTER_OK, "allocate");
    expect((streams[i] != nullptr && events[i] != nullptr) == machine.gpu, "the CPU has no streams");
  }
  expect(radapter_allocate_host(context, 999, &host) == RADAPTER_OK, "allocate host");
  auto* bytes = static_cast<uint8_t*>(host);
  for (int i = 0; i < 999; ++i) {
    bytes[i] = static_cast<uint8_t>(i * 7);
  }
  expect(radapter_event_record(context, events[0], streams[0]) == RADAPTER_OK, "record");
  expect(radapter_copy_to_device(context, streams[0], device[0], host, 999) == RADAPTER_OK, "to the device");
  expect(radapter_event_record(context, events[1], streams[0]) == RADAPTER_OK, "record");
  expect(radapter_stream_wait(context, streams[1], events[1]) == RADAPTER_OK, "wait");
  expect(radapter_copy_on_device(context, streams[1], device[1], device[0], 999) == RADAPTER_OK, "on the device");
  uint8_t back[999] = {};
  expect(radapter_copy_to_host(context, streams[1], back, device[1], 999) == RADAPTER_OK, "to the host");
  expect(radapter_event_synchronize(context, events[1]) == RADAPTER_OK, "wait for an event");
  expect(radapter_stream_synchronize(context, streams[1]) == RADAPTER_OK, "synchronize");
  expect(memcmp(back, host, 999) == 0, "copies");
  double seconds = -1;
  const int status = radapter_event_elapsed(context, events[0], events[1], &seconds);
  expect(machine.gpu ? status == RADAPTER_OK && seconds >= 0 : status == RADAPTER_UNSUPPORTED, "elapsed");
  expect(radapter_copy_to_host(context, nullptr, nullptr, nullptr, 0) == RADAPTER_OK, "nothing to copy");
  expect_refused("copy", radapter_copy_to_device(context, nullptr, nullptr, back, 1), "to is NULL");
  for (int i = 0; i < 2; ++i) {
    expect(radapter_free(context, device[i]) == RADAPTER_OK, "free");
    expect(radapter_event_destroy(context, events[i]) == RADAPTER_OK, "event");
    expect(radapter_stream_destroy(context, streams[i]) == RADAPTER_OK, "stream");
  }
  expect(radapter_free_host(context, host) == RADAPTER_OK, "free host");
}

/** Noted work is done at each launch and not before; the CPU refuses to note. */
void check_graph(const Machine& machine) {
  radapter_context* context = machine.contexts[0];
  radapter_graph* graph = nullptr;
  if (!machine.gpu) {
    expect(radapter_graph_begin(context, nullptr) == RADAPTER_UNSUPPORTED, "the CPU has no graphs");
    expect(radapter_graph_end(context, nullptr, &graph) == RADAPTER_UNSUPPORTED, "the CPU has no graphs");
    expect(radapter_graph_destroy(context, nullptr) == RADAPTER_OK, "NULL is ignored");
    return;
  }
  constexpr int kCount = 300;
  CUstream_st* stream;
  void* x;
  float back[kCount];
  expect(radapter_stream_create(context, &stream) == RADAPTER_OK, "stream");
  expect(radapter_allocate(context, sizeof back, &x) == RADAPTER_OK, "allocate");
  expect(radapter_fill(context, stream, 1, kCount, 1.0, x, kCount, RADAPTER_F32) == RADAPTER_OK, "fill");
  expect_refused("note", radapter_graph_begin(context, nullptr), "stream is NULL");
  expect(radapter_graph_begin(context, stream) == RADAPTER_OK, "begin");
  expect(radapter_add(context, stream, 1, kCount, x, kCount, x, kCount, x, kCount, RADAPTER_F32) == RADAPTER_OK, "add");
  expect(radapter_graph_end(context, stream, &graph) == RADAPTER_OK, "end");
  for (int launches = 0; launches <= 3; ++launches) {
    expect(launches == 0 || radapter_graph_launch(context, stream, graph) == RADAPTER_OK, "launch");
    expect(radapter_copy_to_host(context, stream, back, x, sizeof back) == RADAPTER_OK, "to the host");
    expect(radapter_stream_synchronize(context, stream) == RADAPTER_OK, "synchronize");
    expect(back[0] == 1 << launches && back[kCount - 1] == 1 << launches, "twice as much at each launch");
  }
  expect(radapter_graph_destroy(context, graph) == RADAPTER_OK, "destroy");
  expect(radapter_graph_end(context, stream, &graph) != RADAPTER_OK, "an end without a beginning");
  expect(radapter_free(context, x) == RADAPTER_OK, "free");
  expect(radapter_stream_destroy(context, stream) == RADAPTER_OK, "stream");
}

void check_context(const Machine& machine) {
  check_creation(machine);
  check_memory(machine.contexts[0]);
  if (machine.gpu) {
    check_refused_memory(machine.contexts[0]);
  }
  check_copies(machine);
  check_graph(machine);
}

const Operator context_operator("context", check_context);

}  // namespace
}  // namespace radapter_test
