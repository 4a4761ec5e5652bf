// Memory that is refused on demand, in a program that links refusing_allocator or is started with it preloaded.
#ifndef RADAPTER_TEST_REFUSING_ALLOCATOR_H
#define RADAPTER_TEST_REFUSING_ALLOCATOR_H

#include <stdint.h>

extern "C" {

/** How many more aligned blocks, in which all numbers lie, the whole process is given. */
extern int64_t refusing_allocator_aligned_left;

/** How many more blocks of any kind the calling thread is given. */
void refusing_allocator_grant(int64_t blocks);

/** Blocks that were given to the process and not yet freed. */
int64_t refusing_allocator_live(void);
}

#endif
