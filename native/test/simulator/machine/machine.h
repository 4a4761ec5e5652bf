// The machine: warps, blocks, clusters, what is in flight between them, and the scheduler.
#ifndef RADAPTER_SIMULATOR_MACHINE_H
#define RADAPTER_SIMULATOR_MACHINE_H

#include <cuda.h>

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "machine/counters.h"
#include "machine/device_memory.h"
#include "machine/instruction.h"
#include "machine/options.h"
#include "machine/ordering.h"

namespace radapter_simulator {

struct Block;
struct Cluster;
struct TensorMap;

/** Ends a launch. */
struct LaunchError {
  CUresult code;
  std::string text;
};

/** bar.sync and its kin. `released` and the results are those of the last generation that was complete. */
struct NamedBarrier {
  int arrived = 0;
  int expected = 0;
  uint64_t generation = 0;
  Clocks clocks, released;
  uint32_t count = 0, released_count = 0;
  bool all = true, released_all = true;
  bool any = false, released_any = false;
};

struct MBarrier {
  uint32_t expected = 0;
  uint32_t pending = 0;
  /** Bytes announced and not yet arrived. */
  int64_t transactions = 0;
  uint64_t phase = 0;
  Clocks clocks, released;
};

/** One TMA or bulk copy in flight. */
struct BulkCopy {
  enum Kind : uint8_t { tensor_load, tensor_store, load, store, shared_to_shared };
  Kind kind;
  const Instruction* instruction;
  Block* block;
  int warp = 0, lane = 0;
  const TensorMap* map = nullptr;
  int64_t coordinates[5] = {};
  uint32_t shared = 0;
  uint64_t global = 0;
  uint32_t bytes = 0;
  /** The mbarrier that is told of a load, and its block. */
  Block* barrier_block = nullptr;
  uint32_t barrier = 0;
  /** Of a store: the bulk group it belongs to, and whether it has read its shared memory. */
  uint32_t group = 0;
  bool read_done = false;
  /** Of a multicast: global memory was read for another block. */
  bool is_repeat = false;
  std::vector<uint8_t> data;
  Access by;
  Clocks clocks;

  bool is_store() const { return kind == tensor_store || kind == store; }
};

/** One lane's cp.async in flight. */
struct AsyncCopy {
  const Instruction* instruction;
  int lane;
  uint32_t shared;
  uint64_t global;
  uint32_t bytes, source_bytes;
  uint32_t group;
  bool landed = false;
};

/** cp.async.mbarrier.arrive: arrives when the lane's copies have landed. */
struct CopyArrival {
  int warp, lane;
  uint32_t barrier;
};

struct WgmmaOperation {
  const Instruction* instruction;
  uint64_t a = 0, b = 0;
  bool scale_d = true;
  std::vector<uint32_t> a_registers;
};

/** A mov of a register that wgmma operation `after` owns: done when that lands. */
struct DeferredMove {
  uint64_t after;
  Slot destination, source;
};

/** Lanes of a warp that stand at one program counter. */
struct LaneGroup {
  uint32_t pc = 0;
  Mask mask = 0;
  bool waiting = false, needs_others = false, spun = false;
  /** The generation of the barrier it has arrived at; -1: at none. */
  int64_t ticket = -1;
};

struct Warp {
  Block* block = nullptr;
  Cluster* cluster = nullptr;
  const Program* program = nullptr;
  int index = 0;
  /** Among the warps of the cluster. */
  int cluster_index = 0;

  /** Lanes that have not ended; the group that runs, and the others. */
  Mask live = 0;
  LaneGroup current;
  std::vector<LaneGroup> others;
  std::vector<char> file;
  char* registers = nullptr;
  std::vector<char> local;

  bool done = false;
  Status stopped = Status::next;
  /** The cluster's progress when the warp stopped. */
  uint64_t stamp = 0;
  /** Thread instructions, and warp instructions. */
  uint64_t executed = 0, issued = 0;

  std::vector<AsyncCopy> copies;
  uint32_t copy_group[kLanes] = {};
  uint32_t bulk_group[kLanes] = {};

