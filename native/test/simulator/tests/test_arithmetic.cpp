// Each lane-wise instruction against the PTX manual, by formulas that are written here and not shared with the
// simulator.
#include <string.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/harness.h"
#include "tests/single.h"

namespace radapter_simulator_test {
namespace {

using Formula = uint64_t (*)(uint64_t a, uint64_t b, uint64_t c);

struct Instruction {
  const char* body;
  /** The widths of d, a, b, c: h 16 bits, w 32, d 64. */
  const char* widths;
  Formula formula;
};

int bytes_of(char width) { return width == 'd' ? 8 : width == 'h' ? 2 : 4; }

uint64_t cut(uint64_t value, char width) {
  return width == 'd' ? value : value & ((uint64_t{1} << (8 * bytes_of(width))) - 1);
}

// Small numbers, edges, single bits, and anything.
Words inputs(std::mt19937_64& generator, size_t count) {
  Words values(count);
  for (uint64_t& value : values) {
    value = generator();
    switch (generator() % 6) {
      case 0:
        value &= 63;
        break;
      case 1:
        value = 0;
        break;
      case 2:
        value = ~uint64_t{0};
        break;
      case 3:
        value = uint64_t{1} << (generator() % 64);
        break;
      default:
        break;
    }
  }
  return values;
}

int32_t s32(uint64_t value) { return static_cast<int32_t>(value); }
int64_t s64(uint64_t value) { return static_cast<int64_t>(value); }
uint32_t u32(uint64_t value) { return static_cast<uint32_t>(value); }
int16_t s16(uint64_t value) { return static_cast<int16_t>(value); }

float real(uint64_t value) {
  const uint32_t bits = u32(value);
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

uint64_t bits(float value) {
  if (value != value) {
    return 0x7fffffff;
  }
  uint32_t result;
  memcpy(&result, &value, sizeof result);
  return result;
}

float flushed(float value) { return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.f, value) : value; }

uint64_t reversed(uint64_t value, int width) {
  uint64_t result = 0;
  for (int k = 0; k < width; ++k) {
    result |= (value >> k & 1) << (width - 1 - k);
  }
  return result;
}

uint64_t extracted(uint64_t a, uint64_t b, uint64_t c) {
  const uint32_t position = b & 255, length = c & 255;
  if (length == 0) {
    return 0;
  }
  const uint32_t top = std::min(position + length - 1, 31u);
  uint64_t result = 0;
  for (uint32_t k = 0; k < 32; ++k) {
    const bool inside = k < length && position + k < 32;
    result |= (inside ? a >> (position + k) & 1 : a >> top & 1) << k;
  }
  return result;
}

uint64_t permuted(uint64_t a, uint64_t b, uint64_t c) {
  const uint64_t both = b << 32 | a;
  uint64_t result = 0;
  for (int k = 0; k < 4; ++k) {
    const uint64_t selector = c >> (4 * k) & 15, byte = both >> (8 * (selector & 7)) & 255;
    result |= ((selector & 8) != 0 ? (byte >= 128 ? 255 : 0) : byte) << (8 * k);
  }
  return result;
}

// Halves of b:a shifted as one; counts of 32 only where they clamp.
uint64_t funnel_left(uint64_t a, uint64_t b, uint32_t n) { return n == 0 ? b : n == 32 ? a : b << n | a >> (32 - n); }
uint64_t funnel_right(uint64_t a, uint64_t b, uint32_t n) { return n == 0 ? a : n == 32 ? b : b << (32 - n) | a >> n; }

#define F [](uint64_t a, uint64_t b, uint64_t c) -> uint64_t
#define UNUSED_B (void)b, (void)c
#define UNUSED_C (void)c
const Instruction kInstructions[] = {{"add.u32 %d, %a, %b;", "wwww", F{return UNUSED_C, a + b;
}  // namespace
}  // namespace radapter_simulator_test
, {"sub.s64 %d, %a, %b;", "dddw", F{return UNUSED_C, a - b;
}
}
, {"add.s16 %d, %a, %b;", "hhhw", F{return UNUSED_C, a + b;
}
}
, {"mul.lo.s32 %d, %a, %b;", "wwww", F{return UNUSED_C, a* b;
}
}
, {"mul.lo.u16 %d, %a, %b;", "hhhw", F{return UNUSED_C, a* b;
}
}
, {"mul.hi.u32 %d, %a, %b;", "wwww", F{return UNUSED_C, a* b >> 32;
}
}
, {"mul.hi.s32 %d, %a, %b;", "wwww", F{return UNUSED_C, static_cast<uint64_t>(int64_t{s32(a)} * s32(b) >> 32);
}
}
, {"mul.hi.u64 %d, %a, %b;", "dddw",
   F{return UNUSED_C, static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b >> 64);
}
}
, {"mul.hi.s64 %d, %a, %b;", "dddw",
   F{return UNUSED_C, static_cast<uint64_t>(static_cast<__int128>(s64(a)) * s64(b) >> 64);
}
}
, {"mul.wide.s32 %d, %a, %b;", "dwww", F{return UNUSED_C, static_cast<uint64_t>(int64_t{s32(a)} * s32(b));
}
}
, {"mul.wide.u16 %d, %a, %b;", "whhw", F{return UNUSED_C, a* b;
}
}
, {"mul.wide.s16 %d, %a, %b;", "whhw", F{return UNUSED_C, static_cast<uint64_t>(s16(a) * s16(b));
}
}
, {"mad.lo.s32 %d, %a, %b, %c;", "wwww", F{return a * b + c;
}
}
, {"mad.hi.s32 %d, %a, %b, %c;", "wwww", F{return static_cast<uint64_t>(int64_t{s32(a)} * s32(b) >> 32) + c;
}
}
, {"mad.wide.u32 %d, %a, %b, %c;", "dwwd", F{return a * b + c;
}
}
, {"mad.wide.s32 %d, %a, %b, %c;", "dwwd", F{return static_cast<uint64_t>(int64_t{s32(a)} * s32(b)) + c;
}
}
, {"shl.b32 %d, %a, %b;", "wwww", F{return UNUSED_C, b > 31 ? 0 : a << b;
}
}
, {"shl.b64 %d, %a, %b;", "ddww", F{return UNUSED_C, b > 63 ? 0 : a << b;
}
}
, {"shr.u32 %d, %a, %b;", "wwww", F{return UNUSED_C, b > 31 ? 0 : a >> b;
}
}
, {"shr.s32 %d, %a, %b;", "wwww", F{return UNUSED_C, u32(s32(a) >> std::min<uint64_t>(b, 31));
}
}
, {"shr.s64 %d, %a, %b;", "ddww", F{return UNUSED_C, static_cast<uint64_t>(s64(a) >> std::min<uint64_t>(b, 63));
}
}
, {"shr.s16 %d, %a, %b;", "hhww", F{return UNUSED_C, static_cast<uint64_t>(s16(a) >> std::min<uint64_t>(b, 15));
}
}
, {"shf.l.wrap.b32 %d, %a, %b, %c;", "wwww", F{return funnel_left(a, b, c & 31);
}
}
, {"shf.r.wrap.b32 %d, %a, %b, %c;", "wwww", F{return funnel_right(a, b, c & 31);
}
}
, {"shf.l.clamp.b32 %d, %a, %b, %c;", "wwww",
   F{return funnel_left(a, b, static_cast<uint32_t>(std::min<uint64_t>(c, 32)));
}
}
, {"shf.r.clamp.b32 %d, %a, %b, %c;", "wwww",
   F{return funnel_right(a, b, static_cast<uint32_t>(std::min<uint64_t>(c, 32)));
}
}
, {"bfe.u32 %d, %a, %b, %c;", "wwww", F{const uint64_t position = b & 255, length = c & 255;
const uint64_t ones = length >= 32 ? 0xffffffff : (uint64_t{1} << length) - 1;
return position > 31 ? 0 : a >> position& ones;
}
}
, {"bfe.s32 %d, %a, %b, %c;", "wwww", extracted},
    {"bfi.b32 %d, %a, %b, %c, 7;", "wwww",
     F{for (uint64_t k = 0; k < 7 && (c & 255) + k < 32; ++k){const uint64_t bit = uint64_t{1} << ((c & 255) + k);
b = (a >> k & 1) != 0 ? b | bit : b & ~bit;
}
return b;
}
}
, {"bmsk.clamp.b32 %d, %a, %b;", "wwww", F{uint64_t mask = 0;
for (uint64_t k = a; k < 32 && k - a < b; ++k) {
  mask |= uint64_t{1} << k;
}
return UNUSED_C, mask;
}
}
, {"prmt.b32 %d, %a, %b, %c;", "wwww", permuted},
    {"lop3.b32 %d, %a, %b, %c, 0xE8;", "wwww", F{return (a & b) | (a & c) | (b & c);
}
}
, {"lop3.b32 %d, %a, %b, %c, 0x96;", "wwww", F{return a ^ b ^ c;
}
}
, {"lop3.b32 %d, %a, %b, %c, 0xD8;", "wwww", F{return (c & b) | (~c & a);
}
}
, {"popc.b64 %d, %a;", "wdww", F{return UNUSED_B, static_cast<uint64_t>(__builtin_popcountll(a));
}
}
, {"clz.b32 %d, %a;", "wwww", F{return UNUSED_B, a != 0 ? static_cast<uint64_t>(__builtin_clz(u32(a))) : 32;
}
}
, {"clz.b64 %d, %a;", "wdww", F{return UNUSED_B, a != 0 ? static_cast<uint64_t>(__builtin_clzll(a)) : 64;
}
}
, {"bfind.u32 %d, %a;", "wwww",
   F{return UNUSED_B, a != 0 ? 31 - static_cast<uint64_t>(__builtin_clz(u32(a))) : 0xffffffff;
}
}
, {"bfind.s32 %d, %a;", "wwww", F{const uint32_t magnitude = s32(a) < 0 ? ~u32(a) : u32(a);
return UNUSED_B, magnitude != 0 ? 31 - static_cast<uint64_t>(__builtin_clz(magnitude)) : 0xffffffff;
}
}
, {"bfind.shiftamt.u64 %d, %a;", "wdww",
   F{return UNUSED_B, a != 0 ? static_cast<uint64_t>(__builtin_clzll(a)) : 0xffffffff;
}
}
, {"brev.b32 %d, %a;", "wwww", F{return UNUSED_B, reversed(a, 32);
}
}
, {"brev.b64 %d, %a;", "ddww", F{return UNUSED_B, reversed(a, 64);
}
}
, {"sad.u32 %d, %a, %b, %c;", "wwww", F{return c + (a > b ? a - b : b - a);
}
}
, {"slct.b32.s32 %d, %a, %b, %c;", "wwww", F{return s32(c) >= 0 ? a : b;
}
}
, {"min.s32 %d, %a, %b;", "wwww", F{return UNUSED_C, u32(std::min(s32(a), s32(b)));
}
}
, {"max.u64 %d, %a, %b;", "dddw", F{return UNUSED_C, std::max(a, b);
}
}
, {"abs.s32 %d, %a;", "wwww", F{return UNUSED_B, s32(a) < 0 ? 0 - a : a;
}
}
, {"neg.s32 %d, %a;", "wwww", F{return UNUSED_B, 0 - a;
}
}
, {"not.b64 %d, %a;", "ddww", F{return UNUSED_B, ~a;
}
}
, {"div.s32 %d, %a, %b;", "wwww",
   F{return UNUSED_C, s32(b) == 0    ? 0xffffffff
                      : s32(b) == -1 ? 0 - a
                                     : u32(s32(a) / s32(b));
}
}
, {"rem.u32 %d, %a, %b;", "wwww", F{return UNUSED_C, b != 0 ? a % b : a;
}
}
, {"rem.s64 %d, %a, %b;", "dddw",
   F{return UNUSED_C, b == 0         ? a
                      : s64(b) == -1 ? 0
                                     : static_cast<uint64_t>(s64(a) % s64(b));
}
}
, {"div.u64 %d, %a, %b;", "dddw", F{return UNUSED_C, b != 0 ? a / b : ~uint64_t{0};
}
}
, {"add.cc.u32 %t1, %a, %b; addc.u32 %d, %c, 0;", "wwww", F{return c + ((a + b) >> 32);
}
}
, {"sub.cc.u32 %t1, %a, %b; subc.u32 %d, %c, 0;", "wwww", F{return c - (a < b);
}
}
, {"dp4a.s32.u32 %d, %a, %b, %c;", "wwww",
   F{for (int k = 0; k < 4; ++k){c += u32(static_cast<int8_t>(a >> 8 * k) * static_cast<int>(b >> 8 * k & 255));
}
return c;
}
}
, {"setp.lt.s32 %p0, %a, %b; selp.b32 %d, 1, 0, %p0;", "wwww", F{return UNUSED_C, s32(a) < s32(b);
}
}
, {"setp.hi.u32 %p0|%p1, %a, %b; selp.b32 %t1, 1, 0, %p0; selp.b32 %t2, 2, 0, %p1; add.u32 %d, %t1, %t2;", "wwww",
   F{return UNUSED_C, a > b ? 1 : 2;
}
}
, {"setp.ne.s32 %p1, %c, 0; setp.ge.and.s32 %p0, %a, %b, !%p1; selp.b32 %d, 1, 0, %p0;", "wwww",
   F{return s32(a) >= s32(b) && c == 0;
}
}
, {"setp.eq.u32 %p1, %c, 0; setp.lt.or.u32 %p0, %a, %b, %p1; selp.b32 %d, 1, 0, %p0;", "wwww", F{return a < b || c == 0;
}
}
, {"set.le.u32.s32 %d, %a, %b;", "wwww", F{return UNUSED_C, s32(a) <= s32(b) ? 0xffffffff : 0;
}
}
, {"setp.ltu.f32 %p0, %a, %b; selp.b32 %d, 1, 0, %p0;", "wwww", F{return UNUSED_C, !(real(a) >= real(b));
}
}
, {"setp.gt.ftz.f32 %p0, %a, %b; selp.b32 %d, 1, 0, %p0;", "wwww",
   F{return UNUSED_C, flushed(real(a)) > flushed(real(b));
}
}
, {"testp.subnormal.f32 %p0, %a; selp.b32 %d, 1, 0, %p0;", "wwww",
   F{return UNUSED_B, std::fpclassify(real(a)) == FP_SUBNORMAL;
}
}
, {"cvt.s32.s8 %d, %a;", "wwww", F{return UNUSED_B, u32(static_cast<int8_t>(a));
}
}
, {"cvt.u16.u8 %d, %a;", "hwww", F{return UNUSED_B, a & 255;
}
}
, {"cvt.s64.s32 %d, %a;", "dwww", F{return UNUSED_B, static_cast<uint64_t>(int64_t{s32(a)});
}
}
, {"cvt.u64.u32 %d, %a;", "dwww", F{return UNUSED_B, a;
}
}
, {"cvt.sat.s16.s32 %d, %a;", "hwww", F{return UNUSED_B, static_cast<uint64_t>(std::clamp(s32(a), -32768, 32767));
}
}
, {"cvt.sat.u8.s32 %d, %a;", "wwww", F{return UNUSED_B, static_cast<uint64_t>(std::clamp(s32(a), 0, 255));
}
}
, {"cvt.sat.s32.u32 %d, %a;", "wwww", F{return UNUSED_B, std::min<uint64_t>(a, 0x7fffffff);
}
}
, {"cvt.rn.f32.u64 %d, %a;", "wdww", F{return UNUSED_B, bits(static_cast<float>(a));
}
}
, {"cvt.rn.f32.s64 %d, %a;", "wdww", F{return UNUSED_B, bits(static_cast<float>(s64(a)));
}
}
, {"cvt.rz.f32.s32 %d, %a;", "wwww", F{const double exact = s32(a);
const float nearest = static_cast<float>(exact);
return UNUSED_B, bits(std::fabs(nearest) > std::fabs(exact) ? std::nextafter(nearest, 0.f) : nearest);
}
}
, {"cvt.rna.tf32.f32 %d, %a;", "wwww", F{const float value = real(a);
return UNUSED_B, value != value ? 0x7fffffff : std::isinf(value) ? a : (a + 0x1000) & 0xffffe000;
}
}
, {"{ .reg .b16 %h<4>; mov.b32 {%h0, %h1}, %a; mov.b32 {%h2, %h3}, %b; mov.b64 %d, {%h3, %h2, %h1, %h0}; }", "dwww",
   F{return UNUSED_C, (a & 0xffff) << 48 | (a >> 16) << 32 | (b & 0xffff) << 16 | b >> 16;
}
}
, {"fma.rn.f32 %d, %a, %b, %c;", "wwww", F{return bits(std::fma(real(a), real(b), real(c)));
}
}
, {"add.ftz.f32 %d, %a, %b;", "wwww", F{return UNUSED_C, bits(flushed(flushed(real(a)) + flushed(real(b))));
}
}
, {"mul.sat.f32 %d, %a, %b;", "wwww", F{const float product = real(a) * real(b);
return UNUSED_C, bits(product > 0 ? std::min(product, 1.f) : 0.f);
}
}
, {"min.f32 %d, %a, %b;", "wwww", F{const float x = real(a), y = real(b);
return UNUSED_C, bits(x != x ? y : y != y ? x : x < y || (x == y && std::signbit(x)) ? x : y);
}
}
, {"max.NaN.f32 %d, %a, %b;", "wwww", F{const float x = real(a), y = real(b);
return UNUSED_C, x != x || y != y ? 0x7fffffff : bits(x > y || (x == y && !std::signbit(x)) ? x : y);
}
}
, {"neg.ftz.f32 %d, %a;", "wwww", F{return UNUSED_B, real(a) != real(a) ? a ^ 0x80000000 : bits(-flushed(real(a)));
}
}
, {"vote.sync.ballot.b32 %d, 1, -1;", "wwww", F{return UNUSED_B, a | 0xffffffff;
}
}
,
}
;
#undef F
#undef UNUSED_B
#undef UNUSED_C

void check_instruction(const Instruction& instruction) {
  constexpr size_t kThreads = 128;
  const char* width = instruction.widths;
  std::mt19937_64 generator(strlen(instruction.body));
  const Words a = inputs(generator, kThreads), b = inputs(generator, kThreads), c = inputs(generator, kThreads);
  const Widths widths{bytes_of(width[0]), bytes_of(width[1]), bytes_of(width[2]), bytes_of(width[3])};
  Words d;
  try {
    d = run_single(instruction.body, widths, a, b, c);
  } catch (const std::exception& error) {
    expect(instruction.body, false, error.what());
    return;
  }
  for (size_t i = 0; i < kThreads; ++i) {
    const uint64_t x = cut(a[i], width[1]), y = cut(b[i], width[2]), z = cut(c[i], width[3]);
    const uint64_t wanted = cut(instruction.formula(x, y, z), width[0]), got = cut(d[i], width[0]);
    if (got != wanted) {
      expect(instruction.body, false,
             text("a=%llx b=%llx c=%llx gives %llx, expected %llx", (unsigned long long)x, (unsigned long long)y,
                  (unsigned long long)z, (unsigned long long)got, (unsigned long long)wanted));
      return;
    }
  }
  expect(instruction.body, true);
}

void check_arithmetic() {
  for (const Instruction& instruction : kInstructions) {
    check_instruction(instruction);
  }
}

const Section arithmetic("arithmetic", check_arithmetic);

}  // namespace
}  // namespace radapter_simulator_test
