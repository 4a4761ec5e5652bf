#include "weight_gradient.h"

#include "context.h"

namespace radapter {
namespace {

/** ⟨a, b⟩ in eight interleaved sums: an order that depends on the length alone. */
double inner_product(const float* a, const float* b, int64_t count) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int lane = 0; lane < 8; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * b[i + lane];
    }
  }
  for (; i < count; ++i) {
    sums[i % 8] += static_cast<double>(a[i]) * b[i];
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

}  // namespace

void finish_weight_gradient(radapter_context* context, int64_t rows, int64_t columns, const float* weight, float scale,
                            float* product, double* row_sums, float* d_scale) {
  const int64_t grain = 1 + 16384 / (columns + 1);
  parallel_ranges(context->pool, rows, grain, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      float* const values = product + row * columns;
      if (d_scale != nullptr) {
        row_sums[row] = inner_product(weight + row * columns, values, columns);
      }
      for (int64_t j = 0; j < columns; ++j) {
        values[j] *= scale;
      }
    }
  });
  if (d_scale != nullptr) {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      sum += row_sums[row];
    }
    d_scale[0] = static_cast<float>(sum);
  }
}

}  // namespace radapter
