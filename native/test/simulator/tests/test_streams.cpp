// Streams run late, so that a missing wait is seen; a right program is right in every order.
#include <algorithm>
#include <cmath>

#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

constexpr size_t kCount = 64;

/** Pinned memory. */
class Pinned {
 public:
  explicit Pinned(float value) {
    CUDA_CHECK(cuMemHostAlloc_(reinterpret_cast<void**>(&data_), kCount * sizeof(float), 0));
    fill(value);
  }
  ~Pinned() { cuda().cuMemFreeHost_(data_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  void fill(float value) { std::fill_n(data_, kCount, value); }
  bool is_all(float value) const {
    return std::all_of(data_, data_ + kCount, [=](float one) { return one == value; });
  }
  bool is_nan() const {
    return std::all_of(data_, data_ + kCount, [](float one) { return std::isnan(one); });
  }
  float* data() { return data_; }

 private:
  float* data_ = nullptr;
};

class Stream {
 public:
  explicit Stream(unsigned flags = CU_STREAM_NON_BLOCKING) { CUDA_CHECK(cuStreamCreate_(&handle_, flags)); }
  ~Stream() { cuda().cuStreamDestroy_(handle_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator CUstream() const { return handle_; }

 private:
  CUstream handle_ = nullptr;
};

class Event {
 public:
  Event() { CUDA_CHECK(cuEventCreate_(&handle_, 0)); }
  ~Event() { cuda().cuEventDestroy_(handle_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  operator CUevent() const { return handle_; }

 private:
  CUevent handle_ = nullptr;
};

uint32_t bits(float value) {
  uint32_t result;
  static_assert(sizeof result == sizeof value, "a float is a word");
  std::copy_n(reinterpret_cast<const char*>(&value), sizeof value, reinterpret_cast<char*>(&result));
  return result;
}

void set(const Buffer<float>& buffer, float value, CUstream stream) {
  CUDA_CHECK(cuMemsetD32Async_(buffer.address(), bits(value), kCount, stream));
}

void copy(const Buffer<float>& to, const Buffer<float>& from, CUstream stream) {
  CUDA_CHECK(cuMemcpyDtoDAsync_(to.address(), from.address(), kCount * sizeof(float), stream));
}

void fetch(Pinned& to, const Buffer<float>& from, CUstream stream) {
  CUDA_CHECK(cuMemcpyDtoHAsync_(to.data(), from.address(), kCount * sizeof(float), stream));
}

void send(const Buffer<float>& to, Pinned& from, CUstream stream) {
  CUDA_CHECK(cuMemcpyHtoDAsync_(to.address(), from.data(), kCount * sizeof(float), stream));
}

bool holds(const Buffer<float>& buffer, float value) { return buffer.get() == std::vector<float>(kCount, value); }

const std::vector<float> kZeros(kCount, 0);

// One stream writes, another reads: with or without the event between them.
bool reads_what_was_written(bool waits) {
  const Stream writer, reader;
  const Event written;
  const Buffer<float> buffer(kZeros);
  Pinned result(0);
  set(buffer, 7, writer);
  CUDA_CHECK(cuEventRecord_(written, writer));
  if (waits) {
    CUDA_CHECK(cuStreamWaitEvent_(reader, written, 0));
  }
  fetch(result, buffer, reader);
  CUDA_CHECK(cuStreamSynchronize_(reader));
  const bool right = result.is_all(7);
  CUDA_CHECK(cuCtxSynchronize_());
  return right;
}

// One stream reads, another writes over it afterwards.
bool keeps_what_is_read(bool waits) {
  const Stream reader, writer;
  const Event read;
  const Buffer<float> buffer(kZeros), copied(kZeros);
  set(buffer, 5, reader);
  copy(copied, buffer, reader);
  CUDA_CHECK(cuEventRecord_(read, reader));
  if (waits) {
    CUDA_CHECK(cuStreamWaitEvent_(writer, read, 0));
  }
  set(buffer, 6, writer);
  CUDA_CHECK(cuStreamSynchronize_(writer));
  CUDA_CHECK(cuStreamSynchronize_(reader));
  return holds(copied, 5) && (!waits || holds(buffer, 6));
}

void check_event_waits() {
  expect("a wait orders a read after a write", reads_what_was_written(true));
  expect("without it the read comes first", !reads_what_was_written(false));
  expect("a wait orders a write after a read", keeps_what_is_read(true));
  {
    const Environment early("PTXSIM_STREAMS", "early");
    expect("early streams hide a missing wait", reads_what_was_written(false));
  }
  bool right = true, seen = false;
  const Environment random("PTXSIM_STREAMS", "random");
  for (int repeat = 0; repeat < 50; ++repeat) {
    right &= reads_what_was_written(true) && keeps_what_is_read(true);
    seen |= !reads_what_was_written(false);
  }
  expect("right in any order", right);
  expect("a random order shows a missing wait, some time", seen);
}

void check_host_memory() {
  const Stream stream;
  const Buffer<float> buffer(kZeros);
  Pinned pinned(1);
  send(buffer, pinned, stream);
  pinned.fill(2);
  CUDA_CHECK(cuStreamSynchronize_(stream));
  expect("pinned memory that is overwritten too early", holds(buffer, 2));
  std::vector<float> pageable(kCount, 3);
  CUDA_CHECK(cuMemcpyHtoDAsync_(buffer.address(), pageable.data(), kCount * sizeof(float), stream));
  std::fill(pageable.begin(), pageable.end(), 4.f);
  CUDA_CHECK(cuStreamSynchronize_(stream));
  expect("pageable memory is read before the call returns", holds(buffer, 3));
  fetch(pinned, buffer, stream);
  expect("a result in pinned memory that is read too early", pinned.is_nan());
  CUDA_CHECK(cuStreamSynchronize_(stream));
  expect("the result, after the wait", pinned.is_all(3));
  set(buffer, 8, stream);
  CUDA_CHECK(cuMemcpyDtoHAsync_(pageable.data(), buffer.address(), kCount * sizeof(float), stream));
  expect("pageable memory is written before the call returns", pageable == std::vector<float>(kCount, 8));
  // Down and up through one buffer: what is still to be read is not spoilt.
  pinned.fill(9);
  send(buffer, pinned, stream);
  fetch(pinned, buffer, stream);
  CUDA_CHECK(cuStreamSynchronize_(stream));
  expect("pinned memory that waits to be read keeps its content", pinned.is_all(9));
}

void check_default_stream() {
  const Stream beside, blocking(CU_STREAM_DEFAULT);
  const Buffer<float> a(kZeros), b(kZeros), c(kZeros);
  set(a, 1, blocking);
  set(b, 1, beside);
  CUDA_CHECK(cuMemcpyDtoD_(c.address(), a.address(), kCount * sizeof(float)));
  expect("the default stream waits for blocking streams", holds(c, 1));
  CUDA_CHECK(cuMemcpyDtoD_(c.address(), b.address(), kCount * sizeof(float)));
  expect("it does not wait for the others", holds(c, 0));
  CUDA_CHECK(cuMemsetD32_(a.address(), bits(2), kCount));
  copy(c, a, blocking);
  CUDA_CHECK(cuStreamSynchronize_(blocking));
  expect("blocking streams wait for the default stream", holds(c, 2));
  CUDA_CHECK(cuCtxSynchronize_());
  expect("the context waits for all", holds(b, 1));
}

void check_polling() {
  const Stream stream;
  const Event from, to;
  const Buffer<float> buffer(kZeros);
  float milliseconds = -1;
  expect_code("time between events never recorded", cuda().cuEventElapsedTime_(&milliseconds, from, to),
              CUDA_ERROR_INVALID_HANDLE);
  CUDA_CHECK(cuEventRecord_(from, stream));
  set(buffer, 1, stream);
  CUDA_CHECK(cuEventRecord_(to, stream));
  expect_code("time between events not reached", cuda().cuEventElapsedTime_(&milliseconds, from, to),
              CUDA_ERROR_NOT_READY);
  expect_code("an event not reached", cuda().cuEventQuery_(to), CUDA_ERROR_NOT_READY);
  int polls = 0;
  while (cuda().cuEventQuery_(to) == CUDA_ERROR_NOT_READY && polls < 100) {
    ++polls;
  }
  expect("polling comes to an end", polls > 0 && polls < 10, text("%d polls", polls));
  CUDA_CHECK(cuEventElapsedTime_(&milliseconds, from, to));
  expect("time between events", milliseconds >= 0);
  set(buffer, 2, stream);
  expect_code("a stream that is not done", cuda().cuStreamQuery_(stream), CUDA_ERROR_NOT_READY);
  expect_code("a stream that is", cuda().cuStreamQuery_(stream), CUDA_SUCCESS);
}

void check_errors() {
  const Stream stream;
  const Module module(ptx("reduce"));
  const Kernel kernel(module, "sum");
  const Buffer<float> x(std::vector<float>(10, 1)), out(std::vector<float>{0});
  expect_code("a launch is accepted", kernel.launch_into(stream, {1}, {32}, x.address(), 1000, out.address()),
              CUDA_SUCCESS);
  expect_code("its error comes with the wait", cuda().cuStreamSynchronize_(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
  expect_code("and once", cuda().cuStreamSynchronize_(stream), CUDA_SUCCESS);
  CUdeviceptr address = 0;
  CUDA_CHECK(cuMemAllocAsync_(&address, 256, stream));
  CUDA_CHECK(cuMemsetD32Async_(address, 0, 64, stream));
  CUDA_CHECK(cuMemFreeAsync_(address, stream));
  CUDA_CHECK(cuMemsetD32Async_(address, 0, 64, stream));
  expect_code("use after cuMemFreeAsync", cuda().cuStreamSynchronize_(stream), CUDA_ERROR_INVALID_VALUE);
  CUstream gone = nullptr;
  CUDA_CHECK(cuStreamCreate_(&gone, 0));
  CUDA_CHECK(cuStreamDestroy_(gone));
  expect_code("a destroyed stream", cuda().cuStreamSynchronize_(gone), CUDA_ERROR_INVALID_HANDLE);
  const Buffer<float> buffer(kZeros);
  Pinned result(0);
  fetch(result, buffer, stream);
  CUdeviceptr freed = 0;
  CUDA_CHECK(cuMemAlloc_(&freed, 64));
  CUDA_CHECK(cuMemFree_(freed));
  expect("cuMemFree waits for the device", result.is_all(0));
}

void check_host_functions() {
  const Stream stream;
  const Buffer<float> buffer(kZeros);
  Pinned seen(0);
  struct Call {
    const float* value;
    float found;
  } call{seen.data(), -1};
  set(buffer, 4, stream);
  fetch(seen, buffer, stream);
  CUDA_CHECK(cuLaunchHostFunc_(
      stream,
      [](void* data) {
        auto* the_call = static_cast<Call*>(data);
        the_call->found = *the_call->value;
      },
      &call));
  expect("a host function runs late", call.found == -1);
  CUDA_CHECK(cuStreamSynchronize_(stream));
  expect("and in order", call.found == 4);
}

// A copy up, a fork to another stream, a join, a copy down; replayed with new input.
void check_graphs() {
  const Stream stream, other;
  const Event forked, joined;
  const Buffer<float> a(kZeros), b(kZeros);
  Pinned in(2), out(-1);
  CUgraph graph = nullptr;
  CUgraphExec executable = nullptr;
  CUDA_CHECK(cuStreamBeginCapture_(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  send(a, in, stream);
  CUDA_CHECK(cuEventRecord_(forked, stream));
  CUDA_CHECK(cuStreamWaitEvent_(other, forked, 0));
  copy(b, a, other);
  CUDA_CHECK(cuEventRecord_(joined, other));
  CUDA_CHECK(cuStreamWaitEvent_(stream, joined, 0));
  fetch(out, b, stream);
  expect_code("a wait for a capturing stream", cuda().cuStreamSynchronize_(stream),
              CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  CUDA_CHECK(cuStreamEndCapture_(stream, &graph));
  CUDA_CHECK(cuCtxSynchronize_());
  expect("a capture runs nothing", out.is_all(-1) && holds(a, 0));
  CUDA_CHECK(cuGraphInstantiate_(&executable, graph, 0));
  CUDA_CHECK(cuGraphDestroy_(graph));
  for (const float value : {2.f, 3.f}) {
    in.fill(value);
    CUDA_CHECK(cuGraphLaunch_(executable, stream));
    expect("a graph runs late", !out.is_all(value));
    CUDA_CHECK(cuStreamSynchronize_(stream));
    expect("a graph replayed", out.is_all(value) && holds(b, value));
  }
  CUDA_CHECK(cuGraphExecDestroy_(executable));

  CUDA_CHECK(cuStreamBeginCapture_(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  set(a, 1, stream);
  CUDA_CHECK(cuEventRecord_(forked, stream));
  CUDA_CHECK(cuStreamWaitEvent_(other, forked, 0));
  copy(b, a, other);
  expect_code("a capture that is not joined", cuda().cuStreamEndCapture_(stream, &graph),
              CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  expect_code("the default stream cannot be captured",
              cuda().cuStreamBeginCapture_(nullptr, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
              CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

// Many operations in one stream, none of them waited for.
void check_depth() {
  constexpr int kOperations = 20000;
  const Stream stream;
  const Buffer<float> a(kZeros), b(kZeros);
  set(a, 1, stream);
  for (int k = 0; k < kOperations; ++k) {
    copy(k % 2 == 0 ? b : a, k % 2 == 0 ? a : b, stream);
  }
  CUDA_CHECK(cuStreamSynchronize_(stream));
  expect("a long queue", holds(a, 1) && holds(b, 1));
}

void check_streams() {
  check_event_waits();
  check_host_memory();
  check_default_stream();
  check_polling();
  check_errors();
  check_host_functions();
  check_graphs();
  check_depth();
}

const Section streams("streams", check_streams);

}  // namespace
}  // namespace radapter_simulator_test
