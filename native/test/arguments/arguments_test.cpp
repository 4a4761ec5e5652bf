// Every operator of radapter.h, called with whatever random numbers choose: sizes that are negative, empty or near the
// largest number, missing pointers, unknown dtypes, ids and lists of positives out of range. A call is refused with a
// reason or does its work; built with -fsanitize=address,undefined this test also fails where one reads or writes
// beyond what it was given, or computes with a number that has overflowed.
//
// A caller's word is kept: whatever a call may believe of the arrays it is given, these are as large. So no two sizes
// near the limit of memory are drawn, only small ones, and ones that no array can have.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "radapter.h"

namespace {

/** Sizes and leading dimensions that work: at most the last. */
constexpr int64_t kSmall[] = {0, 1, 1, 1, 2, 3, 5, 8, 8, 16, 17, 24, 33, 48, 48, 48};
constexpr int64_t kImpossible[] = {
    -1, INT64_MIN, INT64_MAX, INT64_MAX / 2, INT64_MAX / 3, INT64_MAX / 48, int64_t{1} << 56};
constexpr double kNumbers[] = {0, 0.1, 0.5, 1, 1, 1e-5, 14, -1, 1e300, NAN};
/** Holds the largest array of small sizes: a row for each of three of them multiplied, of fp32. */
constexpr size_t kRegion = 48 * 48 * 48 * 48 * 4;
constexpr int kRegions = 20;
/** Structures in a list, and the regions that each of them, in its turn, is given. */
constexpr int kListed = 48;
constexpr int kListedRegions = 8;

template <typename T, size_t N>
T one_of(const T (&values)[N], uint64_t random) {
  return values[random % N];
}

class Arguments {
 public:
  Arguments() {
    for (auto& region : regions_) {
      region.reset(static_cast<uint8_t*>(calloc(1, kRegion + 63)));
      if (region == nullptr) {
        abort();
      }
    }
  }

  /** Another call, decided by `seed` alone. */
  void begin(uint64_t seed) {
    state_ = seed * 0x9e3779b97f4a7c15u;
    next_region_ = 0;
    // Most calls are wrong in one thing at most; else hardly any would get beyond the first check.
    wild_ = below(4) == 0 ? 4 : 400;
    size_ = one_of(kSmall, random());
  }

  uint64_t random() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  uint64_t below(uint64_t bound) { return random() % bound; }

  bool wild() { return below(wild_) == 0; }

  void draw(int64_t& size) {
    if (wild()) {
      size = one_of(kImpossible, random());
    } else {
      // Sizes of one call are often alike: only so do they fit together.
      size = below(2) == 0 ? size_ : one_of(kSmall, random());
    }
  }

  void draw(size_t& bytes) { bytes = wild() ? below(1000) : kRegion; }
  void draw(int& choice) { choice = wild() ? static_cast<int>(random()) : static_cast<int>(below(3)); }
  void draw(double& number) { number = one_of(kNumbers, random()); }
  void draw(CUstream_st*& stream) { stream = wild() ? static_cast<CUstream_st*>(memory(kFloats)) : nullptr; }

  template <typename T>
  void draw(T*& pointer) {
    pointer = wild() ? nullptr : static_cast<T*>(memory(kind_of<T>()));
  }

  void draw(const radapter_segment*& segments) {
    for (auto& segment : segments_) {
      draw(segment.parameter);
      draw(segment.gradient);
      draw(segment.exp_avg);
      draw(segment.exp_avg_sq);
      draw(segment.average);
      draw(segment.count);
      draw(segment.weight_decay);
      next_region_ = 0;
    }
    next_region_ = kListedRegions;
    segments = wild() ? nullptr : segments_;
  }

  void draw(const radapter_merge_layer*& layers) {
    for (auto& layer : layers_) {
      draw(layer.weight);
      draw(layer.weight_dtype);
      draw(layer.transposed);
      draw(layer.bias);
      draw(layer.in);
      draw(layer.out);
      draw(layer.down);
      draw(layer.up);
      layer.rank = layer.up == nullptr ? 0 : one_of(kSmall, random());
      draw(layer.coefficient);
      draw(layer.merged_weight);
      draw(layer.merged_bias);
      next_region_ = 0;
    }
    next_region_ = kListedRegions;
    layers = wild() ? nullptr : layers_;
  }

 private:
  struct Free {
    void operator()(uint8_t* memory) const { free(memory); }
  };

  enum Kind { kOffsets, kDoubles, kFloats, kIds };

