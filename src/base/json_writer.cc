#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/utf8.h"

namespace orrery {

void JsonWriter::Separate() {
  if (!first_ && !after_key_) out_ += ',';
  first_ = false;
  after_key_ = false;
}

void JsonWriter::Open(char bracket) {
  Separate();
  out_ += bracket;
  first_ = true;
}

void JsonWriter::Close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void JsonWriter::Literal(std::string_view text) {
  Separate();
  out_ += text;
}

void JsonWriter::Key(std::string_view key) {
  String(key);
  out_ += ':';
  after_key_ = true;
}

void JsonWriter::Int(int64_t value) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  Literal({text.data(), static_cast<size_t>(end - text.data())});
}

void JsonWriter::Uint(uint64_t value) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  Literal({text.data(), static_cast<size_t>(end - text.data())});
}

void JsonWriter::Double(double value) {
  if (std::isnan(value)) return Literal("\"NaN\"");
  if (std::isinf(value)) return Literal(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string_view digits(text.data(), static_cast<size_t>(end - text.data()));
  Literal(digits);
  // A whole double keeps its point, so that a reader does not take it for an integer.
  if (digits.find_first_of(".e") == std::string_view::npos) out_ += ".0";
}

void JsonWriter::String(std::string_view value) {
  Separate();
  out_ += '"';
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::string repaired = IsUtf8(value) ? std::string() : RepairUtf8(value);
  size_t plain = 0;
  const std::string_view text = repaired.empty() ? value : std::string_view(repaired);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out_.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out_ += "\\\"";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      case '\t':
        out_ += "\\t";
        break;
      case '\r':
        out_ += "\\r";
        break;
      default:
        out_ += "\\u00";
        out_ += kDigits[c >> 4];
        out_ += kDigits[c & 15];
    }
  }
  out_.append(text, plain);
  out_ += '"';
}

}  // namespace orrery
