// The threads of a context. Tasks are handed out one at a time from a counter, the caller works too, and nobody waits
// for a thread that holds no task: one that the system has put to sleep delays at most the task it holds.
// A task must compute the same whichever thread runs it, so that the split never shows in a result.
#ifndef RADAPTER_CPU_POOL_H
#define RADAPTER_CPU_POOL_H

#include <stdint.h>

namespace radapter {

class Pool;

/** A task; `thread` is in [0, threads) and no two running tasks share it. */
using TaskFunction = void (*)(void* argument, int64_t task, int thread);

/** Starts threads-1 workers; NULL where the system refuses them. */
Pool* pool_create(int threads);

/** Ends the workers. NULL is ignored. */
void pool_destroy(Pool* pool);

int pool_threads(const Pool* pool);

/** Runs tasks 0 … tasks-1 and returns when all are done. Not to be called from within a task. */
void parallel_for(Pool* pool, int64_t tasks, TaskFunction function, void* argument);

/** parallel_for with a callable `body(task, thread)`. */
template <typename Body>
void parallel(Pool* pool, int64_t tasks, Body&& body) {
  auto* target = &body;
  parallel_for(
      pool, tasks,
      [](void* argument, int64_t task, int thread) { (*static_cast<decltype(target)>(argument))(task, thread); },
      const_cast<void*>(static_cast<const void*>(target)));
}

/**
 * Splits [0, count) into ranges of at least `grain` elements (the last may be shorter), a few for each thread, and runs
 * `body(begin, end, thread)` on each. Ranges begin at multiples of `grain`.
 */
template <typename Body>
void parallel_ranges(Pool* pool, int64_t count, int64_t grain, Body&& body) {
  const int64_t grains = (count + grain - 1) / grain;
  const int64_t wanted = static_cast<int64_t>(pool_threads(pool)) * 4;
  const int64_t step = grain * (grains <= wanted ? 1 : (grains + wanted - 1) / wanted);
  const int64_t tasks = (count + step - 1) / step;
  parallel(pool, tasks, [&](int64_t task, int thread) {
    const int64_t begin = task * step;
    body(begin, begin + step < count ? begin + step : count, thread);
  });
}

}  // namespace radapter

#endif
