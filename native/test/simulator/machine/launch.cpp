#include "machine/launch.h"

#include <stdio.h>
#include <stdlib.h>

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

void print_speed(const Cluster& cluster, double seconds) {
  uint64_t executed = 0;
  for (const auto& warp : cluster.warps) {
    executed += warp->executed;
  }
  const double millions = 1e-6 * static_cast<double>(executed);
  fprintf(stderr, "ptxsim: %s: %.1f M thread instructions in %.3f s = %.0f M/s\n", cluster.program->entry->name.c_str(),
          millions, seconds, millions / seconds);
}

}  // namespace

LaunchResult launch(const Program& program, const LaunchShape& shape, const uint8_t* params) {
  const auto start = std::chrono::steady_clock::now();
  Cluster cluster;
  cluster.options = Options::from_environment();
  cluster.prepare(program, shape, params);
  const char* coverage = getenv("PTXSIM_COVERAGE");
  if (coverage != nullptr) {
    cluster.coverage.assign(program.code.size(), 0);
  }
  LaunchResult result;
  try {
    for (uint32_t z = 0; z < shape.grid[2] / shape.cluster[2]; ++z) {
      for (uint32_t y = 0; y < shape.grid[1] / shape.cluster[1]; ++y) {
        for (uint32_t x = 0; x < shape.grid[0] / shape.cluster[0]; ++x) {
          cluster.run(x, y, z);
        }
      }
    }
  } catch (const LaunchError& error) {
    result = {error.code, error.text};
  }
  if (coverage != nullptr) {
    append_coverage(coverage, program, cluster.coverage);
  }
  if (cluster.options.verbose) {
    print_speed(cluster, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return result;
}

}  // namespace radapter_simulator
