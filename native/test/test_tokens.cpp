// Patches, tokens, rows taken and put back.
#include <math.h>

#include "harness.h"

namespace radapter_test {
namespace {

typedef std::vector<double> Numbers;

void check_patches(const Machine& machine) {
  struct Shape {
    int64_t batch, height, width, patch;
  };
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (const Shape& s : {Shape{1, 4, 4, 4}, Shape{3, 6, 9, 3}, Shape{2, 32, 16, 8}, Shape{2, 28, 28, 14}}) {
      const Matrix images = Matrix::random(1, s.batch * 3 * s.height, s.width);
      const int64_t across = s.width / s.patch;
      const int64_t grid = s.height / s.patch * across;
      Matrix patches(s.batch * grid, 3 * s.patch * s.patch, dtype, 5);
      const std::string what = text("patches of %lld dtype %d", (long long)s.patch, dtype);
      run_everywhere(machine, what, {&patches}, {}, [&](radapter_context* context) {
        return radapter_patches(context, nullptr, s.batch, s.height, s.width, s.patch, images.floats(), patches.data(),
                                patches.ld(), dtype);
      });
      for (int64_t b = 0; b < s.batch; ++b) {
        for (int64_t c = 0; c < 3; ++c) {
          for (int64_t y = 0; y < s.height; ++y) {
            for (int64_t x = 0; x < s.width; ++x) {
              const int64_t row = b * grid + y / s.patch * across + x / s.patch;
              const int64_t column = (c * s.patch + y % s.patch) * s.patch + x % s.patch;
              expect(patches.at(row, column) == round_to(images.at((b * 3 + c) * s.height + y, x), dtype), "%s",
                     what.c_str());
            }
          }
        }
      }
    }
  }
  Matrix x(1, 27);
  expect_refused("patches", radapter_patches(machine.contexts[0], nullptr, 1, 7, 6, 3, x.floats(), x.data(), 27, 0),
                 "7x6");
}

Numbers sum_over_batch(const Matrix& x, int64_t batch, int64_t length, int64_t from, int64_t to) {
  Numbers sums;
  for (int64_t t = from; t < to; ++t) {
    for (int64_t j = 0; j < x.columns(); ++j) {
      double sum = 0;
      for (int64_t b = 0; b < batch; ++b) {
        sum += x.at(b * length + t, j);
      }
      sums.push_back(sum);
    }
  }
  return sums;
}

void check_image_tokens(const Machine& machine) {
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (int64_t columns : {1, 7, 33, 160}) {
      const int64_t batch = 9;
      const int64_t patches = 16;
      const int64_t length = patches + 1;
      const Matrix embedded = Matrix::random(1, batch * patches, columns, dtype, 2);
      const Matrix cls = Matrix::random(2, 1, columns);
      const Matrix position = Matrix::random(3, length, columns);
      Matrix tokens(batch * length, columns, dtype, 3);
      const std::string what = text("image_tokens %lld dtype %d", (long long)columns, dtype);
      run_everywhere(machine, what, {&tokens}, {}, [&](radapter_context* context) {
        return radapter_image_tokens_forward(context, nullptr, batch, patches, columns, embedded.data(), embedded.ld(),
                                             cls.floats(), position.floats(), tokens.data(), tokens.ld(), dtype);
      });
      for (int64_t r = 0; r < batch * length; ++r) {
        const int64_t t = r % length;
        for (int64_t j = 0; j < columns; ++j) {
          const double from = t == 0 ? cls.at(0, j) : embedded.at(r / length * patches + t - 1, j);
          const float sum = static_cast<float>(from) + static_cast<float>(position.at(t, j));
          expect(tokens.at(r, j) == round_to(sum, dtype), "%s: row %lld", what.c_str(), (long long)r);
        }
      }
      const Matrix d_tokens = Matrix::random(4, batch * length, columns, dtype, 1);
      Matrix d_embedded(batch * patches, columns, dtype, 4);
      Matrix d_class(1, columns);
      Matrix d_position(length, columns);
      run_everywhere(machine, what + " backward", {&d_embedded, &d_class, &d_position}, {},
                     [&](radapter_context* context) {
                       return radapter_image_tokens_backward(context, nullptr, batch, patches, columns, d_tokens.data(),
                                                             d_tokens.ld(), d_embedded.data(), d_embedded.ld(), dtype,
                                                             d_class.floats(), d_position.floats());
                     });
      const Numbers sums = sum_over_batch(d_tokens, batch, length, 0, length);
      expect_close(what + " d_position", d_position, sums, sums);
      const Numbers first = sum_over_batch(d_tokens, batch, length, 0, 1);
      expect_close(what + " d_class", d_class, first, first);
      for (int64_t r = 0; r < batch * patches; ++r) {
        for (int64_t j = 0; j < columns; ++j) {
          expect(d_embedded.at(r, j) == d_tokens.at(r / patches * length + r % patches + 1, j), "%s: d_embedded",
                 what.c_str());
        }
      }
      expect(radapter_image_tokens_backward(machine.contexts[0], nullptr, batch, patches, columns, d_tokens.data(),
                                            d_tokens.ld(), nullptr, 0, dtype, nullptr, nullptr) == RADAPTER_OK,
             "%s: nothing asked for", what.c_str());
    }
  }
}

