// Gradients by finite differences, for plain loops in double.
#ifndef RADAPTER_TEST_DIFFERENCES_H
#define RADAPTER_TEST_DIFFERENCES_H

#include <functional>
#include <vector>

namespace radapter_test {

/** Gradient of `function` at `x`: central differences at two steps, extrapolated; good to some ten digits. */
inline std::vector<double> differences(std::vector<double> x,
                                       const std::function<double(const std::vector<double>&)>& function,
                                       double step = 1e-3) {
  std::vector<double> gradient;
  for (double& coordinate : x) {
    const double middle = coordinate;
    const auto central = [&](double h) {
      coordinate = middle + h;
      const double above = function(x);
      coordinate = middle - h;
      const double below = function(x);
      return (above - below) / (2 * h);
    };
    gradient.push_back((4 * central(step / 2) - central(step)) / 3);
    coordinate = middle;
  }
  return gradient;
}

/** Σ a·b. */
inline double inner(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

}  // namespace radapter_test

#endif
