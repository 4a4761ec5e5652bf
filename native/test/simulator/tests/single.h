// One instruction, or a few, run for some threads: PTX text around them, inputs and results of up to 64 bits.
#ifndef RADAPTER_SIMULATOR_TESTS_SINGLE_H
#define RADAPTER_SIMULATOR_TESTS_SINGLE_H

#include <stdint.h>

#include <string>
#include <vector>

namespace radapter_simulator_test {

/** Bytes of %d, %a, %b, %c: 2, 4 or 8. */
struct Widths {
  int d = 4, a = 4, b = 4, c = 4;
};

using Words = std::vector<uint64_t>;

/**
 * Runs `body` for as many threads as `a` has elements, or for `threads`. There %a, %b and %c are the thread's inputs
 * and %d its result; %t0 is its number, %t1 to %t7, %x5 to %x7 (64 bits), %p0 to %p3 are free; %x0 to %x3 are the
 * addresses of its inputs and its result; `sh` is 4096 bytes of shared memory. Throws the report of a failure.
 */
Words run_single(const std::string& body, const Widths& widths, const Words& a, const Words& b, const Words& c,
                 unsigned threads = 0);
Words run_single(const std::string& body, const Widths& widths, const Words& a);

}  // namespace radapter_simulator_test

#endif