void check_text_tokens(const Machine& machine) {
  const int64_t batch = 13;
  const int64_t length = 10;
  const int64_t vocabulary = 50;
  std::vector<int32_t> ids;
  Random random(9);
  for (int64_t i = 0; i < batch * length; ++i) {
    ids.push_back(i % length == 0 ? 49 : static_cast<int32_t>(random.below(40)));
  }
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16}) {
    for (int table_dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
      for (int64_t columns : {5, 128}) {
        const Matrix table = Matrix::random(1, vocabulary, columns, table_dtype);
        const Matrix position = Matrix::random(3, length, columns);
        Matrix tokens(batch * length, columns, dtype, 3);
        const std::string what = text("text_tokens %lld dtype %d table %d", (long long)columns, dtype, table_dtype);
        run_everywhere(machine, what, {&tokens}, {}, [&](radapter_context* context) {
          return radapter_text_tokens_forward(context, nullptr, batch, length, columns, vocabulary, placed(ids),
                                              table.data(), table_dtype, position.floats(), tokens.data(), tokens.ld(),
                                              dtype);
        });
        for (int64_t r = 0; r < batch * length; ++r) {
          for (int64_t j = 0; j < columns; ++j) {
            const float sum = static_cast<float>(table.at(ids[r], j)) + static_cast<float>(position.at(r % length, j));
            expect(tokens.at(r, j) == round_to(sum, dtype), "%s: row %lld", what.c_str(), (long long)r);
          }
        }
      }
    }
    for (int64_t columns : {5, 128}) {
      const Matrix d_tokens = Matrix::random(4, batch * length, columns, dtype, 1);
      Matrix d_table(vocabulary, columns);
      Matrix d_position(length, columns);
      run_everywhere(machine, "text_tokens backward", {&d_table, &d_position}, {}, [&](radapter_context* context) {
        return radapter_text_tokens_backward(context, nullptr, batch, length, columns, vocabulary, placed(ids),
                                             d_tokens.data(), d_tokens.ld(), dtype, d_table.floats(),
                                             d_position.floats());
      });
      Numbers sums(vocabulary * columns, 0);
      for (int64_t r = 0; r < batch * length; ++r) {
        for (int64_t j = 0; j < columns; ++j) {
          sums[ids[r] * columns + j] += d_tokens.at(r, j);
        }
      }
      expect_close("text_tokens d_table", d_table, sums, sums);
      const Numbers positions = sum_over_batch(d_tokens, batch, length, 0, length);
      expect_close("text_tokens d_position", d_position, positions, positions);
    }
  }
  Matrix x = Matrix::random(1, 50, 5);
  Matrix y(130, 5);
  for (int32_t bad : {-1, 50}) {
    ids[23] = bad;
    if (machine.gpu) {
      // A GPU's ids are not looked at beforehand: the token is NaN, its gradient left out.
      Matrix d_table(50, 5);
      const Matrix d_tokens = Matrix::random(2, 130, 5);
      run_everywhere(machine, "an id out of range", {&y, &d_table}, {}, [&](radapter_context* context) {
        const int status = radapter_text_tokens_forward(context, nullptr, batch, length, 5, vocabulary, placed(ids),
                                                        x.data(), 0, x.floats(), y.data(), 5, 0);
        return status != RADAPTER_OK
                   ? status
                   : radapter_text_tokens_backward(context, nullptr, batch, length, 5, vocabulary, placed(ids),
                                                   d_tokens.data(), 5, 0, d_table.floats(), nullptr);
      });
      double sum = 0;
      for (double d : d_table.values()) {
        sum += d;
      }
      double expected = 0;
      for (int64_t i = 0; i < 130; ++i) {
        for (int64_t j = 0; j < 5; ++j) {
          expect(isnan(y.at(i, j)) == (i == 23), "token %lld, id 23 out of range: %g", (long long)i, y.at(i, j));
          expected += i == 23 ? 0 : d_tokens.at(i, j);
        }
      }
      expect(fabs(sum - expected) < 1e-4, "gradient of an id out of range");
      continue;
    }
    expect_refused("an id out of range",
                   radapter_text_tokens_forward(machine.contexts[0], nullptr, batch, length, 5, vocabulary, ids.data(),
                                                x.data(), 0, x.floats(), y.data(), 5, 0),
                   "ids[2, 3]");
  }
}

