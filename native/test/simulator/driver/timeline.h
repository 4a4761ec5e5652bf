// Work that streams have been given and that has not run yet: a graph of operations, each after others. Nothing runs
// until somebody waits for it (PTXSIM_STREAMS=late), so that whoever forgets to wait sees the state from before.
#ifndef RADAPTER_SIMULATOR_TIMELINE_H
#define RADAPTER_SIMULATOR_TIMELINE_H

#include <cuda.h>
#include <stddef.h>
#include <stdint.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace radapter_simulator {

/** Pinned host memory that work touches: empty, or [begin, end). */
struct HostRange {
  char* begin = nullptr;
  char* end = nullptr;

  bool overlaps(const HostRange& other) const { return begin < other.end && other.begin < end; }
};

struct Work {
  std::function<CUresult()> run;
  HostRange reads;
  HostRange writes;
};

struct Operation;
using OperationPointer = std::shared_ptr<Operation>;

struct Operation {
  uint64_t number = 0;
  Work work;
  std::vector<OperationPointer> after;
  bool done = false;
  /** When it ran. */
  double seconds = 0;
};

class Timeline {
 public:
  static Timeline& get();

  /**
   * Adds work that is to run after other operations. Pinned memory that it writes is filled with NaN, unless other work
   * still touches it. With PTXSIM_STREAMS=early the work runs at once, with random some of what is pending may.
   */
  OperationPointer add(Work work, std::vector<OperationPointer> after);

  /** Runs an operation and all that comes before it: the youngest that can run first, or in a random order. */
  CUresult finish(const OperationPointer& operation);
  CUresult finish(const std::vector<OperationPointer>& operations);
  CUresult finish_all();
  /** Runs one operation of those that `operation` waits for, or itself: what time does to a program that polls. */
  void advance(const OperationPointer& operation);

  /** The error of an operation that nobody had waited for; reported once. */
  CUresult take_error();

 private:
  void run(const OperationPointer& operation);
  /** After an error nothing that was pending runs, as a broken context runs nothing. */
  void abandon();

  uint64_t next_number_ = 1;
  std::map<uint64_t, OperationPointer> pending_;
  CUresult error_ = CUDA_SUCCESS;
  std::mt19937_64 random_{1};
};

}  // namespace radapter_simulator

#endif
