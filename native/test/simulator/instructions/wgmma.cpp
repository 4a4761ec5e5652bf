// wgmma: products of a whole warpgroup, m64, that land later. An operation belongs to four warps: it can land when all
// four have issued it, and is over for all of them then.
#include <string.h>

#include <algorithm>

#include "instructions/asynchronous.h"
#include "instructions/instructions.h"
#include "instructions/tensor_map.h"

namespace radapter_simulator {
namespace {

constexpr int kWarps = 4, kRows = 64, kRowsPerWarp = 16;

// ---- matrix descriptors ----

/** The fields of the 64 bits by which a matrix in shared memory is described. */
struct Descriptor {
  explicit Descriptor(uint64_t bits)
      : start(static_cast<uint32_t>(bits & 0x3fff) << 4),
        leading_bytes(static_cast<uint32_t>(bits >> 16 & 0x3fff) << 4),
        stride_bytes(static_cast<uint32_t>(bits >> 32 & 0x3fff) << 4),
        base_offset(static_cast<uint32_t>(bits >> 49 & 7)) {
    static const uint32_t spans[] = {0, 128, 64, 32};
    span = spans[bits >> 62];
  }

  uint32_t start, leading_bytes, stride_bytes, base_offset;
  /** Bytes of a swizzle's row; 0 without a swizzle. */
  uint32_t span;
};

// Byte address of element (mn, k). The layouts are the PTX manual's canonical ones, in units of 16 bytes, W of them to
// a row of the swizzle, LBO and SBO the leading and the stride bytes:
//   k major:  none ((8,n),2):((1,SBO),LBO)          swizzled ((8,n),2):((W,SBO),1)
//   mn major: none ((1,n),(8,k)):((X,SBO),(1,LBO))  swizzled ((W,n),(8,k)):((1,LBO),(W,SBO))
uint32_t element_address(const Descriptor& matrix, bool mn_major, uint32_t mn, uint32_t k, uint32_t element_bytes) {
  constexpr uint32_t kUnit = 16;
  const uint32_t per_unit = kUnit / element_bytes;
  const uint32_t width = matrix.span == 0 ? 1 : matrix.span / kUnit;
  uint32_t offset = 0;
  if (!mn_major) {
    offset = mn % 8 * kUnit * width + mn / 8 * matrix.stride_bytes +
             k / per_unit * (matrix.span == 0 ? matrix.leading_bytes : kUnit) + k % per_unit * element_bytes;
  } else {
    const uint32_t column = mn / per_unit;
    offset = mn % per_unit * element_bytes + k % 8 * kUnit * width;
    offset += matrix.span == 0
                  ? column * matrix.stride_bytes + k / 8 * matrix.leading_bytes
                  : column % width * kUnit + column / width * matrix.leading_bytes + k / 8 * matrix.stride_bytes;
  }
  return swizzle(matrix.start + offset, static_cast<int>(matrix.span));
}

// ---- one operation ----

enum class Element : uint8_t { bf16, f16, tf32 };

/** Instruction::table. Instruction::slots: the accumulators, then A if it comes from registers. */
struct Form {
  int n = 0, k = 0;
  int element_bytes = 2;
  Element element = Element::bf16;
  bool half_sums = false, a_in_registers = false, a_transposed = false, b_transposed = false;
  bool negated = false;
  size_t accumulators = 0;
};

const Form& form_of(const Instruction& instruction) { return *static_cast<const Form*>(instruction.table); }

float element_at(Element element, const uint8_t* bytes) {
  if (element == Element::tf32) {
    uint32_t bits;
    memcpy(&bits, bytes, sizeof bits);
    return to_tf32(bits);
  }
  uint16_t bits;
  memcpy(&bits, bytes, sizeof bits);
  return element == Element::bf16 ? bf16_to_float(bits) : half_to_float(bits);
}

// Calls put(mn, k, value) for every element of a matrix in shared memory.
template <class Put>
void read_matrix(Warp& warp, const Instruction& instruction, uint64_t bits, bool mn_major, int rows, Put put) {
  const Form& form = form_of(instruction);
  const Descriptor matrix(bits);
  const int per_unit = 16 / form.element_bytes;
  // One unit of 16 bytes holds neighbours along the major dimension.
  const int units = (mn_major ? rows : form.k) / per_unit, lines = mn_major ? form.k : rows;
  for (int unit = 0; unit < units; ++unit) {
    for (int line = 0; line < lines; ++line) {
      const int mn = mn_major ? unit * per_unit : line, k = mn_major ? line : unit * per_unit;
      const uint32_t address = element_address(matrix, mn_major, static_cast<uint32_t>(mn), static_cast<uint32_t>(k),
                                               static_cast<uint32_t>(form.element_bytes));
      const auto* bytes =
          reinterpret_cast<const uint8_t*>(warp.shared(instruction, kWholeWarp, address, 16, Touch::async_read));
      for (int e = 0; e < per_unit; ++e) {
        put(mn_major ? mn + e : mn, mn_major ? k : k + e, element_at(form.element, bytes + e * form.element_bytes));
      }
    }
  }
}

// The fragment of A that warp `index` holds in registers: as in mma.sync.
void read_fragment(Warp& warp, int index, const WgmmaOperation& operation, std::vector<float>* a) {
  const Instruction& instruction = *operation.instruction;
  const Form& form = form_of(instruction);
  const int per_register = 4 / form.element_bytes;
  for (int r = 0; r < 4; ++r) {
    const uint32_t* values = warp.lanes<uint32_t>(instruction.slots[form.accumulators + r].offset);
    if (memcmp(values, &operation.a_registers[r * kLanes], kLanes * sizeof(uint32_t)) != 0) {
      fault(warp, instruction, 0, CUDA_ERROR_ILLEGAL_ADDRESS,
            "a register of the A fragment was changed while wgmma.mma_async was in flight");
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(&values[lane]);
      const int row = index * kRowsPerWarp + lane / 4 + r % 2 * 8;
      for (int e = 0; e < per_register; ++e) {
        const int column = per_register * (lane % 4) + r / 2 * 4 * per_register + e;
        (*a)[row * form.k + column] = element_at(form.element, bytes + e * form.element_bytes);
      }
    }
  }
}

void add_to_accumulators(Warp& warp, int index, const WgmmaOperation& operation, const std::vector<float>& product) {
  const Instruction& instruction = *operation.instruction;
  const Form& form = form_of(instruction);
  const auto at = [&](int lane, int half_row, int column) {
    return product[(index * kRowsPerWarp + lane / 4 + half_row * 8) * form.n + column + lane % 4 * 2];
  };
  for (size_t q = 0; q < form.accumulators; ++q) {
    const int register_index = static_cast<int>(q);
    if (form.half_sums) {
      uint32_t* d = warp.lanes<uint32_t>(instruction.slots[q].offset);
      for (int lane = 0; lane < kLanes; ++lane) {
        const auto sum = [&](int e) -> uint32_t {
          const float before = operation.scale_d ? half_to_float(static_cast<uint16_t>(d[lane] >> (16 * e))) : 0;
          return float_to_half(at(lane, register_index % 2, register_index / 2 * 8 + e) + before);
        };
        d[lane] = sum(0) | sum(1) << 16;
      }
      continue;
    }
    float* d = warp.lanes<float>(instruction.slots[q].offset);
    for (int lane = 0; lane < kLanes; ++lane) {
      const float value = at(lane, register_index / 2 % 2, register_index / 4 * 8 + register_index % 2);
      d[lane] = operation.scale_d ? d[lane] + value : value;
    }
  }
}

void finish_moves(Warp& warp, uint64_t operation) {
  for (size_t k = 0; k < warp.deferred_moves.size();) {
    const DeferredMove& move = warp.deferred_moves[k];
    if (move.after != operation) {
      ++k;
      continue;
    }
    memcpy(warp.registers + move.destination.offset, warp.registers + move.source.offset,
           static_cast<size_t>(move.source.size) * kLanes);
    warp.deferred_moves.erase(warp.deferred_moves.begin() + static_cast<std::ptrdiff_t>(k));
  }
}

void check_same_operation(Warp* const* warps) {
  const WgmmaOperation& first = warps[0]->wgmma_operations.front();
  for (int index = 1; index < kWarps; ++index) {
    const WgmmaOperation& other = warps[index]->wgmma_operations.front();
    if (other.instruction != first.instruction || other.a != first.a || other.b != first.b ||
        other.scale_d != first.scale_d) {
      fault(*warps[index], *other.instruction, 0, CUDA_ERROR_ILLEGAL_INSTRUCTION,
            "the four warps of a warpgroup issue different wgmma operations or descriptors");
    }
  }
}

// Lands the oldest operation of a warpgroup. `by`: the warp whose wait it is.
void land_oldest(Warp& by, int group_index) {
  Block& block = *by.block;
  Warpgroup& group = block.warpgroups[group_index];
  Warp* const* warps = &block.warps[group_index * kWarps];
  check_same_operation(warps);
  const WgmmaOperation& first = warps[0]->wgmma_operations.front();
  const Instruction& instruction = *first.instruction;
  const Form& form = form_of(instruction);
  std::vector<float> a(kRows * form.k), b(form.k * form.n), product(kRows * form.n);
  read_matrix(by, instruction, first.b, form.b_transposed, form.n,
              [&](int n, int k, float value) { b[k * form.n + n] = value; });
  if (form.a_in_registers) {
    for (int index = 0; index < kWarps; ++index) {
      read_fragment(*warps[index], index, warps[index]->wgmma_operations.front(), &a);
    }
  } else {
    read_matrix(by, instruction, first.a, form.a_transposed, kRows,
                [&](int m, int k, float value) { a[m * form.k + k] = value; });
  }
  for (int m = 0; m < kRows; ++m) {
    float* row = &product[m * form.n];
    for (int k = 0; k < form.k; ++k) {
      const float x = form.negated ? -a[m * form.k + k] : a[m * form.k + k];
      const float* y = &b[k * form.n];
      for (int n = 0; n < form.n; ++n) {
        row[n] += x * y[n];
      }
    }
  }
  for (int index = 0; index < kWarps; ++index) {
    add_to_accumulators(*warps[index], index, warps[index]->wgmma_operations.front(), product);
    finish_moves(*warps[index], group.done);
  }
  for (int index = 0; index < kWarps; ++index) {
    warps[index]->wgmma_operations.pop_front();
  }
  ++group.done;
  by.release(group.landed);
  ++block.cluster->progress;
}

// ---- instructions ----

bool have_all_issued(const Block& block, int group_index, uint64_t count) {
  Warp* const* warps = &block.warps[group_index * kWarps];
  return std::all_of(warps, warps + kWarps, [=](const Warp* warp) { return warp->wgmma_issued >= count; });
}

bool is_whole_group(Warp& warp, const Instruction& instruction, Mask mask) {
  if (warp.live != kFullMask || static_cast<size_t>(warp.index / kWarps * kWarps + kWarps) > warp.block->warps.size()) {
    fault(warp, instruction, first_lane(mask), CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "wgmma needs four whole warps; some lanes or warps of this warpgroup have ended or never were");
  }
  return mask == kFullMask;
}

uint64_t uniform_descriptor(Warp& warp, const Instruction& instruction, uint32_t offset) {
  const uint64_t* values = warp.lanes<uint64_t>(offset);
  for (int lane = 1; lane < kLanes; ++lane) {
    if (values[lane] != values[0]) {
      fault(warp, instruction, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
            "wgmma descriptor differs between the lanes of a warp");
    }
  }
  // The swizzle repeats after 8, 4 or 2 lines of 128 bytes.
  const Descriptor matrix(values[0]);
  const uint32_t pattern = std::max(128u, matrix.span * 8);
  if (matrix.base_offset != 0) {
    fault(warp, instruction, 0, CUDA_ERROR_NOT_SUPPORTED, "wgmma descriptors with a base offset are not supported");
  }
  if (matrix.span != 0 && matrix.start % pattern / 128 != 0) {
    fault(warp, instruction, 0, CUDA_ERROR_MISALIGNED_ADDRESS,
          "wgmma descriptor with base offset 0 starts at shared address %#x, inside a swizzle pattern of %u bytes: the "
          "tile must be aligned to that",
          matrix.start, pattern);
  }
  return values[0];
}

Status issue(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!is_whole_group(warp, instruction, mask)) {
    return Status::diverged;
  }
  if (!warp.wgmma_fenced) {
    fault(warp, instruction, 0, CUDA_ERROR_ILLEGAL_INSTRUCTION,
          "wgmma.mma_async without wgmma.fence before the first one");
  }
  const Form& form = form_of(instruction);
  WgmmaOperation operation;
  operation.instruction = &instruction;
  operation.scale_d = (*warp.lanes<Mask>(instruction.c) & 1) != instruction.negate_predicate;
  operation.b = uniform_descriptor(warp, instruction, instruction.b);
  if (form.a_in_registers) {
    for (size_t r = 0; r < 4; ++r) {
      const uint32_t* values = warp.lanes<uint32_t>(instruction.slots[form.accumulators + r].offset);
      operation.a_registers.insert(operation.a_registers.end(), values, values + kLanes);
    }
  } else {
    operation.a = uniform_descriptor(warp, instruction, instruction.a);
  }
  for (size_t q = 0; q < form.accumulators; ++q) {
    warp.owned_registers[instruction.slots[q].offset] = warp.wgmma_issued;
  }
  warp.wgmma_operations.push_back(std::move(operation));
  ++warp.wgmma_issued;
  ++warp.cluster->progress;
  const int group = warp.index / kWarps;
  const Warpgroup& state = warp.block->warpgroups[group];
  if (warp.cluster->early()) {
    while (state.done < warp.wgmma_issued && have_all_issued(*warp.block, group, state.done + 1)) {
      land_oldest(warp, group);
    }
  }
  return Status::next;
}

Status fence(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!is_whole_group(warp, instruction, mask)) {
    return Status::diverged;
  }
  warp.wgmma_fenced = true;
  return Status::next;
}