void check_rows(const Machine& machine) {
  const std::vector<int32_t> rows = {4, 0, 11, 7};
  for (int dtype : {RADAPTER_F32, RADAPTER_BF16, RADAPTER_F16}) {
    for (int64_t columns : {1, 33, 160}) {
      const Matrix x = Matrix::random(1, 12, columns, dtype, 2);
      Matrix y(4, columns, dtype, 1);
      Matrix back(12, columns, dtype, 3);
      run_everywhere(machine, "gather_rows", {&y}, {}, [&](radapter_context* context) {
        return radapter_gather_rows(context, nullptr, 4, 12, columns, placed(rows), x.data(), x.ld(), y.data(), y.ld(),
                                    dtype);
      });
      run_everywhere(machine, "scatter_rows", {&back}, {}, [&](radapter_context* context) {
        return radapter_scatter_rows(context, nullptr, 4, 12, columns, placed(rows), y.data(), y.ld(), back.data(),
                                     back.ld(), dtype);
      });
      for (int64_t j = 0; j < columns; ++j) {
        for (int64_t i = 0; i < 4; ++i) {
          expect(y.at(i, j) == x.at(rows[i], j), "gather_rows: (%lld, %lld)", (long long)i, (long long)j);
        }
        for (int32_t i = 0; i < 12; ++i) {
          const bool named = i == 4 || i == 0 || i == 11 || i == 7;
          expect(back.at(i, j) == (named ? x.at(i, j) : 0), "scatter_rows: (%d, %lld)", i, (long long)j);
        }
      }
    }
  }
  Matrix x(3, 4);
  const std::vector<int32_t> bad = {3};
  if (machine.gpu) {
    Matrix y(1, 4);
    const Matrix source = Matrix::random(1, 3, 4);
    run_everywhere(machine, "a row out of range", {&x, &y}, {}, [&](radapter_context* context) {
      const int status =
          radapter_scatter_rows(context, nullptr, 1, 3, 4, placed(bad), source.data(), 4, x.data(), 4, 0);
      return status != RADAPTER_OK
                 ? status
                 : radapter_gather_rows(context, nullptr, 1, 3, 4, placed(bad), source.data(), 4, y.data(), 4, 0);
    });
    expect(x.values() == Numbers(12, 0.0) && isnan(y.at(0, 0)) && isnan(y.at(0, 3)), "a row out of range");
    return;
  }
  expect_refused("gather_rows",
                 radapter_gather_rows(machine.contexts[0], nullptr, 1, 3, 4, bad.data(), x.data(), 4, x.data(), 4, 0),
                 "rows[0]");
  expect_refused("scatter_rows",
                 radapter_scatter_rows(machine.contexts[0], nullptr, 1, 3, 4, bad.data(), x.data(), 4, x.data(), 4, 0),
                 "rows[0]");
}

void speed_tokens(radapter_context* context) {
  Matrix images = Matrix::random(1, 8 * 3 * 224, 224);
  Matrix patches(8 * 196, 768);
  report_speed(context, "patches 8 x 224 / 16", time_call([&] {
                 radapter_patches(context, nullptr, 8, 224, 224, 16, images.floats(), patches.data(), 768, 0);
               }),
               0, 8.0 * 8 * 3 * 224 * 224);
  Matrix tokens(8 * 197, 768);
  Matrix position = Matrix::random(2, 198, 768);
  report_speed(context, "image_tokens 8 x 197 x 768", time_call([&] {
                 radapter_image_tokens_forward(context, nullptr, 8, 196, 768, patches.data(), 768, position.floats(),
                                               position.floats(), tokens.data(), 768, 0);
               }),
               0, 8.0 * 8 * 197 * 768);
}

const Operator patches_operator("patches", check_patches, speed_tokens);
const Operator image_tokens_operator("image_tokens", check_image_tokens);
const Operator text_tokens_operator("text_tokens", check_text_tokens);
const Operator rows_operator("rows", check_rows);

}  // namespace
}  // namespace radapter_test
