// Softmax of rows: one block a row; shuffles in a warp, shared memory across warps, shuffles again.

constexpr int kThreads = 256;

enum class Operation { add, max };

__device__ float combine(Operation operation, float a, float b) {
  return operation == Operation::add ? a + b : fmaxf(a, b);
}

__device__ float block_reduce(float value, float identity, Operation operation) {
  __shared__ float partial[kThreads / 32];
  for (int offset = 16; offset > 0; offset /= 2) {
    value = combine(operation, value, __shfl_xor_sync(0xffffffffu, value, offset));
  }
  if (threadIdx.x % 32 == 0) {
    partial[threadIdx.x / 32] = value;
  }
  __syncthreads();
  value = threadIdx.x % 32 < kThreads / 32 ? partial[threadIdx.x % 32] : identity;
  for (int offset = 16; offset > 0; offset /= 2) {
    value = combine(operation, value, __shfl_xor_sync(0xffffffffu, value, offset));
  }
#ifndef PLANT_NO_SYNC
  __syncthreads();  // The next call writes partial[] again.
#endif
  return value;
}

/** y [rows, columns] ← softmax of x [rows, columns]; grid: rows. */
extern "C" __global__ void __launch_bounds__(kThreads)
    softmax_rows(const float* __restrict__ x, float* __restrict__ y, int columns) {
  const size_t row = static_cast<size_t>(blockIdx.x) * columns;
#ifdef PLANT_OUT_OF_BOUNDS
  columns += 1;
#endif
  float largest = -3.4e38f;
  for (int c = threadIdx.x; c < columns; c += kThreads) {
    largest = fmaxf(largest, x[row + c]);
  }
  largest = block_reduce(largest, -3.4e38f, Operation::max);
  float sum = 0;
  for (int c = threadIdx.x; c < columns; c += kThreads) {
    sum += __expf(x[row + c] - largest);
  }
  sum = block_reduce(sum, 0.f, Operation::add);
#ifdef EARLY_EXIT
  // Legal since sm_70: a barrier waits for the threads that have not ended.
  if (threadIdx.x >= columns) {
    return;
  }
  __syncthreads();
#endif
  for (int c = threadIdx.x; c < columns; c += kThreads) {
    y[row + c] = __expf(x[row + c] - largest) / sum;
  }
}
