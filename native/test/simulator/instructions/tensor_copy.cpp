// cp.async.bulk.tensor (TMA), in tile mode.
#include <string.h>

#include <algorithm>

#include "instructions/asynchronous.h"
#include "instructions/tensor_map.h"

namespace radapter_simulator {
namespace {

constexpr uint32_t kUnit = 16;
constexpr uint32_t kSharedAlignment = 128;
constexpr uint64_t kMapAlignment = 64;

/** One row of a box. */
struct BoxRow {
  /** Bytes from the start of the box, before swizzling, and bytes of the whole row. */
  uint32_t offset, bytes;
  /** The part that lies in the tensor: bytes of the row, and the global address of `first`. */
  uint32_t first, last;
  uint64_t global;
};

// Calls use(BoxRow) for each row of the copy's box.
template <class Use>
void for_each_row(const BulkCopy& copy, Use use) {
  const TensorMap& map = *copy.map;
  uint32_t rows = 1;
  for (int d = 1; d < map.rank; ++d) {
    rows *= map.box[d];
  }
  // The part of dimension 0 that lies in the tensor.
  const int64_t first = std::max<int64_t>(0, -copy.coordinates[0]);
  const int64_t last =
      std::min<int64_t>(map.box[0], static_cast<int64_t>(map.dimensions_minus_1[0]) + 1 - copy.coordinates[0]);
  for (uint32_t index = 0; index < rows; ++index) {
    bool inside = first < last;
    uint64_t global = map.base;
    uint32_t rest = index;
    for (int d = 1; d < map.rank; ++d) {
      const int64_t at = copy.coordinates[d] + rest % map.box[d];
      rest /= map.box[d];
      inside &= at >= 0 && at <= static_cast<int64_t>(map.dimensions_minus_1[d]);
      global += static_cast<uint64_t>(at) * map.strides[d - 1];
    }
    BoxRow row;
    row.bytes = static_cast<uint32_t>(map.box[0]) * map.element_bytes;
    row.offset = index * row.bytes;
    row.first = inside ? static_cast<uint32_t>(first * map.element_bytes) : 0;
    row.last = inside ? static_cast<uint32_t>(last * map.element_bytes) : 0;
    row.global = global + static_cast<uint64_t>(copy.coordinates[0] + first) * map.element_bytes;
    use(row);
  }
}

}  // namespace

void land_tensor_load(BulkCopy& copy) {
  const int span = swizzle_span(*copy.map);
  std::vector<uint8_t> data;
  for_each_row(copy, [&](const BoxRow& row) {
    data.assign(row.bytes, 0);
    if (row.last > row.first) {
      if (!copy.is_repeat) {
        count_range_load(copy.block->counters, row.global, row.last - row.first);
      }
      memcpy(&data[row.first], bulk_memory(copy, row.global, row.last - row.first), row.last - row.first);
    }
    for (uint32_t at = 0; at < row.bytes; at += kUnit) {
      copy.barrier_block->land(swizzle(copy.shared + row.offset + at, span), &data[at], kUnit, copy.by, false);
    }
  });
}

void land_tensor_store(BulkCopy& copy) {
  for_each_row(copy, [&](const BoxRow& row) {
    if (row.last > row.first) {
      count_range_store(copy.block->counters, row.global, row.last - row.first);
      memcpy(bulk_memory(copy, row.global, row.last - row.first), &copy.data[row.offset + row.first],
             row.last - row.first);
    }
  });
}

namespace {

const TensorMap* map_at(Warp& warp, const Instruction& instruction, int lane, uint64_t address) {
  if (address % kMapAlignment != 0) {
    fault(warp, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS,
          "the tensor map lies at %#llx, which is not a multiple of 64", static_cast<unsigned long long>(address));
  }
  const char* map = warp.any(instruction, lane, address, kMapAlignment, Touch::read);
  warp.any(instruction, lane, address + kMapAlignment, kMapAlignment, Touch::read);
  const auto* found = reinterpret_cast<const TensorMap*>(map);
  if (found->magic != kTensorMagic) {
    fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
          "the tensor map was not made by cuTensorMapEncodeTiled (or was copied in part)");
  }
  return found;
}

// Instruction::slots: the addresses of shared memory, mbarrier and map, then the coordinates.
constexpr size_t kShared = 0, kBarrier = 2, kMap = 4, kCoordinates = 6;

// The same offsets in every block that the mask, operand c, names.
void multicast(Warp& warp, const Instruction& instruction, int lane, const BulkCopy& copy) {
  const uint32_t ranks = warp.lanes<uint16_t>(instruction.c)[lane];
  bool is_repeat = false;
  for (size_t rank = 0; rank < warp.cluster->blocks.size(); ++rank) {
    if ((ranks >> rank & 1) == 0) {
      continue;
    }
    Block& block = *warp.cluster->blocks[rank];
    if (block.mbarriers.count(copy.barrier) == 0) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS, "multicast: block %zu has no mbarrier at shared+%u",
            rank, copy.barrier - block.shared_begin);
    }
    mbarrier_for_copy(warp, instruction, lane, block, copy.barrier);
    BulkCopy each = copy;
    each.barrier_block = &block;
    each.is_repeat = is_repeat;
    is_repeat = true;
    block.begin_flight(warp, instruction, lane, copy.shared, copy.bytes, true);
    issue_bulk(warp, each);
  }
}

