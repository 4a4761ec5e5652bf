// Products by cuBLAS: which are its, what they give, and that the rest stays ours. On the simulated device a stand-in
// counts what it is asked for.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

namespace radapter_test {
namespace {

/** Products that the stand-in was asked for; 0 for NVIDIA's own, which does not count. */
int counted() {
  void* library = dlopen(getenv("RADAPTER_LIBCUBLAS"), RTLD_NOW | RTLD_NOLOAD);
  const auto* count =
      library == nullptr ? nullptr : static_cast<const int*>(dlsym(library, "cublas_stand_in_products"));
  return count == nullptr ? 0 : *count;
}

struct Case {
  int64_t m;
  int64_t n;
  int64_t k;
  int dtype;
  int c_dtype;
  bool transpose_a;
  bool transpose_b;
};

struct Product {
  Case of;
  Matrix a;
  Matrix b;
  Matrix bias;
  Matrix residual;
  Matrix c;

  explicit Product(const Case& of)
      : of(of),
        a(of.transpose_a ? Matrix::random(1, of.k, of.m, of.dtype, 3) : Matrix::random(1, of.m, of.k, of.dtype, 3)),
        b(of.transpose_b ? Matrix::random(2, of.n, of.k, of.dtype, 1) : Matrix::random(2, of.k, of.n, of.dtype, 1)),
        bias(Matrix::random(3, 1, of.n)),
        residual(Matrix::random(4, of.m, of.n, of.c_dtype)),
        c(of.m, of.n, of.c_dtype, 5) {}

  void run(radapter_context* context, CUstream_st* stream, bool with_bias, int activation, bool with_residual) {
    c.poison();
    {
      OnDevice device(context);
      const void* operands[] = {a.data(), b.data()};
      const float* added = with_bias ? bias.floats() : nullptr;
      const void* more = with_residual ? residual.data() : nullptr;
      void* result = c.data();
      // The operands go there in another stream.
      expect(radapter_stream_synchronize(context, nullptr) == RADAPTER_OK, "%s", radapter_last_error());
      expect(radapter_gemm(context, stream, of.transpose_a, of.transpose_b, of.m, of.n, of.k, operands[0], a.ld(),
                           of.dtype, operands[1], b.ld(), of.dtype, added, activation, nullptr, more, residual.ld(),
                           result, c.ld(), of.c_dtype) == RADAPTER_OK,
             "gemm: %s", radapter_last_error());
      expect(radapter_stream_synchronize(context, stream) == RADAPTER_OK, "%s", radapter_last_error());
    }
    expect(c.guards_intact(), "guards");
  }

