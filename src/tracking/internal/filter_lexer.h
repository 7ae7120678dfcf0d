#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace orrery::tracking::internal {

struct Token {
  enum class Kind { kWord, kQuoted, kBackticked, kNumber, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;     ///< without its quotes
  char quote = 0;       ///< of a kQuoted
  size_t column = 1;    ///< counted from 1, in bytes
  bool joined = false;  ///< no space before it
};

/// Cuts a filter into tokens, one ahead. A word holds its dots: `metrics.a.b` is one word, `tags."a b"` is
/// the word `tags.` and a quoted token joined to it.
class FilterLexer {
 public:
  /// `what` ("filter", "order_by") is the field that errors name. Both must outlive the lexer.
  FilterLexer(std::string_view text, std::string_view what) : text_(text), what_(what) { Advance(); }

  const Token& peek() const { return token_; }
  Token Take();
  bool AtKeyword(std::string_view upper) const;
  bool AtSymbol(std::string_view symbol) const;
  /// An error about the text at `column`.
  Error Fault(size_t column, const std::string& message) const;

 private:
  void Advance();
  void TakeQuoted(char quote);
  void TakeNumber();

  std::string_view text_;
  std::string_view what_;
  size_t position_ = 0;
  Token token_;
};

/// Whether `word` is `upper` in any case.
bool IsKeyword(std::string_view word, std::string_view upper);

}  // namespace orrery::tracking::internal
