#include "layer_norm_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

/** Σ f(j, lanes valid) over a row, four vectors at a time. Lanes beyond the row must come back as zero. */
template <int T, typename Function>
RADAPTER_INLINE double sum_row(int64_t columns, const typename Element<T>::Type* x, Function f) {
  Floats s0 = {};
  Floats s1 = {};
  Doubles total = {};
  int64_t j = 0;
  while (j + 2 * kLanes <= columns) {
    // A few terms a lane in single precision, the rest of the sum in double.
    const int64_t stop = j + 16 * kLanes < columns ? j + 16 * kLanes : columns;
    for (; j + 2 * kLanes <= stop; j += 2 * kLanes) {
      s0 += f(Element<T>::load(x + j), j);
      s1 += f(Element<T>::load(x + j + kLanes), j + kLanes);
    }
    s0 += s1;
    total += first_half(s0) + second_half(s0);
    s0 = Floats{};
    s1 = Floats{};
  }
  if (j + kLanes <= columns) {
    s0 = f(Element<T>::load(x + j), j);
    total += first_half(s0) + second_half(s0);
    j += kLanes;
  }
  double sum = sum_lanes(total);
  if (j < columns) {
    const Floats last = f(load_first<T>(x + j, columns - j), j);
    double rest = 0;
    for (int64_t i = 0; i < columns - j; ++i) {
      rest += last[i];
    }
    sum += rest;
  }
  return sum;
}

/** x - mean with the mean in two parts: a large mean costs no precision. */
struct Centre {
  float high;
  float low;
  RADAPTER_INLINE Centre of(double mean) {
    const float high = static_cast<float>(mean);
    return {high, static_cast<float>(mean - high)};
  }
  __attribute__((always_inline)) Floats operator()(Floats x) const { return (x - high) - low; }
};

template <int T>
RADAPTER_INLINE void forward_row(int64_t columns, const typename Element<T>::Type* x, const float* gain,
                                 const float* bias, double epsilon, typename Element<T>::Type* y, float* mean,
                                 float* rstd) {
  // Summed about the first element, so that a large mean does not round the sums.
  const float pivot = load_first<T>(x, 1)[0];
  const double average = pivot + sum_row<T>(columns, x, [=](Floats v, int64_t) { return v - pivot; }) / columns;
  const Centre centre = Centre::of(average);
  const double squares = sum_row<T>(columns, x, [&](Floats v, int64_t) {
    const Floats c = centre(v);
    return c * c;
  });
  const double inverse = 1.0 / __builtin_sqrt(squares / columns + epsilon);
  const float scale = static_cast<float>(inverse);
  int64_t j = 0;
  for (; j + kLanes <= columns; j += kLanes) {
    Element<T>::store(y + j, fused(centre(Element<T>::load(x + j)) * scale, load(gain + j), load(bias + j)));
  }
  if (j < columns) {
    const int count = static_cast<int>(columns - j);
    const Floats c = centre(load_first<T>(x + j, count)) * scale;
    store_first<T>(
        y + j, fused(c, load_first<RADAPTER_F32>(gain + j, count), load_first<RADAPTER_F32>(bias + j, count)), count);
  }
  if (mean != nullptr) {
    *mean = static_cast<float>(average);
    *rstd = scale;
  }
}

template <int T>
void forward_rows(int64_t rows, int64_t columns, const void* from, int64_t ldx, const float* gain, const float* bias,
                  double epsilon, void* to, int64_t ldy, float* mean, float* rstd) {
  const auto* x = static_cast<const typename Element<T>::Type*>(from);
  auto* y = static_cast<typename Element<T>::Type*>(to);
  for (int64_t i = 0; i < rows; ++i) {
    forward_row<T>(columns, x + i * ldx, gain, bias, epsilon, y + i * ldy, mean == nullptr ? nullptr : mean + i,
                   rstd == nullptr ? nullptr : rstd + i);
  }
}

void forward(int64_t rows, int64_t columns, const void* x, int64_t ldx, const float* gain, const float* bias,
             double epsilon, void* y, int64_t ldy, int dtype, float* mean, float* rstd) {
  if (dtype == RADAPTER_F32) {
    forward_rows<RADAPTER_F32>(rows, columns, x, ldx, gain, bias, epsilon, y, ldy, mean, rstd);
  } else {
    forward_rows<RADAPTER_BF16>(rows, columns, x, ldx, gain, bias, epsilon, y, ldy, mean, rstd);
  }
}

