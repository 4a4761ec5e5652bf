#include "machine/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <chrono>

namespace radapter_simulator {
namespace {

// One line an instruction: kernel, PTX line, executions by a warp.
void append_coverage(const char* path, const Program& program, const std::vector<uint64_t>& coverage) {
  FILE* file = fopen(path, "a");
  if (file == nullptr) {
    fprintf(stderr, "ptxsim: cannot write PTXSIM_COVERAGE=%s\n", path);
    return;
  }
  for (size_t k = 0; k < program.code.size(); ++k) {
    fprintf(file, "%s %d %llu\n", program.entry->name.c_str(), program.code[k].statement->line,
            static_cast<unsigned long long>(coverage[k]));
  }
  fclose(file);
}

void print_speed(const std::string& kernel, const std::vector<Counters>& blocks, double seconds) {
  Counters sum{};
  for (const Counters& block : blocks) {
    add_counters(sum, block);
  }
  const double millions = 1e-6 * static_cast<double>(sum.thread_instructions);
  fprintf(stderr, "ptxsim: %s: %.1f M thread instructions in %.3f s = %.0f M/s\n", kernel.c_str(), millions, seconds,
          millions / seconds);
}

/** Clusters of one launch that are on the device at the same time. */
class Residents {
 public:
  Residents(const Program& program, const LaunchShape& shape, const uint8_t* params, std::vector<Counters>* counters)
      : program_(program), shape_(shape), params_(params), counters_(counters), options_(Options::from_environment()) {
    random_.seed(options_.seed);
    cluster_count_ = shape.grid[0] * shape.grid[1] * shape.grid[2] / shape.cluster_blocks();
    if (getenv("PTXSIM_COVERAGE") != nullptr) {
      coverage_.assign(program.code.size(), 0);
    }
  }

  ~Residents() { DeviceMemory::get().release(workspace_); }
  Residents(const Residents&) = delete;
  Residents& operator=(const Residents&) = delete;

  /** Throws LaunchError. */
  void run() {
    if (shape_.cooperative) {
      make_workspace();
    }
    fill();
    while (!running_.empty()) {
      step();
    }
  }

  const std::vector<uint64_t>& coverage() const { return coverage_; }

 private:
  // Rounds in which nobody did anything but poll. A warp may be waiting for a copy that lands at random; after so many
  // it waits in vain.
  static constexpr uint64_t kIdleRounds = 2000;

  // What cooperative_groups' grid.sync() finds through %envreg1 and %envreg2: its size, and a barrier.
  void make_workspace() {
    const uint32_t content[2] = {sizeof content, 0};
    workspace_ = DeviceMemory::get().allocate(sizeof content, "grid workspace");
    char* bytes = DeviceMemory::get().host(workspace_, sizeof content);
    if (bytes == nullptr) {
      throw LaunchError{CUDA_ERROR_OUT_OF_MEMORY, "no memory for the workspace of a cooperative launch"};
    }
    memcpy(bytes, content, sizeof content);
  }

  size_t most_at_once() const {
    const bool together = shape_.cooperative || program_.global_sync;
    return together ? std::max(1u, shape_.resident_blocks / shape_.cluster_blocks()) : 1;
  }

  // Blocks come onto the device in order, as others leave it.
  void fill() {
    while (next_ < cluster_count_ && running_.size() < most_at_once()) {
      std::unique_ptr<Cluster> cluster;
      if (!free_.empty()) {
        cluster = std::move(free_.back());
        free_.pop_back();
      } else {
        cluster = std::make_unique<Cluster>();
        cluster->options = options_;
        cluster->options.seed += all_clusters_++;
        cluster->prepare(program_, shape_, params_);
        cluster->grid_workspace = workspace_;
        cluster->block_counters = counters_;
        cluster->coverage = coverage_.empty() ? nullptr : coverage_.data();
        cluster->writers = &writers_;
      }
      cluster->start(next_++);
      running_.push_back(std::move(cluster));
    }
  }

  // The cluster whose turn it is, and for how many instructions.
  size_t choose(uint64_t* budget) {
    *budget = 4096;
    switch (options_.schedule) {
      case Schedule::greedy:
        // The same one, until it only polls or has had a long turn.
        *budget = 1 << 16;
        break;
      case Schedule::reverse:
        *budget = 1 << 12;
        return turn_ == 0 || turn_ > running_.size() ? running_.size() - 1 : turn_ - 1;
      case Schedule::random:
        *budget = 1 + random_() % 4000;
        return random_() % running_.size();
      case Schedule::round_robin:
        break;
    }
    return turn_ + 1 < running_.size() ? turn_ + 1 : 0;
  }

  void step() {
    uint64_t budget = ~uint64_t{0};
    if (running_.size() > 1) {
      turn_ = choose(&budget);
    } else {
      turn_ = 0;
    }
    Cluster& cluster = *running_[turn_];
    switch (cluster.advance(budget)) {
      case Progress::running:
        idle_ = 0;
        break;
      case Progress::idle:
        if (++idle_ > kIdleRounds * running_.size()) {
          cluster.deadlock();
        }
        break;
      case Progress::finished:
        idle_ = 0;
        free_.push_back(std::move(running_[turn_]));
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(turn_));
        fill();
        break;
    }
  }

  const Program& program_;
  const LaunchShape& shape_;
  const uint8_t* params_;
  std::vector<Counters>* counters_;
  Options options_;
  std::mt19937_64 random_;
  uint64_t workspace_ = 0;
  std::vector<uint64_t> coverage_;
  GlobalWriters writers_;
  uint32_t cluster_count_ = 0;
  uint32_t next_ = 0;
  uint64_t all_clusters_ = 0;
  std::vector<std::unique_ptr<Cluster>> running_, free_;
  size_t turn_ = 0;
  uint64_t idle_ = 0;
};

}  // namespace

LaunchResult launch(const Program& program, const LaunchShape& shape, const uint8_t* params) {
  const auto start = std::chrono::steady_clock::now();
  LaunchResult result;
  result.blocks.assign(static_cast<size_t>(shape.grid[0]) * shape.grid[1] * shape.grid[2], Counters{});
  Residents residents(program, shape, params, &result.blocks);
  try {
    residents.run();
  } catch (const LaunchError& error) {
    result.code = error.code;
    result.text = error.text;
  }
  if (const char* path = getenv("PTXSIM_COVERAGE")) {
    append_coverage(path, program, residents.coverage());
  }
  if (is_verbose()) {
    print_speed(program.entry->name, result.blocks,
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return result;
}

}  // namespace radapter_simulator
