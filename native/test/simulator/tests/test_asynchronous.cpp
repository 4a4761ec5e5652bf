// cp.async, mbarriers and bulk copies, one at a time; and what is reported of wrong ones.
#include "tests/harness.h"
#include "tests/single.h"

namespace radapter_simulator_test {
namespace {

constexpr size_t kLanes = 32;
const Widths kDouble{8, 8, 8, 8};

// %t1: the lane's eight bytes of shared memory, %t2 their offset. %t3: an mbarrier.
const std::string kOwnBytes = "mov.u32 %t1, sh; shl.b32 %t2, %t0, 3; add.u32 %t1, %t1, %t2;\n";

std::string init_barrier(int count) {
  return "mov.u32 %t3, sh; add.u32 %t3, %t3, 2048; setp.eq.u32 %p0, %t0, 0; @%p0 mbarrier.init.shared.b64 [%t3], " +
         std::to_string(count) + "; fence.mbarrier_init.release.cluster; bar.sync 0;\n";
}

const std::string kWait =
    "\nW: mbarrier.try_wait.parity.shared.b64 %p1, [%t3], 0; @!%p1 bra W; ld.shared.u64 %d, [%t1];";

Words inputs() {
  Words values;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    values.push_back(0x1111111111111111u * (lane % 15 + 1));
  }
  return values;
}

void check_results() {
  const Words a = inputs();
  Words shortened = a, chosen = a;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    shortened[lane] &= 0xffffffffff;
    chosen[lane] = lane > 9 ? 0 : a[lane];
  }
  expect("cp.async fills with zeros behind src-size",
         run_single(kOwnBytes + "cp.async.ca.shared.global [%t1], [%x0], 8, 5; cp.async.commit_group; "
                                "cp.async.wait_group 0; ld.shared.u64 %d, [%t1];",
                    kDouble, a) == shortened);
  expect("cp.async with ignore-src",
         run_single(kOwnBytes + "setp.gt.u32 %p0, %t0, 9; cp.async.ca.shared.global [%t1], [%x0], 8, %p0; "
                                "cp.async.wait_all; ld.shared.u64 %d, [%t1];",
                    kDouble, a) == chosen);
  expect("cp.async.mbarrier.arrive.noinc",
         run_single(kOwnBytes + init_barrier(kLanes) +
                        "cp.async.ca.shared.global [%t1], [%x0], 8; cp.async.mbarrier.arrive.noinc.shared.b64 [%t3];" +
                        kWait,
                    kDouble, a) == a);
  expect("mbarrier states and parities",
         run_single(kOwnBytes + init_barrier(kLanes) +
                        "mbarrier.arrive.shared.b64 %x5, [%t3];\n"
                        "W: mbarrier.test_wait.shared.b64 %p1, [%t3], %x5; @!%p1 bra W;\n"
                        "mbarrier.arrive.shared.b64 %x6, [%t3];\n"
                        "V: mbarrier.try_wait.parity.shared.b64 %p1, [%t3], 1; @!%p1 bra V;\n"
                        "mbarrier.test_wait.parity.shared.b64 %p2, [%t3], 0; selp.b32 %t4, 1, 0, %p2; "
                        "cvt.u64.u32 %d, %t4;",
                    kDouble, a) == Words(kLanes, 0));
  const std::string bulk_load =
      "@!%p0 bra W; mbarrier.arrive.expect_tx.shared.b64 _, [%t3], 256; mov.u32 %t5, sh; "
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%t5], [%x0], 256, [%t3];";
  expect("cp.async.bulk into shared memory",
         run_single(kOwnBytes + init_barrier(1) + bulk_load + kWait, kDouble, a) == a);
  expect("cp.async.bulk out of shared memory",
         run_single(kOwnBytes + "st.shared.u64 [%t1], %a; fence.proxy.async.shared::cta; bar.sync 0; "
                                "setp.ne.u32 %p0, %t0, 0; @%p0 bra E; mov.u32 %t5, sh;\n"
                                "cp.async.bulk.global.shared::cta.bulk_group [%x1], [%t5], 256; "
                                "cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;\n"
                                "E: bar.sync 0; ld.global.u64 %d, [%x1];",
                    kDouble, a) == a);
}

