#include <algorithm>

#include "ptx/ptx.h"

namespace radapter_simulator {
namespace {

const struct {
  const char* name;
  Type type;
  int size;
} kTypes[] = {{"pred", Type::pred, 0},     {"b8", Type::b8, 1},       {"u8", Type::u8, 1},     {"s8", Type::s8, 1},
              {"b16", Type::b16, 2},       {"u16", Type::u16, 2},     {"s16", Type::s16, 2},   {"f16", Type::f16, 2},
              {"bf16", Type::bf16, 2},     {"b32", Type::b32, 4},     {"u32", Type::u32, 4},   {"s32", Type::s32, 4},
              {"f32", Type::f32, 4},       {"f16x2", Type::f16x2, 4}, {"tf32", Type::tf32, 4}, {"b64", Type::b64, 8},
              {"bf16x2", Type::bf16x2, 4}, {"u64", Type::u64, 8},     {"s64", Type::s64, 8},   {"f64", Type::f64, 8},
              {"b128", Type::b128, 16}};

}  // namespace

int size_of(Type type) {
  for (const auto& known : kTypes) {
    if (known.type == type) {
      return known.size;
    }
  }
  return 0;
}

Type type_named(const std::string& name) {
  for (const auto& known : kTypes) {
    if (name == known.name) {
      return known.type;
    }
  }
  return Type::none;
}

bool Statement::has(const char* part) const { return std::find(parts.begin(), parts.end(), part) != parts.end(); }

int Function::find_label(int scope, const std::string& label) const {
  for (int s = scope; s >= 0; s = scope_parent[s]) {
    const auto found = labels.find({s, label});
    if (found != labels.end()) {
      return found->second;
    }
  }
  return -1;
}

}  // namespace radapter_simulator