  std::deque<WgmmaOperation> wgmma_operations;
  uint64_t wgmma_issued = 0;
  std::vector<uint64_t> wgmma_groups;
  std::vector<DeferredMove> deferred_moves;
  /** Register slot → the operation that owns it. */
  std::unordered_map<uint32_t, uint64_t> owned_registers;
  bool wgmma_fenced = false;

  Clocks clocks;
  uint32_t clock = 1;
  /** The clock at the last __syncwarp. */
  uint32_t sync_clock = 1;
  int64_t cluster_ticket = -1;
  /** What a lane knows of its own warp, through mbarriers. */
  uint32_t acquired[kLanes] = {};

  template <class T>
  T* lanes(uint32_t offset) const {
    return reinterpret_cast<T*>(registers + offset);
  }

  /** Writes `value` into the lanes of `mask` of a predicate. */
  void set_predicate(uint32_t offset, Mask mask, Mask value) const {
    Mask& predicate = *lanes<Mask>(offset);
    predicate = (predicate & ~mask) | (value & mask);
  }

  /** A lane's copy of a .local or call .param variable. */
  char* local_at(int lane, uint32_t offset) {
    return local.data() + static_cast<size_t>(lane) * program->local_bytes + offset;
  }

  void start(const Program& program, Block& block, int index, int cluster_index);
  Status run(uint64_t quantum);
  /** Sends `taken` lanes of the current group to `target`, the others to the next instruction. */
  void jump(Mask taken, uint32_t target);
  Status end_lanes(Mask mask);
  bool converged() const { return current.mask == live; }

  /** Hands what this warp knows to a barrier, and takes what a barrier knows. */
  void release(Clocks& into) {
    clocks[cluster_index] = clock;
    join_clocks(into, clocks);
    ++clock;
  }

  void acquire(const Clocks& from) { join_clocks(clocks, from); }

  void warp_sync() {
    ++clock;
    sync_clock = clock;
    clocks[cluster_index] = clock - 1;
  }

  // Memory, with every check. The results are host pointers.
  char* shared(const Instruction&, int lane, uint32_t address, uint32_t bytes, Touch, const void* data = nullptr);
  char* global(const Instruction&, int lane, uint64_t address, uint32_t bytes);
  char* any(const Instruction&, int lane, uint64_t generic, uint32_t bytes, Touch, const void* data = nullptr);
  /** The block that a shared::cluster address names. */
  Block& shared_block(const Instruction&, int lane, uint32_t address, uint32_t* offset);
  void check_owned(const Instruction&, Mask mask);

 private:
  bool pick();
  void merge();
  bool has_runnable() const;
  void forget_spins();
  [[noreturn]] void report_divergence();
};

struct Warpgroup {
  /** wgmma operations that have landed. */
  uint64_t done = 0;
  Clocks landed;
};

struct Block {
  Cluster* cluster = nullptr;
  uint32_t id[3] = {};
  int rank = 0;
  std::vector<Warp*> warps;
  int live_warps = 0;

  std::vector<uint8_t> shared;
  /** Valid offsets. */
  uint32_t shared_begin = 0, shared_end = 0;
  /** Of each byte: 0 never written, 1 written, kIsBarrier; and whether a copy in flight owns it. */
  std::vector<uint8_t> init, flight;
  std::vector<Cell> cells;

  NamedBarrier barriers[16];
  std::unordered_map<uint32_t, MBarrier> mbarriers;
  std::vector<CopyArrival> copy_arrivals;
  /** What the users of a shared atomic know of one another. */
  std::unordered_map<uint32_t, Clocks> atomics;
  /** What the asynchronous proxy may read, and which mbarriers it may use, for fences made them known to it. */
  Clocks proxy_fenced, barrier_fenced;
  Warpgroup warpgroups[8];
  Counters counters{};

