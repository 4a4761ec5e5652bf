#include "driver/timeline.h"

#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace radapter_simulator {
namespace {

enum class Mode { late, early, random };

Mode mode() {
  const char* text = getenv("PTXSIM_STREAMS");
  if (text != nullptr && strcmp(text, "early") == 0) {
    return Mode::early;
  }
  return text != nullptr && strcmp(text, "random") == 0 ? Mode::random : Mode::late;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The operations that are not done among these and all that come before them.
std::vector<OperationPointer> unfinished(const std::vector<OperationPointer>& operations) {
  std::vector<OperationPointer> found;
  std::unordered_set<const Operation*> seen;
  std::vector<OperationPointer> left = operations;
  while (!left.empty()) {
    OperationPointer operation = std::move(left.back());
    left.pop_back();
    if (operation == nullptr || operation->done || !seen.insert(operation.get()).second) {
      continue;
    }
    left.insert(left.end(), operation->after.begin(), operation->after.end());
    found.push_back(std::move(operation));
  }
  return found;
}

bool can_run(const Operation& operation) {
  return std::all_of(operation.after.begin(), operation.after.end(),
                     [](const OperationPointer& before) { return before->done; });
}

}  // namespace

Timeline& Timeline::get() {
  static Timeline* timeline = new Timeline;
  return *timeline;
}

OperationPointer Timeline::add(Work work, std::vector<OperationPointer> after) {
  auto operation = std::make_shared<Operation>();
  operation->number = next_number_++;
  operation->work = std::move(work);
  for (OperationPointer& before : after) {
    if (before != nullptr && !before->done) {
      operation->after.push_back(std::move(before));
    }
  }
  const HostRange& written = operation->work.writes;
  const auto touches = [&](const auto& entry) {
    return entry.second->work.reads.overlaps(written) || entry.second->work.writes.overlaps(written);
  };
  if (written.begin != written.end && std::none_of(pending_.begin(), pending_.end(), touches)) {
    memset(written.begin, 0xff, static_cast<size_t>(written.end - written.begin));
  }
  pending_[operation->number] = operation;
  if (mode() == Mode::early) {
    finish(operation);
  } else if (mode() == Mode::random && random_() % 2 == 0) {
    auto chosen = pending_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % pending_.size()));
    const OperationPointer some = chosen->second;
    advance(some);
  }
  return operation;
}

void Timeline::run(const OperationPointer& operation) {
  const CUresult result = operation->work.run != nullptr ? operation->work.run() : CUDA_SUCCESS;
  operation->seconds = now();
  operation->done = true;
  operation->work = Work();
  operation->after.clear();
  pending_.erase(operation->number);
  if (result != CUDA_SUCCESS) {
    error_ = result;
    abandon();
  }
}

void Timeline::abandon() {
  for (auto& [number, operation] : pending_) {
    operation->done = true;
    operation->seconds = now();
    operation->work = Work();
    operation->after.clear();
  }
  pending_.clear();
}

CUresult Timeline::finish(const OperationPointer& operation) {
  return finish(std::vector<OperationPointer>{operation});
}

CUresult Timeline::finish(const std::vector<OperationPointer>& operations) {
  const std::vector<OperationPointer> left = unfinished(operations);
  std::unordered_map<const Operation*, size_t> missing;
  std::unordered_map<const Operation*, std::vector<OperationPointer>> followers;
  std::map<uint64_t, OperationPointer> ready;
  for (const OperationPointer& operation : left) {
    for (const OperationPointer& before : operation->after) {
      if (!before->done) {
        ++missing[operation.get()];
        followers[before.get()].push_back(operation);
      }
    }
    if (missing[operation.get()] == 0) {
      ready[operation->number] = operation;
    }
  }
  while (!ready.empty()) {
    auto chosen = std::prev(ready.end());
    if (mode() == Mode::random) {
      chosen = ready.begin();
      std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % ready.size()));
    }
    const OperationPointer operation = chosen->second;
    ready.erase(chosen);
    if (!operation->done) {
      run(operation);
    }
    for (const OperationPointer& follower : followers[operation.get()]) {
      if (--missing[follower.get()] == 0) {
        ready[follower->number] = follower;
      }
    }
  }
  return take_error();
}

CUresult Timeline::finish_all() {
  std::vector<OperationPointer> all;
  for (const auto& [number, operation] : pending_) {
    all.push_back(operation);
  }
  return finish(all);
}

void Timeline::advance(const OperationPointer& operation) {
  for (const OperationPointer& candidate : unfinished({operation})) {
    if (can_run(*candidate)) {
      run(candidate);
      return;
    }
  }
}

CUresult Timeline::take_error() { return std::exchange(error_, CUDA_SUCCESS); }

}  // namespace radapter_simulator
