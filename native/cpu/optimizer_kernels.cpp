#include "optimizer_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

// In double from load to store: the step is bound by memory all the same, and what it keeps is rounded once.

double sum_of_squares(int64_t count, const float* x) {
  Doubles lower = {};
  Doubles upper = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Floats v = load(x + i);
    lower = fused(first_half(v), first_half(v), lower);
    upper = fused(second_half(v), second_half(v), upper);
  }
  if (i < count) {
    const Floats v = load_first<RADAPTER_F32>(x + i, count - i);
    lower = fused(first_half(v), first_half(v), lower);
    upper = fused(second_half(v), second_half(v), upper);
  }
  return sum_lanes(lower + upper);
}

struct Moments {
  Doubles parameter;
  Doubles first;
  Doubles second;
};

RADAPTER_INLINE Moments adam(const AdamStep& s, Doubles gradient, Doubles parameter, Doubles first, Doubles second) {
  const Doubles g = gradient * s.clip;
  const Doubles m = fused(broadcast(s.beta1), first, (1 - s.beta1) * g);
  const Doubles v = fused(broadcast(s.beta2), second, (1 - s.beta2) * g * g);
  const Doubles update = s.rate * m / (square_root(v) * s.root_correction + s.epsilon);
  return {parameter * s.keep - update, m, v};
}

RADAPTER_INLINE Floats averaged(double weight, Floats parameter, Floats average) {
  const Doubles lower = first_half(average);
  const Doubles upper = second_half(average);
  return narrow(fused(broadcast(weight), first_half(parameter) - lower, lower),
                fused(broadcast(weight), second_half(parameter) - upper, upper));
}

RADAPTER_INLINE void adamw_at(int64_t count, const AdamStep& s, const float* gradient, float* parameter, float* exp_avg,
                              float* exp_avg_sq, float* average) {
  const Floats g = load_up_to<RADAPTER_F32>(gradient, count);
  const Floats p = load_up_to<RADAPTER_F32>(parameter, count);
  const Floats m = load_up_to<RADAPTER_F32>(exp_avg, count);
  const Floats v = load_up_to<RADAPTER_F32>(exp_avg_sq, count);
  const Moments lower = adam(s, first_half(g), first_half(p), first_half(m), first_half(v));
  const Moments upper = adam(s, second_half(g), second_half(p), second_half(m), second_half(v));
  const Floats moved = narrow(lower.parameter, upper.parameter);
  store_up_to<RADAPTER_F32>(parameter, moved, count);
  store_up_to<RADAPTER_F32>(exp_avg, narrow(lower.first, upper.first), count);
  store_up_to<RADAPTER_F32>(exp_avg_sq, narrow(lower.second, upper.second), count);
  if (average != nullptr) {
    store_up_to<RADAPTER_F32>(average, averaged(s.average_weight, moved, load_up_to<RADAPTER_F32>(average, count)),
                              count);
  }
}

void adamw(int64_t count, const AdamStep* step, const float* gradient, float* parameter, float* exp_avg,
           float* exp_avg_sq, float* average) {
  const AdamStep s = *step;
  for (int64_t i = 0; i < count; i += kLanes) {
    adamw_at(count - i, s, gradient + i, parameter + i, exp_avg + i, exp_avg_sq + i,
             average == nullptr ? nullptr : average + i);
  }
}

void move_average(int64_t count, double weight, const float* parameter, float* average) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const Floats p = load_up_to<RADAPTER_F32>(parameter + i, count - i);
    const Floats a = load_up_to<RADAPTER_F32>(average + i, count - i);
    store_up_to<RADAPTER_F32>(average + i, averaged(weight, p, a), count - i);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(OptimizerKernels, optimizer_kernels) = {sum_of_squares, adamw, move_average};

}  // namespace radapter
