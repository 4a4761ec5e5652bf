// How much do the checks notice? Damages one PTX line of a kernel at a time: drops an instruction that synchronises, or
// alters arithmetic. A damaged kernel is reported, gives a wrong result, or goes unnoticed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "tests/runs.h"

namespace radapter_simulator_test {
namespace {

constexpr double kTolerance = 1e-6;

struct Target {
  const char* name;
  std::function<Outcome(const std::string&)> run;
};

const Target kTargets[] = {{"softmax", [](const std::string& module) { return run_softmax(module, 3, 777); }},
                           {"adamw", [](const std::string& module) { return run_adamw(module, 1030); }},
                           {"gemm_mma", [](const std::string& module) { return run_gemm_mma(module, 72, 136, 104); }},
                           {"gemm_wgmma", [](const std::string& module) {
                              const Outcome outcome = run_gemm_wgmma(module, 72, 136, 456);
                              return outcome.code == CUDA_SUCCESS && outcome.error <= kTolerance
                                         ? run_gemm_wgmma(module, 40, 72, 520)
                                         : outcome;
                            }}};

const char* const kSynchronising[] = {"bar.sync",     "cp.async.wait", "cp.async.commit", "mbarrier.", "wgmma.fence",
                                      "wgmma.commit", "wgmma.wait",    "fence.",          "shfl."};

const struct {
  const char* from;
  const char* to;
} kAlterations[] = {{"add.s32", "sub.s32"}, {"add.s64", "sub.s64"},  {"shl.b32", "shr.u32"},
                    {"shr.u32", "shl.b32"}, {"and.b32", "or.b32"},   {"setp.lt", "setp.le"},
                    {"setp.ge", "setp.gt"}, {"mul.f32", "add.f32"},  {"max.f32", "min.f32"},
                    {"sub.f32", "add.f32"}, {"or.pred", "and.pred"}, {"fma.rn.f32", "fma.rz.f32"}};

bool starts_with(const std::string& text, const char* word) { return text.rfind(word, 0) == 0; }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines, size_t changed, const std::string& with) {
  std::string text;
  for (size_t k = 0; k < lines.size(); ++k) {
    text += (k == changed ? with : lines[k]) + "\n";
  }
  return text;
}

// Lines that the run never reaches prove nothing.
std::vector<bool> reached_lines(const Target& target, size_t count) {
  char path[] = "/tmp/ptxsim_coverage_XXXXXX";
  close(mkstemp(path));
  {
    const Environment coverage("PTXSIM_COVERAGE", path);
    target.run(ptx(target.name));
  }
  std::vector<bool> reached(count + 1, false);
  std::ifstream file(path);
  std::string kernel;
  size_t line = 0;
  unsigned long long executions = 0;
  while (file >> kernel >> line >> executions) {
    if (executions > 0 && line <= count) {
      reached[line] = true;
    }
  }
  remove(path);
  return reached;
}

struct Tally {
  int reported = 0, wrong = 0, unnoticed = 0;

  // Returns whether it was noticed.
  bool add(const Target& target, const std::string& module) {
    try {
      const Outcome outcome = target.run(module);
      const bool is_reported = outcome.code != CUDA_SUCCESS, is_wrong = !(outcome.error <= kTolerance);
      ++(is_reported ? reported : is_wrong ? wrong : unnoticed);
      return is_reported || is_wrong;
    } catch (const std::exception&) {
      // The damaged module is refused.
      ++reported;
      return true;
    }
  }

  void print(const char* what) const {
    printf("  %s: %d reported, %d wrong results, %d unnoticed\n", what, reported, wrong, unnoticed);
    fflush(stdout);
  }
};

void mutate(const Target& target) {
  const std::vector<std::string> lines = lines_of(ptx(target.name));
  const std::vector<bool> reached = reached_lines(target, lines.size());
  Tally dropped, altered;
  int alterations = 0;
  printf("%s\n", target.name);
  for (size_t k = 0; k < lines.size(); ++k) {
    const size_t begin = lines[k].find_first_not_of(" \t{");
    if (!reached[k + 1] || begin == std::string::npos) {
      continue;
    }
    const std::string head = lines[k].substr(0, begin), statement = lines[k].substr(begin);
    for (const char* word : kSynchronising) {
      if (!starts_with(statement, word)) {
        continue;
      }
      // Braces stay as they are.
      const std::string rest = head + (statement.find(";}") != std::string::npos ? "}" : "");
      if (!dropped.add(target, joined(lines, k, rest))) {
        printf("  unnoticed without line %zu: %s\n", k + 1, statement.c_str());
      }
      break;
    }
    for (const auto& alteration : kAlterations) {
      // Every third is enough.
      if (starts_with(statement, alteration.from) && alterations++ % 3 == 0) {
        altered.add(target, joined(lines, k, head + alteration.to + statement.substr(strlen(alteration.from))));
        break;
      }
    }
  }
  dropped.print("synchronisation dropped");
  altered.print("arithmetic altered");
}

}  // namespace
}  // namespace radapter_simulator_test

int main(int argc, char** argv) {
  using namespace radapter_simulator_test;
  if (argc != 3) {
    fprintf(stderr, "usage: %s <libcuda.so.1> <folder of PTX>\n", argv[0]);
    return 2;
  }
  open_tests(argv[1], argv[2]);
  // Hundreds of reports.
  if (freopen("/dev/null", "w", stderr) == nullptr) {
    return 2;
  }
  // A damaged loop must end.
  const Environment limit("PTXSIM_MAX_INSTRUCTIONS", "300000");
  for (const Target& target : kTargets) {
    mutate(target);
  }
  return 0;
}