Status commit_group(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!is_whole_group(warp, instruction, mask)) {
    return Status::diverged;
  }
  warp.wgmma_groups.push_back(warp.wgmma_issued);
  return Status::next;
}

// immediate: how many groups may stay in flight.
Status wait_group(Warp& warp, const Instruction& instruction, Mask mask) {
  if (!is_whole_group(warp, instruction, mask)) {
    return Status::diverged;
  }
  const auto keep = static_cast<size_t>(instruction.immediate);
  const size_t groups = warp.wgmma_groups.size();
  const uint64_t target = groups > keep ? warp.wgmma_groups[groups - 1 - keep] : 0;
  const int group = warp.index / kWarps;
  const Warpgroup& state = warp.block->warpgroups[group];
  if (state.done < target && !have_all_issued(*warp.block, group, target)) {
    return Status::wait;
  }
  while (state.done < target) {
    land_oldest(warp, group);
  }
  warp.acquire(state.landed);
  for (auto owned = warp.owned_registers.begin(); owned != warp.owned_registers.end();) {
    owned = owned->second < target ? warp.owned_registers.erase(owned) : std::next(owned);
  }
  warp.warp_sync();
  return Status::next;
}

// ---- decoding ----

Form decode_form(Decoder& decoder, const Statement& statement) {
  Form form;
  std::vector<std::string> types;
  for (const std::string& part : statement.parts) {
    sscanf(part.c_str(), "m64n%dk%d", &form.n, &form.k);
    if (type_named(part) != Type::none) {
      types.push_back(part);
    }
  }
  if (types.size() != 3 || types[1] != types[2] || form.n < 8 || form.n > 256 || form.n % 8 != 0) {
    decoder.error(statement, "this shape or these types of wgmma are not supported");
  }
  if (types[1] == "tf32") {
    form.element = Element::tf32;
    form.element_bytes = 4;
  } else if (types[1] == "f16") {
    form.element = Element::f16;
  } else if (types[1] != "bf16") {
    decoder.error(statement, "wgmma operand type " + types[1] + " is not supported");
  }
  if (form.k * form.element_bytes != 32 || (types[0] != "f16" && types[0] != "f32")) {
    decoder.error(statement, "this k or accumulator type of wgmma is not supported");
  }
  form.half_sums = types[0] == "f16";
  form.accumulators = static_cast<size_t>(form.half_sums ? form.n / 4 : form.n / 2);
  return form;
}

