// A kernel ready to run: instructions with their handlers and operand slots, and where everything lies.
#ifndef RADAPTER_SIMULATOR_INSTRUCTION_H
#define RADAPTER_SIMULATOR_INSTRUCTION_H

#include <stdint.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "machine/numbers.h"
#include "ptx/ptx.h"

namespace radapter_simulator {

/** One bit for each lane of a warp. */
using Mask = uint32_t;
constexpr Mask kFullMask = 0xffffffffu;
constexpr int kLanes = 32;

inline int first_lane(Mask mask) { return __builtin_ctz(mask); }

inline unsigned lane_count(Mask mask) { return static_cast<unsigned>(__builtin_popcount(mask)); }

/** The lanes of a mask, in order: `for (const int lane : lanes_of(mask))`. */
class LaneRange {
 public:
  class Iterator {
   public:
    explicit Iterator(Mask rest) : rest_(rest) {}
    int operator*() const { return __builtin_ctz(rest_); }
    void operator++() { rest_ &= rest_ - 1; }
    bool operator!=(const Iterator& other) const { return rest_ != other.rest_; }

   private:
    Mask rest_;
  };

  explicit LaneRange(Mask mask) : mask_(mask) {}
  Iterator begin() const { return Iterator(mask_); }
  Iterator end() const { return Iterator(0); }

 private:
  Mask mask_;
};

inline LaneRange lanes_of(Mask mask) { return LaneRange(mask); }

enum class Status : uint8_t {
  /** Go on with the next instruction. */
  next,
  /** The handler moved the program counters. */
  jumped,
  /** Cannot go on yet: try this instruction again when something has happened. */
  wait,
  /** Needs lanes of this warp that are elsewhere: let them come. */
  diverged,
  /** Done, but it polled in vain: let others run. */
  spin,
  /** The current group of lanes ended. */
  exited
};

struct Warp;
struct Instruction;
/** Executes one instruction for the lanes of `mask`, which is never empty. */
using Handler = Status (*)(Warp&, const Instruction&, Mask mask);

/**
 * Registers lie lane-major in their warp's file: 32 values of `size` bytes from `offset` on. A predicate is one Mask,
 * of size 0. Immediates and special registers are slots of the same file, so that every operand is an array.
 */
struct Slot {
  uint32_t offset = 0;
  uint8_t size = 0;
};

struct Instruction {
  Handler handler = nullptr;
  /** Slot of the guard predicate; 0 without one. */
  uint32_t guard = 0;
  bool guard_negated = false;
  /** May touch registers that an unfinished wgmma owns: wgmma itself, and mov. */
  bool may_touch_owned = false;
  /** Slots of the operands, named as in the PTX manual: destination d; sources a, b, c; e is what is left. */
  uint32_t d = 0, a = 0, b = 0, c = 0, e = 0;
  /** Register widths, where they may differ from the type's. */
  uint8_t d_size = 0, a_size = 0;
  Type type = Type::none;
  Type source_type = Type::none;
  Space space = Space::generic;
  /** 2 for .v2; the k of an mma; the dimensions of a tensor copy. */
  uint8_t vector_length = 1;
  Rounding rounding = Rounding::none;
  bool ftz = false;
  bool sat = false;
  /** The predicate operand is `!p`. */
  bool negate_predicate = false;
  bool has_b = false;
  bool has_c = false;
  /** volatile, relaxed, acquire, release: not a data access for the race check. */
  bool strong = false;
  /** Which of a handler's operations and forms is meant; the handler's file says how. */
  uint16_t mode = 0;
  uint16_t variant = 0;
  int64_t immediate = 0;
  int target = -1;
  /** Fragments, vector elements, coordinates. */
  std::vector<Slot> slots;
  /** Every register slot, for the check of what an unfinished wgmma owns. */
  std::vector<uint32_t> touched;
  const Statement* statement = nullptr;
  /** What the handler needs besides; Program::tables keeps it alive. */
  const void* table = nullptr;
};

struct Constant {
  uint32_t offset;
  uint8_t size;
  uint64_t value;
};

struct SpecialRegister {
  uint32_t offset;
  uint8_t size;
  std::string name;
};

struct Parameter {
  uint32_t offset;
  uint32_t size;
};

/** One kernel and every function it calls. */
struct Program {
  const Module* module = nullptr;
  const Function* entry = nullptr;
  std::vector<Instruction> code;
  std::vector<Constant> constants;
  std::vector<SpecialRegister> specials;
  std::vector<Parameter> params;
  uint32_t register_bytes = 0;
  uint32_t local_bytes = 0;
  uint32_t parameter_bytes = 0;
  /** Static shared memory begins at shared_base; dynamic shared memory at dynamic_offset. */
  uint32_t shared_static = 0;
  uint32_t shared_base = 0;
  uint32_t dynamic_offset = 0;
  std::unordered_map<std::string, uint32_t> shared_places;
  /** The kernel orders blocks through global memory: atomics, fences, acquire and release. */
  bool global_sync = false;
  std::vector<std::shared_ptr<const void>> tables;
};

/** The name of a module's variable → its device address. */
using GlobalAddresses = std::unordered_map<std::string, uint64_t>;

}  // namespace radapter_simulator

#endif
