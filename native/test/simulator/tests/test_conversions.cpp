// Every 16-bit pattern widened, and numbers narrowed, by what nvcc makes of the conversion functions; the references
// round in exact arithmetic.
#include <stdint.h>
#include <string.h>

#include <cmath>
#include <random>

#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

struct Format {
  int mantissa_bits, smallest_exponent, largest_exponent;

  double value(int bits) const {
    const int exponent = bits >> mantissa_bits, fraction = bits & ((1 << mantissa_bits) - 1);
    return exponent != 0 ? std::ldexp(1 + std::ldexp(fraction, -mantissa_bits), exponent - 1 + smallest_exponent)
                         : std::ldexp(fraction, smallest_exponent - mantissa_bits);
  }
  uint16_t infinity() const {
    return static_cast<uint16_t>((largest_exponent - smallest_exponent + 2) << mantissa_bits);
  }
};

constexpr Format kHalf{10, -14, 15}, kBf16{7, -126, 127};

float half_value(uint16_t bits) {
  const int magnitude = bits & 0x7fff;
  const double value = magnitude > kHalf.infinity()    ? NAN
                       : magnitude == kHalf.infinity() ? INFINITY
                                                       : kHalf.value(magnitude);
  return static_cast<float>(std::copysign(value, (bits & 0x8000) != 0 ? -1.0 : 1.0));
}

enum Mode { kNearest, kToZero, kDown, kUp };

// Searches the neighbours of x.
uint16_t rounded(double x, Mode mode, const Format& format) {
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double magnitude = std::fabs(x);
  if (std::isinf(x)) {
    return sign | format.infinity();
  }
  int below = 0, above = format.infinity();
  while (above - below > 1) {
    const int middle = (below + above) / 2;
    (format.value(middle) <= magnitude ? below : above) = middle;
  }
  const double under = magnitude - format.value(below), over = format.value(above) - magnitude;
  if (under == 0) {
    return static_cast<uint16_t>(sign | below);
  }
  const bool is_away = mode == kNearest  ? under > over || (under == over && (below & 1) != 0)
                       : mode == kToZero ? false
                                         : (mode == kDown) == (sign != 0);
  return static_cast<uint16_t>(sign | (is_away ? above : below));
}

bool is_same(float got, float wanted) { return got != got ? wanted != wanted : memcmp(&got, &wanted, sizeof got) == 0; }

bool is_nan(uint16_t bits, const Format& format) { return (bits & 0x7fff) > format.infinity(); }

constexpr int kPatterns = 65536;

void check_widening(const Module& module) {
  const Kernel kernel(module, "widen_all");
  const Buffer<float> half(kPatterns), bf16(kPatterns);
  expect_code("widening runs", kernel.launch({256}, {256}, half.address(), bf16.address()), CUDA_SUCCESS);
  const std::vector<float> h = half.get(), b = bf16.get();
  int wrong = 0;
  for (int i = 0; i < kPatterns; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    wrong += !is_same(h[i], half_value(bits));
    wrong += !is_same(b[i], bf16_value(bits));
  }
  expect("65,536 patterns of f16 and of bf16 widened", wrong == 0, text("%d wrong", wrong));
}

// Anything, ties of bf16, and the range where f16 becomes subnormal.
std::vector<float> numbers(std::mt19937& generator) {
  std::vector<float> x;
  for (uint32_t i = 0; i < kPatterns; ++i) {
    uint32_t bits = generator();
    if (i % 2 == 1) {
      bits = i << 16 | (bits & 0xffff);
    } else if (i % 8 == 0) {
      bits = i << 16 | 0x8000;
    } else if (i % 8 == 4) {
      bits = (0x387fe000u + (bits & 0x3fffff)) | (generator() & 0x80000000u);
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    x.push_back(value);
  }
  return x;
}

void check_narrowing(const Module& module, std::mt19937& generator) {
  const Kernel kernel(module, "narrow_all");
  const std::vector<float> x = numbers(generator);
  const Buffer<float> in(x);
  const Buffer<uint16_t> out(8 * x.size());
  expect_code("narrowing runs", kernel.launch({256}, {256}, in.address(), out.address(), kPatterns), CUDA_SUCCESS);
  const std::vector<uint16_t> got = out.get();
  const Mode modes[] = {kNearest, kToZero, kDown, kUp, kNearest, kToZero, kNearest, kNearest};
  int wrong[8] = {};
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t k = 0; k < 8; ++k) {
      const Format& format = k < 4 ? kHalf : kBf16;
      const double value = k == 7 ? -static_cast<double>(x[i]) : static_cast<double>(x[i]);
      const uint16_t bits = got[8 * i + k];
      wrong[k] += value != value ? !is_nan(bits, format) : bits != rounded(value, modes[k], format);
    }
  }
  const char* const names[] = {"f16 rn",  "f16 rz",  "f16 rm",     "f16 rp",
                               "bf16 rn", "bf16 rz", "bf16x2 low", "bf16x2 high"};
  for (int k = 0; k < 8; ++k) {
    expect(std::string("65,536 numbers narrowed to ") + names[k], wrong[k] == 0, text("%d wrong", wrong[k]));
  }
}

