// Times the operators on a GPU beside their floors:
//     cuda_speed PLUGIN [--only OPERATOR] [--small | --count] [--seconds S]
// prints one JSON object a line. A time is the median over runs of several calls between two events, after a warm-up; a
// floor is the larger of the operations over the card's measured product rate and the bytes over its measured copy
// rate, with every operand moved once. --small takes shapes that the simulated device finishes in seconds, whose times
// say nothing. --count takes full widths with few rows and calls each work once, between two marks (`fill`) in what the
// simulated device writes of launches: cuda/bound_operators makes tables of them.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "radapter.h"

namespace {

constexpr double kTera = 1e12;

radapter_context* context;
CUstream_st* stream;
CUevent_st* first;
CUevent_st* last;
double seconds_a_case = 0.5;
bool small = false;
bool counting = false;
const char* only = nullptr;
/** What the floors divide by: operations and bytes a second. */
double product_rate;
double copy_rate;

void require(int status, const char* what) {
  if (status != RADAPTER_OK) {
    fprintf(stderr, "%s: %s\n", what, radapter_last_error());
    exit(1);
  }
}

/** Memory of the device; all of one case is freed after it. */
std::vector<void*> taken;

void* array(size_t bytes) {
  void* memory;
  require(radapter_allocate(context, bytes, &memory), "allocate");
  taken.push_back(memory);
  return memory;
}

void free_all() {
  for (void* memory : taken) {
    require(radapter_free(context, memory), "free");
  }
  taken.clear();
}

size_t size_of(int dtype) { return dtype == RADAPTER_F32 ? 4 : 2; }

/** Numbers in [-scale, scale), for constant operands draw less power and let a card run faster than it would. */
void* numbers(int64_t count, int dtype, double scale) {
  constexpr int64_t kPiece = 1 << 20;
  static std::vector<float> piece;
  if (piece.empty()) {
    uint64_t state = 1;
    for (int64_t i = 0; i < kPiece; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      piece.push_back(static_cast<float>(static_cast<double>(state >> 40) / (1 << 23) - 1));
    }
  }
  std::vector<float> scaled(piece);
  for (float& value : scaled) {
    value *= static_cast<float>(scale);
  }
  auto* singles = static_cast<char*>(dtype == RADAPTER_F32 ? array(count * 4) : nullptr);
  void* result = dtype == RADAPTER_F32 ? singles : array(count * 2);
  void* staging = dtype == RADAPTER_F32 ? nullptr : array(std::min(count, kPiece) * 4);
  for (int64_t at = 0; at < count; at += kPiece) {
    const int64_t some = std::min(kPiece, count - at);
    void* to = dtype == RADAPTER_F32 ? singles + at * 4 : staging;
    require(radapter_copy_to_device(context, stream, to, scaled.data(), some * 4), "copy");
    if (dtype != RADAPTER_F32) {
      require(radapter_convert(context, stream, 1, some, staging, some, RADAPTER_F32,
                               static_cast<char*>(result) + at * 2, some, dtype),
              "convert");
    }
    require(radapter_stream_synchronize(context, stream), "synchronize");
  }
  return result;
}

float* floats(int64_t count, double scale) { return static_cast<float*>(numbers(count, RADAPTER_F32, scale)); }

double median_seconds(const std::function<int()>& call) {
  require(call(), "call");
  require(call(), "call");
  require(radapter_stream_synchronize(context, stream), "synchronize");
  std::vector<double> times;
  double spent = 0;
  int calls = 1;
  while (times.size() < 5 || (spent < seconds_a_case && times.size() < 200)) {
    require(radapter_event_record(context, first, stream), "record");
    for (int i = 0; i < calls; ++i) {
      require(call(), "call");
    }
    require(radapter_event_record(context, last, stream), "record");
    require(radapter_event_synchronize(context, last), "synchronize");
    double elapsed;
    require(radapter_event_elapsed(context, first, last, &elapsed), "elapsed");
    spent += elapsed;
    times.push_back(elapsed / calls);
    // Short work in runs of two milliseconds: an event costs microseconds.
    if (times.size() == 1 && !small) {
      calls = std::max(1, std::min(200, static_cast<int>(2e-3 / std::max(1e-6, elapsed))));
    }
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void mark() {
  static void* memory = nullptr;
  if (memory == nullptr) {
    require(radapter_allocate(context, sizeof(float), &memory), "allocate");
  }
  require(radapter_fill(context, stream, 1, 1, 0, memory, 1, RADAPTER_F32), "fill");
}

/** Carries the work out once, between marks. */
void count_case(const char* work, const std::string& shape, double operations, double bytes,
                const std::function<int()>& call) {
  mark();
  require(call(), work);
  mark();
  require(radapter_stream_synchronize(context, stream), "synchronize");
  printf("{\"work\": \"%s\", \"shape\": \"%s\", \"operations\": %.0f, \"bytes\": %.0f}\n", work, shape.c_str(),
         operations, bytes);
  fflush(stdout);
}

/** One line: what, how long, and the share of the floor. A target is in milliseconds, 0 for none. */
void time_case(const char* work, const std::string& shape, const char* dtype, double operations, double bytes,
               double target, const std::function<int()>& call) {
  if (only != nullptr && strcmp(only, work) != 0) {
    return;
  }
  if (counting) {
    count_case(work, shape, operations, bytes, call);
  } else {
    const double milliseconds = 1e3 * median_seconds(call);
    const double by_operations = product_rate == 0 ? 0 : 1e3 * operations / product_rate;
    const double by_bytes = copy_rate == 0 ? 0 : 1e3 * bytes / copy_rate;
    const double floor = std::max(by_operations, by_bytes);
    printf(
        "{\"work\": \"%s\", \"shape\": \"%s\", \"dtype\": \"%s\", \"ms\": %.6f, \"floor_ms\": %.6f, "
        "\"bound\": \"%s\", \"share_of_floor\": %.4f, \"target_ms\": %.3f, \"tflops\": %.2f, \"gb_per_s\": %.1f}\n",
        work, shape.c_str(), dtype, milliseconds, floor, by_operations > by_bytes ? "product" : "memory",
        milliseconds == 0 ? 0 : floor / milliseconds, target, operations / milliseconds / 1e9,
        bytes / milliseconds / 1e6);
    fflush(stdout);
  }
}

std::string rows_by(int64_t rows, int64_t columns) { return std::to_string(rows) + "x" + std::to_string(columns); }

bool wanted(const char* prefix) { return only == nullptr || strncmp(only, prefix, strlen(prefix)) == 0; }

void measure_ceilings() {
  const int64_t bytes = small ? 1 << 20 : int64_t{1} << 30;
  void* from = array(bytes);
  void* to = array(bytes);
  copy_rate = 2.0 * static_cast<double>(bytes) /
              median_seconds([&] { return radapter_copy_on_device(context, stream, to, from, bytes); });
  free_all();
  const int64_t n = small ? 256 : 8192;
  void* a = numbers(n * n, RADAPTER_BF16, 1);
  void* b = numbers(n * n, RADAPTER_BF16, 1);
  void* c = array(n * n * 2);
  product_rate = 2.0 * n * n * n / median_seconds([&] {
                   return radapter_gemm(context, stream, 0, 1, n, n, n, a, n, RADAPTER_BF16, b, n, RADAPTER_BF16,
                                        nullptr, RADAPTER_NONE, nullptr, nullptr, 0, c, n, RADAPTER_BF16);
                 });
  free_all();
  // Of the library's own product, which may be slow: floors of an H100 take at least 800 TFLOP/s and 3.0 TB/s.
  printf(
      "{\"work\": \"ceilings\", \"copy_tb_per_s\": %.3f, \"own_product_tflops\": %.1f, \"floors_at_tflops\": %.1f, "
      "\"floors_at_tb_per_s\": %.3f}\n",
      copy_rate / kTera, product_rate / kTera, std::max(product_rate / kTera, 800.0), std::max(copy_rate / kTera, 3.0));
  product_rate = std::max(product_rate, 800 * kTera);
  copy_rate = std::max(copy_rate, 3.0 * kTera);
}

/** The targets are of ViT-B/16's width; 0 for others. */
void time_adapter(int64_t rows, int64_t d, double target_low_forward, double target_low_backward, double target) {
  const std::string shape = rows_by(rows, d);
  const double product = 2.0 * rows * d * d;
  const double row_bytes = 2.0 * rows * d;
  void* x = numbers(rows * d, RADAPTER_BF16, 1);
  void* dy = numbers(rows * d, RADAPTER_BF16, 1);
  void* y = array(rows * d * 2);
  float* w = floats(d * d, 0.02);
  float* d_w = floats(d * d, 0);
  float* scale = floats(1, 0.5);
  float* d_scale = floats(1, 0);
  const size_t bytes = std::max(radapter_adapter_backward_workspace(context, rows, d),
                                radapter_low_rank_adapter_backward_workspace(context, rows, d, 64));
  void* workspace = array(bytes);
  const auto backward = [&](void* dx, float* dw, float* ds) {
    return radapter_adapter_backward(context, stream, rows, d, x, d, w, scale, nullptr, 1, 1, dy, d, dx, d,
                                     RADAPTER_BF16, dw, ds, workspace, bytes);
  };
  time_case("adapter_forward", shape, "bf16", product, 2 * row_bytes, 0, [&] {
    return radapter_adapter_forward(context, stream, rows, d, x, d, w, scale, nullptr, 1, 1, nullptr, 0, y, d,
                                    RADAPTER_BF16);
  });
  time_case("adapter_dx", shape, "bf16", product, 2 * row_bytes, 0, [&] { return backward(y, nullptr, nullptr); });
  time_case("adapter_dw", shape, "bf16", product, 2 * row_bytes, 0, [&] { return backward(nullptr, d_w, d_scale); });
  time_case("adapter_all", shape, "bf16", 3 * product, 6 * row_bytes, target, [&] {
    const int status = radapter_adapter_forward(context, stream, rows, d, x, d, w, scale, nullptr, 1, 1, nullptr, 0, y,
                                                d, RADAPTER_BF16);
    return status != RADAPTER_OK ? status : backward(y, d_w, d_scale);
  });
  for (const int64_t rank : {int64_t{4}, int64_t{64}}) {
    float* down = floats(d * rank, 0.02);
    float* up = floats(rank * d, 0.02);
    float* d_down = floats(d * rank, 0);
    float* d_up = floats(rank * d, 0);
    void* hidden = array(rows * rank * 2);
    const std::string name = shape + " r" + std::to_string(rank);
    time_case("low_rank_forward", name, "bf16", 4.0 * rows * d * rank, 2 * row_bytes, target_low_forward, [&] {
      return radapter_low_rank_adapter_forward(context, stream, rows, d, rank, x, d, down, up, scale, nullptr, 1, 1,
                                               nullptr, 0, hidden, y, d, RADAPTER_BF16);
    });
    time_case("low_rank_backward", name, "bf16", 8.0 * rows * d * rank, 3 * row_bytes, target_low_backward, [&] {
      return radapter_low_rank_adapter_backward(context, stream, rows, d, rank, x, d, hidden, down, up, scale, nullptr,
                                                1, 1, dy, d, y, d, RADAPTER_BF16, d_down, d_up, d_scale, workspace,
                                                bytes);
    });
  }
  free_all();
}

/** A frozen product alone, and with the epilogue of an MLP. */
void time_product(int64_t rows, int64_t d) {
  const int64_t out = 4 * d;
  void* x = numbers(rows * d, RADAPTER_BF16, 1);
  void* w = numbers(out * d, RADAPTER_BF16, 0.02);
  void* y = array(rows * out * 2);
  void* aux = array(rows * out * 2);
  float* bias = floats(out, 0.1);
  const auto product = [&](int activation, void* kept) {
    return radapter_gemm(context, stream, 0, 1, rows, out, d, x, d, RADAPTER_BF16, w, d, RADAPTER_BF16, bias,
                         activation, kept, nullptr, 0, y, out, RADAPTER_BF16);
  };
  const double operations = 2.0 * rows * out * d;
  time_case("product_plain", rows_by(rows, d), "bf16", operations, 2.0 * rows * (d + out), 0,
            [&] { return product(RADAPTER_NONE, nullptr); });
  time_case("product_quick_gelu", rows_by(rows, d), "bf16", operations, 2.0 * rows * (d + out), 0,
            [&] { return product(RADAPTER_QUICK_GELU, nullptr); });
  time_case("product_quick_gelu_kept", rows_by(rows, d), "bf16", operations, 2.0 * rows * (d + 2 * out), 0,
            [&] { return product(RADAPTER_QUICK_GELU, aux); });
  free_all();
}

void time_optimizer(int64_t count, double target) {
  radapter_segment segment = {
      floats(count, 0.1), floats(count, 0.1), floats(count, 0), floats(count, 0), floats(count, 0.1), count, 0.05};
  const double settings[6] = {1e-5, 0.9, 0.98, 1e-8, 1, 0.999};
  const double zero[5] = {};
  auto* device_settings = static_cast<double*>(array(sizeof settings));
  auto* state = static_cast<double*>(array(sizeof zero));
  require(radapter_copy_to_device(context, stream, device_settings, settings, sizeof settings), "copy");
  require(radapter_copy_to_device(context, stream, state, zero, sizeof zero), "copy");
  const size_t bytes = radapter_adamw_ema_workspace(context, &segment, 1);
  void* workspace = array(bytes);
  time_case("adamw_ema", std::to_string(count), "fp32", 0, 40.0 * count, target,
            [&] { return radapter_adamw_ema(context, stream, &segment, 1, device_settings, state, workspace, bytes); });
  time_case("ema_update", std::to_string(count), "fp32", 0, 12.0 * count, 0,
            [&] { return radapter_ema_update(context, stream, &segment, 1, 0.999); });
  free_all();
}

/** Both projections with an adapter in each of `blocks` blocks: attention's output [d, d], the MLP's [4d, d]. */
void time_merge(int blocks, int64_t d, int dtype, const char* name, double target) {
  std::vector<radapter_merge_layer> layers;
  double operations = 0;
  double moved = 0;
  for (int i = 0; i < 2 * blocks; ++i) {
    const int64_t in = i % 2 == 0 ? d : 4 * d;
    radapter_merge_layer layer = {};
    layer.weight = numbers(in * d, dtype, 0.02);
    layer.weight_dtype = dtype;
    layer.transposed = 1;
    layer.bias = numbers(d, dtype, 0.02);
    layer.in = in;
    layer.out = d;
    layer.down = floats(d * d, 0.02);
    layer.coefficient = 0.05;
    layer.merged_weight = array(in * d * size_of(dtype));
    layer.merged_bias = array(d * size_of(dtype));
    layers.push_back(layer);
    operations += 2.0 * in * d * d;
    moved += 2.0 * in * d * size_of(dtype) + 4.0 * d * d;
  }
  const auto count = static_cast<int64_t>(layers.size());
  const size_t bytes = radapter_merge_workspace(context, layers.data(), count);
  void* workspace = array(bytes);
  time_case("merge", std::to_string(count) + " layers of " + std::to_string(d), name, operations, moved, target,
            [&] { return radapter_merge(context, stream, layers.data(), count, workspace, bytes); });
  free_all();
}

void time_contrastive(int64_t b, int64_t d, int dtype, const char* name, double target) {
  void* f = numbers(b * d, dtype, 1);
  void* g = numbers(b * d, dtype, 1);
  float* norms = floats(b, 1);
  require(radapter_normalize_forward(context, stream, b, d, f, d, f, d, dtype, norms), "normalize");
  require(radapter_normalize_forward(context, stream, b, d, g, d, g, d, dtype, norms), "normalize");
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < b; ++i) {
    labels.push_back(static_cast<int32_t>(i / 4));
  }
  auto* device_labels = static_cast<int32_t*>(array(b * 4));
  require(radapter_copy_to_device(context, stream, device_labels, labels.data(), b * 4), "copy");
  void* d_f = array(b * d * size_of(dtype));
  void* d_g = array(b * d * size_of(dtype));
  float* losses = floats(3, 0);
  const size_t bytes = radapter_contrastive_workspace(context, b, b, d);
  void* workspace = array(bytes);
  time_case("mpm_nce", rows_by(b, d), name, 8.0 * b * b * d, 16.0 * b * d, target, [&] {
    return radapter_contrastive(context, stream, b, b, d, f, d, g, d, dtype, device_labels, device_labels, nullptr,
                                nullptr, nullptr, nullptr, 100, nullptr, 0.05, 0.05, losses, d_f, d, d_g, d, nullptr,
                                workspace, bytes);
  });
  free_all();
}

void time_attention(int64_t batch, int64_t length, int64_t heads, int causal, double forward, double backward) {
  const int64_t d = heads * 64;
  const int64_t rows = batch * length;
  void* qkv = numbers(rows * 3 * d, RADAPTER_BF16, 1);
  void* out = array(rows * d * 2);
  void* d_out = numbers(rows * d, RADAPTER_BF16, 1);
  void* d_qkv = array(rows * 3 * d * 2);
  float* log_sum_exp = floats(batch * heads * length, 0);
  const size_t bytes = std::max(radapter_attention_forward_workspace(context, batch, length, heads, 64),
                                radapter_attention_backward_workspace(context, batch, length, heads, 64));
  void* workspace = array(bytes);
  const std::string shape = std::to_string(batch) + "x" + std::to_string(heads) + "x" + std::to_string(length) + "x64" +
                            (causal != 0 ? " causal" : "");
  const double product = 2.0 * rows * length * d / (causal != 0 ? 2 : 1);
  time_case("attention_forward", shape, "bf16", 2 * product, 8.0 * rows * d, forward, [&] {
    return radapter_attention_forward(context, stream, batch, length, heads, 64, causal, qkv, 3 * d, out, d,
                                      RADAPTER_BF16, log_sum_exp, workspace, bytes);
  });
  time_case("attention_backward", shape, "bf16", 5 * product, 16.0 * rows * d, backward, [&] {
    return radapter_attention_backward(context, stream, batch, length, heads, 64, causal, qkv, 3 * d, out, d,
                                       log_sum_exp, d_out, d, d_qkv, 3 * d, RADAPTER_BF16, workspace, bytes);
  });
  free_all();
}

void time_layer_norm(int64_t rows, int64_t d, double forward, double backward) {
  void* x = numbers(rows * d, RADAPTER_BF16, 1);
  void* dy = numbers(rows * d, RADAPTER_BF16, 1);
  void* y = array(rows * d * 2);
  float* gain = floats(d, 1);
  float* bias = floats(d, 1);
  float* mean = floats(rows, 0);
  float* rstd = floats(rows, 0);
  const size_t bytes = radapter_layer_norm_backward_workspace(context, rows, d);
  void* workspace = array(bytes);
  time_case("layer_norm_forward", rows_by(rows, d), "bf16", 0, 4.0 * rows * d, forward, [&] {
    return radapter_layer_norm_forward(context, stream, rows, d, x, d, gain, bias, 1e-5, y, d, RADAPTER_BF16, mean,
                                       rstd);
  });
  time_case("layer_norm_dx", rows_by(rows, d), "bf16", 0, 6.0 * rows * d, backward, [&] {
    return radapter_layer_norm_backward(context, stream, rows, d, dy, d, x, d, gain, mean, rstd, nullptr, y, d,
                                        RADAPTER_BF16, nullptr, nullptr, workspace, bytes);
  });
  free_all();
}

/** Full widths and few rows: what is counted grows with the rows. */
void count_all() {
  time_adapter(2048, 768, 0, 0, 0);
  time_product(1024, 768);
  time_optimizer(1000003, 0);
  time_merge(1, 768, RADAPTER_F16, "fp16", 0);
  time_contrastive(1024, 512, RADAPTER_BF16, "bf16", 0);
  time_attention(4, 197, 12, 0, 0, 0);
  time_attention(4, 77, 8, 1, 0, 0);
  time_layer_norm(2048, 768, 0, 0);
}

/** The table of docs/cuda-host.md: ViT-B/16 with 512 images and ViT-L/14 with 256. */
void time_all() {
  const int64_t rows_b = small ? 260 : 512 * 197;
  const int64_t rows_l = small ? 130 : 256 * 257;
  const int64_t d_b = small ? 64 : 768;
  const int64_t d_l = small ? 128 : 1024;
  if (wanted("adapter") || wanted("low_rank")) {
    time_adapter(rows_b, d_b, 0.12, 0.19, 0.52);
    time_adapter(rows_l, d_l, 0, 0, 0);
  }
  if (wanted("product")) {
    time_product(rows_b, d_b);
  }
  if (wanted("adamw_ema") || wanted("ema_update")) {
    time_optimizer(small ? 10007 : 20400000, 0.30);
    time_optimizer(small ? 30011 : 64500000, 0.95);
  }
  if (wanted("merge")) {
    time_merge(small ? 1 : 24, d_b, RADAPTER_F16, "fp16", 0.15);
    time_merge(small ? 1 : 24, d_b, RADAPTER_F32, "fp32", 0.8);
  }
  if (wanted("mpm_nce")) {
    time_contrastive(small ? 130 : 8192, small ? 64 : 512, RADAPTER_BF16, "bf16", 0.55);
    time_contrastive(small ? 130 : 8192, small ? 64 : 512, RADAPTER_F32, "fp32", 0);
    if (!small) {
      time_contrastive(32768, 512, RADAPTER_BF16, "bf16", 7.6);
      time_contrastive(32768, 768, RADAPTER_BF16, "bf16", 11);
      time_contrastive(65536, 768, RADAPTER_BF16, "bf16", 44);
    }
  }
  if (wanted("attention")) {
    time_attention(small ? 1 : 512, small ? 50 : 197, small ? 1 : 12, 0, 0.26, 0.55);
    time_attention(small ? 1 : 512, small ? 33 : 77, small ? 1 : 8, 1, 0, 0);
    if (!small) {
      time_attention(256, 257, 16, 0, 0, 0);
      time_attention(64, 577, 16, 0, 0, 0);
    }
  }
  if (wanted("layer_norm")) {
    time_layer_norm(rows_b, d_b, 0.115, 0.175);
    time_layer_norm(rows_l, d_l, 0, 0);
  }
}

int usage(const char* program) {
  fprintf(stderr, "usage: %s PLUGIN [--only OPERATOR] [--small | --count] [--seconds S]\n", program);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    return usage(argv[0]);
  }
  for (int i = 2; i < argc; ++i) {
    if (strcmp(argv[i], "--small") == 0) {
      small = true;
      seconds_a_case = 0;
    } else if (strcmp(argv[i], "--count") == 0) {
      counting = true;
    } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      seconds_a_case = atof(argv[++i]);
    } else {
      return usage(argv[0]);
    }
  }
  require(radapter_cuda_create(argv[1], 0, &context), "open");
  require(radapter_stream_create(context, &stream), "stream");
  require(radapter_event_create(context, &first), "event");
  require(radapter_event_create(context, &last), "event");
  if (counting) {
    count_all();
  } else {
    printf("{\"work\": \"device\", \"name\": \"%s\", \"small\": %s}\n", radapter_context_device(context),
           small ? "true" : "false");
    measure_ceilings();
    time_all();
  }
  require(radapter_event_destroy(context, first), "event");
  require(radapter_event_destroy(context, last), "event");
  require(radapter_stream_destroy(context, stream), "stream");
  require(radapter_context_destroy(context), "close");
  return 0;
}