/** residual NULL: none. */
template <int T>
RADAPTER_INLINE void backward_row(int64_t columns, const typename Element<T>::Type* dy,
                                  const typename Element<T>::Type* x, const float* gain, float mean, float rstd,
                                  const typename Element<T>::Type* residual, typename Element<T>::Type* dx) {
  const auto q = [&](Floats g, int64_t j) { return g * load_up_to<RADAPTER_F32>(gain + j, columns - j); };
  const float mean_q = static_cast<float>(sum_row<T>(columns, dy, q) / columns);
  const float mean_qx = static_cast<float>(
      sum_row<T>(columns, dy,
                 [&](Floats g, int64_t j) { return q(g, j) * ((load_up_to<T>(x + j, columns - j) - mean) * rstd); }) /
      columns);
  for (int64_t j = 0; j < columns; j += kLanes) {
    const int64_t count = columns - j;
    const Floats normal = (load_up_to<T>(x + j, count) - mean) * rstd;
    Floats d = q(load_up_to<T>(dy + j, count), j) - mean_q;
    d = fused(normal, broadcast(-mean_qx), d) * rstd;
    if (residual != nullptr) {
      d += load_up_to<T>(residual + j, count);
    }
    store_up_to<T>(dx + j, d, count);
  }
}

template <int T>
void backward_rows(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
                   const float* gain, const float* mean, const float* rstd, const void* residual, void* dx,
                   int64_t lddx) {
  typedef typename Element<T>::Type Type;
  for (int64_t i = 0; i < rows; ++i) {
    backward_row<T>(columns, static_cast<const Type*>(dy) + i * lddy, static_cast<const Type*>(x) + i * ldx, gain,
                    mean[i], rstd[i], residual == nullptr ? nullptr : static_cast<const Type*>(residual) + i * lddx,
                    static_cast<Type*>(dx) + i * lddx);
  }
}

void backward(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
              const float* gain, const float* mean, const float* rstd, const void* residual, void* dx, int64_t lddx,
              int dtype) {
  if (dtype == RADAPTER_F32) {
    backward_rows<RADAPTER_F32>(rows, columns, dy, lddy, x, ldx, gain, mean, rstd, residual, dx, lddx);
  } else {
    backward_rows<RADAPTER_BF16>(rows, columns, dy, lddy, x, ldx, gain, mean, rstd, residual, dx, lddx);
  }
}

RADAPTER_INLINE void add_to(double* sum, Floats x) {
  store(sum, load(sum) + first_half(x));
  store(sum + kDoubleLanes, load(sum + kDoubleLanes) + second_half(x));
}

/** Four rows at a time meet in single precision before they enter the sums. */
template <int T>
void sum_gradients(int64_t rows, int64_t columns, const void* gradient, int64_t lddy, const void* input, int64_t ldx,
                   const float* mean, const float* rstd, double* sums) {
  typedef typename Element<T>::Type Type;
  const auto* dy = static_cast<const Type*>(gradient);
  const auto* x = static_cast<const Type*>(input);
  double* bias_sums = sums + columns;
  for (int64_t j = 0; j < 2 * columns; ++j) {
    sums[j] = 0;
  }
  const int64_t whole = columns / kLanes * kLanes;
  for (int64_t i = 0; i < rows; i += 4) {
    const int64_t group = rows - i < 4 ? rows - i : 4;
    for (int64_t j = 0; j < columns; j += kLanes) {
      const int64_t count = columns - j;
      Floats gain_sum = {};
      Floats bias_sum = {};
      for (int64_t k = i; k < i + group; ++k) {
        const Floats g = load_up_to<T>(dy + k * lddy + j, count);
        gain_sum = fused(g, (load_up_to<T>(x + k * ldx + j, count) - mean[k]) * rstd[k], gain_sum);
        bias_sum += g;
      }
      if (j < whole) {
        add_to(sums + j, gain_sum);
        add_to(bias_sums + j, bias_sum);
      } else {
        for (int64_t lane = 0; lane < count; ++lane) {
          sums[j + lane] += gain_sum[lane];
          bias_sums[j + lane] += bias_sum[lane];
        }
      }
    }
  }
}

void gradient_sums(int64_t rows, int64_t columns, const void* dy, int64_t lddy, const void* x, int64_t ldx,
                   const float* mean, const float* rstd, int dtype, double* sums) {
  if (dtype == RADAPTER_F32) {
    sum_gradients<RADAPTER_F32>(rows, columns, dy, lddy, x, ldx, mean, rstd, sums);
  } else {
    sum_gradients<RADAPTER_BF16>(rows, columns, dy, lddy, x, ldx, mean, rstd, sums);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(LayerNormKernels, layer_norm_kernels) = {forward, backward, gradient_sums};

}  // namespace radapter
