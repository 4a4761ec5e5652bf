#include "harness.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <algorithm>

namespace radapter_test {
namespace {

constexpr uint8_t kGuard = 0xa5;
constexpr int64_t kGuardBytes = 192;
const int kThreadCounts[] = {1, 2, 3, 5};

int failures = 0;

std::vector<const Operator*>& operators() {
  static std::vector<const Operator*> all;
  return all;
}

int64_t dtype_bytes(int dtype) { return dtype == RADAPTER_F32 ? 4 : 2; }

/** What `--speed` reads: one thread's own time where there is one, so that others on the machine count less. */
clockid_t speed_clock = CLOCK_THREAD_CPUTIME_ID;

double seconds_now(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/** Rounds to `digits` binary digits, to multiples of 2^least at the finest, to nearest even. */
double round_binary(double value, int digits, int least) {
  if (value == 0 || !isfinite(value)) {
    return value;
  }
  int exponent;
  frexp(value, &exponent);
  const int unit = std::max(exponent - digits, least);
  return ldexp(nearbyint(ldexp(value, -unit)), unit);
}

uint16_t encode_half(double value, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const uint16_t sign = signbit(value) ? 0x8000 : 0;
  const uint16_t infinity = static_cast<uint16_t>(((1 << exponent_bits) - 1) << fraction_bits);
  if (isnan(value)) {
    return sign | infinity | static_cast<uint16_t>(1 << (fraction_bits - 1));
  }
  const double magnitude = fabs(round_binary(value, fraction_bits + 1, 1 - bias - fraction_bits));
  if (magnitude >= ldexp(1, bias + 1)) {
    return sign | infinity;
  }
  if (magnitude < ldexp(1, 1 - bias)) {
    return sign | static_cast<uint16_t>(ldexp(magnitude, bias - 1 + fraction_bits));
  }
  int exponent;
  const double fraction = frexp(magnitude, &exponent);
  return sign | static_cast<uint16_t>(((exponent - 1 + bias) << fraction_bits) +
                                      static_cast<int>(ldexp(2 * fraction - 1, fraction_bits)));
}

double decode_half(uint16_t half, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (half & 0x7fff) >> fraction_bits;
  const int fraction = half & ((1 << fraction_bits) - 1);
  double value;
  if (exponent == (1 << exponent_bits) - 1) {
    value = fraction != 0 ? NAN : INFINITY;
  } else if (exponent == 0) {
    value = ldexp(fraction, 1 - bias - fraction_bits);
  } else {
    value = ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

int exponent_bits(int dtype) { return dtype == RADAPTER_BF16 ? 8 : 5; }

/** A host array's double on the device. */
struct Mirror {
  const uint8_t* host;
  size_t bytes;
  uint8_t* device;
  /** Asked for as an array that may be written. */
  bool writable;
};

/** The context of the OnDevice that lives, where that is a GPU's. */
radapter_context* device_context = nullptr;
std::vector<Mirror> mirrors;

void require(int status) {
  if (status != RADAPTER_OK) {
    fprintf(stderr, "%s\n", radapter_last_error());
    exit(2);
  }
}

void fetch(const Mirror& mirror, void* to) {
  require(radapter_copy_to_host(device_context, nullptr, to, mirror.device, mirror.bytes));
  require(radapter_stream_synchronize(device_context, nullptr));
}

uint8_t* mirror_of(const void* host, size_t bytes, bool writable) {
  const auto* from = static_cast<const uint8_t*>(host);
  for (Mirror& mirror : mirrors) {
    if (mirror.host == from && mirror.bytes == bytes) {
      mirror.writable |= writable;
      return mirror.device;
    }
  }
  void* device;
  require(radapter_allocate(device_context, bytes, &device));
  require(radapter_copy_to_device(device_context, nullptr, device, from, bytes));
  mirrors.push_back({from, bytes, static_cast<uint8_t*>(device), writable});
  return mirrors.back().device;
}

Machine open_gpu(const char* plugin) {
  radapter_context* context;
  require(radapter_cuda_create(plugin, 0, &context));
  return {RADAPTER_ISA_AUTO, {context, context}, true};
}

Machine open_machine(int isa) {
  Machine machine{isa, {}};
  for (int threads : kThreadCounts) {
    radapter_context* context;
    if (radapter_cpu_create(threads, isa, &context) != RADAPTER_OK) {
      fprintf(stderr, "%s\n", radapter_last_error());
      exit(2);
    }
    machine.contexts.push_back(context);
  }
  return machine;
}

void close_machine(const Machine& machine) {
  for (size_t i = 0; i < (machine.gpu ? 1 : machine.contexts.size()); ++i) {
    radapter_context_destroy(machine.contexts[i]);
  }
}

std::string name_of(radapter_context* context) {
  const int isa = radapter_context_isa(context);
  return isa == RADAPTER_ISA_AUTO ? radapter_context_device(context) : text("isa %d", isa);
}

void check_all(const Machine& machine, const char* only) {
  for (const Operator* operation : operators()) {
    if (only == nullptr || strcmp(only, operation->name) == 0) {
      const int before = failures;
      const double start = seconds_now();
      operation->check(machine);
      printf("%s  %-28s %s  (%.2f s)\n", name_of(machine.contexts[0]).c_str(), operation->name,
             failures == before ? "ok" : "FAILED", seconds_now() - start);
      fflush(stdout);
    }
  }
  close_machine(machine);
}

void time_all(radapter_context* context, const char* only) {
  speed_clock = radapter_context_threads(context) == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  for (const Operator* operation : operators()) {
    if (operation->speed != nullptr && (only == nullptr || strcmp(only, operation->name) == 0)) {
      OnDevice device(context);
      operation->speed(context);
    }
  }
  radapter_context_destroy(context);
}

}  // namespace

OnDevice::OnDevice(radapter_context* context) {
  device_context = radapter_context_threads(context) == 0 ? context : nullptr;
}

OnDevice::~OnDevice() {
  for (const Mirror& mirror : mirrors) {
    std::vector<uint8_t> now(mirror.bytes);
    fetch(mirror, now.data());
    if (mirror.writable) {
      memcpy(const_cast<uint8_t*>(mirror.host), now.data(), mirror.bytes);
    } else {
      expect(memcmp(mirror.host, now.data(), mirror.bytes) == 0, "an input was written");
    }
    require(radapter_free(device_context, mirror.device));
  }
  mirrors.clear();
  device_context = nullptr;
}

void forget(const void* host) {
  for (size_t i = 0; i < mirrors.size(); ++i) {
    if (mirrors[i].host == host) {
      require(radapter_free(device_context, mirrors[i].device));
      mirrors.erase(mirrors.begin() + static_cast<int64_t>(i));
    }
  }
}

Bytes::~Bytes() { forget(data()); }

const void* placed_bytes(const void* host, size_t bytes) {
  return device_context == nullptr || bytes == 0 ? host : mirror_of(host, bytes, false);
}

void* placed_bytes(void* host, size_t bytes) {
  return device_context == nullptr || bytes == 0 ? host : mirror_of(host, bytes, true);
}

Operator::Operator(const char* name, void (*check)(const Machine&), void (*speed)(radapter_context*))
    : name(name), check(check), speed(speed) {
  operators().push_back(this);
}

bool expect(bool condition, const char* format, ...) {
  if (!condition) {
    ++failures;
    va_list arguments;
    va_start(arguments, format);
    printf("  FAILED: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
  }
  return condition;
}

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double Random::uniform() { return ldexp(static_cast<double>(next() >> 11), -52) - 1; }

double dtype_roundoff(int dtype) { return dtype == RADAPTER_F32 ? 0x1p-24 : dtype == RADAPTER_BF16 ? 0x1p-8 : 0x1p-11; }

double round_to(double value, int dtype) {
  return dtype == RADAPTER_F32 ? static_cast<double>(static_cast<float>(value))
                               : decode_half(encode_half(value, exponent_bits(dtype)), exponent_bits(dtype));
}

Matrix::Matrix(int64_t rows, int64_t columns, int dtype, int64_t padding)
    : rows_(rows),
      columns_(columns),
      ld_(columns + padding),
      dtype_(dtype),
      offset_(kGuardBytes),
      bytes_(static_cast<size_t>(rows * (columns + padding) * dtype_bytes(dtype) + 2 * kGuardBytes), kGuard) {
  poison();
}

Matrix Matrix::random(uint64_t seed, int64_t rows, int64_t columns, int dtype, int64_t padding, double scale) {
  Matrix matrix(rows, columns, dtype, padding);
  Random random(seed);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      matrix.set(row, column, scale * random.uniform());
    }
  }
  return matrix;
}

void* Matrix::data() { return placed(bytes_.data(), bytes_.size()) + offset_; }

const void* Matrix::data() const { return placed(bytes_) + offset_; }

int64_t Matrix::element_offset(int64_t row, int64_t column) const {
  return offset_ + (row * ld_ + column) * dtype_bytes(dtype_);
}

double Matrix::at(int64_t row, int64_t column) const {
  const uint8_t* from = &bytes_[element_offset(row, column)];
  if (dtype_ == RADAPTER_F32) {
    float value;
    memcpy(&value, from, sizeof(value));
    return value;
  }
  uint16_t half;
  memcpy(&half, from, sizeof(half));
  return decode_half(half, exponent_bits(dtype_));
}

void Matrix::set(int64_t row, int64_t column, double value) {
  uint8_t* to = &bytes_[element_offset(row, column)];
  if (dtype_ == RADAPTER_F32) {
    const float single = static_cast<float>(value);
    memcpy(to, &single, sizeof(single));
    return;
  }
  const uint16_t half = encode_half(value, exponent_bits(dtype_));
  memcpy(to, &half, sizeof(half));
}

void Matrix::poison() {
  for (int64_t row = 0; row < rows_; ++row) {
    for (int64_t column = 0; column < columns_; ++column) {
      set(row, column, NAN);
    }
  }
}

bool Matrix::guards_intact() const {
  Bytes copy = bytes_;
  for (int64_t row = 0; row < rows_; ++row) {
    const auto begin = copy.begin() + element_offset(row, 0);
    std::fill(begin, begin + columns_ * dtype_bytes(dtype_), kGuard);
  }
  return std::all_of(copy.begin(), copy.end(), [](uint8_t byte) { return byte == kGuard; });
}

std::vector<uint8_t> Matrix::elements() const {
  std::vector<uint8_t> elements;
  for (int64_t row = 0; row < rows_; ++row) {
    const auto begin = bytes_.begin() + element_offset(row, 0);
    elements.insert(elements.end(), begin, begin + columns_ * dtype_bytes(dtype_));
  }
  return elements;
}

std::vector<double> Matrix::values() const {
  std::vector<double> values;
  for (int64_t row = 0; row < rows_; ++row) {
    for (int64_t column = 0; column < columns_; ++column) {
      values.push_back(at(row, column));
    }
  }
  return values;
}

bool run_everywhere(const Machine& machine, const std::string& what, const std::vector<Matrix*>& outputs,
                    const std::vector<Matrix*>& kept, const std::function<int(radapter_context*)>& call) {
  std::vector<Matrix> originals;
  for (const Matrix* matrix : kept) {
    originals.push_back(*matrix);
  }
  std::vector<std::vector<uint8_t>> first;
  bool good = true;
  for (radapter_context* context : machine.contexts) {
    for (Matrix* output : outputs) {
      output->poison();
    }
    for (size_t i = 0; i < kept.size(); ++i) {
      *kept[i] = originals[i];
    }
    int status;
    {
      OnDevice device(context);
      status = call(context);
    }
    good &= expect(status == RADAPTER_OK, "%s: status %d, %s", what.c_str(), status, radapter_last_error());
    std::vector<std::vector<uint8_t>> results;
    for (const std::vector<Matrix*>* list : {&outputs, &kept}) {
      for (const Matrix* matrix : *list) {
        good &= expect(matrix->guards_intact(), "%s: wrote outside result %zu", what.c_str(), results.size());
        results.push_back(matrix->elements());
      }
    }
    if (first.empty()) {
      first = results;
    }
    for (size_t i = 0; i < results.size(); ++i) {
      good &= expect(results[i] == first[i], "%s: result %zu differs from the first time on %s with %d threads",
                     what.c_str(), i, radapter_context_device(context), radapter_context_threads(context));
    }
  }
  return good;
}

double relative_error(const std::vector<double>& got, const std::vector<double>& reference) {
  double error = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (!isfinite(got[i]) || !isfinite(reference[i])) {
      return INFINITY;
    }
    error += (got[i] - reference[i]) * (got[i] - reference[i]);
    norm += reference[i] * reference[i];
  }
  return norm == 0 ? sqrt(error) : sqrt(error / norm);
}

bool expect_close(const std::string& what, const Matrix& got, const std::vector<double>& reference,
                  const std::vector<double>& same_precision) {
  std::vector<double> rounded = same_precision;
  for (double& value : rounded) {
    value = round_to(value, got.dtype());
  }
  const double allowed = 3 * std::max(relative_error(rounded, reference), dtype_roundoff(got.dtype()));
  const double error = relative_error(got.values(), reference);
  return expect(error <= allowed, "%s: relative error %.3g, allowed %.3g", what.c_str(), error, allowed);
}

const std::vector<double>& same_precision(const Machine& machine, const std::vector<double>& exact,
                                          const std::vector<double>& single) {
  return machine.gpu ? single : exact;
}

bool expect_refused(const std::string& what, int status, const char* part) {
  return expect(status == RADAPTER_INVALID_ARGUMENT && strstr(radapter_last_error(), part) != nullptr,
                "%s: status %d, message \"%s\" should name \"%s\"", what.c_str(), status, radapter_last_error(), part);
}

double time_call(const std::function<void()>& given) {
  const auto call = [&] {
    given();
    if (device_context != nullptr) {
      require(radapter_stream_synchronize(device_context, nullptr));
    }
  };
  call();
  double best = INFINITY;
  int repetitions = 0;
  const double start = seconds_now();
  while (repetitions < 5 || (repetitions < 5000 && seconds_now() - start < 0.5)) {
    const double begin = seconds_now(speed_clock);
    call();
    best = std::min(best, seconds_now(speed_clock) - begin);
    ++repetitions;
  }
  return best;
}

void report_speed(radapter_context* context, const std::string& what, double seconds, double flops, double bytes) {
  printf("%s  threads %d  %-52s %9.3f ms", name_of(context).c_str(), radapter_context_threads(context), what.c_str(),
         seconds * 1e3);
  if (flops != 0) {
    printf("  %7.1f GFLOP/s", flops / seconds * 1e-9);
  }
  if (bytes != 0) {
    printf("  %7.1f GB/s", bytes / seconds * 1e-9);
  }
  printf("\n");
  fflush(stdout);
}

Workspace::Workspace(size_t bytes)
    : size_(bytes), memory_(static_cast<uint8_t*>(aligned_alloc(64, (bytes + 127) / 64 * 64))) {
  const size_t whole = (bytes + 127) / 64 * 64;
  memset(memory_, 0xff, bytes);
  memset(memory_ + bytes, kGuard, whole - bytes);
}

Workspace::~Workspace() {
  forget(memory_);
  free(memory_);
}

void* Workspace::data() { return placed(memory_, (size_ + 127) / 64 * 64); }

bool Workspace::guards_intact() const {
  const size_t whole = (size_ + 127) / 64 * 64;
  for (const Mirror& mirror : mirrors) {
    if (mirror.host == memory_) {
      fetch(mirror, memory_);
    }
  }
  return std::all_of(memory_ + size_, memory_ + whole, [](uint8_t byte) { return byte == kGuard; });
}

std::string text(const char* format, ...) {
  char buffer[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(buffer, sizeof(buffer), format, arguments);
  va_end(arguments);
  return buffer;
}

}  // namespace radapter_test

int main(int argc, char** argv) {
  using namespace radapter_test;
  const char* only = nullptr;
  const char* isas = nullptr;
  bool speed = false;
  int threads = 1;
  const char* plugin = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--speed") == 0) {
      speed = true;
    } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      threads = atoi(argv[++i]);
    } else if (strcmp(argv[i], "--isa") == 0 && i + 1 < argc) {
      isas = argv[++i];
    } else if (strcmp(argv[i], "--cuda") == 0 && i + 1 < argc) {
      plugin = argv[++i];
    } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else {
      fprintf(stderr, "usage: %s [--isa 0,1,2,3 | --cuda PLUGIN] [--only OPERATOR] [--speed [--threads N]]\n", argv[0]);
      return 2;
    }
  }
  if (plugin != nullptr) {
    const Machine machine = open_gpu(plugin);
    speed ? time_all(machine.contexts[0], only) : check_all(machine, only);
  }
  const int best = radapter_cpu_isa();
  for (int isa = 0; plugin == nullptr && isa <= best; ++isa) {
    const bool wanted = isas != nullptr ? strchr(isas, '0' + isa) != nullptr : !speed || isa == best;
    if (wanted && speed) {
      radapter_context* context;
      require(radapter_cpu_create(threads, isa, &context));
      time_all(context, only);
    } else if (wanted) {
      check_all(open_machine(isa), only);
    }
  }
  if (!speed) {
    printf(failures == 0 ? "all passed\n" : "%d failures\n", failures);
  }
  return failures == 0 ? 0 : 1;
}
