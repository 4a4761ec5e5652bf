#include "tests/single.h"

#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

std::string type_of(int bytes) { return bytes == 8 ? "b64" : bytes == 2 ? "b16" : "b32"; }

std::string kernel_around(const std::string& body, const Widths& widths) {
  const struct {
    const char* name;
    int bytes;
  } values[] = {{"a", widths.a}, {"b", widths.b}, {"c", widths.c}, {"d", widths.d}};
  std::string text =
      ".version 8.6\n.target sm_90a\n.address_size 64\n"
      ".visible .entry k(.param .u64 pa, .param .u64 pb, .param .u64 pc, .param .u64 pd)\n{\n"
      ".reg .b64 %x<8>; .reg .b32 %t<8>; .reg .pred %p<4>; .shared .align 16 .b8 sh[4096];\n"
      "mov.u32 %t0, %tid.x; mul.wide.u32 %x4, %t0, 8;\n";
  for (int k = 0; k < 4; ++k) {
    const std::string name = values[k].name, address = "%x" + std::to_string(k), type = type_of(values[k].bytes);
    text += ".reg ." + type + " %" + name + ";\n";
    text += "ld.param.u64 " + address + ", [p" + name + "]; add.s64 " + address + ", " + address + ", %x4;\n";
    text += name == "d" ? "mov." + type + " %d, 0;\n" : "ld.global." + type + " %" + name + ", [" + address + "];\n";
  }
  return text + body + "\nst.global." + type_of(widths.d) + " [%x3], %d;\nret;\n}\n";
}

}  // namespace

Words run_single(const std::string& body, const Widths& widths, const Words& a, const Words& b, const Words& c,
                 unsigned threads) {
  const Module module(kernel_around(body, widths));
  const Kernel kernel(module, "k");
  const Buffer<uint64_t> buffer_a(a), buffer_b(b), buffer_c(c), buffer_d(Words(a.size(), ~uint64_t{0}));
  const CUresult code = kernel.launch({1}, {threads != 0 ? threads : static_cast<unsigned>(a.size())},
                                      buffer_a.address(), buffer_b.address(), buffer_c.address(), buffer_d.address());
  if (code != CUDA_SUCCESS) {
    throw std::runtime_error(body + ": " + last_report());
  }
  Words results = buffer_d.get();
  for (uint64_t& result : results) {
    result &= ~uint64_t{0} >> (64 - 8 * widths.d);
  }
  return results;
}

Words run_single(const std::string& body, const Widths& widths, const Words& a) {
  const Words zeros(a.size(), 0);
  return run_single(body, widths, a, zeros, zeros);
}

}  // namespace radapter_simulator_test