void decode_product(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  const std::vector<Operand>& operands = statement.operands;
  Form form = decode_form(decoder, statement);
  decoder.fragments(operands[0], Type::b32, instruction, true);
  if (instruction.slots.size() != form.accumulators) {
    decoder.error(statement, "wrong number of accumulator registers");
  }
  form.a_in_registers = operands[1].kind == Operand::kVector;
  if (form.a_in_registers) {
    decoder.fragments(operands[1], Type::b32, instruction);
    if (instruction.slots.size() != form.accumulators + 4) {
      decoder.error(statement, "wrong number of A registers");
    }
  } else {
    instruction.a = decoder.value(operands[1], Type::b64);
  }
  instruction.b = decoder.value(operands[2], Type::b64);
  instruction.c = decoder.predicate(operands[3]);
  instruction.negate_predicate = operands[3].negated;
  // After scale-d: imm-scale-a, imm-scale-b and, for 16-bit types, imm-trans-a (of a descriptor) and imm-trans-b.
  const size_t needed = form.element == Element::tf32 ? 2 : form.a_in_registers ? 3 : 4;
  if (operands.size() != 4 + needed) {
    decoder.error(statement, "wgmma needs " + std::to_string(needed) + " immediates after scale-d");
  }
  int64_t scale = 1;
  for (size_t k = 4; k < 6; ++k) {
    if (operands[k].immediate != 1 && operands[k].immediate != -1) {
      decoder.error(statement, "imm-scale must be 1 or -1");
    }
    scale *= operands[k].immediate;
  }
  form.negated = scale < 0;
  form.a_transposed = needed == 4 && operands[6].immediate != 0;
  form.b_transposed = needed >= 3 && operands.back().immediate != 0;
  instruction.table = decoder.keep(form);
  instruction.handler = issue;
}

void decode_wgmma(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  instruction.may_touch_owned = true;
  if (statement.has("fence")) {
    instruction.handler = fence;
  } else if (statement.has("commit_group")) {
    instruction.handler = commit_group;
  } else if (statement.has("wait_group")) {
    instruction.immediate = statement.operands[0].immediate;
    instruction.handler = wait_group;
  } else if (statement.parts[1] == "mma_async" && !statement.has("sp")) {
    decode_product(decoder, statement, instruction);
  }
}

}  // namespace

void register_wgmma(DecodeTable& table) { table["wgmma"] = decode_wgmma; }

}  // namespace radapter_simulator
