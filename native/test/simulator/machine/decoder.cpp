#include "machine/decoder.h"

#include <string.h>

#include <algorithm>
#include <functional>

#include "instructions/instructions.h"

namespace radapter_simulator {
namespace {

constexpr uint32_t kSlotAlignment = 64;

// The system keeps the first KiB of a block's shared memory on sm_80 and later.
uint32_t first_shared_offset(int capability) { return capability >= 80 ? 1024 : 16; }

uint32_t round_up(uint32_t value, uint32_t step) { return (value + step - 1) / step * step; }

const DecodeTable& table() {
  static const DecodeTable decoders = [] {
    DecodeTable all;
    register_arithmetic(all);
    register_conversions(all);
    register_moves(all);
    register_branches(all);
    register_calls(all);
    register_barriers(all);
    register_load_store(all);
    register_atomics(all);
    register_shuffles(all);
    register_matrix_fragments(all);
    register_mma(all);
    register_mbarriers(all);
    register_copies(all);
    register_wgmma(all);
    return all;
  }();
  return decoders;
}

// Does the statement order blocks of a grid through global memory?
bool orders_blocks(const Statement& statement, Space space) {
  const std::string& name = statement.parts[0];
  if (name == "membar" || name == "fence") {
    return statement.has("gl") || statement.has("sys") || statement.has("gpu");
  }
  if (space == Space::shared) {
    return false;
  }
  if (name == "ld" || name == "st") {
    return statement.has("acquire") || statement.has("release") || statement.has("relaxed") ||
           statement.has("volatile");
  }
  return name == "atom" || name == "red";
}

}  // namespace

Type last_type(const Statement& statement) {
  for (size_t k = statement.parts.size(); k-- > 1;) {
    const Type type = type_named(statement.parts[k]);
    if (type != Type::none) {
      return type;
    }
  }
  return Type::none;
}

Rounding rounding_of(const Statement& statement) {
  for (const std::string& part : statement.parts) {
    if (part == "rn" || part == "rni") {
      return Rounding::rn;
    }
    if (part == "rz" || part == "rzi") {
      return Rounding::rz;
    }
    if (part == "rm" || part == "rmi") {
      return Rounding::rm;
    }
    if (part == "rp" || part == "rpi") {
      return Rounding::rp;
    }
    if (part == "rna") {
      return Rounding::rna;
    }
  }
  return Rounding::none;
}

Space space_of(const Statement& statement) {
  for (size_t k = 1; k < statement.parts.size(); ++k) {
    const std::string& part = statement.parts[k];
    if (part.rfind("shared", 0) == 0) {
      return Space::shared;
    }
    if (part.rfind("param", 0) == 0) {
      return Space::param;
    }
    if (part == "global") {
      return Space::global;
    }
    if (part == "local") {
      return Space::local;
    }
    if (part == "const") {
      return Space::constant;
    }
  }
  return Space::generic;
}

std::unique_ptr<Program> decode(const Module& module, const Function& entry, const GlobalAddresses& globals) {
  return Decoder(module, entry, globals).run();
}

Decoder::Decoder(const Module& module, const Function& entry, const GlobalAddresses& globals)
    : module_(module), entry_(entry), globals_(globals) {
  program_->module = &module;
  program_->entry = &entry;
}

void Decoder::error(const Statement& statement, const std::string& message) const {
  throw DecodeError("ptx line " + std::to_string(statement.line) + " '" + statement.opcode + "' in " +
                    (function_ != nullptr ? function_->name : "?") + ": " + message);
}

std::unique_ptr<Program> Decoder::run() {
  std::vector<const Function*> path;
  collect(entry_, path);
  layout_shared();
  layout_parameters();
  layout_registers();
  int count = 0;
  for (const Function* function : reachable_) {
    starts_[function] = count;
    count += static_cast<int>(function->body.size()) + 1;
  }
  program_->code.reserve(static_cast<size_t>(count));
  // What a function does that runs past its last statement.
  Statement end;
  end.opcode = "ret";
  end.parts = {"ret"};
  const Statement* last = keep(end);
  for (const Function* function : reachable_) {
    function_ = function;
    for (const Statement& statement : function->body) {
      decode_statement(statement);
    }
    decode_statement(*last);
  }
  return std::move(program_);
}

void Decoder::decode_statement(const Statement& statement) {
  statement_ = &statement;
  program_->code.emplace_back();
  Instruction& instruction = program_->code.back();
  instruction_ = &instruction;
  instruction.statement = &statement;
  if (statement.guard >= 0) {
    instruction.guard = register_offsets_[function_][statement.guard];
    instruction.guard_negated = statement.guard_negated;
    instruction.touched.push_back(instruction.guard);
  }
  instruction.type = last_type(statement);
  instruction.rounding = rounding_of(statement);
  instruction.ftz = statement.has("ftz");
  instruction.sat = statement.has("sat");
  instruction.space = space_of(statement);
  program_->global_sync |= orders_blocks(statement, instruction.space);
  const auto decoder = table().find(statement.parts[0]);
  if (decoder == table().end()) {
    error(statement, "unknown or unsupported instruction");
  }
  decoder->second(*this, statement, instruction);
  if (instruction.handler == nullptr) {
    error(statement, "this form of the instruction is not supported");
  }
}

void Decoder::collect(const Function& function, std::vector<const Function*>& path) {
  if (std::find(path.begin(), path.end(), &function) != path.end()) {
    throw DecodeError("recursive device function " + function.name + " is not supported");
  }
  if (starts_.count(&function) != 0) {
    return;
  }
  path.push_back(&function);
  starts_[&function] = -1;
  reachable_.push_back(&function);
  for (const Statement& statement : function.body) {
    if (statement.parts[0] == "call" && statement.operands[1].kind == Operand::kSymbol) {
      const auto called = module_.functions.find(statement.operands[1].name);
      if (called != module_.functions.end() && called->second->has_body) {
        collect(*called->second, path);
      }
    }
  }
  path.pop_back();
}

// ---- layout ----

void Decoder::layout_shared() {
  uint32_t at = first_shared_offset(module_.target);
  program_->shared_base = at;
  uint32_t dynamic_align = 16;
  std::vector<const Variable*> dynamic;
  const auto place = [&](const Variable& variable) {
    if (variable.space != Space::shared || program_->shared_places.count(variable.name) != 0) {
      return;
    }
    if (variable.dynamic) {
      dynamic_align = std::max(dynamic_align, variable.align);
      dynamic.push_back(&variable);
    } else {
      at = round_up(at, variable.align);
    }
    program_->shared_places[variable.name] = at;
    at += static_cast<uint32_t>(variable.size);
  };
  std::unordered_map<std::string, const Variable*> of_module;
  for (const Variable& variable : module_.variables) {
    if (variable.space == Space::shared) {
      of_module[variable.name] = &variable;
    }
  }
  const std::function<void(const Operand&)> place_named = [&](const Operand& operand) {
    if (operand.kind == Operand::kSymbol) {
      const auto variable = of_module.find(operand.name);
      if (variable != of_module.end()) {
        place(*variable->second);
      }
    }
    std::for_each(operand.elements.begin(), operand.elements.end(), place_named);
  };
  for (const Function* function : reachable_) {
    std::for_each(function->variables.begin(), function->variables.end(), place);
    for (const Statement& statement : function->body) {
      std::for_each(statement.operands.begin(), statement.operands.end(), place_named);
    }
  }
  program_->shared_static = at - program_->shared_base;
  at = round_up(at, dynamic_align);
  if (!Options::from_environment().hardware_shared && at % (2 * dynamic_align) == 0) {
    at += dynamic_align;
  }
  program_->dynamic_offset = at;
  for (const Variable* variable : dynamic) {
    program_->shared_places[variable->name] = at;
  }
}

void Decoder::layout_parameters() {
  uint32_t at = 0;
  for (const Variable& variable : entry_.params) {
    at = round_up(at, std::max(1u, variable.align));
    parameter_offsets_[variable.name] = at;
    program_->params.push_back({at, static_cast<uint32_t>(variable.size)});
    at += static_cast<uint32_t>(variable.size);
  }
  program_->parameter_bytes = at;
  // Frames are static: no function is on the stack twice.
  uint32_t local = 0;
  for (const Function* function : reachable_) {
    const auto place = [&](const Variable& variable) {
      local = round_up(local, std::max(8u, variable.align));
      local_places_[function][variable.name] = local;
      local += static_cast<uint32_t>(variable.size);
    };
    for (const Variable& variable : function->variables) {
      if (variable.space == Space::local || variable.space == Space::param) {
        place(variable);
      }
    }
    if (!function->entry) {
      std::for_each(function->params.begin(), function->params.end(), place);
      std::for_each(function->results.begin(), function->results.end(), place);
    }
  }
  program_->local_bytes = round_up(local, 16);
}

void Decoder::layout_registers() {
  program_->register_bytes = kCarrySlot + kSlotAlignment;
  for (const Function* function : reachable_) {
    for (const Register& one : function->registers) {
      register_offsets_[function].push_back(allocate_slot(static_cast<uint8_t>(size_of(one.type))));
    }
    returns_[function] = allocate_slot(sizeof(uint32_t));
  }
}

uint32_t Decoder::allocate_slot(uint8_t size) {
  const uint32_t offset = program_->register_bytes;
  program_->register_bytes += std::max(kSlotAlignment, static_cast<uint32_t>(size) * kLanes);
  return offset;
}

bool Decoder::local_place(const std::string& name, uint32_t* offset) const {
  const auto places = local_places_.find(function_);
  if (places == local_places_.end()) {
    return false;
  }
  const auto place = places->second.find(name);
  if (place == places->second.end()) {
    return false;
  }
  *offset = place->second;
  return true;
}

uint32_t Decoder::formal_place(const Statement& statement, const Function& function, const std::string& name) const {
  const auto places = local_places_.find(&function);
  if (places == local_places_.end() || places->second.count(name) == 0) {
    error(statement, "no parameter " + name + " of " + function.name);
  }
  return places->second.at(name);
}

const Function& Decoder::callee(const Statement& statement, const std::string& name) const {
  const auto function = module_.functions.find(name);
  if (function == module_.functions.end()) {
    error(statement, "call of an unknown function " + name);
  }
  return *function->second;
}

// ---- operands ----

uint32_t Decoder::constant(uint8_t size, uint64_t bits) {
  if (size > 0 && size < 8) {
    bits &= (uint64_t{1} << (8 * size)) - 1;
  }
  const auto known = constants_.find({size, bits});
  if (known != constants_.end()) {
    return known->second;
  }
  const uint32_t offset = allocate_slot(size);
  constants_[{size, bits}] = offset;
  program_->constants.push_back({offset, size, bits});
  return offset;
}

uint32_t Decoder::special(const Operand& operand, uint8_t size) {
  if (operand.name.rfind("%clock", 0) == 0 || operand.name.rfind("%globaltimer", 0) == 0) {
    error(*statement_, operand.name + " outside mov");
  }
  const auto known = specials_.find({size, operand.name});
  if (known != specials_.end()) {
    return known->second;
  }
  const uint32_t offset = allocate_slot(size);
  specials_[{size, operand.name}] = offset;
  program_->specials.push_back({offset, size, operand.name});
  return offset;
}

bool Decoder::symbol(const Operand& operand, uint64_t* value) const {
  uint32_t offset = 0;
  const auto parameter = parameter_offsets_.find(operand.name);
  const auto shared = program_->shared_places.find(operand.name);
  const auto global = globals_.find(operand.name);
  if (local_place(operand.name, &offset)) {
    *value = offset;
  } else if (function_->entry && parameter != parameter_offsets_.end()) {
    *value = kParamWindow + parameter->second;
  } else if (shared != program_->shared_places.end()) {
    *value = shared->second;
  } else if (global != globals_.end()) {
    *value = global->second;
  } else {
    return false;
  }
  *value += static_cast<uint64_t>(operand.immediate);
  return true;
}

Slot Decoder::slot(const Operand& operand, Type type) {
  const auto size = static_cast<uint8_t>(size_of(type));
  switch (operand.kind) {
    case Operand::kRegister: {
      const uint32_t offset = register_offsets_[function_][operand.register_index];
      instruction_->touched.push_back(offset);
      return {offset, static_cast<uint8_t>(size_of(function_->registers[operand.register_index].type))};
    }
    case Operand::kImmediate: {
      auto bits = static_cast<uint64_t>(operand.immediate);
      if (operand.is_double && size == 4) {
        bits = bits_of(static_cast<float>(bit_cast<double>(bits)));
      } else if (!operand.is_float_bits && type == Type::f64) {
        bits = bit_cast<uint64_t>(static_cast<double>(operand.immediate));
      } else if (!operand.is_float_bits && type == Type::f32) {
        bits = bits_of(static_cast<float>(operand.immediate));
      }
      return {constant(size, bits), size};
    }
    case Operand::kSpecial:
      return {special(operand, size), size};
    case Operand::kSymbol: {
      uint64_t value = 0;
      if (!symbol(operand, &value)) {
        error(*statement_, "unknown name '" + operand.name + "'");
      }
      return {constant(size, value), size};
    }
    case Operand::kSink:
      return {0, size};
    default:
      error(*statement_, "operand is not a value");
  }
}

uint32_t Decoder::value(const Operand& operand, Type type) {
  const Slot found = slot(operand, type);
  if (found.size != size_of(type) && size_of(type) != 0) {
    error(*statement_, "operand width does not fit the instruction type");
  }
  return found.offset;
}

uint32_t Decoder::predicate(const Operand& operand) {
  if (operand.kind == Operand::kImmediate) {
    return constant(0, operand.immediate != 0);
  }
  if (operand.kind == Operand::kSink) {
    return 0;
  }
  const Slot found = slot(operand, Type::pred);
  if (found.size != 0) {
    error(*statement_, "operand is no predicate");
  }
  return found.offset;
}

Slot Decoder::destination_slot(const Operand& operand, Type type) {
  if (operand.kind != Operand::kRegister && operand.kind != Operand::kSink) {
    error(*statement_, "destination is no register");
  }
  return slot(operand, type);
}

uint32_t Decoder::destination(const Operand& operand, Type type) {
  const Slot found = destination_slot(operand, type);
  if (found.size != size_of(type)) {
    error(*statement_, "destination width does not fit");
  }
  return found.offset;
}

void Decoder::address(const Operand& memory, Instruction& instruction, Space space) {
  if (memory.kind != Operand::kMemory) {
    error(*statement_, "operand is no address");
  }
  const Operand& base = memory.elements[0];
  instruction.immediate = memory.immediate;
  if (base.kind != Operand::kSymbol) {
    const Slot found = slot(base, Type::u64);
    instruction.a = found.offset;
    instruction.a_size = found.size;
    if (found.size < 4) {
      error(*statement_, "address register too narrow");
    }
    return;
  }
  uint64_t value = 0;
  if (!symbol(base, &value)) {
    error(*statement_, "unknown name '" + base.name + "'");
  }
  if (space == Space::generic) {
    // A name that is used directly means the generic address in its own space.
    uint32_t offset = 0;
    value += program_->shared_places.count(base.name) != 0 ? kSharedWindow
             : local_place(base.name, &offset)             ? kLocalWindow
                                                           : 0;
  }
  instruction.a = constant(8, value);
  instruction.a_size = 8;
}

void Decoder::fragments(const Operand& vector, Type type, Instruction& instruction, bool is_destination) {
  const auto append = [&](const Operand& operand) {
    instruction.slots.push_back(is_destination ? destination_slot(operand, type) : slot(operand, type));
  };
  if (vector.kind == Operand::kVector) {
    std::for_each(vector.elements.begin(), vector.elements.end(), append);
  } else {
    append(vector);
  }
}

}  // namespace radapter_simulator
