/** What the simulated libcuda.so.1 offers beside the driver API. Find the functions by dlsym. */
#ifndef PTXSIM_H
#define PTXSIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a kernel launch did. Bytes are those that lanes asked for. A sector is 32 bytes of global memory: an access of
 * a warp moves each sector once that one of its lanes touches, so 32 neighbouring floats are 4 sectors and 32 floats
 * 128 bytes apart are 32. A wavefront is one pass through shared memory's 32 banks of 4 bytes: an access of 4 bytes or
 * less a lane needs one, one of 8 bytes two, one of 16 bytes four (half warps and quarter warps), a matrix of ldmatrix
 * one; what it takes beyond that, because lanes want different words of one bank, are bank conflicts. */
struct ptxsim_counters {
  /** Instructions issued by warps; and by threads. */
  uint64_t instructions;
  uint64_t thread_instructions;
  /** ld, cp.async, bulk and tensor copies from global memory. */
  uint64_t global_load_bytes;
  uint64_t global_load_sectors;
  /** st, bulk and tensor copies to global memory. */
  uint64_t global_store_bytes;
  uint64_t global_store_sectors;
  /** Lanes' atom and red on global memory. */
  uint64_t global_atomics;
  /** ld, st, atom, red, ldmatrix and stmatrix on shared memory; asynchronous copies are not counted here. */
  uint64_t shared_wavefronts;
  uint64_t shared_bank_conflicts;
};

/** The launch that ran last. */
struct ptxsim_launch {
  char kernel[256];
  uint32_t grid[3];
  uint32_t block[3];
  uint64_t blocks;
  /** Bytes of dynamic shared memory of a block. */
  uint64_t dynamic_shared;
  /** Instructions issued by the block that issued most. */
  uint64_t most_instructions;
  /** The sums over all blocks. */
  struct ptxsim_counters total;
};

/** The text of the last error: what broke, at which PTX and source line, in which thread. */
const char* ptxsimLastReport(void);

/** Returns 0 and fills `launch`; 1 if nothing was launched. Launches that nobody waited for have not run. */
int ptxsimCounters(struct ptxsim_launch* launch);

/** Returns 0 and fills `counters` for one block of that launch, x first; 1 if there is no such block. */
int ptxsimBlockCounters(uint64_t block, struct ptxsim_counters* counters);

#ifdef __cplusplus
}
#endif

#endif
