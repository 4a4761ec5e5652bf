// Counters: of single instructions, where each number is known, and of whole kernels.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "tests/runs.h"
#include "tests/single.h"

namespace radapter_simulator_test {
namespace {

using Counter = uint64_t ptxsim_counters::*;

ptxsim_launch last_launch() {
  ptxsim_launch launch{};
  expect("there are counters", cuda().ptxsimCounters_(&launch) == 0);
  return launch;
}

// What 32 threads do in `body`: the difference to a kernel without it. %x5 is the address of the inputs, for all
// threads; %t1 that of shared memory; %t2 to %t5 and %x6, %x7 are free.
ptxsim_counters count(const std::string& body) {
  const std::string common = "mul.wide.u32 %x6, %t0, 8; sub.s64 %x5, %x0, %x6; mov.u32 %t1, sh;\n";
  const Words a(2048, 1), zeros(2048, 0);
  ptxsim_counters counts[2];
  for (int k = 0; k < 2; ++k) {
    run_single(common + (k == 0 ? "" : body), {}, a, zeros, zeros, 32);
    counts[k] = last_launch().total;
  }
  for (const Counter counter :
       {&ptxsim_counters::instructions, &ptxsim_counters::thread_instructions, &ptxsim_counters::global_load_bytes,
        &ptxsim_counters::global_load_sectors, &ptxsim_counters::global_store_bytes,
        &ptxsim_counters::global_store_sectors, &ptxsim_counters::global_atomics, &ptxsim_counters::shared_wavefronts,
        &ptxsim_counters::shared_bank_conflicts}) {
    counts[1].*counter -= counts[0].*counter;
  }
  return counts[1];
}

void expect_count(const std::string& name, uint64_t got, uint64_t wanted) {
  expect(name, got == wanted, text("%llu, expected %llu", (unsigned long long)got, (unsigned long long)wanted));
}

void check_global() {
  struct Access {
    const char* name;
    const char* body;
    uint64_t bytes, sectors;
  };
  const Access loads[] = {
      {"neighbouring floats",
       "mul.wide.u32 %x7, %t0, 4; add.s64 %x7, %x7, %x5; ld.global.u32 %t2, "
       "[%x7];",
       128, 4},
      {"floats 32 bytes apart",
       "mul.wide.u32 %x7, %t0, 32; add.s64 %x7, %x7, %x5; ld.global.u32 %t2, "
       "[%x7];",
       128, 32},
      {"floats off a sector's start",
       "mul.wide.u32 %x7, %t0, 4; add.s64 %x7, %x7, %x5; ld.global.u32 %t2, "
       "[%x7+4];",
       128, 5},
      {"one float for all", "ld.global.u32 %t2, [%x5];", 128, 1},
      {"floats backwards",
       "sub.u32 %t3, 31, %t0; mul.wide.u32 %x7, %t3, 4; add.s64 %x7, %x7, %x5; "
       "ld.global.u32 %t2, [%x7];",
       128, 4},
      {"float4",
       "mul.wide.u32 %x7, %t0, 16; add.s64 %x7, %x7, %x5; ld.global.v4.u32 "
       "{%t2,%t3,%t4,%t5}, [%x7];",
       512, 16},
      {"bytes", "cvt.u64.u32 %x7, %t0; add.s64 %x7, %x7, %x5; ld.global.u8 %t2, [%x7];", 32, 1},
      {"half of the lanes",
       "setp.lt.u32 %p0, %t0, 16; mul.wide.u32 %x7, %t0, 4; add.s64 %x7, %x7, "
       "%x5; "
       "@%p0 ld.global.u32 %t2, [%x7];",
       64, 2},
      {"a generic address", "mul.wide.u32 %x7, %t0, 4; add.s64 %x7, %x7, %x5; ld.u32 %t2, [%x7];", 128, 4},
      {"cp.async",
       "shl.b32 %t2, %t0, 4; add.u32 %t2, %t2, %t1; mul.wide.u32 %x7, %t0, 16; "
       "add.s64 %x7, %x7, %x5; "
       "cp.async.cg.shared.global [%t2], [%x7], 16; cp.async.wait_all;",
       512, 16}};
  for (const Access& access : loads) {
    const ptxsim_counters counters = count(access.body);
    expect_count(std::string("bytes loaded, ") + access.name, counters.global_load_bytes, access.bytes);
    expect_count(std::string("sectors loaded, ") + access.name, counters.global_load_sectors, access.sectors);
    expect_count(std::string("bytes stored, ") + access.name, counters.global_store_bytes, 0);
  }
  const ptxsim_counters stores = count(
      "mul.wide.u32 %x7, %t0, 64; add.s64 %x7, %x7, %x5; st.global.u64 "
      "[%x7], %x6;");
  expect_count("bytes stored 64 apart", stores.global_store_bytes, 256);
  expect_count("sectors stored 64 apart", stores.global_store_sectors, 32);
  expect_count("atomics", count("red.global.add.u32 [%x5], 1;").global_atomics, 32);
}

void check_shared() {
  struct Access {
    const char* name;
    const char* body;
    uint64_t wavefronts, conflicts;
  };
  const Access stores[] = {
      {"neighbouring words", "shl.b32 %t2, %t0, 2; add.u32 %t2, %t2, %t1; st.shared.u32 [%t2], %t0;", 1, 0},
      {"every second word", "shl.b32 %t2, %t0, 3; add.u32 %t2, %t2, %t1; st.shared.u32 [%t2], %t0;", 2, 1},
      {"every 32nd word", "shl.b32 %t2, %t0, 7; add.u32 %t2, %t2, %t1; st.shared.u32 [%t2], %t0;", 32, 31},
      {"every 31st word",
       "mul.lo.u32 %t2, %t0, 124; add.u32 %t2, %t2, %t1; st.shared.u32 [%t2], "
       "%t0;",
       1, 0},
      {"bytes", "add.u32 %t2, %t0, %t1; st.shared.u8 [%t2], %t0;", 1, 0},
      {"8 bytes", "shl.b32 %t2, %t0, 3; add.u32 %t2, %t2, %t1; st.shared.u64 [%t2], %x6;", 2, 0},
      {"16 bytes",
       "shl.b32 %t2, %t0, 4; add.u32 %t2, %t2, %t1; st.shared.v4.u32 [%t2], "
       "{%t0,%t0,%t0,%t0};",
       4, 0},
      {"16 bytes, 128 apart",
       "shl.b32 %t2, %t0, 7; add.u32 %t2, %t2, %t1; st.shared.v4.u32 [%t2], "
       "{%t0,%t0,%t0,%t0};",
       32, 28},
      {"one word, then read by all",
       "setp.eq.u32 %p0, %t0, 0; @%p0 st.shared.u32 [%t1], %t0; bar.warp.sync "
       "-1; ld.shared.u32 %t2, [%t1];",
       2, 0},
      {"an atomic on one word",
       "setp.eq.u32 %p0, %t0, 0; @%p0 st.shared.u32 [%t1], %t0; bar.warp.sync "
       "-1; "
       "red.shared.add.u32 [%t1], 1;",
       2, 0}};
  for (const Access& access : stores) {
    const ptxsim_counters counters = count(access.body);
    expect_count(std::string("wavefronts, ") + access.name, counters.shared_wavefronts, access.wavefronts);
    expect_count(std::string("conflicts, ") + access.name, counters.shared_bank_conflicts, access.conflicts);
  }
  // 32 rows of 16 bytes, close together or 128 bytes apart. The stores that fill them take 4 and 32 wavefronts.
  for (const int shift : {4, 7}) {
    const ptxsim_counters counters = count("shl.b32 %t2, %t0, " + std::to_string(shift) +
                                           "; add.u32 %t2, %t2, %t1; st.shared.v4.u32 [%t2], {%t0,%t0,%t0,%t0}; "
                                           "bar.warp.sync -1; "
                                           "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%t3,%t4,%t5,%t6}, [%t2];");
    expect_count(text("wavefronts of ldmatrix, rows %d bytes apart", 1 << shift), counters.shared_wavefronts,
                 shift == 4 ? 8 : 64);
    expect_count(text("conflicts of ldmatrix, rows %d bytes apart", 1 << shift), counters.shared_bank_conflicts,
                 shift == 4 ? 0 : 56);
  }
}

void check_kernels() {
  run_gemm_mma(ptx("gemm_mma"), 64, 64, 32);
  ptxsim_launch launch = last_launch();
  expect("the kernel's name", std::string(launch.kernel) == "gemm_bf16", launch.kernel);
  expect_count("mma.sync: every element is loaded once", launch.total.global_load_bytes, 2 * 64 * 32 * 2);
  expect_count("mma.sync: in whole sectors", launch.total.global_load_sectors, 2 * 64 * 32 * 2 / 32);
  expect_count("mma.sync: every sum is stored once", launch.total.global_store_bytes, 64 * 64 * 4);
  expect_count("mma.sync: eight rows of a sector a store", launch.total.global_store_sectors, 64 * 64 / 32 * 8);
  expect_count("mma.sync: padded tiles have no bank conflicts", launch.total.shared_bank_conflicts, 0);
  run_gemm_wgmma(ptx("gemm_wgmma"), 64, 64, 128);
  launch = last_launch();
  expect_count("tensor copies: every element is loaded once", launch.total.global_load_bytes, 2 * 64 * 128 * 2);
  expect_count("tensor copies: in whole sectors", launch.total.global_load_sectors, 2 * 64 * 128 * 2 / 32);
}

void check_blocks() {
  const Module module(ptx("softmax"));
  const Kernel kernel(module, "softmax_rows");
  const Buffer<float> x(std::vector<float>(3 * 300, 1)), y(3 * 300);
  expect_code("softmax runs", kernel.launch({3}, {256}, x.address(), y.address(), 300), CUDA_SUCCESS);
  const ptxsim_launch launch = last_launch();
  expect_count("blocks", launch.blocks, 3);
  uint64_t instructions = 0, most = 0;
  ptxsim_counters block{};
  for (uint64_t k = 0; k < 3; ++k) {
    expect("a block's counters", cuda().ptxsimBlockCounters_(k, &block) == 0);
    expect_count("bytes stored by a block", block.global_store_bytes, 300 * 4);
    instructions += block.instructions;
    most = std::max(most, block.instructions);
  }
  expect_count("the blocks' instructions make up the total", instructions, launch.total.instructions);
  expect_count("the busiest block", most, launch.most_instructions);
  expect("no fourth block", cuda().ptxsimBlockCounters_(3, &block) == 1);
}

void check_instructions() {
  const ptxsim_counters counters = count(
      "add.u32 %t2, %t0, 1; add.u32 %t2, %t2, 1; setp.lt.u32 %p0, %t0, "
      "4; @%p0 add.u32 %t2, %t2, 1;");
  expect_count("instructions of a warp", counters.instructions, 4);
  expect_count("instructions of threads", counters.thread_instructions, 3 * 32 + 4);
}

void check_file() {
  char path[] = "/tmp/ptxsim_stats_XXXXXX";
  close(mkstemp(path));
  {
    const Environment stats("PTXSIM_STATS", path);
    run_softmax(ptx("softmax"), 2, 100);
    run_softmax(ptx("softmax"), 5, 100);
  }
  std::ifstream file(path);
  std::string header, first, second, third;
  std::getline(file, header);
  std::getline(file, first);
  std::getline(file, second);
  expect("a header",
         header ==
             "kernel,grid_x,grid_y,grid_z,block_x,block_y,block_z,blocks,"
             "dynamic_shared,most_instructions,instructions,"
             "thread_instructions,global_load_bytes,global_load_sectors,"
             "global_store_bytes,global_store_sectors,"
             "global_atomics,shared_wavefronts,shared_bank_conflicts",
         header);
  expect("the first launch", first.rfind("softmax_rows,2,1,1,256,1,1,2,", 0) == 0, first);
  expect("the second launch", second.rfind("softmax_rows,5,1,1,256,1,1,5,", 0) == 0, second);
  expect("no third launch", !std::getline(file, third));
  remove(path);
}

void check_counters() {
  check_instructions();
  check_global();
  check_shared();
  check_kernels();
  check_blocks();
  check_file();
}

const Section counters("counters", check_counters);

}  // namespace
}  // namespace radapter_simulator_test
