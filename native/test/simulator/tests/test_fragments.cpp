// ldmatrix, stmatrix and mma.sync against the PTX manual's figures and formulas.
#include <string.h>

#include <random>

#include "tests/harness.h"
#include "tests/single.h"

namespace radapter_simulator_test {
namespace {

constexpr int kLanes = 32;

std::string number(int value) { return std::to_string(value); }

// Four 8x8 matrices, 128 bytes each: element (r, c) of matrix q is 64q + 8r + c. %t6: lane l's row, l % 8 of matrix l
// / 8.
std::string fill_matrices() {
  std::string body;
  for (int k = 0; k < 8; ++k) {
    body += "{ .reg .b16 %h; .reg .b32 %u, %v; shl.b32 %u, %t0, 3; add.u32 %u, %u, " + number(k) +
            "; cvt.u16.u32 %h, %u; shl.b32 %v, %u, 1; mov.u32 %u, sh; add.u32 %v, %v, %u; st.shared.b16 [%v], %h; }\n";
  }
  return body + "bar.warp.sync -1; mov.u32 %t6, sh; shl.b32 %t7, %t0, 4; add.u32 %t6, %t6, %t7;\n";
}

const char* const kRegisters[] = {"%t2", "%t3", "%t4", "%t5"};

void check_load_matrix(bool transposed, int count) {
  std::string list;
  for (int k = 0; k < count; ++k) {
    list += (k > 0 ? std::string(",") : "") + kRegisters[k];
  }
  int wrong = 0;
  for (int q = 0; q < count; ++q) {
    const Words d =
        run_single(fill_matrices() + "ldmatrix.sync.aligned.m8n8.x" + number(count) + (transposed ? ".trans" : "") +
                       ".shared.b16 {" + list + "}, [%t6]; mov.u32 %d, " + kRegisters[q] + ";",
                   {}, Words(kLanes, 0));
    for (int lane = 0; lane < kLanes; ++lane) {
      for (int e = 0; e < 2; ++e) {
        const int r = lane / 4, c = lane % 4 * 2 + e;
        const int wanted = 64 * q + (transposed ? 8 * c + r : 8 * r + c);
        wrong += static_cast<int>(d[lane] >> (16 * e) & 0xffff) != wanted;
      }
    }
  }
  expect(text("ldmatrix x%d%s", count, transposed ? ".trans" : ""), wrong == 0, text("%d elements wrong", wrong));
}

// stmatrix undoes ldmatrix: the fragments are written elsewhere and compared with the source.
void check_store_matrix(bool transposed) {
  const std::string form = std::string(".sync.aligned.m8n8.x4") + (transposed ? ".trans" : "") + ".shared.b16 ";
  int wrong = 0;
  for (int q = 0; q < 4; ++q) {
    const Words d = run_single(fill_matrices() + "ldmatrix" + form + "{%t2,%t3,%t4,%t5}, [%t6]; stmatrix" + form +
                                   "[%t6+1024], {%t2,%t3,%t4,%t5}; bar.warp.sync -1; shl.b32 %t7, %t0, 2; "
                                   "mov.u32 %t6, sh; add.u32 %t6, %t6, %t7; ld.shared.u32 %d, [%t6+" +
                                   number(1024 + 128 * q) + "];",
                               {}, Words(kLanes, 0));
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto first = static_cast<uint64_t>(64 * q + 2 * lane);
      wrong += d[lane] != (first | (first + 1) << 16);
    }
  }
  expect(text("stmatrix x4%s", transposed ? ".trans" : ""), wrong == 0, text("%d words wrong", wrong));
}

// ---- mma ----

// The manual's formulas for element i of the fragments of a lane, with group = lane / 4 and t = lane % 4.
struct Shape {
  const char* name;
  const char* type;
  int depth, elements_per_register, a_elements, b_elements;
  int (*a_row)(int group, int i);
  int (*a_column)(int t, int i);
  int (*b_row)(int t, int i);
};

int row_k16(int group, int i) { return i < 2 || (i >= 4 && i < 6) ? group : group + 8; }
int column_k16(int t, int i) { return i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8; }
int b_row_k16(int t, int i) { return i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8; }

const Shape kShapes[] = {
    {"m16n8k16", "bf16", 16, 2, 8, 4, row_k16, column_k16, b_row_k16},
    {"m16n8k16", "f16", 16, 2, 8, 4, row_k16, column_k16, b_row_k16},
    {"m16n8k8", "bf16", 8, 2, 4, 2, [](int group, int i) { return i < 2 ? group : group + 8; },
     [](int t, int i) { return t * 2 + (i & 1); }, [](int t, int i) { return t * 2 + i; }},
    {"m16n8k8", "tf32", 8, 1, 4, 2, [](int group, int i) { return i == 0 || i == 2 ? group : group + 8; },
     [](int t, int i) { return i < 2 ? t : t + 4; }, [](int t, int i) { return i == 0 ? t : t + 4; }},
    {"m16n8k32", "s8", 32, 4, 16, 8, [](int group, int i) { return i < 4 || (i >= 8 && i < 12) ? group : group + 8; },
     [](int t, int i) { return i < 8 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16; },
     [](int t, int i) { return i < 4 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16; }}};

uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// A small integer in the format of a fragment. tf32 carries bits that the tensor core must ignore.
uint32_t encode(const std::string& type, int value) {
  const uint32_t bits = float_bits(static_cast<float>(value));
  if (type == "s8") {
    return static_cast<uint8_t>(value);
  }
  if (type == "tf32") {
    return bits | 0x5a5;
  }
  if (type == "bf16") {
    return bits >> 16;
  }
  const int exponent = static_cast<int>(bits >> 23 & 255) - 127 + 15;
  return value == 0 ? 0 : bits >> 31 << 15 | static_cast<uint32_t>(exponent) << 10 | (bits >> 13 & 1023);
}

void check_product(const Shape& shape) {
  const std::string type = shape.type;
  const bool integer = type == "s8";
  std::vector<int> a(16 * shape.depth), b(shape.depth * 8);
  std::mt19937 generator(3);
  for (std::vector<int>* matrix : {&a, &b}) {
    for (int& value : *matrix) {
      value = static_cast<int>(generator() % 9) - 4;
    }
  }
  // Each lane's registers of A, then of B.
  const int a_registers = shape.a_elements / shape.elements_per_register;
  const int b_registers = shape.b_elements / shape.elements_per_register;
  const int registers = a_registers + b_registers, width = 32 / shape.elements_per_register;
  Words packed(static_cast<size_t>(kLanes * registers), 0);
  for (int lane = 0; lane < kLanes; ++lane) {
    const int group = lane / 4, t = lane % 4;
    for (int i = 0; i < shape.a_elements; ++i) {
      const int value = a[shape.a_row(group, i) * shape.depth + shape.a_column(t, i)];
      packed[lane * registers + i / shape.elements_per_register] |= static_cast<uint64_t>(encode(type, value))
                                                                    << (i % shape.elements_per_register * width);
    }
    for (int i = 0; i < shape.b_elements; ++i) {
      const int value = b[shape.b_row(t, i) * 8 + group];
      packed[lane * registers + a_registers + i / shape.elements_per_register] |=
          static_cast<uint64_t>(encode(type, value)) << (i % shape.elements_per_register * width);
    }
  }
  std::string body = "{ .reg .b32 %q<6>; .reg .b64 %y; .reg .b32 %f<4>; mul.wide.u32 %y, %t0, " +
                     number(8 * registers - 8) + "; add.s64 %y, %y, %x0;\n";
  std::string lists[2];
  for (int r = 0; r < registers; ++r) {
    std::string& list = lists[r < a_registers ? 0 : 1];
    list += (list.empty() ? "%q" : ",%q") + number(r);
    body += "ld.global.b32 %q" + number(r) + ", [%y+" + number(8 * r) + "];\n";
  }
  const std::string accumulator = integer ? "s32" : "f32";
  for (int e = 0; e < 4; ++e) {
    body += "mov.b32 %f" + number(e) + (integer ? ", 1;" : ", 0f3F800000;");
  }
  body += "\nmma.sync.aligned." + std::string(shape.name) + ".row.col." + accumulator + "." + type + "." + type + "." +
          accumulator + " {%f0,%f1,%f2,%f3}, {" + lists[0] + "}, {" + lists[1] + "}, {%f0,%f1,%f2,%f3};\n";
  int wrong = 0;
  for (int e = 0; e < 4; ++e) {
    const Words zeros(packed.size(), 0);
    const Words d = run_single(body + "mov.b32 %d, %f" + number(e) + "; }", {}, packed, zeros, zeros, kLanes);
    for (int lane = 0; lane < kLanes; ++lane) {
      const int row = lane / 4 + (e < 2 ? 0 : 8), column = lane % 4 * 2 + (e & 1);
      int wanted = 1;
      for (int k = 0; k < shape.depth; ++k) {
        wanted += a[row * shape.depth + k] * b[k * 8 + column];
      }
      wrong += d[lane] != (integer ? static_cast<uint32_t>(wanted) : float_bits(static_cast<float>(wanted)));
    }
  }
  expect(text("mma.sync %s %s", shape.name, shape.type), wrong == 0, text("%d elements wrong", wrong));
}

void check_fragments() {
  for (const bool transposed : {false, true}) {
    for (const int count : {1, 2, 4}) {
      check_load_matrix(transposed, count);
    }
    check_store_matrix(transposed);
  }
  for (const Shape& shape : kShapes) {
    check_product(shape);
  }
}

const Section fragments("fragments", check_fragments);

}  // namespace
}  // namespace radapter_simulator_test