// vector_length: the dimensions. mode: BulkCopy::Kind. has_c: multicast.
Status copy_tensor(Warp& warp, const Instruction& instruction, Mask mask) {
  const int dimensions = instruction.vector_length;
  for (const int lane : lanes_of(mask)) {
    BulkCopy copy;
    copy.kind = static_cast<BulkCopy::Kind>(instruction.mode);
    copy.instruction = &instruction;
    copy.block = warp.block;
    copy.warp = warp.index;
    copy.lane = lane;
    copy.group = warp.bulk_group[lane];
    copy.map = map_at(warp, instruction, lane, pushed_address(warp, instruction, kMap, lane));
    if (copy.map->rank != dimensions) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
            "the instruction copies %d dimensions, the tensor map has %u", dimensions, copy.map->rank);
    }
    copy.bytes = copy.map->element_bytes;
    for (int d = 0; d < dimensions; ++d) {
      copy.bytes *= copy.map->box[d];
      copy.coordinates[d] = warp.lanes<int32_t>(instruction.slots[kCoordinates + d].offset)[lane];
    }
    const uint32_t shared = shared_address(pushed_address(warp, instruction, kShared, lane));
    Block& block = warp.shared_block(instruction, lane, shared, &copy.shared);
    if (copy.shared % kSharedAlignment != 0) {
      fault(warp, instruction, lane, CUDA_ERROR_MISALIGNED_ADDRESS,
            "the shared-memory side of a tensor copy lies at %#x, which is not a multiple of %u", copy.shared,
            kSharedAlignment);
    }
    if (copy.is_store()) {
      issue_bulk(warp, copy);
      continue;
    }
    const uint32_t barrier = shared_address(pushed_address(warp, instruction, kBarrier, lane));
    Block& barrier_block = warp.shared_block(instruction, lane, barrier, &copy.barrier);
    if (instruction.has_c) {
      multicast(warp, instruction, lane, copy);
      continue;
    }
    if (&block != &barrier_block) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_ADDRESS, "destination and mbarrier lie in different blocks");
    }
    mbarrier_for_copy(warp, instruction, lane, block, copy.barrier);
    copy.barrier_block = &block;
    block.begin_flight(warp, instruction, lane, copy.shared, copy.bytes, true);
    issue_bulk(warp, copy);
  }
  return Status::next;
}

}  // namespace

void decode_tensor_copy(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  if (statement.has("im2col") || statement.has("im2col::w") || statement.has("tile::gather4")) {
    decoder.error(statement, "only tile mode is supported");
  }
  const bool is_store = statement.has("bulk_group");
  instruction.mode = is_store ? BulkCopy::tensor_store : BulkCopy::tensor_load;
  for (const std::string& part : statement.parts) {
    if (part.size() == 2 && part[1] == 'd') {
      instruction.vector_length = static_cast<uint8_t>(part[0] - '0');
    }
  }
  const Operand& tensor = statement.operands[is_store ? 0 : 1];
  const Operand& shared = statement.operands[is_store ? 1 : 0];
  if (tensor.elements.size() != 2) {
    decoder.error(statement, "a tensor copy needs [map, {coordinates}]");
  }
  push_address(decoder, shared, instruction, Space::shared);
  if (is_store) {
    instruction.slots.resize(kMap);
  } else {
    push_address(decoder, statement.operands[2], instruction, Space::shared);
  }
  Operand map = tensor;
  map.elements.resize(1);
  push_address(decoder, map, instruction, Space::generic);
  decoder.fragments(tensor.elements[1], Type::s32, instruction);
  if (instruction.slots.size() != kCoordinates + instruction.vector_length) {
    decoder.error(statement, "wrong number of coordinates");
  }
  if (statement.has("multicast::cluster")) {
    instruction.c = decoder.value(statement.operands[3], Type::u16);
    instruction.has_c = true;
  }
  instruction.handler = copy_tensor;
}

}  // namespace radapter_simulator
