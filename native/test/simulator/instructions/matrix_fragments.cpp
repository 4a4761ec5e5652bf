// ldmatrix and stmatrix: 8x8 matrices of 16-bit elements. Matrix q takes its row addresses from lanes 8q to 8q+7. Lane
// l holds the elements of row l/4, columns 2(l%4) and 2(l%4)+1; transposed (mode 1), rows and columns change places.
#include <string.h>

#include "instructions/addressing.h"
#include "instructions/instructions.h"
#include "instructions/warp_wide.h"

namespace radapter_simulator {
namespace {

constexpr int kSide = 8;
constexpr uint32_t kRowBytes = kSide * sizeof(uint16_t);

uint32_t row_address(Warp& warp, const Instruction& instruction, int lane) {
  const uint32_t address = shared_address(lane_address(warp, instruction, lane));
  if (address % kRowBytes != 0) {
    fault(warp, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS, "%s row address shared+%#x is not a multiple of %u",
          instruction.statement->parts[0].c_str(), address, kRowBytes);
  }
  return address;
}

Status load_matrix(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!is_whole_warp(warp, instruction, mask)) {
    return Status::diverged;
  }
  for (size_t q = 0; q < instruction.slots.size(); ++q) {
    uint16_t matrix[kSide][kSide];
    WarpAccess access(kRowBytes);
    for (int r = 0; r < kSide; ++r) {
      const uint32_t address = row_address(warp, instruction, static_cast<int>(q) * kSide + r);
      access.add(address);
      memcpy(matrix[r], warp.shared(instruction, kWholeWarp, address, kRowBytes, Touch::read), kRowBytes);
    }
    access.count_shared(warp.block->counters);
    uint32_t* d = warp.lanes<uint32_t>(instruction.slots[q].offset);
    for (int lane = 0; lane < kLanes; ++lane) {
      const int r = lane / 4, c = lane % 4 * 2;
      const uint32_t first = instruction.mode == 0 ? matrix[r][c] : matrix[c][r];
      const uint32_t second = instruction.mode == 0 ? matrix[r][c + 1] : matrix[c + 1][r];
      d[lane] = first | second << 16;
    }
  }
  return Status::next;
}

Status store_matrix(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!is_whole_warp(warp, instruction, mask)) {
    return Status::diverged;
  }
  for (size_t q = 0; q < instruction.slots.size(); ++q) {
    const uint32_t* s = warp.lanes<uint32_t>(instruction.slots[q].offset);
    WarpAccess access(kRowBytes);
    for (int r = 0; r < kSide; ++r) {
      uint16_t row[kSide];
      for (int c = 0; c < kSide; ++c) {
        const int major = instruction.mode == 0 ? r : c, minor = instruction.mode == 0 ? c : r;
        row[c] = static_cast<uint16_t>(s[major * 4 + minor / 2] >> (minor % 2 * 16));
      }
      const int owner = static_cast<int>(q) * kSide + r;
      const uint32_t address = row_address(warp, instruction, owner);
      access.add(address);
      memcpy(warp.shared(instruction, owner, address, kRowBytes, Touch::write, row), row, kRowBytes);
    }
    access.count_shared(warp.block->counters);
  }
  return Status::next;
}

void decode_matrix(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const bool is_store = statement.parts[0] == "stmatrix";
  if (!statement.has("m8n8") || instruction.type != Type::b16) {
    decoder.error(statement, "only .m8n8 .b16 matrices are supported");
  }
  instruction.mode = statement.has("trans");
  decoder.fragments(statement.operands[is_store ? 1 : 0], Type::b32, instruction, !is_store);
  if (instruction.slots.size() != (statement.has("x4") ? 4u : statement.has("x2") ? 2u : 1u)) {
    decoder.error(statement, "register count does not fit .x1/.x2/.x4");
  }
  decoder.address(statement.operands[is_store ? 0 : 1], instruction, Space::shared);
  instruction.handler = is_store ? store_matrix : load_matrix;
}

}  // namespace

void register_matrix_fragments(DecodeTable& table) { table["ldmatrix"] = table["stmatrix"] = decode_matrix; }

}  // namespace radapter_simulator
