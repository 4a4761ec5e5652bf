// The operator registry. A file test_NAME.cpp adds its operator by
//     static const Operator layer_norm("layer_norm", check_layer_norm, speed_layer_norm);
// and needs no mention anywhere else. `check` runs once per instruction set of the machine, or on a GPU; it compares
// with plain loops in double, in odd shapes, and calls everything that writes through `run_everywhere`, which repeats a
// call with 1, 2, 3 and 5 threads on poisoned outputs and expects the same bytes and untouched surroundings each time.
//
// Tests keep their numbers in the host's memory. Within an `OnDevice` - `run_everywhere` opens one around each call -
// Matrix, Workspace and placed() give addresses in the memory of the context's device instead, and what was written
// there is copied back in the end.
#ifndef RADAPTER_TEST_HARNESS_H
#define RADAPTER_TEST_HARNESS_H

#include <stdint.h>

#include <functional>
#include <string>
#include <vector>

#include "radapter.h"

namespace radapter_test {

/** Contexts of one instruction set, with 1, 2, 3 and 5 threads; or one GPU's context, twice. */
struct Machine {
  int isa;
  std::vector<radapter_context*> contexts;
  bool gpu = false;
};

struct Operator {
  Operator(const char* name, void (*check)(const Machine&), void (*speed)(radapter_context*) = nullptr);
  const char* name;
  void (*check)(const Machine&);
  /** Prints lines of speed, by report_speed(); nullable. */
  void (*speed)(radapter_context*);
};

/** Counts a failure, and prints it, unless `condition` holds. Returns `condition`. */
bool expect(bool condition, const char* format, ...) __attribute__((format(printf, 2, 3)));

/** Random numbers that depend on the seed alone. */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x1234567u) {}
  uint64_t next();
  /** Uniform in [-1, 1). */
  double uniform();
  /** Uniform in [0, bound). */
  int64_t below(int64_t bound) { return static_cast<int64_t>(next() % static_cast<uint64_t>(bound)); }

 private:
  uint64_t state_;
};

/** Gives addresses of `context`'s device while it lives; on the CPU nothing changes. Not nested. */
class OnDevice {
 public:
  explicit OnDevice(radapter_context* context);
  /** Waits, and copies back what was written; inputs must be as they were. */
  ~OnDevice();
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
};

/** Address of an array of `bytes` on the device of the OnDevice around; of the array itself without one. */
const void* placed_bytes(const void* host, size_t bytes);
void* placed_bytes(void* host, size_t bytes);

template <typename T>
const T* placed(const std::vector<T>& values) {
  return static_cast<const T*>(placed_bytes(static_cast<const void*>(values.data()), values.size() * sizeof(T)));
}

template <typename T>
T* placed(T* values, size_t count) {
  return static_cast<T*>(placed_bytes(values, count * sizeof(T)));
}

double dtype_roundoff(int dtype);
/** `value` rounded to nearest even in F32, BF16 or F16. */
double round_to(double value, int dtype);

/** Bytes whose double on a device goes with them. */
class Bytes : public std::vector<uint8_t> {
 public:
  using std::vector<uint8_t>::vector;
  Bytes(const Bytes&) = default;
  Bytes(Bytes&&) = default;
  Bytes& operator=(const Bytes&) = default;
  Bytes& operator=(Bytes&&) = default;
  ~Bytes();
};

/**
 * A matrix [rows, columns] of F32, BF16 or F16 amid guard bytes: before it, after it, and between its rows where the
 * leading dimension is larger than the columns. Starts poisoned with NaN.
 */
class Matrix {
 public:
  Matrix(int64_t rows, int64_t columns, int dtype = RADAPTER_F32, int64_t padding = 0);
  static Matrix random(uint64_t seed, int64_t rows, int64_t columns, int dtype = RADAPTER_F32, int64_t padding = 0,
                       double scale = 1);

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t ld() const { return ld_; }
  int dtype() const { return dtype_; }
  void* data();
  const void* data() const;
  float* floats() { return static_cast<float*>(data()); }
  const float* floats() const { return static_cast<const float*>(data()); }

  double at(int64_t row, int64_t column) const;
  /** Stores the value, rounded. */
  void set(int64_t row, int64_t column, double value);
  /** Every element NaN. */
  void poison();
  bool guards_intact() const;
  /** The elements' bytes, without guards. */
  std::vector<uint8_t> elements() const;
  /** The elements as numbers, [rows · columns]. */
  std::vector<double> values() const;

 private:
  int64_t element_offset(int64_t row, int64_t column) const;
  int64_t rows_;
  int64_t columns_;
  int64_t ld_;
  int dtype_;
  int64_t offset_;
  Bytes bytes_;
};

/**
 * Runs `call` on every context and expects RADAPTER_OK, intact guards and the same bytes in `outputs` each time.
 * Outputs are poisoned before each run; one that is also an input is put into `kept` and gets its first content back
 * instead.
 */
bool run_everywhere(const Machine& machine, const std::string& what, const std::vector<Matrix*>& outputs,
                    const std::vector<Matrix*>& kept, const std::function<int(radapter_context*)>& call);

/** ‖got - reference‖ / ‖reference‖; infinite if a number is not finite, the plain norm if the reference is zero. */
double relative_error(const std::vector<double>& got, const std::vector<double>& reference);

/**
 * Expects ‖error‖/‖reference‖ ≤ 3·max(the error of `same_precision` - a plain computation in the type the operator
 * accumulates in -, the roundoff of the result's dtype).
 */
bool expect_close(const std::string& what, const Matrix& got, const std::vector<double>& reference,
                  const std::vector<double>& same_precision);

/**
 * What an operator that sums in double on the CPU is measured against: its exact result there, on a GPU the result of a
 * plain computation in single precision.
 */
const std::vector<double>& same_precision(const Machine& machine, const std::vector<double>& exact,
                                          const std::vector<double>& single);

/** Expects a failed status with a message that contains `part`. */
bool expect_refused(const std::string& what, int status, const char* part);

/** Seconds one call takes: the best of half a second's repetitions, for a machine that others use too. */
double time_call(const std::function<void()>& call);
/** Prints a line: GFLOP/s where `flops` is not 0, GB/s where `bytes` is not 0. */
void report_speed(radapter_context* context, const std::string& what, double seconds, double flops, double bytes);

/** A workspace of `bytes`, aligned, with guard bytes behind it, filled with NaN. */
class Workspace {
 public:
  explicit Workspace(size_t bytes);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  void* data();
  size_t size() const { return size_; }
  bool guards_intact() const;

 private:
  size_t size_;
  uint8_t* memory_;
};

/** Drops the device's double of an array of the host. */
void forget(const void* host);

std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace radapter_test

#endif
