#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#include <atomic>

#include "allocation.h"

namespace radapter {
namespace {

// How long a thread looks for news before it sleeps: some ten microseconds, a few times what a wake-up costs.
constexpr int kSpins = 1000;
constexpr uint32_t kClosed = 0xffffffffu;
constexpr int64_t kMostTasks = 0xfffffffe;

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

// A job is claimed task by task through `ticket` = generation << 32 | next task. The ticket is closed before the other
// fields change, so a late worker that read a mixture of two jobs fails to claim from either.
class Pool {
 public:
  bool start(int threads);
  void stop();
  void run(int64_t tasks, TaskFunction function, void* argument);
  int threads() const { return threads_; }

 private:
  struct Worker {
    Pool* pool;
    pthread_t handle;
    int index;
  };

  static void* work(void* argument);
  void work_until_stopped(int thread);
  bool wait_for_job(uint32_t* seen);
  void run_tasks(int thread);
  void wait_until_finished();

  int threads_ = 1;
  int started_ = 0;
  Worker* workers_ = nullptr;
  uint32_t generation_ = 0;

  std::atomic<uint64_t> ticket_{kClosed};
  std::atomic<TaskFunction> function_{nullptr};
  std::atomic<void*> argument_{nullptr};
  std::atomic<uint32_t> tasks_{0};
  std::atomic<int64_t> unfinished_{0};

  std::atomic<uint32_t> published_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> caller_sleeps_{false};
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t published_or_stopping_ = PTHREAD_COND_INITIALIZER;
  pthread_cond_t finished_ = PTHREAD_COND_INITIALIZER;
};

bool Pool::start(int threads) {
  threads_ = threads;
  if (threads == 1) {
    return true;
  }
  workers_ = static_cast<Worker*>(calloc(threads - 1, sizeof(Worker)));
  if (workers_ == nullptr) {
    return false;
  }
  for (int i = 0; i < threads - 1; ++i) {
    workers_[i].pool = this;
    workers_[i].index = i + 1;
    if (pthread_create(&workers_[i].handle, nullptr, work, &workers_[i]) != 0) {
      return false;
    }
    ++started_;
  }
  return true;
}

void Pool::stop() {
  pthread_mutex_lock(&mutex_);
  stopping_.store(true);
  pthread_cond_broadcast(&published_or_stopping_);
  pthread_mutex_unlock(&mutex_);
  for (int i = 0; i < started_; ++i) {
    pthread_join(workers_[i].handle, nullptr);
  }
  free(workers_);
}

void* Pool::work(void* argument) {
  auto* worker = static_cast<Worker*>(argument);
  worker->pool->work_until_stopped(worker->index);
  return nullptr;
}

void Pool::work_until_stopped(int thread) {
  uint32_t seen = 0;
  while (wait_for_job(&seen)) {
    run_tasks(thread);
  }
}

bool Pool::wait_for_job(uint32_t* seen) {
  for (int spin = 0; spin < kSpins; ++spin) {
    const uint32_t published = published_.load(std::memory_order_acquire);
    if (published != *seen) {
      *seen = published;
      return true;
    }
    if (stopping_.load(std::memory_order_relaxed)) {
      return false;
    }
    relax();
  }
  pthread_mutex_lock(&mutex_);
  sleeping_.fetch_add(1);
  while (published_.load() == *seen && !stopping_.load()) {
    pthread_cond_wait(&published_or_stopping_, &mutex_);
  }
  sleeping_.fetch_sub(1);
  const bool go = !stopping_.load();
  *seen = published_.load();
  pthread_mutex_unlock(&mutex_);
  return go;
}

void Pool::run_tasks(int thread) {
  for (;;) {
    uint64_t ticket = ticket_.load(std::memory_order_acquire);
    const TaskFunction function = function_.load(std::memory_order_acquire);
    void* const argument = argument_.load(std::memory_order_acquire);
    const uint32_t tasks = tasks_.load(std::memory_order_acquire);
    const uint32_t next = static_cast<uint32_t>(ticket);
    if (next >= tasks) {
      return;
    }
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) {
      continue;
    }
    function(argument, next, thread);
    if (unfinished_.fetch_sub(1) == 1 && caller_sleeps_.load()) {
      pthread_mutex_lock(&mutex_);
      pthread_cond_signal(&finished_);
      pthread_mutex_unlock(&mutex_);
    }
  }
}

void Pool::run(int64_t tasks, TaskFunction function, void* argument) {
  const uint64_t generation = static_cast<uint64_t>(++generation_) << 32;
  ticket_.store(generation | kClosed);
  function_.store(function, std::memory_order_release);
  argument_.store(argument, std::memory_order_release);
  tasks_.store(static_cast<uint32_t>(tasks), std::memory_order_release);
  unfinished_.store(tasks);
  ticket_.store(generation);
  published_.store(generation_);
  if (sleeping_.load() > 0) {
    pthread_mutex_lock(&mutex_);
    for (int64_t i = 0; i < tasks - 1 && i < threads_ - 1; ++i) {
      pthread_cond_signal(&published_or_stopping_);
    }
    pthread_mutex_unlock(&mutex_);
  }
  run_tasks(0);
  wait_until_finished();
}

void Pool::wait_until_finished() {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (unfinished_.load(std::memory_order_acquire) == 0) {
      return;
    }
    relax();
  }
  pthread_mutex_lock(&mutex_);
  caller_sleeps_.store(true);
  while (unfinished_.load() != 0) {
    pthread_cond_wait(&finished_, &mutex_);
  }
  caller_sleeps_.store(false);
  pthread_mutex_unlock(&mutex_);
}

Pool* pool_create(int threads) {
  auto* pool = create<Pool>();
  if (pool != nullptr && !pool->start(threads)) {
    pool_destroy(pool);
    return nullptr;
  }
  return pool;
}

void pool_destroy(Pool* pool) {
  if (pool != nullptr) {
    pool->stop();
    destroy(pool);
  }
}

int pool_threads(const Pool* pool) { return pool->threads(); }

void parallel_for(Pool* pool, int64_t tasks, TaskFunction function, void* argument) {
  if (tasks <= 1 || pool->threads() == 1) {
    for (int64_t task = 0; task < tasks; ++task) {
      function(argument, task, 0);
    }
    return;
  }
  while (tasks > kMostTasks) {
    // Never in practice; keeps the counter within 32 bits.
    function(argument, --tasks, 0);
  }
  pool->run(tasks, function, argument);
}

}  // namespace radapter
