// The Hopper tier's wrappers (cuda/hopper.h), and its product kernel as the plug-in has it: right in every schedule,
// and each fault that is planted in its PTX or in what the host says of its operands is noticed.
#include <string.h>

#include <random>

#include "hopper_adapter_kernels.h"
#include "tests/runs.h"

namespace radapter_simulator_test {
namespace {

using radapter::cuda::HopperGemmArguments;

constexpr uint16_t kNaN = 0x7fc0;

/** A matrix of halves [rows, columns], rows `ld` apart, read in boxes of `box_rows` rows of 64. */
CUtensorMap map_of(CUdeviceptr address, int rows, int columns, int ld, int box_rows, bool f16) {
  CUtensorMap map;
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(ld) * 2};
  const cuuint32_t box[] = {64, static_cast<cuuint32_t>(box_rows)}, ones[] = {1, 1};
  CUDA_CHECK(cuTensorMapEncodeTiled_(&map, f16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2,
                                     reinterpret_cast<void*>(address), sizes, strides, box, ones,
                                     CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                     CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
  return map;
}

// ---- the wrappers ----

/** fp16 or bf16 bits of a small whole number. */
uint16_t half_bits(int value, bool f16) {
  if (!f16 || value == 0) {
    return bf16_bits(static_cast<float>(value));
  }
  const int magnitude = value < 0 ? -value : value;
  const int exponent = magnitude >= 4 ? 2 : magnitude >= 2 ? 1 : 0;
  return static_cast<uint16_t>((value < 0 ? 0x8000 : 0) | (15 + exponent) << 10 |
                               (magnitude << (10 - exponent) & 0x3ff));
}

/** [lines, 16] as rows of 64 terms, NaN behind the 16, or transposed, as 16 rows. */
std::vector<uint16_t> stored(const std::vector<int>& x, int lines, bool transposed, bool f16) {
  std::vector<uint16_t> bits(static_cast<size_t>(lines * (transposed ? 16 : 64)), kNaN);
  for (int line = 0; line < lines; ++line) {
    for (int k = 0; k < 16; ++k) {
      bits[static_cast<size_t>(transposed ? k * lines + line : line * 64 + k)] =
          half_bits(x[static_cast<size_t>(line * 16 + k)], f16);
    }
  }
  return bits;
}

void check_product(const Module& module, int n, bool f16, bool transpose_a, bool transpose_b) {
  std::mt19937 generator(5);
  std::vector<int> a(64 * 16), b(static_cast<size_t>(n * 16));
  for (std::vector<int>* matrix : {&a, &b}) {
    for (int& value : *matrix) {
      value = static_cast<int>(generator() % 9) - 4;
    }
  }
  const Buffer<uint16_t> buffer_a(stored(a, 64, transpose_a, f16)), buffer_b(stored(b, n, transpose_b, f16));
  const CUtensorMap map_a =
      transpose_a ? map_of(buffer_a.address(), 16, 64, 64, 16, f16) : map_of(buffer_a.address(), 64, 64, 64, 64, f16);
  const CUtensorMap map_b =
      transpose_b ? map_of(buffer_b.address(), 16, n, n, 16, f16) : map_of(buffer_b.address(), n, 64, 64, n, f16);
  const std::string name = text("%s_%d_%d%d", f16 ? "f16" : "bf16", n, transpose_a, transpose_b);
  const Kernel kernel(module, name.c_str(), 40960 + 64);
  const Buffer<float> out(static_cast<size_t>(n / 2 * 128));
  const CUresult code = kernel.launch({1}, {128}, map_a, map_b, out.address());
  if (!expect("wgmma " + name + " runs", code == CUDA_SUCCESS, code == CUDA_SUCCESS ? "" : last_report())) {
    return;
  }
  const std::vector<float> got = out.get();
  int wrong = 0;
  for (int thread = 0; thread < 128; ++thread) {
    for (int i = 0; i < n / 2; ++i) {
      const int row = 16 * (thread / 32) + thread % 32 / 4 + 8 * (i / 2 % 2);
      const int column = 8 * (i / 4) + 2 * (thread % 4) + i % 2;
      int sum = 1000;
      for (int k = 0; k < 16; ++k) {
        sum += a[static_cast<size_t>(row * 16 + k)] * b[static_cast<size_t>(column * 16 + k)];
      }
      wrong += got[static_cast<size_t>(i * 128 + thread)] != static_cast<float>(sum);
    }
  }
  expect("wgmma " + name, wrong == 0, text("%d elements wrong", wrong));
}

void check_wrappers() {
  const Module module(ptx("hopper_instructions"));
  for (const int n : {64, 128, 256}) {
    for (int form = 0; form < 8; ++form) {
      check_product(module, n, (form & 4) != 0, (form & 2) != 0, (form & 1) != 0);
    }
  }
  constexpr int kRounds = 5;
  std::vector<int> x(kRounds * 32), wanted;
  for (int i = 0; i < kRounds * 32; ++i) {
    x[static_cast<size_t>(i)] = i * i;
    wanted.push_back((i / 32 * 32 + 31 - i % 32) * (i / 32 * 32 + 31 - i % 32));
  }
  const Buffer<int> in(x), out(x.size());
  const CUresult code = Kernel(module, "hand_over").launch({1}, {64}, in.address(), out.address(), kRounds);
  expect("mbarriers hand values over", expect_code("mbarriers run", code, CUDA_SUCCESS) && out.get() == wanted);
}

// ---- the product ----

struct Faults {
  /** The tensor map of A has one row more; the problem has. */
  bool map_row = false;
  bool problem_row = false;
};

/**
 * C = A op(B) by hopper_bf16_nt_TILE or hopper_bf16_nn_TILE, from the PTX of the plug-in's kernels or a damaged copy;
 * rows are 8 elements longer than M, N, K and the multiples of 8 behind them need.
 */
Outcome run_product(const std::string& module_text, bool transpose_b, bool wide, int M, int N, int K,
                    const Faults& faults = {}) {
  using namespace radapter::cuda;
  const int lda = (K + 15) / 8 * 8, ldb = ((transpose_b ? K : N) + 15) / 8 * 8, rows_b = transpose_b ? N : K;
  const std::vector<uint16_t> a = bf16_normals(static_cast<size_t>(M * lda), 1);
  const std::vector<uint16_t> b = bf16_normals(static_cast<size_t>(rows_b * ldb), 2);
  const Buffer<uint16_t> buffer_a(a), buffer_b(b);
  const Buffer<float> c(static_cast<size_t>(M * N));
  const int columns = wide ? kHopperWide : kHopperNarrow;
  HopperGemmArguments arguments;
  const CUtensorMap map_a = map_of(buffer_a.address(), M + (faults.map_row ? 1 : 0), K, lda, kHopperRows, false);
  const CUtensorMap map_b = transpose_b ? map_of(buffer_b.address(), N, K, ldb, columns, false)
                                        : map_of(buffer_b.address(), K, N, ldb, kHopperDepth, false);
  memcpy(&arguments.a, &map_a, sizeof map_a);
  memcpy(&arguments.b, &map_b, sizeof map_b);
  arguments.problem.m = M + (faults.problem_row ? 1 : 0);
  arguments.problem.n = N;
  arguments.problem.k = K;
  arguments.problem.epilogue.c = output(reinterpret_cast<void*>(c.address()), N, RADAPTER_F32);
  const Module module(module_text);
  const Kernel kernel(module, text("hopper_bf16_%s_%s", transpose_b ? "nt" : "nn", wide ? "wide" : "narrow").c_str(),
                      static_cast<unsigned>(hopper_shared_bytes(columns)));
  const auto tiles = static_cast<unsigned>((M + kHopperRows - 1) / kHopperRows * ((N + columns - 1) / columns));
  Outcome outcome;
  outcome.code = kernel.launch({tiles}, {kHopperThreads}, arguments);
  if (outcome.code != CUDA_SUCCESS) {
    return outcome;
  }
  const std::vector<float> got = c.get();
  RelativeError error;
  for (int m = 0; m < M; ++m) {
    for (int n = 0; n < N; ++n) {
      double sum = 0;
      for (int k = 0; k < K; ++k) {
        sum += static_cast<double>(bf16_value(a[static_cast<size_t>(m * lda + k)])) *
               bf16_value(b[static_cast<size_t>(transpose_b ? n * ldb + k : k * ldb + n)]);
      }
      error.add(got[static_cast<size_t>(m * N + n)], sum);
    }
  }
  outcome.error = error.value();
  return outcome;
}

void check_schedules() {
  const std::string module = ptx("hopper_gemm_kernels");
  for (const char* schedule : {"round_robin", "greedy", "reverse", "random"}) {
    for (const char* timing : {"late", "early", "random"}) {
      const Environment schedules("PTXSIM_SCHEDULE", schedule), timings("PTXSIM_ASYNC", timing);
      for (const bool transpose_b : {false, true}) {
        for (const bool wide : {false, true}) {
          const Outcome outcome = run_product(module, transpose_b, wide, 133, 137, 332);
          expect_accurate(text("Hopper product, B %d, wide %d, %s, %s", transpose_b, wide, schedule, timing),
                          outcome.code, outcome.error);
        }
      }
    }
  }
}

// ---- planted faults ----

/** Puts `with` for each `what`, or for the `only`th, from 0 on; at least one must be there. */
std::string damaged(std::string module, const std::string& what, const std::string& with, int only = -1) {
  int found = 0, replaced = 0;
  for (size_t at = module.find(what); at != std::string::npos; at = module.find(what, at)) {
    const bool chosen = only < 0 || found++ == only;
    if (chosen) {
      module.replace(at, what.size(), with);
      ++replaced;
    }
    at += chosen ? with.size() : what.size();
  }
  expect("the kernel has " + what, replaced > 0);
  return module;
}

/** One kernel of a module's PTX, and all that stands in front of the first. */
std::string alone(const std::string& module, const std::string& kernel) {
  const std::string entry = ".visible .entry ";
  const size_t begin = module.find(entry + kernel + "(");
  const size_t next = module.find(entry, begin + 1), debug = module.find("\n\t.file", begin);
  const size_t end = next != std::string::npos ? module.rfind('}', next) + 1 : module.rfind('}', debug) + 1;
  return module.substr(0, module.find(entry)) + module.substr(begin, end - begin) +
         (debug == std::string::npos ? "" : module.substr(debug));
}

void check_planted() {
  const std::string kernel = alone(ptx("hopper_gemm_kernels"), "hopper_bf16_nt_narrow");
  const auto run = [](const std::string& module) { return run_product(module, true, false, 133, 137, 460); };
  {
    const Outcome outcome = run(kernel);
    expect_accurate("the kernel alone", outcome.code, outcome.error);
  }
  const auto caught = [&](const char* name, const std::string& module, const char* words) {
    expect_caught(name, run(module).code, words);
  };
  const std::string wait = "wgmma.wait_group.sync.aligned ";
  caught("Hopper: no wgmma.wait_group", damaged(damaged(kernel, wait + "1;", ""), wait + "0;", ""), "unfinished wgmma");
  caught("Hopper: no last wgmma.wait_group", damaged(kernel, wait + "0;", ""), "unfinished wgmma");
  caught("Hopper: tile released one step early", damaged(kernel, wait + "1;", wait + "2;"), "in flight");
  caught("Hopper: no wgmma.fence", damaged(kernel, "wgmma.fence.sync.aligned;", ""), "wgmma.fence");
  caught("Hopper: no fence.mbarrier_init", damaged(kernel, "fence.mbarrier_init.release.cluster;", ""),
         "fence.mbarrier_init");
  caught("Hopper: nobody waits for a tile",
         damaged(kernel, "mbarrier.try_wait.parity.shared::cta.b64 over, [", "setp.eq.u32 over, 0, 0; // ["), "");
  caught("Hopper: no barrier before the sums take the stages' place", damaged(kernel, "bar.sync \t0;", "", 1), "");
  const auto descriptor = [](uint64_t stride) {
    return std::to_string(uint64_t{8192 >> 4} << 16 | (stride >> 4) << 32 | uint64_t{1} << 62);
  };
  caught("Hopper: descriptor's stride too long", damaged(kernel, descriptor(1024), descriptor(2048)), "mbarrier");
  const Outcome stride = run(damaged(kernel, descriptor(1024), descriptor(512)));
  expect_wrong("Hopper: descriptor's stride too short", stride.code, stride.error);
  const Outcome swapped = run(damaged(kernel, ", 1, 1, 1, 0, 0;", ", 1, 1, 1, 0, 1;"));
  expect_wrong("Hopper: B taken for transposed", swapped.code, swapped.error);
}

void check_planted_operands() {
  const std::string module = ptx("hopper_gemm_kernels");
  Faults row;
  row.map_row = true;
  expect_caught("Hopper: tensor map one row too long", run_product(module, true, false, 133, 137, 460, row).code, "");
  Faults tail;
  tail.problem_row = true;
  expect_caught("Hopper: one row too many is stored", run_product(module, true, false, 133, 137, 460, tail).code,
                "past the end");
}

// ---- the product with a resident weight ----

/** C = X + X op(W) by hopper_adapter_bf16_nn_128 or hopper_adapter_bf16_nt_128; W [d, d] of numbers that bf16 holds. */
Outcome run_adapter(const std::string& module_text, bool transpose_w, int rows, int d) {
  using namespace radapter::cuda;
  const std::vector<uint16_t> x = bf16_normals(static_cast<size_t>(rows * d), 1);
  std::vector<float> w(static_cast<size_t>(d * d));
  const std::vector<uint16_t> w_bits = bf16_normals(w.size(), 2);
  for (size_t i = 0; i < w.size(); ++i) {
    w[i] = bf16_value(w_bits[i]);
  }
  const Buffer<uint16_t> buffer_x(x);
  const Buffer<float> buffer_w(w), c(static_cast<size_t>(rows * d));
  HopperAdapterArguments arguments;
  const CUtensorMap map = map_of(buffer_x.address(), rows, d, d, kResidentRows, false);
  memcpy(&arguments.a, &map, sizeof map);
  GemmProblem& p = arguments.problem;
  p.m = rows;
  p.n = p.k = d;
  p.b = input(reinterpret_cast<void*>(buffer_w.address()), d, RADAPTER_F32);
  p.epilogue.addend = input(reinterpret_cast<void*>(buffer_x.address()), d, RADAPTER_BF16);
  p.epilogue.c = output(reinterpret_cast<void*>(c.address()), d, RADAPTER_F32);
  arguments.walkers = 2;
  const Module module(module_text);
  const Kernel kernel(module, transpose_w ? "hopper_adapter_bf16_nt_128" : "hopper_adapter_bf16_nn_128",
                      kResidentShared);
  Outcome outcome;
  outcome.code = kernel.launch({static_cast<unsigned>((d + 127) / 128 * 2)}, {kResidentThreads}, arguments);
  if (outcome.code != CUDA_SUCCESS) {
    return outcome;
  }
  const std::vector<float> got = c.get();
  RelativeError error;
  for (int m = 0; m < rows; ++m) {
    for (int n = 0; n < d; ++n) {
      double sum = bf16_value(x[static_cast<size_t>(m * d + n)]);
      for (int k = 0; k < d; ++k) {
        sum += static_cast<double>(bf16_value(x[static_cast<size_t>(m * d + k)])) *
               w[static_cast<size_t>(transpose_w ? n * d + k : k * d + n)];
      }
      error.add(got[static_cast<size_t>(m * d + n)], sum);
    }
  }
  outcome.error = error.value();
  return outcome;
}

void check_adapter() {
  const std::string module = ptx("hopper_adapter_kernels");
  // Two stages are left beside 768 terms.
  for (const int d : {136, 768}) {
    for (const char* schedule : {"round_robin", "greedy", "reverse", "random"}) {
      for (const char* timing : {"late", "early", "random"}) {
        const Environment schedules("PTXSIM_SCHEDULE", schedule), timings("PTXSIM_ASYNC", timing);
        const bool transpose_w = timing[0] != 'e';
        const Outcome outcome = run_adapter(module, transpose_w, d == 768 ? 9 : 390, d);
        expect_accurate(text("Hopper adapter, d %d, W %d, %s, %s", d, transpose_w, schedule, timing), outcome.code,
                        outcome.error);
      }
    }
  }
}

void check_planted_adapter() {
  const std::string kernel = alone(ptx("hopper_adapter_kernels"), "hopper_adapter_bf16_nn_128");
  const auto caught = [](const char* name, const std::string& damaged_module, const char* words) {
    expect_caught(name, run_adapter(damaged_module, false, 390, 136).code, words);
  };
  caught("Hopper adapter: no fence.proxy.async behind the weight",
         damaged(kernel, "fence.proxy.async.shared::cta;", ""), "fence.proxy.async");
  caught("Hopper adapter: no barrier behind the weight", damaged(kernel, "bar.sync \t0;", ""), "");
  caught("Hopper adapter: no last wgmma.wait_group", damaged(kernel, "wgmma.wait_group.sync.aligned 0;", ""),
         "unfinished wgmma");
  // Of two stages the one that is filled next is the one that is still to be read.
  const Outcome early = run_adapter(
      damaged(kernel, "wgmma.wait_group.sync.aligned 1;", "wgmma.wait_group.sync.aligned 2;"), false, 9, 768);
  expect_wrong("Hopper adapter: tile released one step early", early.code, early.error);
}

void check_hopper() {
  check_wrappers();
  check_schedules();
  if (!on_card()) {
    check_planted();
    check_planted_operands();
    check_planted_adapter();
  }
  check_adapter();
}

const Section hopper("hopper", check_hopper);

}  // namespace
}  // namespace radapter_simulator_test