  template <typename T>
  Kind kind_of() {
    if (wild()) {
      return static_cast<Kind>(below(4));
    }
    using Number = std::remove_const_t<T>;
    return std::is_same_v<Number, int64_t>   ? kOffsets
           : std::is_same_v<Number, double>  ? kDoubles
           : std::is_same_v<Number, int32_t> ? kIds
                                             : kFloats;
  }

  /** Memory that no other argument of this call has, with numbers of one kind at its beginning. */
  void* memory(Kind kind) {
    const auto address = reinterpret_cast<uintptr_t>(regions_[next_region_++ % kRegions].get());
    auto* region = reinterpret_cast<uint8_t*>((address + 63) / 64 * 64);
    // An id is more often in range where there are few, and an offset where they grow by one.
    const uint64_t bound = 1 + below(6);
    for (int i = 0; i < 128; ++i) {
      switch (kind) {
        case kOffsets:
          reinterpret_cast<int64_t*>(region)[i] = wild() ? static_cast<int64_t>(random()) : i;
          break;
        case kDoubles:
          reinterpret_cast<double*>(region)[i] = one_of(kNumbers, random());
          break;
        case kFloats:
          reinterpret_cast<float*>(region)[i] = static_cast<float>(one_of(kNumbers, random()));
          break;
        case kIds:
          reinterpret_cast<int32_t*>(region)[i] = static_cast<int32_t>(below(wild() ? 1u << 31 : bound)) - wild();
          break;
      }
    }
    return region;
  }

