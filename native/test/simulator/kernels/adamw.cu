// AdamW and an exponential moving average of the parameters in one pass over fp32 state: four elements a thread, and
// the last n mod 4 one a thread.

struct AdamwSettings {
  float rate, beta1, beta2, epsilon, weight_decay, correction1, correction2, average_decay, gradient_scale;
};

struct Element {
  float parameter, gradient, moment, variance, average;
};

__device__ Element step(Element e, const AdamwSettings& s) {
  const float gradient = e.gradient * s.gradient_scale;
  e.moment += (1 - s.beta1) * (gradient - e.moment);
  e.variance = s.beta2 * e.variance + (1 - s.beta2) * gradient * gradient;
  const float direction = e.moment * s.correction1 / (sqrtf(e.variance * s.correction2) + s.epsilon);
  e.parameter -= s.rate * (direction + s.weight_decay * e.parameter);
  e.average += (1 - s.average_decay) * (e.parameter - e.average);
  return e;
}

/** All arrays have n elements and lie on 16 bytes; threads: at least n / 4 + n % 4. */
extern "C" __global__ void __launch_bounds__(256)
    adamw_step(float* parameter, const float* gradient, float* moment, float* variance, float* average, size_t n,
               AdamwSettings settings) {
  const size_t index = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const size_t quads = n / 4;
  if (index < quads) {
    float4 p = reinterpret_cast<float4*>(parameter)[index];
    const float4 g = reinterpret_cast<const float4*>(gradient)[index];
    float4 m = reinterpret_cast<float4*>(moment)[index];
    float4 v = reinterpret_cast<float4*>(variance)[index];
    float4 a = reinterpret_cast<float4*>(average)[index];
    const auto one = [&](float float4::*part) {
      const Element e = step({p.*part, g.*part, m.*part, v.*part, a.*part}, settings);
      p.*part = e.parameter;
      m.*part = e.moment;
      v.*part = e.variance;
      a.*part = e.average;
    };
    one(&float4::x);
    one(&float4::y);
    one(&float4::z);
    one(&float4::w);
    reinterpret_cast<float4*>(parameter)[index] = p;
    reinterpret_cast<float4*>(moment)[index] = m;
    reinterpret_cast<float4*>(variance)[index] = v;
    reinterpret_cast<float4*>(average)[index] = a;
    return;
  }
#ifndef PLANT_NO_TAIL
  const size_t i = 4 * quads + (index - quads);
  if (i < n) {
    const Element e = step({parameter[i], gradient[i], moment[i], variance[i], average[i]}, settings);
    parameter[i] = e.parameter;
    moment[i] = e.moment;
    variance[i] = e.variance;
    average[i] = e.average;
  }
#endif
}
