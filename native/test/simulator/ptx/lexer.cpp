#include "ptx/lexer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

namespace radapter_simulator {
namespace {

bool is_space(char c) { return isspace(static_cast<unsigned char>(c)) != 0; }

bool is_digit(char c) { return isdigit(static_cast<unsigned char>(c)) != 0; }

bool is_word_character(char c) {
  return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '%' || c == '.';
}

bool is_either(char c, char lower, char upper) { return c == lower || c == upper; }

}  // namespace

void Lexer::skip_blanks() {
  for (;;) {
    while (at_ < end_ && is_space(*at_)) {
      line_ += *at_++ == '\n';
    }
    if (at_ + 1 < end_ && at_[0] == '/' && at_[1] == '/') {
      while (at_ < end_ && *at_ != '\n') {
        ++at_;
      }
    } else if (at_ + 1 < end_ && at_[0] == '/' && at_[1] == '*') {
      at_ += 2;
      while (at_ + 1 < end_ && !(at_[0] == '*' && at_[1] == '/')) {
        line_ += *at_++ == '\n';
      }
      at_ += 2;
    } else {
      return;
    }
  }
}

void Lexer::next() {
  skip_blanks();
  token_ = Token();
  token_.line = line_;
  if (at_ >= end_ || *at_ == '\0') {
    return;
  }
  if (*at_ == '"') {
    read_string();
  } else if (is_digit(*at_)) {
    read_number();
  } else if (is_word_character(*at_)) {
    read_word();
  } else {
    token_.kind = Token::kPunctuation;
    token_.text.assign(1, *at_++);
  }
}

void Lexer::read_string() {
  const char* begin = ++at_;
  while (at_ < end_ && *at_ != '"') {
    ++at_;
  }
  token_.kind = Token::kString;
  token_.text.assign(begin, at_++);
}

void Lexer::read_word() {
  const char* begin = at_;
  // "shared::cta" is one word; a label's colon is followed by none.
  const auto joins = [this] { return at_ + 2 < end_ && at_[0] == ':' && at_[1] == ':' && is_word_character(at_[2]); };
  while (at_ < end_ && (is_word_character(*at_) || joins())) {
    at_ += *at_ == ':' ? 2 : 1;
  }
  // Some headers write ".reg.b16" without a space.
  if (at_ - begin > 5 && memcmp(begin, ".reg.", 5) == 0) {
    at_ = begin + 4;
  }
  token_.kind = Token::kWord;
  token_.text.assign(begin, at_);
}

void Lexer::read_float_bits(int digits) {
  token_.value = static_cast<int64_t>(strtoull(std::string(at_ + 2, static_cast<size_t>(digits)).c_str(), nullptr, 16));
  token_.is_float = digits == 8;
  token_.is_double = digits == 16;
  at_ += 2 + digits;
}

void Lexer::read_number() {
  token_.kind = Token::kNumber;
  if (at_[0] == '0' && is_either(at_[1], 'f', 'F')) {
    read_float_bits(8);
    return;
  }
  if (at_[0] == '0' && is_either(at_[1], 'd', 'D')) {
    read_float_bits(16);
    return;
  }
  bool real = false;
  if (!(at_[0] == '0' && is_either(at_[1], 'x', 'X'))) {
    for (const char* c = at_; c < end_ && is_word_character(*c); ++c) {
      real |= *c == '.';
    }
  }
  char* after = nullptr;
  if (real) {
    const double value = strtod(at_, &after);
    memcpy(&token_.value, &value, sizeof value);
    token_.is_double = true;
    at_ = after;
    return;
  }
  token_.value = static_cast<int64_t>(strtoull(at_, &after, 0));
  at_ = after;
  if (at_ < end_ && is_either(*at_, 'u', 'U')) {
    ++at_;
  }
}

}  // namespace radapter_simulator
