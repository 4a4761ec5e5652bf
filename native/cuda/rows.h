// A row of a matrix as a warp sees it.
#ifndef RADAPTER_CUDA_ROWS_H
#define RADAPTER_CUDA_ROWS_H

#include "numbers.h"
#include "sums.h"

namespace radapter::cuda {

/** Columns that a warp reads at once. */
constexpr int kWarpColumns = kWarp * kGroup;

/**
 * One row of x, whose columns the lanes share in groups of eight. With Groups > 0 it is held in registers and must have
 * at most Groups·kWarpColumns columns; with Groups = 0 it is read again on each pass.
 */
template <int Groups>
class WarpRow {
 public:
  __device__ __forceinline__ WarpRow(const Input& x, int64_t row, int64_t columns)
      : x_(x), row_(row), columns_(columns), first_(threadIdx.x % kWarp * kGroup) {
#pragma unroll
    for (int g = 0; g < Groups; ++g) {
      const int64_t column = first_ + g * kWarpColumns;
      if (column < columns_) {
        load_group(x_, row_, column, group_count(column, columns_), kept_[g]);
      }
    }
  }

  /** Calls body(column, count, v) for each of this lane's groups. */
  template <typename Body>
  __device__ __forceinline__ void for_each(Body body) {
    if (Groups > 0) {
#pragma unroll
      for (int g = 0; g < Groups; ++g) {
        const int64_t column = first_ + g * kWarpColumns;
        if (column < columns_) {
          body(column, group_count(column, columns_), kept_[g]);
        }
      }
    } else {
      for (int64_t column = first_; column < columns_; column += kWarpColumns) {
        load_group(x_, row_, column, group_count(column, columns_), kept_[0]);
        body(column, group_count(column, columns_), kept_[0]);
      }
    }
  }

 private:
  const Input& x_;
  int64_t row_;
  int64_t columns_;
  int64_t first_;
  float kept_[Groups > 0 ? Groups : 1][kGroup];
};

}  // namespace radapter::cuda

#endif
