// PTX text → words, numbers, strings and punctuation.
#ifndef RADAPTER_SIMULATOR_LEXER_H
#define RADAPTER_SIMULATOR_LEXER_H

#include <stdint.h>

#include <string>

namespace radapter_simulator {

struct Token {
  enum Kind : uint8_t { kEnd, kWord, kNumber, kString, kPunctuation };
  Kind kind = kEnd;
  std::string text;
  int64_t value = 0;
  /** `value` holds the bits of a float (0f3f800000) or of a double (0d…, 1.5). */
  bool is_float = false;
  bool is_double = false;
  int line = 0;
};

class Lexer {
 public:
  /** `text` must outlive the lexer. */
  explicit Lexer(const std::string& text) : at_(text.data()), end_(text.data() + text.size()) { next(); }

  const Token& token() const { return token_; }
  void next();

 private:
  void skip_blanks();
  void read_string();
  void read_word();
  void read_number();
  /** 0f or 0d and its hexadecimal digits. */
  void read_float_bits(int digits);

  const char* at_;
  const char* end_;
  int line_ = 1;
  Token token_;
};

}  // namespace radapter_simulator

#endif
