// The text of a report: what broke, at which instruction, in which thread.
#include <stdarg.h>
#include <stdio.h>

#include "machine/machine.h"

namespace radapter_simulator {
namespace {

std::string format_list(const char* pattern, va_list arguments) {
  char buffer[6000];
  vsnprintf(buffer, sizeof buffer, pattern, arguments);
  return buffer;
}

std::string thread_name(const Warp& warp, int lane) {
  if (lane >= kLanes) {
    lane = 0;
  }
  const uint32_t* size = warp.cluster->shape.block;
  const uint32_t* id = warp.block->id;
  const auto thread = static_cast<unsigned>(warp.index * kLanes + lane);
  return format("block (%u,%u,%u) thread (%u,%u,%u) [warp %d lane %d]", id[0], id[1], id[2], thread % size[0],
                thread / size[0] % size[1], thread / size[0] / size[1], warp.index, lane);
}

}  // namespace

std::string format(const char* pattern, ...) {
  va_list arguments;
  va_start(arguments, pattern);
  std::string text = format_list(pattern, arguments);
  va_end(arguments);
  return text;
}

std::string place(const Program& program, const Instruction& instruction) {
  const Statement& statement = *instruction.statement;
  std::string text =
      format("kernel %s, ptx line %d '%s'", program.entry->name.c_str(), statement.line, statement.opcode.c_str());
  if (statement.source_line > 0) {
    const auto file = program.module->files.find(statement.file);
    text += " (" + (file == program.module->files.end() ? "?" : file->second) + ":" +
            std::to_string(statement.source_line) + ")";
  }
  return text;
}

void fault(Warp& warp, const Instruction& instruction, int lane, CUresult code, const char* pattern, ...) {
  va_list arguments;
  va_start(arguments, pattern);
  const std::string text = format_list(pattern, arguments);
  va_end(arguments);
  throw LaunchError{code, text + "\n  at " + place(*warp.program, instruction) + "\n  in " + thread_name(warp, lane)};
}

}  // namespace radapter_simulator
