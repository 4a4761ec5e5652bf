// Tensor copies and wgmma, against the PTX manual's figures.
#include <string.h>

#include <array>
#include <random>

#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

constexpr unsigned kShared = 65536 + 64;

// A dense bf16 tensor.
CUtensorMap map_of(CUdeviceptr address, const std::vector<int>& dimensions, const std::vector<int>& box, int swizzle) {
  CUtensorMap map;
  cuuint64_t sizes[5], strides[5];
  cuuint32_t box_sizes[5], ones[5];
  cuuint64_t stride = 2;
  for (size_t d = 0; d < dimensions.size(); ++d) {
    sizes[d] = static_cast<cuuint64_t>(dimensions[d]);
    box_sizes[d] = static_cast<cuuint32_t>(box[d]);
    ones[d] = 1;
    stride *= sizes[d];
    strides[d] = stride;
  }
  CUDA_CHECK(cuTensorMapEncodeTiled_(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, static_cast<cuuint32_t>(dimensions.size()),
                                     reinterpret_cast<void*>(address), sizes, strides, box_sizes, ones,
                                     CU_TENSOR_MAP_INTERLEAVE_NONE, static_cast<CUtensorMapSwizzle>(swizzle),
                                     CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
  return map;
}

// ---- tensor copies ----

// Where byte `linear` of a box lies: in the manual's figures the number of a 16-byte chunk is combined with the number
// of its 128-byte line.
size_t swizzled(size_t linear, int swizzle) {
  const size_t line = linear / 128, chunk = linear % 128 / 16;
  const size_t rows[] = {0, line % 2, line % 4, line % 8};
  return line * 128 + (chunk ^ rows[swizzle]) * 16 + linear % 16;
}

void check_box(const Kernel& kernel, int rank, int swizzle, const std::array<int, 3>& at) {
  const std::vector<int> all_dimensions = {40, 21, 5}, all_box = {swizzle == 0 ? 32 : (16 << swizzle) / 2, 12, 3};
  const std::vector<int> dimensions(all_dimensions.begin(), all_dimensions.begin() + rank);
  const std::vector<int> box(all_box.begin(), all_box.begin() + rank);
  size_t elements = 1, box_elements = 1;
  for (int d = 0; d < rank; ++d) {
    elements *= static_cast<size_t>(dimensions[d]);
    box_elements *= static_cast<size_t>(box[d]);
  }
  std::vector<uint16_t> x(elements), wanted_out(elements, 7);
  for (size_t i = 0; i < elements; ++i) {
    x[i] = static_cast<uint16_t>(i + 1);
  }
  const Buffer<uint16_t> in(x), out(wanted_out), raw(box_elements);
  const CUtensorMap map_in = map_of(in.address(), dimensions, box, swizzle);
  const CUtensorMap map_out = map_of(out.address(), dimensions, box, swizzle);
  const CUresult code = kernel.launch({1}, {32}, map_in, map_out, raw.address(), rank, at[0], at[1], at[2],
                                      static_cast<int>(2 * box_elements));
  const std::string name = text("box of %d dimensions, swizzle %d, at %d %d %d", rank, swizzle, at[0], at[1], at[2]);
  if (!expect(name + " is copied", code == CUDA_SUCCESS, code != CUDA_SUCCESS ? last_report() : "")) {
    return;
  }
  const std::vector<uint16_t> got = raw.get();
  int wrong = 0;
  for (size_t index = 0; index < box_elements; ++index) {
    size_t rest = index, offset = 0, stride = 1;
    bool inside = true;
    for (int d = 0; d < rank; ++d) {
      const int coordinate = at[d] + static_cast<int>(rest % static_cast<size_t>(box[d]));
      rest /= static_cast<size_t>(box[d]);
      inside &= coordinate >= 0 && coordinate < dimensions[d];
      offset += static_cast<size_t>(inside ? coordinate : 0) * stride;
      stride *= static_cast<size_t>(dimensions[d]);
    }
    const uint16_t wanted = inside ? x[offset] : 0;
    wrong += got[swizzled(2 * index, swizzle) / 2] != wanted;
    if (inside) {
      wanted_out[offset] = wanted;
    }
  }
  expect(name + ": loaded", wrong == 0, text("%d elements wrong", wrong));
  expect(name + ": stored, clipped", out.get() == wanted_out);
}

void check_tensor_copies() {
  const Module module(ptx("tensor"));
  const Kernel kernel(module, "tensor_box", kShared);
  for (const int rank : {1, 2, 3}) {
    for (int swizzle = 0; swizzle < 4; ++swizzle) {
      check_box(kernel, rank, swizzle, {8, 4, 1});
      check_box(kernel, rank, swizzle, {24, 15, 4});
      check_box(kernel, rank, swizzle, {-8, -5, -1});
      check_box(kernel, rank, swizzle, {35, 4, 1});
    }
  }
  std::vector<uint16_t> x(64 * 64);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<uint16_t>(i);
  }
  const Buffer<uint16_t> in(x);
  {
    const Kernel multicast(module, "multicast", kShared);
    const Buffer<uint16_t> out(2 * 512);
    const CUresult code = multicast.launch({2}, {32}, map_of(in.address(), {64, 64}, {64, 8}, 0), out.address(), 1024);
    std::vector<uint16_t> wanted(x.begin(), x.begin() + 512);
    wanted.insert(wanted.end(), x.begin(), x.begin() + 512);
    expect("multicast, and arrival on a remote mbarrier",
           expect_code("multicast runs", code, CUDA_SUCCESS) && out.get() == wanted);
  }
  if (on_card()) {
    return;
  }
  const Module planted(ptx("tensor_PLANT_NO_BULK_WAIT"));
  const Kernel wrong(planted, "tensor_box", kShared);
  const Buffer<uint16_t> raw(256);
  const CUtensorMap map = map_of(in.address(), {64, 64}, {32, 8}, 0);
  expect_caught("tensor store that is not waited for",
                wrong.launch({1}, {32}, map, map, raw.address(), 2, 0, 0, 0, 512), "bulk store");
}

// ---- wgmma ----

// As in kernels/tensor.cu.
struct WgmmaTest {
  int boxes_a = 0, boxes_b = 0, step_a = 0, step_b = 0, box_bytes_a = 0, box_bytes_b = 0;
  int form = 0;
  int scale_d = 1;
};

class WgmmaCase {
 public:
  WgmmaCase() : module_(ptx("tensor")), kernel_(module_, "one_wgmma", kShared), a_(64 * 16), b_(16 * 64) {
    std::mt19937 generator(11);
    for (std::vector<int>* matrix : {&a_, &b_}) {
      for (int& value : *matrix) {
        value = static_cast<int>(generator() % 9) - 4;
      }
    }
  }

  uint16_t a(int m, int k) const { return bf16_bits(static_cast<float>(a_[m * 16 + k])); }
  uint16_t b(int k, int n) const { return bf16_bits(static_cast<float>(b_[k * 64 + n])); }

  void check(const std::string& name, const CUtensorMap& map_a, const CUtensorMap& map_b, CUdeviceptr image,
             CUdeviceptr fragments, uint64_t descriptor_a, uint64_t descriptor_b, const WgmmaTest& test) const {
    const Buffer<float> out(32 * 128);
    const CUresult code =
        kernel_.launch({1}, {128}, map_a, map_b, image, fragments, descriptor_a, descriptor_b, test, out.address());
    if (code != CUDA_SUCCESS) {
      expect(name, false, last_report());
      return;
    }
    const std::vector<float> got = out.get();
    int wrong = 0;
    for (int thread = 0; thread < 128; ++thread) {
      for (int i = 0; i < 32; ++i) {
        const int row = 16 * (thread / 32) + thread % 32 / 4 + 8 * (i / 2 % 2);
        const int column = 8 * (i / 4) + 2 * (thread % 4) + i % 2;
        int sum = 0;
        for (int k = 0; k < 16; ++k) {
          sum += a_[row * 16 + k] * b_[k * 64 + column];
        }
        const int wanted = (test.form >= 4 ? -sum : sum) + (test.scale_d != 0 ? 1000 : 0);
        wrong += got[static_cast<size_t>(i) * 128 + static_cast<size_t>(thread)] != static_cast<float>(wanted);
      }
    }
    expect(name, wrong == 0, text("%d elements wrong", wrong));
  }

 private:
  Module module_;
  Kernel kernel_;
  std::vector<int> a_, b_;
};

constexpr uint16_t kNaN = 0x7fc0;

uint64_t descriptor(uint64_t leading_bytes, uint64_t stride_bytes, uint64_t mode) {
  return leading_bytes >> 4 << 16 | stride_bytes >> 4 << 32 | mode << 62;
}

// Operands that tensor copies bring, in boxes of one swizzle span, side by side.
void check_swizzled(const WgmmaCase& test, int swizzle) {
  // K-major operands are stored [mn][k], wider than needed, MN-major ones [k][mn].
  std::vector<uint16_t> a_k, a_m, b_k, b_n;
  for (int r = 0; r < 64; ++r) {
    for (int k = 0; k < 64; ++k) {
      a_k.push_back(k < 16 ? test.a(r, k) : kNaN);
      b_k.push_back(k < 16 ? test.b(k, r) : kNaN);
    }
  }
  for (int k = 0; k < 16; ++k) {
    for (int r = 0; r < 64; ++r) {
      a_m.push_back(test.a(r, k));
      b_n.push_back(test.b(k, r));
    }
  }
  std::vector<uint32_t> fragments;
  for (int thread = 0; thread < 128; ++thread) {
    for (int r = 0; r < 4; ++r) {
      const int row = 16 * (thread / 32) + thread % 32 / 4 + r % 2 * 8, column = 2 * (thread % 4) + r / 2 * 8;
      fragments.push_back(test.a(row, column) | static_cast<uint32_t>(test.a(row, column + 1)) << 16);
    }
  }
  const Buffer<uint16_t> buffer_ak(a_k), buffer_am(a_m), buffer_bk(b_k), buffer_bn(b_n);
  const Buffer<uint32_t> registers(fragments);
  const int span = 16 << swizzle, boxes = 128 / span, bytes_k = span * 64, bytes_mn = span * 16;
  const uint64_t mode = swizzle == 3 ? 1 : swizzle == 2 ? 2 : 3;
  const auto wide = static_cast<uint64_t>(span);
  const uint64_t k_major = descriptor(16, 8 * wide, mode), mn_major = descriptor(16 * wide, 8 * wide, mode);
  const CUtensorMap none{};
  const CUtensorMap ak = map_of(buffer_ak.address(), {64, 64}, {span / 2, 64}, swizzle);
  const CUtensorMap bk = map_of(buffer_bk.address(), {64, 64}, {span / 2, 64}, swizzle);
  const CUtensorMap am = map_of(buffer_am.address(), {64, 16}, {span / 2, 16}, swizzle);
  const CUtensorMap bn = map_of(buffer_bn.address(), {64, 16}, {span / 2, 16}, swizzle);
  const std::string tag = text("wgmma, swizzle %d", span);
  test.check(tag + ", A and B K-major", ak, bk, 0, 0, k_major, k_major, {1, 1, 0, 0, bytes_k, bytes_k, 0, 1});
  test.check(tag + ", A K-major, B N-major", ak, bn, 0, 0, k_major, mn_major,
             {1, boxes, 0, span / 2, bytes_k, bytes_mn, 1, 0});
  test.check(tag + ", A M-major, B K-major", am, bk, 0, 0, mn_major, k_major,
             {boxes, 1, span / 2, 0, bytes_mn, bytes_k, 2, 1});
  test.check(tag + ", A M-major, B N-major", am, bn, 0, 0, mn_major, mn_major,
             {boxes, boxes, span / 2, span / 2, bytes_mn, bytes_mn, 3, 1});
  test.check(tag + ", A in registers, B negated", none, bk, 0, registers.address(), 0, k_major,
             {0, 1, 0, 0, 0, bytes_k, 4, 1});
  test.check(tag + ", A in registers, B N-major", none, bn, 0, registers.address(), 0, mn_major,
             {0, boxes, 0, span / 2, 0, bytes_mn, 5, 0});
}

// Without a swizzle: core matrices of 8 rows of 16 bytes, 128 contiguous bytes each; the stride leads along M or N, the
// leading bytes along K.
void check_plain(const WgmmaCase& test, bool mn_major) {
  constexpr size_t kLeading = 256, kStride = 640, kTileB = 32768;
  std::vector<uint16_t> image(65536 / 2, kNaN);
  for (int r = 0; r < 64; ++r) {
    for (int k = 0; k < 16; ++k) {
      const auto row = static_cast<size_t>(r), column = static_cast<size_t>(k);
      const size_t in_core = mn_major ? column % 8 * 16 + row % 8 * 2 : row % 8 * 16 + column % 8 * 2;
      const size_t offset = row / 8 * kStride + column / 8 * kLeading + in_core;
      image[offset / 2] = test.a(r, k);
      image[(kTileB + offset) / 2] = test.b(k, r);
    }
  }
  const Buffer<uint16_t> buffer(image);
  const CUtensorMap none{};
  const uint64_t both = descriptor(kLeading, kStride, 0);
  WgmmaTest form;
  form.form = mn_major ? 3 : 0;
  form.scale_d = mn_major ? 0 : 1;
  test.check(text("wgmma, no swizzle, both %s-major", mn_major ? "MN" : "K"), none, none, buffer.address(), 0, both,
             both, form);
}

void check_tensor() {
  check_tensor_copies();
  const WgmmaCase test;
  for (const int swizzle : {1, 2, 3}) {
    check_swizzled(test, swizzle);
  }
  check_plain(test, false);
  check_plain(test, true);
}

const Section tensor("tensor", check_tensor);

}  // namespace
}  // namespace radapter_simulator_test
