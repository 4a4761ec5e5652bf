// What lands later: cp.async, bulk copies and tensor copies, and the mbarriers that tell of them. Late, the default,
// means at the wait that relies on them and not before.
#ifndef RADAPTER_SIMULATOR_ASYNCHRONOUS_H
#define RADAPTER_SIMULATOR_ASYNCHRONOUS_H

#include "instructions/addressing.h"
#include "machine/decoder.h"

namespace radapter_simulator {

// ---- cp.async ----

/** Lands the copies of the lanes of `mask`; with `keep`, all but each lane's last `keep` groups. */
void land_async_copies(Warp& warp, Mask mask);
void land_async_copies(Warp& warp, Mask mask, uint32_t keep);

// ---- bulk and tensor copies ----

/** Puts a copy into flight, or lands it at once. */
void issue_bulk(Warp& warp, BulkCopy copy);
/** The data of a copy arrives. */
void land_bulk(BulkCopy& copy);
/** A store takes its data out of shared memory, unless it has. */
void read_bulk_source(BulkCopy& copy);
/** The last warp of a block has ended: its stores land; a load into it that nobody waited for is a fault. */
void finish_block_copies(Cluster& cluster, Block& block);
void decode_bulk_copy(Decoder& decoder, const Statement& statement, Instruction& instruction);
void decode_tensor_copy(Decoder& decoder, const Statement& statement, Instruction& instruction);

// ---- mbarriers ----

/** A live mbarrier that is initialised for this lane to see; a fault otherwise. */
MBarrier& mbarrier_at(Warp& warp, const Instruction& instruction, int lane, Block& block, uint32_t offset);
/** The same, for a bulk or tensor copy to complete on: its init must be fenced for the asynchronous proxy. */
MBarrier& mbarrier_for_copy(Warp& warp, const Instruction& instruction, int lane, Block& block, uint32_t offset);
/** cp.async.mbarrier.arrive. */
void decode_copy_arrival(Decoder& decoder, const Statement& statement, Instruction& instruction);
/** A load has landed: counts its bytes on its mbarrier. */
void complete_transaction(Cluster& cluster, const BulkCopy& copy);

// ---- address operands beyond the first, kept in Instruction::slots: the register, then the constant offset ----

/** Appends [base + offset]. */
void push_address(Decoder& decoder, const Operand& operand, Instruction& instruction, Space space);

inline uint64_t pushed_address(const Warp& warp, const Instruction& instruction, size_t index, int lane) {
  const auto offset = static_cast<int32_t>(instruction.slots[index + 1].offset);
  return address_in(warp, instruction.slots[index], lane) + static_cast<uint64_t>(int64_t{offset});
}

}  // namespace radapter_simulator

#endif
