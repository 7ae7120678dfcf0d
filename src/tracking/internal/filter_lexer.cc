#include "tracking/internal/filter_lexer.h"

#include <algorithm>
#include <utility>

namespace orrery::tracking::internal {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsWordCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("_./:-").find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
}

bool StartsNumber(std::string_view rest) {
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) rest.remove_prefix(1);
  if (!rest.empty() && rest[0] == '.') rest.remove_prefix(1);
  return !rest.empty() && IsDigit(rest[0]);
}

}  // namespace

bool IsKeyword(std::string_view word, std::string_view upper) {
  return std::equal(word.begin(), word.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
}

Token FilterLexer::Take() {
  Token token = std::move(token_);
  Advance();
  return token;
}

bool FilterLexer::AtKeyword(std::string_view upper) const {
  return token_.kind == Token::Kind::kWord && IsKeyword(token_.text, upper);
}

bool FilterLexer::AtSymbol(std::string_view symbol) const {
  return token_.kind == Token::Kind::kSymbol && token_.text == symbol;
}

Error FilterLexer::Fault(size_t column, const std::string& message) const {
  return Error(Code::kInvalidArgument,
               "Invalid " + std::string(what_) + " at column " + std::to_string(column) + ": " + message,
               std::string(what_));
}

void FilterLexer::Advance() {
  const size_t before = position_;
  while (position_ < text_.size() &&
         std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos) {
    ++position_;
  }
  token_ = {.column = position_ + 1, .joined = position_ == before};
  if (position_ == text_.size()) return;
  const std::string_view rest = text_.substr(position_);
  const char c = rest[0];
  if (c == '\'' || c == '"' || c == '`') return TakeQuoted(c);
  if (StartsNumber(rest)) return TakeNumber();
  if (IsWordCharacter(c)) {
    const size_t length =
        static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), IsWordCharacter) - rest.begin());
    token_.kind = Token::Kind::kWord;
    token_.text = rest.substr(0, length);
    position_ += length;
    return;
  }
  token_.kind = Token::Kind::kSymbol;
  for (const std::string_view symbol : {">=", "<=", "!=", "<>", "==", ">", "<", "=", "(", ")", ","}) {
    if (!rest.starts_with(symbol)) continue;
    token_.text = symbol == "<>" ? "!=" : symbol == "==" ? "=" : symbol;
    position_ += symbol.size();
    return;
  }
  throw Fault(token_.column, "unexpected character " + Quoted(rest.substr(0, 1)));
}

void FilterLexer::TakeQuoted(char quote) {
  token_.kind = quote == '`' ? Token::Kind::kBackticked : Token::Kind::kQuoted;
  token_.quote = quote;
  for (++position_; position_ < text_.size(); ++position_) {
    if (text_[position_] != quote) {
      token_.text += text_[position_];
    } else if (position_ + 1 < text_.size() && text_[position_ + 1] == quote) {
      token_.text += quote;
      ++position_;
    } else {
      ++position_;
      return;
    }
  }
  throw Fault(token_.column, std::string("missing the closing ") + quote);
}

void FilterLexer::TakeNumber() {
  // Everything that could belong to a number or a word is taken: "1.5x" is then refused as one token, and a
  // key that starts with a digit ("metrics.1" has a word before it) stays whole.
  const size_t start = position_++;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    const char last = text_[position_ - 1];
    const bool exponent_sign = (c == '+' || c == '-') && (last == 'e' || last == 'E');
    if (!IsWordCharacter(c) && !exponent_sign) break;
    ++position_;
  }
  token_.kind = Token::Kind::kNumber;
  token_.text = text_.substr(start, position_ - start);
}

}  // namespace orrery::tracking::internal
