// From statements to instructions: operand slots, constants, addresses. Each file of instructions/ registers the
// decoders of its opcodes.
#ifndef RADAPTER_SIMULATOR_DECODER_H
#define RADAPTER_SIMULATOR_DECODER_H

#include <map>
#include <stdexcept>

#include "machine/machine.h"

namespace radapter_simulator {

struct DecodeError : std::runtime_error {
  using runtime_error::runtime_error;
};

/** The kernel `entry` and what it calls, ready to run. Throws DecodeError that names what is not supported. */
std::unique_ptr<Program> decode(const Module& module, const Function& entry, const GlobalAddresses& globals);

class Decoder {
 public:
  Decoder(const Module& module, const Function& entry, const GlobalAddresses& globals);
  std::unique_ptr<Program> run();

  // For the decoders of opcodes. `type` gives the width that an immediate takes.

  /** Slot of a register, special register, immediate or symbol; its width must be the type's. */
  uint32_t value(const Operand& operand, Type type);
  /** The same with the register's own width. */
  Slot slot(const Operand& operand, Type type);
  /** Slot of a predicate, immediates too. */
  uint32_t predicate(const Operand& operand);
  /** Slot of a register to write, or the sink. */
  uint32_t destination(const Operand& operand, Type type);
  Slot destination_slot(const Operand& operand, Type type);
  /** [base+offset] → a, a_size, immediate. */
  void address(const Operand& memory, Instruction& instruction, Space space);
  /** Appends a vector's registers, or one register, to `slots`. */
  void fragments(const Operand& vector, Type type, Instruction& instruction, bool is_destination = false);
  uint32_t constant(uint8_t size, uint64_t bits);

  [[noreturn]] void error(const Statement& statement, const std::string& message) const;

  /** Where a .local or .param variable of the current function lies in a thread's local memory. */
  bool local_place(const std::string& name, uint32_t* offset) const;
  /** Where a parameter or result of `function` lies there. */
  uint32_t formal_place(const Statement& statement, const Function& function, const std::string& name) const;
  const Function& callee(const Statement& statement, const std::string& name) const;
  int first_instruction(const Function& function) const { return starts_.at(&function); }
  uint32_t return_slot(const Function& function) const { return returns_.at(&function); }
  const Function& current() const { return *function_; }
  int code_base() const { return starts_.at(function_); }

  /** Keeps `table` as long as the program lives, for Instruction::table. */
  template <class T>
  const T* keep(T table) {
    auto kept = std::make_shared<const T>(std::move(table));
    const T* address = kept.get();
    program_->tables.push_back(std::move(kept));
    return address;
  }

 private:
  void collect(const Function& function, std::vector<const Function*>& path);
  void layout_shared();
  void layout_parameters();
  void layout_registers();
  void decode_statement(const Statement& statement);
  bool symbol(const Operand& operand, uint64_t* value) const;
  uint32_t allocate_slot(uint8_t size);
  uint32_t special(const Operand& operand, uint8_t size);

  const Module& module_;
  const Function& entry_;
  const GlobalAddresses& globals_;
  std::unique_ptr<Program> program_ = std::make_unique<Program>();
  const Function* function_ = nullptr;
  const Statement* statement_ = nullptr;
  Instruction* instruction_ = nullptr;
  /** The entry and every function it calls. */
  std::vector<const Function*> reachable_;
  std::unordered_map<const Function*, int> starts_;
  std::unordered_map<const Function*, uint32_t> returns_;
  std::unordered_map<const Function*, std::vector<uint32_t>> register_offsets_;
  std::unordered_map<const Function*, std::unordered_map<std::string, uint32_t>> local_places_;
  std::unordered_map<std::string, uint32_t> parameter_offsets_;
  std::map<std::pair<uint8_t, uint64_t>, uint32_t> constants_;
  std::map<std::pair<uint8_t, std::string>, uint32_t> specials_;
};

using DecodeFunction = void (*)(Decoder&, const Statement&, Instruction&);
/** The first part of an opcode → its decoder. */
using DecodeTable = std::unordered_map<std::string, DecodeFunction>;

/** The statement's last type suffix. */
Type last_type(const Statement& statement);
Rounding rounding_of(const Statement& statement);
Space space_of(const Statement& statement);

/** A slot 0 write goes nowhere. The carry flags of add.cc and its kin follow it. */
constexpr uint32_t kCarrySlot = 512;

}  // namespace radapter_simulator

#endif
