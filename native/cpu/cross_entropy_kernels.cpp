#include "cross_entropy_kernels.h"

#include "doubles.h"

namespace radapter {
namespace {

/** Largest logit of a row; NaN if there is one. */
template <int T>
RADAPTER_INLINE double greatest(int64_t classes, const typename Element<T>::Type* z) {
  const float first = load_first<T>(z, 1)[0];
  Floats top = broadcast(first);
  int64_t j = 0;
  for (; j + kLanes <= classes; j += kLanes) {
    top = larger(top, Element<T>::load(z + j));
  }
  float result = max_lanes(top);
  for (; j < classes; ++j) {
    const float v = load_first<T>(z + j, 1)[0];
    result = result < v ? v : result;
  }
  return result;
}

// Exponentials in double: where the label's probability is near 1 the gradient is p - 1, and single precision would
// leave nothing of it.
template <int T>
RADAPTER_INLINE void row_loss(int64_t classes, const typename Element<T>::Type* z, int32_t label, double smoothing,
                              double weight, double* loss, typename Element<T>::Type* dz) {
  const double top = greatest<T>(classes, z);
  Doubles sum = {};
  Doubles linear = {};
  double rest = 0;
  double rest_linear = 0;
  for (int64_t j = 0; j < classes; j += kLanes) {
    const int64_t count = classes - j;
    const Floats v = load_up_to<T>(z + j, count);
    const Doubles lower = first_half(v) - top;
    const Doubles upper = second_half(v) - top;
    const Doubles lower_exp = exponential(lower);
    const Doubles upper_exp = exponential(upper);
    if (count >= kLanes) {
      sum += lower_exp + upper_exp;
      linear += lower + upper;
    } else {
      for (int64_t i = 0; i < count; ++i) {
        rest += i < kDoubleLanes ? lower_exp[i] : upper_exp[i - kDoubleLanes];
        rest_linear += i < kDoubleLanes ? lower[i] : upper[i - kDoubleLanes];
      }
    }
  }
  const double log_sum = __builtin_log(sum_lanes(sum) + rest);
  const double mean = (sum_lanes(linear) + rest_linear) / classes;
  const double at_label = load_first<T>(z + label, 1)[0] - top;
  *loss = log_sum - (1 - smoothing) * at_label - smoothing * mean;
  if (dz == nullptr) {
    return;
  }
  const double uniform = smoothing / classes;
  const double shift = top + log_sum;
  const double label_probability = exponential(broadcast(at_label - log_sum))[0];
  for (int64_t j = 0; j < classes; j += kLanes) {
    const int64_t count = classes - j;
    const Floats v = load_up_to<T>(z + j, count);
    const Doubles lower = (exponential(first_half(v) - shift) - uniform) * weight;
    const Doubles upper = (exponential(second_half(v) - shift) - uniform) * weight;
    store_up_to<T>(dz + j, narrow(lower, upper), count);
  }
  const double label_gradient = (label_probability - uniform - (1 - smoothing)) * weight;
  store_first<T>(dz + label, broadcast(static_cast<float>(label_gradient)), 1);
}

template <int T>
void rows_of(int64_t rows, int64_t classes, const void* logits, int64_t ldl, const int32_t* labels, double smoothing,
             double weight, double* losses, void* d_logits, int64_t lddl) {
  typedef typename Element<T>::Type Type;
  for (int64_t i = 0; i < rows; ++i) {
    row_loss<T>(classes, static_cast<const Type*>(logits) + i * ldl, labels[i], smoothing, weight, losses + i,
                d_logits == nullptr ? nullptr : static_cast<Type*>(d_logits) + i * lddl);
  }
}

void rows(int64_t rows, int64_t classes, const void* logits, int64_t ldl, int dtype, const int32_t* labels,
          double smoothing, double weight, double* losses, void* d_logits, int64_t lddl) {
  if (dtype == RADAPTER_F32) {
    rows_of<RADAPTER_F32>(rows, classes, logits, ldl, labels, smoothing, weight, losses, d_logits, lddl);
  } else {
    rows_of<RADAPTER_BF16>(rows, classes, logits, ldl, labels, smoothing, weight, losses, d_logits, lddl);
  }
}

}  // namespace

RADAPTER_DEFINE_ISA_TABLE(CrossEntropyKernels, cross_entropy_kernels) = {rows};

}  // namespace radapter