  /** Checks and records one access. `data`: what a store writes. */
  void note(Warp&, const Instruction&, int lane, uint32_t offset, uint32_t bytes, Touch, const void* data);
  void begin_flight(Warp&, const Instruction&, int lane, uint32_t offset, uint32_t bytes, bool async_proxy);
  void land(uint32_t offset, const void* data, uint32_t bytes, const Access& by, bool generic);
  void finish_barrier(NamedBarrier&);
  void barriers_after_exit();
};

constexpr uint8_t kIsBarrier = 2;

enum class Progress : uint8_t {
  running,
  /** Nobody can go on but warps that poll. */
  idle,
  finished
};

struct LaunchShape {
  uint32_t grid[3], block[3], cluster[3];
  uint32_t dynamic_shared = 0;
  /** All blocks run at once, and may wait for one another. */
  bool cooperative = false;
  /** How many blocks fit on the device at once. */
  uint32_t resident_blocks = 1;

  uint32_t block_threads() const { return block[0] * block[1] * block[2]; }

  uint32_t cluster_blocks() const { return cluster[0] * cluster[1] * cluster[2]; }
};

/** Who wrote which two bytes of global memory in a launch (cluster number + 1), by page. */
using GlobalWriters = std::unordered_map<uint64_t, std::vector<uint32_t>>;

struct Cluster {
  const Program* program = nullptr;
  Options options;
  LaunchShape shape;
  const uint8_t* params = nullptr;
  /** What the driver gives a cooperative launch for its barriers; 0 otherwise. */
  uint64_t grid_workspace = 0;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<std::unique_ptr<Warp>> warps;
  uint32_t cluster_id[3] = {};
  /** Counts what may let a waiting warp go on. */
  uint64_t progress = 0;
  uint64_t issued = 0;
  std::mt19937_64 random;
  /** What each block of the grid did, x first. */
  std::vector<Counters>* block_counters = nullptr;
  /** Executions of each instruction, if PTXSIM_COVERAGE names a file. */
  uint64_t* coverage = nullptr;
  /** In flight, in the order of issue. */
  std::vector<BulkCopy> bulk_copies;
  NamedBarrier cluster_barrier;
  /** The allocation that was accessed last. */
  const Allocation* cached = nullptr;

  /** Blocks run one after another, so a result that depends on their order shows only here. */
  GlobalWriters* writers = nullptr;
  uint64_t writer_page = ~uint64_t{0};
  uint32_t* writer_row = nullptr;
  uint32_t number = 0;
  bool watch_global = false;

  void note_global(Warp&, const Instruction&, int lane, uint64_t address, uint32_t bytes, const void* data,
                   const void* now);
  void prepare(const Program&, const LaunchShape&, const uint8_t* params);
  /** Places the cluster of this number, x first, to be run by advance(). */
  void start(uint32_t number);
  /** Runs up to `budget` warp instructions; throws LaunchError. Stops early when it is finished, or idle. */
  Progress advance(uint64_t budget);
  bool coin() { return (random() & 1) != 0; }
  /** Does an asynchronous operation that is issued now land at once? */
  bool early() { return options.timing == Timing::early || (options.timing == Timing::random && coin()); }
  [[noreturn]] void deadlock();

 private:
  void start_block(Block& block, size_t index);
  void finish_warp(Warp& warp);
  void keep_counters(const Block& block);
  /** Fills ready_; false if there are only warps that poll. */
  bool find_ready();
  size_t choose(bool only_pollers, uint64_t* quantum);

  size_t last_ = 0;
  size_t left_ = 0;
  std::vector<size_t> ready_;
};

/** Does the access happen before what this lane does now? */
bool ordered(const Warp& warp, int lane, const Access& access);

/** Reports one broken rule at one place and ends the launch. */
[[noreturn]] void fault(Warp&, const Instruction&, int lane, CUresult code, const char* format, ...)
    __attribute__((format(printf, 5, 6)));
/** "kernel softmax, ptx line 12 'bar.sync' (softmax.cu:8)". */
std::string place(const Program& program, const Instruction& instruction);
std::string format(const char* format, ...) __attribute__((format(printf, 1, 2)));

/** The value of %tid.x and the like. Throws LaunchError for one that is not supported. */
uint64_t special_value(const Warp& warp, int lane, const std::string& name);

}  // namespace radapter_simulator

#endif
