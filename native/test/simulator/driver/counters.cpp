// Counters of launches: by C functions, and as lines of PTXSIM_STATS.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>

#include "driver/driver.h"
#include "ptxsim.h"

namespace radapter_simulator {
namespace {

struct LastLaunch {
  bool exists = false;
  ptxsim_launch launch{};
  std::vector<Counters> blocks;
};

LastLaunch& last_launch() {
  static auto* last = new LastLaunch;
  return *last;
}

struct Column {
  const char* name;
  uint64_t Counters::*counter;
};

const Column kColumns[] = {{"instructions", &Counters::instructions},
                           {"thread_instructions", &Counters::thread_instructions},
                           {"global_load_bytes", &Counters::global_load_bytes},
                           {"global_load_sectors", &Counters::global_load_sectors},
                           {"global_store_bytes", &Counters::global_store_bytes},
                           {"global_store_sectors", &Counters::global_store_sectors},
                           {"global_atomics", &Counters::global_atomics},
                           {"shared_wavefronts", &Counters::shared_wavefronts},
                           {"shared_bank_conflicts", &Counters::shared_bank_conflicts}};

void append_line(const char* path, const ptxsim_launch& launch) {
  FILE* file = fopen(path, "a");
  if (file == nullptr) {
    fprintf(stderr, "ptxsim: cannot write PTXSIM_STATS=%s\n", path);
    return;
  }
  fseek(file, 0, SEEK_END);
  if (ftell(file) == 0) {
    fprintf(file,
            "kernel,grid_x,grid_y,grid_z,block_x,block_y,block_z,blocks,"
            "dynamic_shared,most_instructions");
    for (const Column& column : kColumns) {
      fprintf(file, ",%s", column.name);
    }
    fprintf(file, "\n");
  }
  fprintf(file, "%s,%u,%u,%u,%u,%u,%u,%llu,%llu,%llu", launch.kernel, launch.grid[0], launch.grid[1], launch.grid[2],
          launch.block[0], launch.block[1], launch.block[2], static_cast<unsigned long long>(launch.blocks),
          static_cast<unsigned long long>(launch.dynamic_shared),
          static_cast<unsigned long long>(launch.most_instructions));
  for (const Column& column : kColumns) {
    fprintf(file, ",%llu", static_cast<unsigned long long>(launch.total.*column.counter));
  }
  fprintf(file, "\n");
  fclose(file);
}

}  // namespace

void keep_counters(const std::string& kernel, const LaunchShape& shape, std::vector<Counters> blocks) {
  LastLaunch& last = last_launch();
  last.exists = true;
  last.launch = ptxsim_launch{};
  snprintf(last.launch.kernel, sizeof last.launch.kernel, "%s", kernel.c_str());
  std::copy_n(shape.grid, 3, last.launch.grid);
  std::copy_n(shape.block, 3, last.launch.block);
  last.launch.blocks = blocks.size();
  last.launch.dynamic_shared = shape.dynamic_shared;
  for (const Counters& block : blocks) {
    add_counters(last.launch.total, block);
    last.launch.most_instructions = std::max(last.launch.most_instructions, block.instructions);
  }
  last.blocks = std::move(blocks);
  if (const char* path = getenv("PTXSIM_STATS")) {
    append_line(path, last.launch);
  }
}

}  // namespace radapter_simulator

using namespace radapter_simulator;

#define PTXSIM_FUNCTION extern "C" __attribute__((visibility("default")))

PTXSIM_FUNCTION int ptxsimCounters(ptxsim_launch* launch) {
  const std::lock_guard<std::recursive_mutex> guard(Driver::get().lock);
  if (!last_launch().exists) {
    return 1;
  }
  *launch = last_launch().launch;
  return 0;
}

PTXSIM_FUNCTION int ptxsimBlockCounters(uint64_t block, ptxsim_counters* counters) {
  const std::lock_guard<std::recursive_mutex> guard(Driver::get().lock);
  if (block >= last_launch().blocks.size()) {
    return 1;
  }
  *counters = last_launch().blocks[block];
  return 0;
}
