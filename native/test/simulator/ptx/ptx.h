// What a PTX text says: functions, variables and statements, with scopes, registers and labels resolved.
#ifndef RADAPTER_SIMULATOR_PTX_H
#define RADAPTER_SIMULATOR_PTX_H

#include <stdint.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace radapter_simulator {

enum class Type : uint8_t {
  none,
  pred,
  b8,
  u8,
  s8,
  b16,
  u16,
  s16,
  f16,
  bf16,
  b32,
  u32,
  s32,
  f32,
  f16x2,
  bf16x2,
  tf32,
  b64,
  u64,
  s64,
  f64,
  b128
};

/** Bytes of one value; 0 for pred and none. */
int size_of(Type type);
/** Type::u32 for "u32"; Type::none for a word that is no type. */
Type type_named(const std::string& name);

inline bool is_signed(Type type) {
  return type == Type::s8 || type == Type::s16 || type == Type::s32 || type == Type::s64;
}

inline bool is_float(Type type) {
  return type == Type::f16 || type == Type::bf16 || type == Type::f32 || type == Type::f64 || type == Type::tf32;
}

enum class Space : uint8_t { generic, reg, global, shared, local, param, constant };

/** Anything with an address. */
struct Variable {
  std::string name;
  Space space = Space::generic;
  uint32_t align = 1;
  /** Bytes; 0 for `extern .shared x[]`. */
  uint64_t size = 0;
  bool external = false;
  /** `extern .shared x[]`: as large as the launch says. */
  bool dynamic = false;
  std::vector<uint8_t> init;
  /** (offset in `init`, symbol whose address is added there). */
  std::vector<std::pair<uint64_t, std::string>> relocations;
};

struct Operand {
  enum Kind : uint8_t { kNone, kRegister, kSpecial, kImmediate, kSymbol, kMemory, kVector, kSink };
  Kind kind = kNone;
  /** `!%p`. */
  bool negated = false;
  /** `0f…`, `0d…`, 1.5: `immediate` holds the bits of a float or a double. */
  bool is_float_bits = false;
  bool is_double = false;
  int register_index = -1;
  /** Of a special register, a symbol or a label. */
  std::string name;
  /** For a symbol or an address: the byte offset that is added. */
  int64_t immediate = 0;
  /** The scope in which a label or symbol was named. */
  int scope = 0;
  /** Of a vector: its elements. Of an address: its base, then the coordinates of a tensor copy. */
  std::vector<Operand> elements;
  /** `d|p`: the second destination. */
  std::vector<Operand> pair;
};

struct Statement {
  /** As it is written: "ld.global.nc.v4.f32"; `parts` is the same, split at the dots. */
  std::string opcode;
  std::vector<std::string> parts;
  std::vector<Operand> operands;
  /** The register of `@%p`; -1 without one. */
  int guard = -1;
  bool guard_negated = false;
  int line = 0;
  /** From .loc, where nvcc was given -lineinfo. */
  int file = 0;
  int source_line = 0;
  /** Of a branch: the statement it goes to. */
  int target = -1;

  bool has(const char* part) const;
};

struct Register {
  Type type;
  std::string name;
};

struct Function {
  std::string name;
  bool entry = false;
  bool has_body = false;
  std::vector<Variable> params;
  std::vector<Variable> results;
  /** .local, .shared and .param variables of the body. Their names carry their scope: "buffer@3". */
  std::vector<Variable> variables;
  std::vector<Register> registers;
  std::vector<Statement> body;
  std::map<std::string, std::vector<std::string>> branch_tables;
  /** (scope, name) → statement. */
  std::map<std::pair<int, std::string>, int> labels;
  std::vector<int> scope_parent;
  /** .maxntid or .reqntid, and .reqnctapercluster; zeros if they are not given. */
  int max_threads[3] = {0, 0, 0};
  int cluster[3] = {0, 0, 0};

  /** The statement behind a label as seen from a scope; -1 if there is none. */
  int find_label(int scope, const std::string& label) const;
};

struct Module {
  std::vector<Variable> variables;
  std::map<std::string, std::unique_ptr<Function>> functions;
  std::map<int, std::string> files;
  /** 90 for "sm_90a". */
  int target = 0;
  std::string target_name;
};

struct ParseError : std::runtime_error {
  using runtime_error::runtime_error;
};

/** Throws ParseError with the line and what was expected there. */
std::unique_ptr<Module> parse(const std::string& text);

}  // namespace radapter_simulator

#endif
