// Blocks of one launch must not depend on their order.
#include <string.h>

#include "machine/machine.h"

namespace radapter_simulator {
namespace {

constexpr uint32_t kPageShift = 12;
constexpr uint32_t kPairsPerPage = (1u << kPageShift) / 2;

}  // namespace

void Cluster::note_global(Warp& warp, const Instruction& instruction, int lane, uint64_t address, uint32_t bytes,
                          const void* data, const void* now) {
  const uint64_t page = address >> kPageShift;
  if (page != writer_page) {
    auto row = writers->find(page);
    if (row == writers->end()) {
      if (data == nullptr) {
        return;
      }
      row = writers->emplace(page, std::vector<uint32_t>(kPairsPerPage, 0)).first;
    }
    writer_page = page;
    writer_row = row->second.data();
  }
  // An access is aligned to its size, so it stays in its page.
  for (uint32_t k = 0; k < bytes; k += 2) {
    uint32_t& writer = writer_row[(address + k) >> 1 & (kPairsPerPage - 1)];
    const bool harmless = data != nullptr && memcmp(static_cast<const char*>(data) + k,
                                                    static_cast<const char*>(now) + k, bytes < 2 ? 1 : 2) == 0;
    if (writer != 0 && writer != number + 1 && !harmless) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
            "race between blocks: %#llx is %s here, but cluster or block %u wrote it in the same launch (%s)",
            static_cast<unsigned long long>(address + k), data != nullptr ? "overwritten with another value" : "read",
            writer - 1, DeviceMemory::get().describe(address + k).c_str());
    }
    if (data != nullptr) {
      writer = number + 1;
    }
  }
}

}  // namespace radapter_simulator
