#include <stdio.h>

#include "tests/harness.h"

int main(int argc, char** argv) {
  using namespace radapter_simulator_test;
  if (argc < 3) {
    fprintf(stderr, "usage: %s <libcuda.so.1> <folder of PTX> [section ...]\n", argv[0]);
    return 2;
  }
  try {
    open_tests(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return run_sections({argv + 3, argv + argc}) ? 0 : 1;
}
