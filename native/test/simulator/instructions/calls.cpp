// Calls of device functions, of printf and of assert. Frames are static, for there is no recursion: parameters are
// copied between the caller's and the callee's .param storage.
#include "instructions/calls.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "instructions/instructions.h"

namespace radapter_simulator {
namespace {

struct ParameterCopy {
  uint32_t from, to;
  size_t bytes;
};

struct CallTable {
  std::vector<ParameterCopy> arguments;
  std::vector<ParameterCopy> results;
};

void copy_parameters(Warp& warp, const std::vector<ParameterCopy>& copies, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    for (const ParameterCopy& copy : copies) {
      memcpy(warp.local_at(lane, copy.to), warp.local_at(lane, copy.from), copy.bytes);
    }
  }
}

Status call(Warp& warp, const Instruction& instruction, Mask mask) {
  copy_parameters(warp, static_cast<const CallTable*>(instruction.table)->arguments, mask);
  for (const int lane : lanes_of(mask)) {
    warp.lanes<uint32_t>(instruction.a)[lane] = warp.current.pc + 1;
  }
  warp.jump(mask, static_cast<uint32_t>(instruction.target));
  return Status::jumped;
}

// ---- functions of the system: their parameters are the slots ----

template <class T>
T system_argument(Warp& warp, const Instruction& instruction, int lane, size_t index) {
  T value;
  memcpy(&value, warp.local_at(lane, instruction.slots[index].offset), sizeof value);
  return value;
}

std::string device_string(Warp& warp, const Instruction& instruction, int lane, uint64_t address) {
  constexpr size_t kLongest = 4096;
  std::string text;
  while (text.size() < kLongest) {
    const char c = *warp.any(instruction, lane, address + text.size(), 1, Touch::read);
    if (c == '\0') {
      break;
    }
    text += c;
  }
  return text;
}

/** Reads the arguments of one printf, which lie packed in memory, each aligned to its size. */
class PrintfArguments {
 public:
  PrintfArguments(Warp& warp, const Instruction& instruction, int lane, uint64_t address)
      : warp_(warp), instruction_(instruction), lane_(lane), address_(address) {}

  uint64_t take(uint32_t bytes) {
    at_ = (at_ + bytes - 1) / bytes * bytes;
    uint64_t value = 0;
    memcpy(&value, warp_.any(instruction_, lane_, address_ + at_, bytes, Touch::read), bytes);
    at_ += bytes;
    return value;
  }

  /** What one conversion, "%5.2f", makes of the next argument. */
  std::string convert(const std::string& specification) {
    const char conversion = specification.back();
    const char* pattern = specification.c_str();
    char text[512] = "";
    if (conversion == '%') {
      return "%";
    }
    if (strchr("eEfFgGaA", conversion) != nullptr) {
      snprintf(text, sizeof text, pattern, bit_cast<double>(take(sizeof(double))));
    } else if (conversion == 's') {
      snprintf(text, sizeof text, pattern, device_string(warp_, instruction_, lane_, take(sizeof(uint64_t))).c_str());
    } else if (conversion == 'p' || specification.find_first_of("lzj") != std::string::npos) {
      snprintf(text, sizeof text, pattern, take(sizeof(uint64_t)));
    } else {
      snprintf(text, sizeof text, pattern, static_cast<uint32_t>(take(sizeof(uint32_t))));
    }
    return text;
  }

 private:
  Warp& warp_;
  const Instruction& instruction_;
  int lane_;
  uint64_t address_;
  uint64_t at_ = 0;
};

Status call_printf(Warp& warp, const Instruction& instruction, Mask mask) {
  for (const int lane : lanes_of(mask)) {
    const std::string pattern =
        device_string(warp, instruction, lane, system_argument<uint64_t>(warp, instruction, lane, 0));
    PrintfArguments arguments(warp, instruction, lane, system_argument<uint64_t>(warp, instruction, lane, 1));
    std::string text;
    for (size_t at = 0; at < pattern.size();) {
      if (pattern[at] != '%') {
        text += pattern[at++];
        continue;
      }
      size_t end = at + 1;
      while (end < pattern.size() && strchr("diouxXcsp%eEfFgGaA", pattern[end]) == nullptr) {
        ++end;
      }
      if (end == pattern.size()) {
        break;
      }
      text += arguments.convert(pattern.substr(at, end + 1 - at));
      at = end + 1;
    }
    fputs(text.c_str(), stderr);
    if (instruction.slots.size() > 2) {
      memset(warp.local_at(lane, instruction.slots[2].offset), 0, sizeof(int));
    }
  }
  return Status::next;
}

Status call_assert(Warp& warp, const Instruction& instruction, Mask mask) {
  const int lane = first_lane(mask);
  const auto text = [&](size_t index) {
    return device_string(warp, instruction, lane, system_argument<uint64_t>(warp, instruction, lane, index));
  };
  fault(warp, instruction, lane, CUDA_ERROR_ASSERT, "device assertion '%s' failed (%s:%u)", text(0).c_str(),
        text(1).c_str(), system_argument<uint32_t>(warp, instruction, lane, 2));
}

// ---- decoding ----

uint32_t actual_place(Decoder& decoder, const Statement& statement, const Operand& operand) {
  uint32_t offset = 0;
  if (operand.kind != Operand::kSymbol || !decoder.local_place(operand.name, &offset)) {
    decoder.error(statement, "call argument is no .param variable");
  }
  return offset;
}

void decode_system_call(Decoder& decoder, const Statement& statement, Instruction& instruction,
                        const std::string& name) {
  for (const Operand* list : {&statement.operands[2], &statement.operands[0]}) {
    for (const Operand& operand : list->elements) {
      instruction.slots.push_back({actual_place(decoder, statement, operand), 0});
    }
  }
  if (name == "vprintf" && instruction.slots.size() >= 2) {
    instruction.handler = call_printf;
  } else if (name == "__assertfail" && instruction.slots.size() >= 3) {
    instruction.handler = call_assert;
  } else {
    decoder.error(statement, "external device function " + name + " is not supported");
  }
}

void decode_call(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& results = statement.operands[0].elements;
  const Operand& target = statement.operands[1];
  const std::vector<Operand>& arguments = statement.operands[2].elements;
  if (target.kind != Operand::kSymbol) {
    decoder.error(statement, "indirect calls are not supported");
  }
  const Function& function = decoder.callee(statement, target.name);
  if (!function.has_body) {
    decode_system_call(decoder, statement, instruction, function.name);
    return;
  }
  if (arguments.size() != function.params.size() || results.size() != function.results.size()) {
    decoder.error(statement, "wrong number of call arguments");
  }
  CallTable table;
  for (size_t k = 0; k < arguments.size(); ++k) {
    table.arguments.push_back({actual_place(decoder, statement, arguments[k]),
                               decoder.formal_place(statement, function, function.params[k].name),
                               function.params[k].size});
  }
  for (size_t k = 0; k < results.size(); ++k) {
    table.results.push_back({decoder.formal_place(statement, function, function.results[k].name),
                             actual_place(decoder, statement, results[k]), function.results[k].size});
  }
  instruction.table = decoder.keep(table);
  instruction.target = decoder.first_instruction(function);
  instruction.a = decoder.return_slot(function);
  instruction.handler = call;
}

}  // namespace

void copy_results(Warp& warp, const Instruction& call, Mask mask) {
  copy_parameters(warp, static_cast<const CallTable*>(call.table)->results, mask);
}

void register_calls(DecodeTable& table) { table["call"] = decode_call; }

}  // namespace radapter_simulator
