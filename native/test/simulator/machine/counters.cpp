#include "machine/counters.h"

#include <algorithm>

namespace radapter_simulator {
namespace {

constexpr uint64_t kSectorBytes = 32;
constexpr uint32_t kBanks = 32, kBankBytes = 4;
// In one pass the banks serve 128 bytes: 32 lanes of 4 bytes, 16 of 8, 8 of 16.
constexpr uint32_t kPassBytes = kBanks * kBankBytes;

uint64_t sectors_of_range(uint64_t address, uint64_t bytes) {
  return bytes == 0 ? 0 : (address + bytes - 1) / kSectorBytes - address / kSectorBytes + 1;
}

// Passes for the words that some lanes want at once: as many as the busiest bank has different words to give.
uint64_t passes(uint64_t* words, uint32_t count) {
  const auto [lowest, highest] = std::minmax_element(words, words + count);
  if (*highest - *lowest < kBanks) {
    return 1;
  }
  std::sort(words, words + count);
  uint32_t of_bank[kBanks] = {};
  for (uint32_t k = 0; k < count; ++k) {
    of_bank[words[k] % kBanks] += k == 0 || words[k] != words[k - 1];
  }
  return *std::max_element(of_bank, of_bank + kBanks);
}

}  // namespace

uint64_t WarpAccess::sectors() const {
  uint64_t first[32], total = 0;
  bool ascending = true;
  for (uint32_t k = 0; k < count_; ++k) {
    first[k] = addresses_[k];
    ascending &= k == 0 || first[k] >= first[k - 1];
  }
  if (!ascending) {
    std::sort(first, first + count_);
  }
  uint64_t next = 0;
  for (uint32_t k = 0; k < count_; ++k) {
    const uint64_t from = std::max(first[k] / kSectorBytes, next), last = (first[k] + bytes_ - 1) / kSectorBytes;
    if (last >= from) {
      total += last - from + 1;
      next = last + 1;
    }
  }
  return total;
}

void WarpAccess::count_load(Counters& counters) const {
  counters.global_load_bytes += requested();
  counters.global_load_sectors += sectors();
}

void WarpAccess::count_store(Counters& counters) const {
  counters.global_store_bytes += requested();
  counters.global_store_sectors += sectors();
}

void WarpAccess::count_shared(Counters& counters) const {
  const uint32_t words_each = std::max(1u, bytes_ / kBankBytes), lanes_at_once = kPassBytes / (words_each * kBankBytes);
  for (uint32_t begin = 0; begin < count_; begin += lanes_at_once) {
    const uint32_t lanes = std::min(lanes_at_once, count_ - begin);
    uint64_t words[kBanks];
    for (uint32_t k = 0; k < lanes; ++k) {
      for (uint32_t word = 0; word < words_each; ++word) {
        words[k * words_each + word] = addresses_[begin + k] / kBankBytes + word;
      }
    }
    const uint64_t needed = passes(words, lanes * words_each);
    counters.shared_wavefronts += needed;
    counters.shared_bank_conflicts += needed - 1;
  }
}

void count_range_load(Counters& counters, uint64_t address, uint64_t bytes) {
  counters.global_load_bytes += bytes;
  counters.global_load_sectors += sectors_of_range(address, bytes);
}

void count_range_store(Counters& counters, uint64_t address, uint64_t bytes) {
  counters.global_store_bytes += bytes;
  counters.global_store_sectors += sectors_of_range(address, bytes);
}

void add_counters(Counters& sum, const Counters& more) {
  sum.instructions += more.instructions;
  sum.thread_instructions += more.thread_instructions;
  sum.global_load_bytes += more.global_load_bytes;
  sum.global_load_sectors += more.global_load_sectors;
  sum.global_store_bytes += more.global_store_bytes;
  sum.global_store_sectors += more.global_store_sectors;
  sum.global_atomics += more.global_atomics;
  sum.shared_wavefronts += more.shared_wavefronts;
  sum.shared_bank_conflicts += more.shared_bank_conflicts;
}

}  // namespace radapter_simulator
