#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <unordered_map>

#include "ptx/lexer.h"
#include "ptx/ptx.h"

namespace radapter_simulator {
namespace {

/** Names declared between one pair of braces. */
struct Scope {
  /** `.reg .b32 %r<100>`: registers are made as they are used. */
  struct Family {
    std::string prefix;
    int count;
    Type type;
  };

  int parent = -1;
  std::unordered_map<std::string, int> registers;
  std::vector<Family> families;
  std::unordered_map<std::string, std::string> variables;
};

Space space_named(const std::string& directive) {
  return directive == ".global"   ? Space::global
         : directive == ".const"  ? Space::constant
         : directive == ".shared" ? Space::shared
         : directive == ".local"  ? Space::local
                                  : Space::param;
}

std::vector<std::string> split_at_dots(const std::string& opcode) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= opcode.size();) {
    const size_t end = std::min(opcode.find('.', begin), opcode.size());
    parts.push_back(opcode.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class Parser {
 public:
  explicit Parser(const std::string& text) : lexer_(text), module_(new Module) {}

  std::unique_ptr<Module> run() {
    while (token().kind != Token::kEnd) {
      top_level();
    }
    for (auto& [name, function] : module_->functions) {
      resolve_branches(function.get());
    }
    return std::move(module_);
  }

 private:
  // ---- tokens ----

  const Token& token() const { return lexer_.token(); }

  [[noreturn]] void error(const std::string& message) const {
    throw ParseError("ptx line " + std::to_string(token().line) + ": " + message + " near '" + token().text + "'");
  }

  bool is(const char* text) const { return token().kind != Token::kString && token().text == text; }

  bool accept(const char* text) {
    const bool found = is(text);
    if (found) {
      lexer_.next();
    }
    return found;
  }

  void expect(const char* text) {
    if (!accept(text)) {
      error(std::string("expected '") + text + "'");
    }
  }

  std::string word() {
    if (token().kind != Token::kWord) {
      error("expected a name");
    }
    std::string text = token().text;
    lexer_.next();
    return text;
  }

  int64_t integer() {
    const bool negative = accept("-");
    if (token().kind != Token::kNumber) {
      error("expected a number");
    }
    const int64_t value = token().value;
    lexer_.next();
    return negative ? -value : value;
  }

  void skip_to(const char* text) {
    while (!is(text)) {
      if (token().kind == Token::kEnd) {
        error(std::string("expected '") + text + "'");
      }
      lexer_.next();
    }
  }

  void skip_statement() {
    skip_to(";");
    lexer_.next();
  }

  // ---- directives ----

  void top_level() {
    if (accept(".version")) {
      lexer_.next();
    } else if (accept(".target")) {
      module_->target_name = token().text;
      module_->target = atoi(token().text.c_str() + strlen("sm_"));
      lexer_.next();
      while (accept(",")) {
        lexer_.next();
      }
    } else if (accept(".address_size")) {
      if (integer() != 64) {
        error("only 64-bit addresses are supported");
      }
    } else if (accept(".file")) {
      const int number = static_cast<int>(integer());
      module_->files[number] = token().text;
      lexer_.next();
      while (accept(",")) {
        lexer_.next();
      }
    } else if (accept(".section")) {
      skip_section();
    } else if (accept(".pragma")) {
      skip_statement();
    } else if (!accept(";")) {
      linkage();
    }
  }

  // Debug information.
  void skip_section() {
    skip_to("{");
    int depth = 0;
    do {
      depth += is("{") ? 1 : is("}") ? -1 : 0;
      lexer_.next();
    } while (depth > 0 && token().kind != Token::kEnd);
  }

  void linkage() {
    bool external = false;
    for (;;) {
      if (accept(".extern")) {
        external = true;
      } else if (!accept(".visible") && !accept(".weak") && !accept(".common")) {
        break;
      }
    }
    if (accept(".entry")) {
      function(true);
    } else if (accept(".func")) {
      function(false);
    } else if (is(".global") || is(".const") || is(".shared")) {
      variables(&module_->variables, external, false);
    } else {
      error("unknown directive");
    }
  }

  // ---- variables: .global .align 4 .b8 name[16] = {…}; ----

  void variables(std::vector<Variable>* out, bool external, bool in_body) {
    Variable variable;
    variable.space = space_named(word());
    variable.external = external;
    do {
      declarator(variable, out, in_body);
    } while (accept(","));
    expect(";");
  }

  void declarator(Variable variable, std::vector<Variable>* out, bool in_body) {
    Type type = Type::none;
    int vector_length = 1;
    uint32_t align = 0;
    while (token().kind == Token::kWord && token().text[0] == '.') {
      const std::string attribute = word();
      if (attribute == ".align") {
        align = static_cast<uint32_t>(integer());
      } else if (attribute == ".v2") {
        vector_length = 2;
      } else if (attribute == ".v4") {
        vector_length = 4;
      } else if (attribute == ".attribute") {
        skip_to(")");
        lexer_.next();
      } else if (attribute != ".ptr" && attribute != ".unified" && attribute != ".managed" && attribute != ".global" &&
                 attribute != ".shared" && attribute != ".const" && attribute != ".local") {
        type = type_named(attribute.substr(1));
        if (type == Type::none) {
          error("unknown type " + attribute);
        }
      }
    }
    variable.name = word();
    const uint64_t element_bytes = static_cast<uint64_t>(size_of(type)) * static_cast<uint64_t>(vector_length);
    uint64_t count = 1;
    while (accept("[")) {
      variable.dynamic |= is("]");
      count *= is("]") ? 0 : static_cast<uint64_t>(integer());
      expect("]");
    }
    variable.size = element_bytes * count;
    variable.align = align != 0 ? align : static_cast<uint32_t>(element_bytes);
    if (accept("=")) {
      initializer(&variable, element_bytes);
    }
    if (variable.space == Space::global && variable.dynamic && !variable.init.empty()) {
      variable.size = variable.init.size();
    }
    if (in_body) {
      const std::string unique = variable.name + "@" + std::to_string(scope_);
      scopes_[scope_].variables[variable.name] = unique;
      variable.name = unique;
    }
    out->push_back(std::move(variable));
  }

  void initializer(Variable* variable, uint64_t element_bytes) {
    int depth = 0;
    do {
      if (accept("{")) {
        ++depth;
      } else if (accept("}")) {
        --depth;
      } else if (!accept(",")) {
        initial_value(variable, element_bytes);
      }
    } while (depth > 0);
  }

  // A number, or the address of a symbol: name, name+8, generic(name).
  void initial_value(Variable* variable, uint64_t element_bytes) {
    uint8_t bytes[16] = {};
    int64_t value = 0;
    if (token().kind == Token::kWord) {
      std::string symbol = word();
      const bool generic = symbol == "generic" && accept("(");
      if (generic) {
        symbol = word();
      }
      if (accept("+")) {
        value = integer();
      }
      if (generic) {
        expect(")");
        if (accept("+")) {
          value += integer();
        }
      }
      variable->relocations.push_back({variable->init.size(), symbol});
    } else {
      value = integer();
    }
    memcpy(bytes, &value, sizeof value);
    variable->init.insert(variable->init.end(), bytes, bytes + element_bytes);
  }

  // ---- functions ----

  std::vector<Variable> parameters() {
    std::vector<Variable> all;
    expect("(");
    while (!accept(")")) {
      if (accept(",")) {
        continue;
      }
      const std::string space = word();
      if (space != ".param" && space != ".reg") {
        error("expected .param");
      }
      Variable variable;
      variable.space = Space::param;
      declarator(variable, &all, false);
    }
    return all;
  }

  void function(bool entry) {
    auto made = std::make_unique<Function>();
    function_ = made.get();
    function_->entry = entry;
    function_->scope_parent = {-1};
    scopes_.assign(1, Scope());
    scope_ = 0;
    if (is("(")) {
      function_->results = parameters();
    }
    function_->name = word();
    if (is("(")) {
      function_->params = parameters();
    }
    while (!is("{") && !is(";")) {
      performance_directive();
    }
    if (accept(";")) {
      // A declaration; the definition may have come before it.
      if (module_->functions.count(function_->name) == 0) {
        module_->functions[function_->name] = std::move(made);
      }
      return;
    }
    function_->has_body = true;
    file_ = source_line_ = 0;
    expect("{");
    body();
    const std::string name = function_->name;
    module_->functions[name] = std::move(made);
  }

  // .maxntid 128, 1, 1 and the like.
  void performance_directive() {
    const std::string directive = word();
    int* into = directive == ".maxntid" || directive == ".reqntid" ? function_->max_threads
                : directive == ".reqnctapercluster"                ? function_->cluster
                                                                   : nullptr;
    int count = 0;
    while (token().kind == Token::kNumber || is(",")) {
      if (accept(",")) {
        continue;
      }
      const int value = static_cast<int>(integer());
      if (into != nullptr && count < 3) {
        into[count++] = value;
      }
    }
    while (into != nullptr && count < 3) {
      into[count++] = 1;
    }
  }

  void body() {
    while (!accept("}")) {
      if (token().kind == Token::kEnd) {
        error("unexpected end of file");
      }
      statement();
    }
  }

  void statement() {
    if (accept(";")) {
      return;
    }
    if (accept("{")) {
      const int outer = scope_;
      scope_ = static_cast<int>(scopes_.size());
      scopes_.emplace_back();
      scopes_.back().parent = outer;
      function_->scope_parent.push_back(outer);
      body();
      scope_ = outer;
    } else if (accept(".reg")) {
      registers();
    } else if (is(".local") || is(".shared") || is(".param") || is(".global") || is(".const")) {
      variables(&function_->variables, false, true);
    } else if (accept(".loc")) {
      location();
    } else if (is(".pragma") || is(".branchtargets") || is(".calltargets") || is(".callprototype")) {
      skip_statement();
    } else {
      instruction();
    }
  }

  // Ends with its line, not with a semicolon.
  void location() {
    const int line = token().line;
    file_ = static_cast<int>(integer());
    source_line_ = static_cast<int>(integer());
    while (token().line == line && token().kind != Token::kEnd && !is("}")) {
      lexer_.next();
    }
  }

  void instruction() {
    Statement statement;
    statement.line = token().line;
    statement.file = file_;
    statement.source_line = source_line_;
    if (accept("@")) {
      statement.guard_negated = accept("!");
      const Operand guard = operand();
      if (guard.kind != Operand::kRegister) {
        error("guard is no predicate register");
      }
      statement.guard = guard.register_index;
    }
    statement.opcode = word();
    if (statement.guard < 0 && accept(":")) {
      label(statement.opcode);
      return;
    }
    statement.parts = split_at_dots(statement.opcode);
    if (statement.parts[0] == "call") {
      call_operands(&statement);
    } else {
      while (!accept(";")) {
        if (!accept(",")) {
          statement.operands.push_back(operand());
        }
      }
    }
    function_->body.push_back(std::move(statement));
  }

  void label(const std::string& name) {
    function_->labels[{scope_, name}] = static_cast<int>(function_->body.size());
    if (accept(".branchtargets")) {
      while (!accept(";")) {
        if (!accept(",")) {
          function_->branch_tables[name].push_back(word());
        }
      }
    } else if (is(".callprototype") || is(".calltargets")) {
      skip_statement();
    }
  }

  // call (result), name, (arguments) → vector, symbol, vector
  void call_operands(Statement* statement) {
    Operand results, arguments;
    results.kind = arguments.kind = Operand::kVector;
    const auto list = [this](Operand* into) {
      expect("(");
      while (!accept(")")) {
        if (!accept(",")) {
          into->elements.push_back(operand());
        }
      }
    };
    if (is("(")) {
      list(&results);
      expect(",");
    }
    const Operand target = operand();
    if (accept(",")) {
      if (is("(")) {
        list(&arguments);
      }
      if (accept(",")) {
        skip_to(";");
      }
    }
    expect(";");
    statement->operands = {results, target, arguments};
  }

  // ---- registers and operands ----

  void registers() {
    const std::string directive = word();
    const Type type = type_named(directive.substr(1));
    if (type == Type::none) {
      error("unknown register type " + directive);
    }
    do {
      const std::string name = word();
      if (accept("<")) {
        scopes_[scope_].families.push_back({name, static_cast<int>(integer()), type});
        expect(">");
      } else {
        add_register(scope_, name, type);
      }
    } while (accept(","));
    expect(";");
  }

  int add_register(int scope, const std::string& name, Type type) {
    const int index = static_cast<int>(function_->registers.size());
    function_->registers.push_back({type, name});
    scopes_[scope].registers[name] = index;
    return index;
  }

  int find_register(const std::string& name) {
    size_t digits = name.size();
    while (digits > 0 && isdigit(static_cast<unsigned char>(name[digits - 1])) != 0) {
      --digits;
    }
    for (int s = scope_; s >= 0; s = scopes_[s].parent) {
      const auto found = scopes_[s].registers.find(name);
      if (found != scopes_[s].registers.end()) {
        return found->second;
      }
      for (const Scope::Family& family : scopes_[s].families) {
        if (digits < name.size() && name.substr(0, digits) == family.prefix &&
            atoi(name.c_str() + digits) < family.count) {
          return add_register(s, name, family.type);
        }
      }
    }
    return -1;
  }

  Operand named(const std::string& name) {
    Operand operand;
    operand.name = name;
    operand.scope = scope_;
    if (name == "_") {
      operand.kind = Operand::kSink;
      return operand;
    }
    if (name == "WARP_SZ") {
      operand.kind = Operand::kImmediate;
      operand.immediate = 32;
      return operand;
    }
    operand.register_index = find_register(name);
    if (operand.register_index >= 0) {
      operand.kind = Operand::kRegister;
      return operand;
    }
    if (name[0] == '%') {
      operand.kind = Operand::kSpecial;
      return operand;
    }
    // A variable, a function or a label: the decoder knows which.
    operand.kind = Operand::kSymbol;
    for (int s = scope_; s >= 0; s = scopes_[s].parent) {
      const auto found = scopes_[s].variables.find(name);
      if (found != scopes_[s].variables.end()) {
        operand.name = found->second;
        break;
      }
    }
    return operand;
  }

  Operand address() {
    Operand operand;
    operand.kind = Operand::kMemory;
    Operand base = this->operand();
    if (accept("+") || is("-")) {
      operand.immediate = integer();
    }
    if (base.kind == Operand::kSymbol) {
      operand.immediate += base.immediate;
      base.immediate = 0;
    }
    operand.elements.push_back(base);
    while (accept(",")) {
      operand.elements.push_back(this->operand());
    }
    expect("]");
    return operand;
  }

  Operand operand() {
    Operand operand;
    if (accept("!")) {
      operand = this->operand();
      operand.negated = true;
      return operand;
    }
    if (accept("{")) {
      operand.kind = Operand::kVector;
      while (!accept("}")) {
        if (!accept(",")) {
          operand.elements.push_back(this->operand());
        }
      }
      return operand;
    }
    if (accept("[")) {
      return address();
    }
    const bool negative = accept("-");
    if (token().kind == Token::kNumber) {
      operand.kind = Operand::kImmediate;
      operand.immediate = negative ? -token().value : token().value;
      operand.is_float_bits = token().is_float || token().is_double;
      operand.is_double = token().is_double;
      lexer_.next();
    } else {
      operand = named(word());
      if (operand.kind == Operand::kSymbol && accept("+")) {
        operand.immediate = integer();
      }
    }
    if (accept("|")) {
      operand.pair.push_back(this->operand());
    }
    return operand;
  }

  void resolve_branches(Function* function) {
    for (Statement& statement : function->body) {
      if (statement.parts[0] != "bra" || statement.operands.empty()) {
        continue;
      }
      const Operand& label = statement.operands[0];
      statement.target = function->find_label(label.scope, label.name);
      if (statement.target < 0) {
        throw ParseError("ptx line " + std::to_string(statement.line) + ": no label '" + label.name + "'");
      }
    }
  }

  Lexer lexer_;
  std::unique_ptr<Module> module_;
  Function* function_ = nullptr;
  std::vector<Scope> scopes_;
  int scope_ = 0;
  /** The last .loc. */
  int file_ = 0;
  int source_line_ = 0;
};

}  // namespace

std::unique_ptr<Module> parse(const std::string& text) { return Parser(text).run(); }

}  // namespace radapter_simulator
