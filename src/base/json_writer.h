#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery {

/// Appends JSON text to a string, without building a tree first. Commas are its own business.
///
/// Doubles are the shortest text that reads back to the same bits; non-finite ones are the strings "NaN",
/// "Infinity",
/// "-Infinity". Invalid UTF-8 in strings becomes U+FFFD, so that the answer is always valid JSON.
class JsonWriter {
 public:
  /// `out` must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);

  void Null() { Literal("null"); }
  void Bool(bool value) { Literal(value ? "true" : "false"); }
  void Int(int64_t value);
  void Uint(uint64_t value);
  void Double(double value);
  void String(std::string_view value);
  /// `json` is one complete JSON value.
  void Raw(std::string_view json) { Literal(json); }

 private:
  void Separate();
  void Open(char bracket);
  void Close(char bracket);
  void Literal(std::string_view text);

  std::string& out_;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace orrery
