// mma.sync m16n8k*: D = A·B + C. With g = lane/4, t = lane%4 and W elements a register (1 tf32, 2 f16 and bf16, 4
// int8), register r of A holds row g + 8(r%2), columns W·t + 4W·(r/2) and on; register r of B holds rows W·t + 4W·r and
// on of column g; element r of C and D is row g + 8(r/2), column 2t + r%2.
#include <stdio.h>

#include "instructions/instructions.h"
#include "instructions/warp_wide.h"

namespace radapter_simulator {
namespace {

constexpr int kRows = 16, kColumns = 8, kDeepest = 32;

struct ElementBf16 {
  static constexpr int kPerRegister = 2;
  using Sum = float;
  static float at(uint32_t bits, int k) { return bf16_to_float(static_cast<uint16_t>(bits >> (16 * k))); }
};

struct ElementF16 {
  static constexpr int kPerRegister = 2;
  using Sum = float;
  static float at(uint32_t bits, int k) { return half_to_float(static_cast<uint16_t>(bits >> (16 * k))); }
};

struct ElementTf32 {
  static constexpr int kPerRegister = 1;
  using Sum = float;
  static float at(uint32_t bits, int) { return to_tf32(bits); }
};

template <class Byte>
struct ElementInt8 {
  static constexpr int kPerRegister = 4;
  using Sum = int32_t;
  static int32_t at(uint32_t bits, int k) { return static_cast<Byte>(bits >> (8 * k)); }
};

/** Instruction::slots: D, A, B, C. Instruction::mode: registers of D; 2 where two f16 share one, else 4. */
template <class A, class B>
Status multiply(Warp& warp, const Instruction& instruction, Mask mask) {
  using Sum = typename A::Sum;
  constexpr int W = A::kPerRegister;
  if (!is_whole_warp(warp, instruction, mask)) {
    return Status::diverged;
  }
  const int depth = instruction.vector_length, b_registers = depth / (4 * W), a_registers = 2 * b_registers;
  const Slot* slot_d = instruction.slots.data();
  const Slot* slot_a = slot_d + instruction.mode;
  const Slot* slot_b = slot_a + a_registers;
  const Slot* slot_c = slot_b + b_registers;
  Sum a[kRows][kDeepest], b[kDeepest][kColumns];
  alignas(32) Sum product[kRows][kColumns] = {};
  for (int lane = 0; lane < kLanes; ++lane) {
    const int g = lane / 4, t = lane % 4;
    for (int r = 0; r < a_registers; ++r) {
      const uint32_t bits = warp.lanes<uint32_t>(slot_a[r].offset)[lane];
      for (int k = 0; k < W; ++k) {
        a[g + 8 * (r % 2)][W * t + 4 * W * (r / 2) + k] = A::at(bits, k);
      }
    }
    for (int r = 0; r < b_registers; ++r) {
      const uint32_t bits = warp.lanes<uint32_t>(slot_b[r].offset)[lane];
      for (int k = 0; k < W; ++k) {
        b[W * t + 4 * W * r + k][g] = B::at(bits, k);
      }
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int k = 0; k < depth; ++k) {
      const Sum x = a[i][k];
      for (int j = 0; j < kColumns; ++j) {
        product[i][j] += x * b[k][j];
      }
    }
  }
  // D may be C in another order: nothing is written before everything is read.
  uint32_t out[4][kLanes];
  for (int lane = 0; lane < kLanes; ++lane) {
    const auto element = [&](int r) { return product[lane / 4 + 8 * (r / 2)][lane % 4 * 2 + r % 2]; };
    for (int r = 0; r < instruction.mode; ++r) {
      const uint32_t c = warp.lanes<uint32_t>(slot_c[r].offset)[lane];
      if (instruction.mode == 4) {
        out[r][lane] = bit_cast<uint32_t>(static_cast<Sum>(bit_cast<Sum>(c) + element(r)));
        continue;
      }
      const auto sum = [&](int k) -> uint32_t {
        return float_to_half(static_cast<float>(element(2 * r + k)) +
                             half_to_float(static_cast<uint16_t>(c >> (16 * k))));
      };
      out[r][lane] = sum(0) | sum(1) << 16;
    }
  }
  for (int r = 0; r < instruction.mode; ++r) {
    std::copy(out[r], out[r] + kLanes, warp.lanes<uint32_t>(slot_d[r].offset));
  }
  return Status::next;
}

struct Form {
  const char* a;
  const char* b;
  int per_register;
  Handler handler;
};

using ElementS8 = ElementInt8<int8_t>;
using ElementU8 = ElementInt8<uint8_t>;

const Form kForms[] = {
    {"bf16", "bf16", 2, multiply<ElementBf16, ElementBf16>}, {"f16", "f16", 2, multiply<ElementF16, ElementF16>},
    {"tf32", "tf32", 1, multiply<ElementTf32, ElementTf32>}, {"s8", "s8", 4, multiply<ElementS8, ElementS8>},
    {"u8", "u8", 4, multiply<ElementU8, ElementU8>},         {"s8", "u8", 4, multiply<ElementS8, ElementU8>},
    {"u8", "s8", 4, multiply<ElementU8, ElementS8>}};

void decode_multiply(Decoder& decoder, const Statement& statement, Instruction& instruction) {
  std::vector<std::string> types;
  int depth = 0;
  for (const std::string& part : statement.parts) {
    sscanf(part.c_str(), "m16n8k%d", &depth);
    if (type_named(part) != Type::none) {
      types.push_back(part);
    }
  }
  if (depth == 0 || types.size() != 4 || statement.operands.size() != 4 || !statement.has("row") ||
      !statement.has("col") || statement.has("sp")) {
    decoder.error(statement, "this shape of mma is not supported");
  }
  instruction.vector_length = static_cast<uint8_t>(depth);
  instruction.mode = types[0] == "f16" ? 2 : 4;
  for (const Form& form : kForms) {
    if (types[1] != form.a || types[2] != form.b ||
        (depth != 4 * form.per_register && depth != 8 * form.per_register)) {
      continue;
    }
    instruction.handler = form.handler;
    for (size_t k = 0; k < 4; ++k) {
      decoder.fragments(statement.operands[k], Type::b32, instruction, k == 0);
    }
    const auto b_registers = static_cast<size_t>(depth / (4 * form.per_register));
    if (instruction.slots.size() != 2u * instruction.mode + 3 * b_registers) {
      decoder.error(statement, "wrong fragment sizes");
    }
    return;
  }
  decoder.error(statement, "these types of mma are not supported");
}

}  // namespace

void register_mma(DecodeTable& table) { table["mma"] = decode_multiply; }

}  // namespace radapter_simulator
