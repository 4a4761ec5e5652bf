#include "machine/options.h"

#include <stdlib.h>
#include <string.h>

namespace radapter_simulator {
namespace {

bool is_set_to(const char* variable, const char* value) {
  const char* text = getenv(variable);
  return text != nullptr && strcmp(text, value) == 0;
}

}  // namespace

Options Options::from_environment() {
  Options options;
  if (is_set_to("PTXSIM_SCHEDULE", "greedy")) {
    options.schedule = Schedule::greedy;
  } else if (is_set_to("PTXSIM_SCHEDULE", "reverse")) {
    options.schedule = Schedule::reverse;
  } else if (is_set_to("PTXSIM_SCHEDULE", "random")) {
    options.schedule = Schedule::random;
  }
  if (is_set_to("PTXSIM_ASYNC", "early")) {
    options.timing = Timing::early;
  } else if (is_set_to("PTXSIM_ASYNC", "random")) {
    options.timing = Timing::random;
  }
  const bool fast = is_set_to("PTXSIM_CHECK", "fast");
  options.uninitialised = !fast;
  options.race = !fast && !is_set_to("PTXSIM_CHECK", "norace");
  options.hardware_shared = is_set_to("PTXSIM_SHARED", "hardware");
  if (const char* seed = getenv("PTXSIM_SEED")) {
    options.seed = strtoull(seed, nullptr, 0);
  }
  if (const char* most = getenv("PTXSIM_MAX_INSTRUCTIONS")) {
    options.max_instructions = strtoull(most, nullptr, 0);
  }
  return options;
}

int device_capability() {
  const char* text = getenv("PTXSIM_DEVICE");
  return text != nullptr ? atoi(text) : 90;
}

bool is_verbose() { return getenv("PTXSIM_VERBOSE") != nullptr; }

}  // namespace radapter_simulator
