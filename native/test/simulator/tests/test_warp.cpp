// What the lanes of a warp tell one another; atomics on shared memory.
#include <random>

#include "tests/harness.h"
#include "tests/single.h"

namespace radapter_simulator_test {
namespace {

constexpr size_t kLanes = 32;

// The PTX manual's pseudo-code.
uint64_t shuffled(const std::string& mode, const Words& a, size_t index, uint64_t b, uint64_t c) {
  const int lane = static_cast<int>(index), value = static_cast<int>(b) & 31, clamp = static_cast<int>(c) & 31;
  const int segment = static_cast<int>(c) >> 8 & 31;
  const int most = (lane & segment) | (clamp & ~segment), least = lane & segment;
  const int source = mode == "up"     ? lane - value
                     : mode == "down" ? lane + value
                     : mode == "bfly" ? lane ^ value
                                      : least | (value & ~segment);
  const bool in_range = mode == "up" ? source >= most : source <= most;
  return static_cast<uint64_t>(in_range) << 32 | a[in_range ? source : lane];
}

void check_shuffles(std::mt19937& generator) {
  for (const char* mode : {"up", "down", "bfly", "idx"}) {
    for (const int width : {32, 16, 8, 4}) {
      Words a, b, c, wanted;
      for (size_t lane = 0; lane < kLanes; ++lane) {
        a.push_back(generator());
        b.push_back(generator() % 32);
        c.push_back(static_cast<uint64_t>((32 - width) << 8 | (std::string(mode) == "up" ? 0 : 31)));
      }
      for (size_t lane = 0; lane < kLanes; ++lane) {
        wanted.push_back(shuffled(mode, a, lane, b[lane], c[lane]));
      }
      const Words got = run_single(std::string("shfl.sync.") + mode +
                                       ".b32 %t1|%p0, %a, %b, %c, -1; selp.b32 %t2, 1, 0, %p0; mov.b64 %d, {%t1, %t2};",
                                   {8, 4, 4, 4}, a, b, c);
      expect(text("shfl.sync.%s in segments of %d", mode, width), got == wanted);
    }
  }
}

void expect_all(const char* body, const Words& a, uint64_t wanted) {
  expect(body, run_single(body, {}, a) == Words(a.size(), wanted));
}

void check_warp() {
  std::mt19937 generator(1);
  check_shuffles(generator);
  Words a, same;
  uint64_t sum = 0, ballot = 0, largest = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    a.push_back(generator() % 5);
    sum += a[lane];
    largest = std::max(largest, a[lane]);
    ballot |= static_cast<uint64_t>(a[lane] > 2) << lane;
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    uint64_t mask = 0;
    for (size_t other = 0; other < kLanes; ++other) {
      mask |= static_cast<uint64_t>(a[other] == a[lane]) << other;
    }
    same.push_back(mask);
  }
  const auto votes = static_cast<uint64_t>(__builtin_popcountll(ballot));
  expect("match.any.sync", run_single("match.any.sync.b32 %d, %a, -1;", {}, a) == same);
  expect_all("mov.u32 %t1, 7; match.all.sync.b32 %d|%p0, %t1, -1;", a, 0xffffffff);
  expect_all("redux.sync.add.u32 %d, %a, -1;", a, sum);
  expect_all("redux.sync.max.s32 %d, %a, -1;", a, largest);
  expect_all("setp.gt.u32 %p0, %a, 2; vote.sync.ballot.b32 %d, %p0, -1;", a, ballot);
  expect_all("setp.gt.u32 %p0, %a, 2; vote.sync.any.pred %p1, %p0, -1; selp.b32 %d, 1, 0, %p1;", a, 1);
  expect_all("setp.gt.u32 %p0, %a, 2; vote.sync.all.pred %p1, %p0, -1; selp.b32 %d, 1, 0, %p1;", a, 0);
  expect_all("setp.gt.u32 %p0, %a, 2; bar.red.popc.u32 %d, 0, %p0;", a, votes);
  expect_all("setp.gt.u32 %p0, %a, 2; bar.red.and.pred %p1, 0, !%p0; selp.b32 %d, 1, 0, %p1;", a, 0);
  Words elected(kLanes, 0);
  elected[0] = 7;
  expect("elect.sync",
         run_single("elect.sync %t1|%p0, -1; selp.b32 %d, 7, 0, %p0; add.u32 %d, %d, %t1;", {}, a) == elected);
  expect("activemask", run_single("setp.lt.u32 %p0, %t0, 5; @!%p0 bra E; activemask.b32 %d;\nE:", {}, a)[0] == 31);
  expect_all(
      "mov.u32 %t1, sh; setp.ne.u32 %p0, %t0, 0; @!%p0 st.shared.u32 [%t1], 100; bar.sync 0; "
      "atom.shared.max.s32 %d, [%t1], %a; bar.sync 0; red.shared.add.u32 [%t1], %a; bar.sync 0; "
      "ld.shared.u32 %d, [%t1];",
      a, 100 + sum);
  // Lane by lane 0 becomes 5, then 6, and then counts 0, 1, … up to 6 and round again.
  expect_all(
      "mov.u32 %t1, sh; setp.ne.u32 %p0, %t0, 0; @!%p0 st.shared.u32 [%t1], 0; bar.sync 0; "
      "atom.shared.cas.b32 %d, [%t1], 0, 5; bar.sync 0; atom.shared.inc.u32 %d, [%t1], 6; bar.sync 0; "
      "ld.shared.u32 %d, [%t1];",
      a, (5 + kLanes) % 7);
  expect_all(
      "mov.u32 %t1, sh; setp.ne.u32 %p0, %t0, 0; @!%p0 st.shared.u32 [%t1], 0; bar.sync 0; "
      "mov.u32 %t2, 0x3c003c00; red.shared.add.noftz.f16x2 [%t1], %t2; bar.sync 0; ld.shared.u32 %d, [%t1];",
      a, 0x50005000);
}

const Section warp("warp", check_warp);

}  // namespace
}  // namespace radapter_simulator_test