  uint64_t state_ = 0;
  uint64_t wild_ = 4;
  int64_t size_ = 1;
  int next_region_ = 0;
  std::unique_ptr<uint8_t, Free> regions_[kRegions];
  radapter_segment segments_[kListed];
  radapter_merge_layer layers_[kListed];
};

/** A function of the C ABI with all its arguments but the context drawn. */
struct Function {
  const char* name;
  int (*call)(radapter_context*, Arguments&);
};

template <auto function, typename... A>
int call_drawn(int (*)(radapter_context*, A...), radapter_context* context, Arguments& arguments) {
  std::tuple<A...> drawn;
  std::apply([&](auto&... each) { (arguments.draw(each), ...); }, drawn);
  return std::apply([&](auto&... each) { return function(context, each...); }, drawn);
}

template <auto function, typename... A>
int call_drawn(size_t (*)(const radapter_context*, A...), radapter_context* context, Arguments& arguments) {
  std::tuple<A...> drawn;
  std::apply([&](auto&... each) { (arguments.draw(each), ...); }, drawn);
  std::apply([&](auto&... each) { return function(context, each...); }, drawn);
  return RADAPTER_OK;
}

#define RADAPTER_DRAWN(function)                                                                                       \
  {                                                                                                                    \
#function,                                                                                                         \
        [](radapter_context * context,                                                                                 \
           Arguments & arguments) { return call_drawn<radapter_##function>(radapter_##function, context, arguments); } \
  }

/** The products of a packed weight: packed, multiplied, freed. */
int pack_and_multiply(radapter_context* context, Arguments& arguments) {
  int64_t n;
  int64_t k;
  int64_t ldb;
  int transpose_b;
  int dtype;
  const void* b;
  arguments.draw(transpose_b);
  arguments.draw(n);
  arguments.draw(k);
  arguments.draw(ldb);
  arguments.draw(dtype);
  arguments.draw(b);
  radapter_packed* packed = nullptr;
  int status = radapter_pack(context, nullptr, transpose_b, n, k, b, ldb, dtype, &packed);
  if (status != RADAPTER_OK) {
    return status;
  }
  std::tuple<int64_t, const void*, int64_t, int> left;
  std::tuple<const float*, int, void*, const void*, int64_t, void*, int64_t, int> right;
  std::apply([&](auto&... each) { (arguments.draw(each), ...); }, left);
  std::apply([&](auto&... each) { (arguments.draw(each), ...); }, right);
  const auto [m, a, lda, a_dtype] = left;
  const auto [bias, activation, aux, residual, ldr, c, ldc, c_dtype] = right;
  status = radapter_gemm_packed(context, nullptr, m, a, lda, a_dtype, packed, bias, activation, aux, residual, ldr, c,
                                ldc, c_dtype);
  radapter_packed_destroy(context, packed);
  return status;
}

const Function kFunctions[] = {
    RADAPTER_DRAWN(gemm),
    {"pack", pack_and_multiply},
    RADAPTER_DRAWN(convert),
    RADAPTER_DRAWN(add),
    RADAPTER_DRAWN(fill),
    RADAPTER_DRAWN(activation_forward),
    RADAPTER_DRAWN(activation_backward),
    RADAPTER_DRAWN(column_sum_workspace),
    RADAPTER_DRAWN(column_sum),
    RADAPTER_DRAWN(layer_norm_forward),
    RADAPTER_DRAWN(layer_norm_backward_workspace),
    RADAPTER_DRAWN(layer_norm_backward),
    RADAPTER_DRAWN(normalize_forward),
    RADAPTER_DRAWN(normalize_backward),
    RADAPTER_DRAWN(attention_forward_workspace),
    RADAPTER_DRAWN(attention_forward),
    RADAPTER_DRAWN(attention_backward_workspace),
    RADAPTER_DRAWN(attention_backward),
    RADAPTER_DRAWN(patches),
    RADAPTER_DRAWN(image_tokens_forward),
    RADAPTER_DRAWN(image_tokens_backward),
    RADAPTER_DRAWN(text_tokens_forward),
    RADAPTER_DRAWN(text_tokens_backward),
    RADAPTER_DRAWN(gather_rows),
    RADAPTER_DRAWN(scatter_rows),
    RADAPTER_DRAWN(adapter_forward),
    RADAPTER_DRAWN(adapter_backward_workspace),
    RADAPTER_DRAWN(adapter_backward),
    RADAPTER_DRAWN(low_rank_adapter_forward),
    RADAPTER_DRAWN(low_rank_adapter_backward_workspace),
    RADAPTER_DRAWN(low_rank_adapter_backward),
    RADAPTER_DRAWN(merge_workspace),
    RADAPTER_DRAWN(merge),
    RADAPTER_DRAWN(contrastive_workspace),
    RADAPTER_DRAWN(contrastive_full_workspace),
    RADAPTER_DRAWN(contrastive),
    RADAPTER_DRAWN(contrastive_rows_workspace),
    RADAPTER_DRAWN(contrastive_row_sums),
    RADAPTER_DRAWN(contrastive_row_gradients),
    RADAPTER_DRAWN(cross_entropy_workspace),
    RADAPTER_DRAWN(cross_entropy),
    RADAPTER_DRAWN(adamw_ema_workspace),
    RADAPTER_DRAWN(adamw_ema),
    RADAPTER_DRAWN(ema_update),
};

}  // namespace

/**
 * arguments_test [CALLS [SEED [FUNCTION]]]: so many calls of each function, or of one. With RADAPTER_TRACE in the
 * environment each call is named before it is made, for one that ends the program.
 */
int main(int count, char** values) {
  const uint64_t calls = count > 1 ? strtoull(values[1], nullptr, 10) : 20000;
  const uint64_t seed = count > 2 ? strtoull(values[2], nullptr, 10) : 1;
  const char* only = count > 3 ? values[3] : nullptr;
  const bool trace = getenv("RADAPTER_TRACE") != nullptr;
  radapter_context* context;
  if (radapter_cpu_create(2, RADAPTER_ISA_AUTO, &context) != RADAPTER_OK) {
    fprintf(stderr, "%s\n", radapter_last_error());
    return 1;
  }
  Arguments arguments;
  setvbuf(stdout, nullptr, _IOLBF, 0);
  int failures = 0;
  for (const Function& function : kFunctions) {
    if (only != nullptr && strcmp(only, function.name) != 0) {
      continue;
    }
    uint64_t done = 0;
    for (uint64_t i = 0; i < calls; ++i) {
      if (trace) {
        fprintf(stderr, "%s %" PRIu64 "\n", function.name, seed + i);
      }
      arguments.begin(seed + i);
      const int status = function.call(arguments.below(50) == 0 ? nullptr : context, arguments);
      done += status == RADAPTER_OK;
      const bool known = status == RADAPTER_OK || status == RADAPTER_INVALID_ARGUMENT ||
                         status == RADAPTER_OUT_OF_MEMORY || status == RADAPTER_UNSUPPORTED;
      if (!known || (status != RADAPTER_OK && strncmp(radapter_last_error(), "radapter_", 9) != 0)) {
        ++failures;
        printf("%s, seed %" PRIu64 ": status %d, \"%s\"\n", function.name, seed + i, status, radapter_last_error());
      }
    }
    printf("%-36s %" PRIu64 " of %" PRIu64 " calls did their work\n", function.name, done, calls);
    // A function that never gets to its work is not tested.
    if (done == 0) {
      ++failures;
      printf("%s did its work not once\n", function.name);
    }
  }
  radapter_context_destroy(context);
  return failures == 0 ? 0 : 1;
}