void expect_report(const char* name, const std::string& body, const char* words) {
  std::string report = "not noticed";
  try {
    run_single(body, kDouble, inputs());
  } catch (const std::exception& error) {
    report = error.what();
  }
  expect(name, report.find(words) != std::string::npos, report);
}

void check_reports() {
  expect_report("cp.async left behind at exit", kOwnBytes + "cp.async.ca.shared.global [%t1], [%x0], 8;",
                "still in flight");
  expect_report("read while the copy is in flight",
                kOwnBytes + "cp.async.ca.shared.global [%t1], [%x0], 8; ld.shared.u64 %d, [%t1]; cp.async.wait_all;",
                "in flight");
  expect_report("mbarrier used without __syncthreads after its init",
                "mov.u32 %t3, sh; setp.eq.u32 %p0, %t0, 0; @%p0 mbarrier.init.shared.b64 [%t3], 32; "
                "mbarrier.arrive.shared.b64 %x5, [%t3];",
                "mbarrier.init");
  expect_report("more arrivals than an mbarrier expects",
                init_barrier(31) +
                    "setp.ne.u32 %p0, %t0, 0; @%p0 mbarrier.arrive.shared.b64 %x5, [%t3]; "
                    "@%p0 mbarrier.arrive.noComplete.shared.b64 %x5, [%t3], 32;",
                "more arrivals");
  expect_report("shared store, no fence.proxy.async, bulk store",
                kOwnBytes +
                    "st.shared.u64 [%t1], %a; bar.sync 0; setp.ne.u32 %p0, %t0, 0; @%p0 bra E; "
                    "mov.u32 %t5, sh; cp.async.bulk.global.shared::cta.bulk_group [%x3], [%t5], 256; "
                    "cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;\nE: bar.sync 0;",
                "fence.proxy.async");
  expect_report("shared memory overwritten while a bulk store reads it",
                kOwnBytes +
                    "st.shared.u64 [%t1], %a; fence.proxy.async.shared::cta; bar.sync 0; "
                    "setp.ne.u32 %p0, %t0, 0; @%p0 bra E; mov.u32 %t5, sh; "
                    "cp.async.bulk.global.shared::cta.bulk_group [%x3], [%t5], 256; "
                    "cp.async.bulk.commit_group; st.shared.u64 [%t1], %a; cp.async.bulk.wait_group 0;\n"
                    "E: bar.sync 0;",
                "wait_group.read is missing");
  expect_report("bulk copy on an mbarrier whose init is not fenced",
                kOwnBytes +
                    "mov.u32 %t3, sh; add.u32 %t3, %t3, 2048; setp.eq.u32 %p0, %t0, 0; "
                    "@%p0 mbarrier.init.shared.b64 [%t3], 1; bar.sync 0; @!%p0 bra W; "
                    "mbarrier.arrive.expect_tx.shared.b64 _, [%t3], 256; mov.u32 %t5, sh; "
                    "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%t5], [%x0], 256, "
                    "[%t3];" +
                    kWait,
                "fence.mbarrier_init");
  expect_report("lanes exchange through shared memory, no __syncwarp",
                kOwnBytes +
                    "st.shared.u64 [%t1], %a; xor.b32 %t2, %t2, 8; mov.u32 %t4, sh; add.u32 %t4, %t4, %t2; "
                    "ld.shared.u64 %d, [%t4];",
                "race");
  expect_report("shared address past the end", "mov.u32 %t1, sh; st.shared.u64 [%t1+4096], %a;", "outside the block's");
  expect_report("a special register that is not supported", "mov.u32 %t1, %envreg7;", "not supported");
  expect_report("an instruction that is not supported", "tcgen05.wait.sync;", "tcgen05");
  expect_report("trap", "trap;", "trap executed");
}

void check_asynchronous() {
  for (const char* timing : {"late", "early", "random"}) {
    const Environment environment("PTXSIM_ASYNC", timing);
    check_results();
    if (!on_card()) {
      check_reports();
    }
  }
}

const Section asynchronous("asynchronous", check_asynchronous);

}  // namespace
}  // namespace radapter_simulator_test
