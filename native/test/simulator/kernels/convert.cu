// Every bit pattern of the 16-bit formats, and every rounding on the way back.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

__device__ int thread_index() { return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); }

extern "C" __global__ void widen_all(float* half, float* bf16) {
  const int i = thread_index();
  half[i] = __half2float(__ushort_as_half(static_cast<unsigned short>(i)));
  bf16[i] = __bfloat162float(__ushort_as_bfloat16(static_cast<unsigned short>(i)));
}

/** Eight results of each x: f16 rn rz rm rp, bf16 rn rz, and a pair of bf16: x, −x. */
extern "C" __global__ void narrow_all(const float* x, unsigned short* out, int n) {
  const int i = thread_index();
  if (i >= n) {
    return;
  }
  const float f = x[i];
  unsigned short* o = out + 8 * static_cast<size_t>(i);
  o[0] = __half_as_ushort(__float2half_rn(f));
  o[1] = __half_as_ushort(__float2half_rz(f));
  o[2] = __half_as_ushort(__float2half_rd(f));
  o[3] = __half_as_ushort(__float2half_ru(f));
  o[4] = __bfloat16_as_ushort(__float2bfloat16_rn(f));
  o[5] = __bfloat16_as_ushort(__float2bfloat16_rz(f));
  const __nv_bfloat162 pair = __floats2bfloat162_rn(f, -f);
  o[6] = __bfloat16_as_ushort(pair.x);
  o[7] = __bfloat16_as_ushort(pair.y);
}

/** Four results of each pair a, b: f16 a·b + a, a + b; bf16 a·b + a, a·b. */
extern "C" __global__ void half_math(const unsigned short* a, const unsigned short* b, unsigned short* out, int n) {
  const int i = thread_index();
  if (i >= n) {
    return;
  }
  const __half x = __ushort_as_half(a[i]), y = __ushort_as_half(b[i]);
  const __nv_bfloat16 u = __ushort_as_bfloat16(a[i]), v = __ushort_as_bfloat16(b[i]);
  out[4 * i] = __half_as_ushort(__hfma(x, y, x));
  out[4 * i + 1] = __half_as_ushort(__hadd(x, y));
  out[4 * i + 2] = __bfloat16_as_ushort(__hfma(u, v, u));
  out[4 * i + 3] = __bfloat16_as_ushort(__hmul(u, v));
}

extern "C" __global__ void to_integers(const float* x, int* out, int n) {
  const int i = thread_index();
  if (i >= n) {
    return;
  }
  out[4 * i] = static_cast<int>(x[i]);
  out[4 * i + 1] = __float2int_rn(x[i]);
  out[4 * i + 2] = static_cast<int>(static_cast<unsigned>(x[i]));
  out[4 * i + 3] = __float2int_rd(x[i]);
}
