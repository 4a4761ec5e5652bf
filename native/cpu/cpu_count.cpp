#include "cpu_count.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

namespace radapter {
namespace {

int affinity_count() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    return CPU_COUNT(&set);
  }
#endif
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

/** Processors of the control group's quota, rounded up; `otherwise` where there is none. */
int quota_count(int otherwise) {
  FILE* file = fopen("/sys/fs/cgroup/cpu.max", "r");
  if (file == nullptr) {
    return otherwise;
  }
  double quota = 0;
  double period = 0;
  // "max 100000" has no number in front and leaves nothing read.
  const int read = fscanf(file, "%lf %lf", &quota, &period);
  fclose(file);
  if (read != 2 || quota <= 0 || period <= 0 || quota >= period * otherwise) {
    return otherwise;
  }
  return static_cast<int>((quota + period - 1) / period);
}

}  // namespace

int available_processors(int most) {
  const int affinity = affinity_count();
  const int count = quota_count(affinity);
  return count < 1 ? 1 : count > most ? most : count;
}

}  // namespace radapter