void check_math(const Module& module, std::mt19937& generator) {
  const Kernel kernel(module, "half_math");
  std::vector<uint16_t> a(kPatterns), b(kPatterns);
  for (int i = 0; i < kPatterns; ++i) {
    a[i] = static_cast<uint16_t>(i);
    b[i] = static_cast<uint16_t>(generator());
  }
  const Buffer<uint16_t> in_a(a), in_b(b), out(4 * kPatterns);
  expect_code("half math runs", kernel.launch({256}, {256}, in_a.address(), in_b.address(), out.address(), kPatterns),
              CUDA_SUCCESS);
  const std::vector<uint16_t> got = out.get();
  int wrong[4] = {};
  for (int i = 0; i < kPatterns; ++i) {
    const double x = half_value(a[i]), y = half_value(b[i]), u = bf16_value(a[i]), v = bf16_value(b[i]);
    const double wanted[] = {x * y + x, x + y, u * v + u, u * v};
    // Where double is too narrow for the exact value there is no reference.
    const bool is_exact = static_cast<long double>(u) * v + u == static_cast<long double>(wanted[2]);
    for (int k = 0; k < 4; ++k) {
      const Format& format = k < 2 ? kHalf : kBf16;
      const uint16_t bits = got[4 * i + k];
      if (wanted[k] != wanted[k]) {
        wrong[k] += !is_nan(bits, format);
      } else if (wanted[k] != 0 && (k != 2 || is_exact)) {
        wrong[k] += bits != rounded(wanted[k], kNearest, format);
      }
    }
  }
  const char* const names[] = {"f16 fma", "f16 add", "bf16 fma", "bf16 mul"};
  for (int k = 0; k < 4; ++k) {
    expect(std::string("65,536 results of ") + names[k], wrong[k] == 0, text("%d wrong", wrong[k]));
  }
}

void check_integers(const Module& module) {
  const Kernel kernel(module, "to_integers");
  const std::vector<float> x = {0.5f,  1.5f, 2.5f,     -0.5f,     -1.5f,        3e9f,  -3e9f,
                                1e20f, NAN,  INFINITY, -INFINITY, 2147483520.f, -7.9f, 4294967040.f};
  const Buffer<float> in(x);
  const Buffer<int32_t> out(4 * x.size());
  expect_code("float to integer runs",
              kernel.launch({1}, {32}, in.address(), out.address(), static_cast<int>(x.size())), CUDA_SUCCESS);
  const std::vector<int32_t> got = out.get();
  const auto signed_of = [](double value) {
    return value != value           ? 0
           : value <= -2147483648.0 ? INT32_MIN
           : value >= 2147483647.0  ? INT32_MAX
                                    : static_cast<int32_t>(value);
  };
  const auto unsigned_of = [](double value) {
    return !(value > 0) ? 0u : value >= 4294967295.0 ? UINT32_MAX : static_cast<uint32_t>(value);
  };
  for (size_t i = 0; i < x.size(); ++i) {
    const double value = x[i];
    const bool right = got[4 * i] == signed_of(std::trunc(value)) &&
                       got[4 * i + 1] == signed_of(std::nearbyint(value)) &&
                       static_cast<uint32_t>(got[4 * i + 2]) == unsigned_of(std::trunc(value)) &&
                       got[4 * i + 3] == signed_of(std::floor(value));
    expect(text("%g to integers", value), right);
  }
}

void check_conversions() {
  const Module module(ptx("convert"));
  std::mt19937 generator(4);
  check_widening(module);
  check_narrowing(module, generator);
  check_math(module, generator);
  check_integers(module);
}

const Section conversions("conversions", check_conversions);

}  // namespace
}  // namespace radapter_simulator_test
