// Clipping, AdamW and the moving average.
#include <math.h>

#include <algorithm>
#include <memory>

#include "harness.h"

namespace radapter_test {
namespace {

typedef std::vector<double> Numbers;

/** One segment's arrays, with guard bytes around each. */
struct Tensors {
  Tensors(int64_t count, uint64_t seed)
      : parameter(Matrix::random(seed, 1, count)),
        gradient(Matrix::random(seed + 1, 1, count)),
        first(1, count),
        second(1, count),
        average(parameter) {
    for (int64_t i = 0; i < count; ++i) {
      first.set(0, i, 0);
      second.set(0, i, 0);
    }
  }
  Matrix parameter;
  Matrix gradient;
  Matrix first;
  Matrix second;
  Matrix average;
};

const int64_t kCounts[] = {1, 7, 8192, 8193, 30000, 16, 0, 3};

std::vector<Tensors> make_tensors() {
  std::vector<Tensors> all;
  uint64_t seed = 10;
  for (int64_t count : kCounts) {
    all.emplace_back(count, seed += 5);
  }
  return all;
}

std::vector<radapter_segment> segments_of(std::vector<Tensors>* all) {
  std::vector<radapter_segment> segments;
  for (Tensors& t : *all) {
    const bool averaged = segments.size() != 2;
    segments.push_back({t.parameter.floats(), t.gradient.floats(), t.first.floats(), t.second.floats(),
                        averaged ? t.average.floats() : nullptr, t.parameter.columns(),
                        segments.size() % 2 == 0 ? 0.1 : 0});
  }
  return segments;
}

/** The same in double, from one step to the next. */
struct Plain {
  Numbers parameter;
  Numbers first;
  Numbers second;
  Numbers average;
};

double norm_of(const std::vector<Tensors>& all) {
  double squares = 0;
  for (const Tensors& t : all) {
    for (double g : t.gradient.values()) {
      squares += g * g;
    }
  }
  return sqrt(squares);
}

void step_plain(Plain* p, const Numbers& gradient, const double* settings, double clip, double steps, double decay) {
  for (size_t i = 0; i < gradient.size(); ++i) {
    const double g = gradient[i] * clip;
    p->parameter[i] *= 1 - settings[0] * decay;
    p->first[i] = settings[1] * p->first[i] + (1 - settings[1]) * g;
    p->second[i] = settings[2] * p->second[i] + (1 - settings[2]) * g * g;
    p->parameter[i] -= settings[0] * (p->first[i] / (1 - pow(settings[1], steps))) /
                       (sqrt(p->second[i] / (1 - pow(settings[2], steps))) + settings[3]);
    p->average[i] += (1 - settings[5]) * (p->parameter[i] - p->average[i]);
  }
}

/** What is kept from step to step in single precision. */
void round_kept(Plain* p) {
  for (Numbers* numbers : {&p->parameter, &p->first, &p->second, &p->average}) {
    for (double& x : *numbers) {
      x = static_cast<float>(x);
    }
  }
}

int step(radapter_context* context, std::vector<Tensors>* all, const double* settings, double* state) {
  OnDevice device(context);
  const std::vector<radapter_segment> segments = segments_of(all);
  Workspace workspace(radapter_adamw_ema_workspace(context, segments.data(), segments.size()));
  const int status = radapter_adamw_ema(context, nullptr, segments.data(), segments.size(), placed(settings, 6),
                                        placed(state, 5), workspace.data(), workspace.size());
  expect(workspace.guards_intact(), "adamw_ema wrote behind its workspace");
  return status;
}

std::vector<std::vector<uint8_t>> bytes_of(const std::vector<Tensors>& all) {
  std::vector<std::vector<uint8_t>> bytes;
  for (const Tensors& t : all) {
    for (const Matrix* m : {&t.parameter, &t.gradient, &t.first, &t.second, &t.average}) {
      expect(m->guards_intact(), "adamw_ema wrote outside an array");
      bytes.push_back(m->elements());
    }
  }
  return bytes;
}

void check_steps(const Machine& machine, double max_norm) {
  const double settings[6] = {0.01, 0.9, 0.999, 1e-8, max_norm, 0.9};
  std::vector<std::vector<uint8_t>> first_bytes;
  for (radapter_context* context : machine.contexts) {
    std::vector<Tensors> all = make_tensors();
    std::vector<Plain> plain;
    for (const Tensors& t : all) {
      plain.push_back({t.parameter.values(), t.first.values(), t.second.values(), t.average.values()});
    }
    std::vector<Plain> single = plain;
    double state[5] = {0, 0, 0, 0, 0};
    for (int k = 1; k <= 4; ++k) {
      for (size_t s = 0; s < all.size(); ++s) {
        // A missing gradient is zero, not missing: moments decay.
        all[s].gradient = Matrix::random(100 * k + s, 1, kCounts[s], RADAPTER_F32, 0, k == 3 ? 0 : 1);
      }
      const double norm = norm_of(all);
      const double clip = max_norm > 0 ? std::min(1.0, max_norm / (norm + 1e-6)) : 1;
      for (size_t s = 0; s < all.size(); ++s) {
        const double decay = s % 2 == 0 ? 0.1 : 0;
        step_plain(&plain[s], all[s].gradient.values(), settings, clip, k, decay);
        step_plain(&single[s], all[s].gradient.values(), settings, clip, k, decay);
        round_kept(&single[s]);
      }
      expect(step(context, &all, settings, state) == RADAPTER_OK, "adamw_ema: %s", radapter_last_error());
      expect(state[0] == k && state[1] == 0 && state[2] == 0, "adamw_ema: steps");
      expect(fabs(state[3] - norm) <= 1e-12 * norm && fabs(state[4] - clip) <= 1e-12, "adamw_ema: norm %g, clip %g",
             state[3], state[4]);
    }
    for (size_t s = 0; s < all.size(); ++s) {
      const std::string what = text("adamw_ema segment %zu, norm at most %g", s, max_norm);
      expect_close(what, all[s].parameter, plain[s].parameter, single[s].parameter);
      expect_close(what + " exp_avg", all[s].first, plain[s].first, single[s].first);
      expect_close(what + " exp_avg_sq", all[s].second, plain[s].second, single[s].second);
      if (s != 2) {
        expect_close(what + " average", all[s].average, plain[s].average, single[s].average);
      }
    }
    const auto bytes = bytes_of(all);
    first_bytes = first_bytes.empty() ? bytes : first_bytes;
    expect(bytes == first_bytes, "adamw_ema differs between 1 and %d threads", radapter_context_threads(context));
  }
}

void check_skipped(const Machine& machine) {
  const double settings[6] = {0.01, 0.9, 0.999, 1e-8, 1, 0.9};
  for (double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    std::vector<Tensors> all = make_tensors();
    double state[5] = {0, 0, 0, 0, 0};
    expect(step(machine.contexts.back(), &all, settings, state) == RADAPTER_OK, "adamw_ema");
    all[4].gradient.set(0, 29999, bad);
    const auto before = bytes_of(all);
    const double clip = state[4];
    for (int k = 1; k <= 2; ++k) {
      expect(step(machine.contexts.back(), &all, settings, state) == RADAPTER_OK, "adamw_ema");
      expect(bytes_of(all) == before, "adamw_ema: a skipped step changed something");
      expect(state[0] == 1 && state[1] == k && state[2] == k && !isfinite(state[3]) && state[4] == clip,
             "adamw_ema: state of a skipped step");
    }
    all[4].gradient.set(0, 29999, 1);
    expect(step(machine.contexts.back(), &all, settings, state) == RADAPTER_OK, "adamw_ema");
    expect(state[0] == 2 && state[1] == 2 && state[2] == 0 && isfinite(state[3]), "adamw_ema: state after");
  }
}

void check_adamw_ema(const Machine& machine) {
  check_steps(machine, 1);
  check_steps(machine, 0);
  check_steps(machine, 1e9);
  check_skipped(machine);
  std::vector<Tensors> all = make_tensors();
  std::vector<radapter_segment> segments = segments_of(&all);
  segments[1].exp_avg = nullptr;
  const double settings[6] = {0.01, 0.9, 0.999, 1e-8, 1, 0.9};
  double state[5] = {0, 0, 0, 0, 0};
  Workspace workspace(1 << 16);
  expect_refused("adamw_ema",
                 radapter_adamw_ema(machine.contexts[0], nullptr, segments.data(), 8, settings, state, workspace.data(),
                                    workspace.size()),
                 "segments[1]");
}

void check_ema_update(const Machine& machine) {
  std::vector<std::vector<uint8_t>> first_bytes;
  for (radapter_context* context : machine.contexts) {
    std::vector<Tensors> all = make_tensors();
    std::vector<Numbers> expected;
    for (Tensors& t : all) {
      t.average = Matrix::random(77, 1, t.parameter.columns());
      expected.push_back(t.average.values());
      const Numbers p = t.parameter.values();
      for (size_t i = 0; i < p.size(); ++i) {
        expected.back()[i] += (1 - 0.99) * (p[i] - expected.back()[i]);
      }
    }
    {
      OnDevice device(context);
      const std::vector<radapter_segment> segments = segments_of(&all);
      expect(radapter_ema_update(context, nullptr, segments.data(), segments.size(), 0.99) == RADAPTER_OK,
             "ema_update");
    }
    for (size_t s = 0; s < all.size(); ++s) {
      if (s != 2) {
        expect_close(text("ema_update segment %zu", s), all[s].average, expected[s], expected[s]);
      }
    }
    const auto bytes = bytes_of(all);
    first_bytes = first_bytes.empty() ? bytes : first_bytes;
    expect(bytes == first_bytes, "ema_update differs between 1 and %d threads", radapter_context_threads(context));
  }
}

void speed_optimizer(radapter_context* context) {
  for (int64_t count : {int64_t{614400}, int64_t{7077888}}) {
    Tensors t(count, 1);
    const radapter_segment segment = {
        t.parameter.floats(), t.gradient.floats(), t.first.floats(), t.second.floats(), t.average.floats(), count, 0};
    const double settings[6] = {1e-4, 0.9, 0.999, 1e-8, 1, 0.999};
    double state[5] = {0, 0, 0, 0, 0};
    const double* placed_settings = placed(settings, 6);
    double* placed_state = placed(state, 5);
    Workspace workspace(radapter_adamw_ema_workspace(context, &segment, 1));
    report_speed(context, text("adamw_ema %lld", (long long)count), time_call([&] {
                   radapter_adamw_ema(context, nullptr, &segment, 1, placed_settings, placed_state, workspace.data(),
                                      workspace.size());
                 }),
                 0, 40.0 * count);
    report_speed(context, text("ema_update %lld", (long long)count),
                 time_call([&] { radapter_ema_update(context, nullptr, &segment, 1, 0.999); }), 0, 12.0 * count);
  }
}

const Operator adamw_ema_operator("adamw_ema", check_adamw_ema, speed_optimizer);
const Operator ema_update_operator("ema_update", check_ema_update);

}  // namespace
}  // namespace radapter_test