  template <typename Real>
  std::vector<double> expected() const {
    std::vector<double> sums;
    for (int64_t i = 0; i < of.m; ++i) {
      for (int64_t j = 0; j < of.n; ++j) {
        Real sum = 0;
        for (int64_t l = 0; l < of.k; ++l) {
          sum += Real(of.transpose_a ? a.at(l, i) : a.at(i, l)) * Real(of.transpose_b ? b.at(j, l) : b.at(l, j));
        }
        sums.push_back(sum);
      }
    }
    return sums;
  }
};

void check_plain(radapter_context* context, CUstream_st* stream, bool counts) {
  const int64_t shapes[][3] = {{1, 1, 1}, {33, 17, 40}, {5, 130, 7}, {64, 48, 129}};
  const int types[][2] = {{RADAPTER_F32, RADAPTER_F32},
                          {RADAPTER_BF16, RADAPTER_BF16},
                          {RADAPTER_BF16, RADAPTER_F32},
                          {RADAPTER_F16, RADAPTER_F16}};
  for (const auto& shape : shapes) {
    for (const auto& type : types) {
      for (int transposed = 0; transposed < 4; ++transposed) {
        Product p({shape[0], shape[1], shape[2], type[0], type[1], (transposed & 1) != 0, (transposed & 2) != 0});
        const int before = counted();
        p.run(context, stream, false, RADAPTER_NONE, false);
        expect(counted() == before + (counts ? 1 : 0), "cuBLAS was not asked");
        expect_close(text("cublas %dx%dx%d dtype %d transposed %d", (int)shape[0], (int)shape[1], (int)shape[2],
                          type[0], transposed),
                     p.c, p.expected<double>(), p.expected<float>());
      }
    }
  }
}

void check_others_stay(radapter_context* context, CUstream_st* stream, CUstream_st* other) {
  Product p({33, 16, 40, RADAPTER_BF16, RADAPTER_BF16, false, true});
  const int before = counted();
  p.run(context, stream, true, RADAPTER_NONE, false);
  p.run(context, stream, false, RADAPTER_QUICK_GELU, false);
  p.run(context, stream, false, RADAPTER_NONE, true);
  p.run(context, other, false, RADAPTER_NONE, false);
  Product half({33, 16, 40, RADAPTER_BF16, RADAPTER_F16, false, true});
  half.run(context, stream, false, RADAPTER_NONE, false);
  Product empty({33, 16, 0, RADAPTER_BF16, RADAPTER_BF16, false, true});
  empty.run(context, stream, false, RADAPTER_NONE, false);
  expect(counted() == before, "cuBLAS was asked for what it does not do, or in a stream it was not named for");
  expect(radapter_use_cublas(context, stream, 0) == RADAPTER_OK, "no more");
  p.run(context, stream, false, RADAPTER_NONE, false);
  expect(counted() == before, "cuBLAS was asked after it was given up");
}

void check_recorded(radapter_context* context, CUstream_st* stream) {
  constexpr int kSize = 20;
  const std::vector<float> ones(kSize * kSize, 1);
  std::vector<float> back(kSize * kSize);
  const size_t bytes = ones.size() * sizeof(float);
  void* x;
  void* y;
  expect(radapter_allocate(context, bytes, &x) == RADAPTER_OK && radapter_allocate(context, bytes, &y) == RADAPTER_OK,
         "allocate");
  const auto multiply = [&](void* from, void* to) {
    expect(
        radapter_gemm(context, stream, 0, 0, kSize, kSize, kSize, from, kSize, RADAPTER_F32, from, kSize, RADAPTER_F32,
                      nullptr, RADAPTER_NONE, nullptr, nullptr, 0, to, kSize, RADAPTER_F32) == RADAPTER_OK,
        "gemm: %s", radapter_last_error());
  };
  multiply(y, x);
  expect(radapter_copy_to_device(context, stream, x, ones.data(), bytes) == RADAPTER_OK, "copy");
  radapter_graph* graph = nullptr;
  expect(radapter_graph_begin(context, stream) == RADAPTER_OK, "begin");
  multiply(x, y);
  multiply(y, x);
  expect(radapter_graph_end(context, stream, &graph) == RADAPTER_OK, "end: %s", radapter_last_error());
  expect(radapter_graph_launch(context, stream, graph) == RADAPTER_OK, "launch");
  expect(radapter_copy_to_host(context, stream, back.data(), x, bytes) == RADAPTER_OK, "copy");
  expect(radapter_stream_synchronize(context, stream) == RADAPTER_OK, "%s", radapter_last_error());
  expect(back[0] == kSize * kSize * kSize && back.back() == back[0], "recorded products: %g", (double)back[0]);
  expect(radapter_graph_destroy(context, graph) == RADAPTER_OK, "destroy");
  expect(radapter_free(context, x) == RADAPTER_OK && radapter_free(context, y) == RADAPTER_OK, "free");
}

void check_cublas(const Machine& machine) {
  radapter_context* context = machine.contexts[0];
  if (!machine.gpu) {
    expect(radapter_use_cublas(context, nullptr, 1) == RADAPTER_UNSUPPORTED, "cuBLAS on a CPU");
    return;
  }
  const char* path = getenv("RADAPTER_LIBCUBLAS");
  CUstream_st* streams[2];
  expect(radapter_stream_create(context, &streams[0]) == RADAPTER_OK, "stream");
  expect(radapter_stream_create(context, &streams[1]) == RADAPTER_OK, "stream");
  const int status = radapter_use_cublas(context, streams[0], 1);
  if (status == RADAPTER_OK) {
    check_plain(context, streams[0], counted() == 0 && path != nullptr);
    check_recorded(context, streams[0]);
    expect(radapter_use_cublas(context, streams[0], 1) == RADAPTER_OK, "once more");
    check_others_stay(context, streams[0], streams[1]);
  } else {
    expect(status == RADAPTER_UNSUPPORTED && strstr(radapter_last_error(), "cuBLAS cannot be loaded") != nullptr, "%s",
           radapter_last_error());
    expect(path == nullptr || access(path, R_OK) != 0, "%s was not used: %s", path, radapter_last_error());
  }
  expect(radapter_stream_destroy(context, streams[0]) == RADAPTER_OK, "stream");
  expect(radapter_stream_destroy(context, streams[1]) == RADAPTER_OK, "stream");
}

const Operator cublas_operator("cublas", check_cublas);

}  // namespace
}  // namespace radapter_test
