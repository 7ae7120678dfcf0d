#pragma once

#include <cstdint>
#include <string_view>

namespace orrery::compat::mlflow {

/// Walks the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding/), whatever its schema.
///
///   for (ProtobufReader fields(bytes); fields.Next();) {
///     if (fields.number() == 1) name = fields.Bytes();
///   }
///
/// A field of another type than asked for, a group, or bytes that break off are invalid_argument.
class ProtobufReader {
 public:
  /// `message` must outlive the reader and what it returns.
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  /// Goes to the next field; false at the end.
  bool Next();
  uint32_t number() const { return number_; }

  uint64_t Varint() const;
  uint64_t Fixed64() const;
  uint32_t Fixed32() const;
  double Double() const;
  std::string_view Bytes() const;

 private:
  enum class Wire { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  uint64_t TakeVarint();
  std::string_view Take(uint64_t size);
  void Expect(Wire wire) const;

  std::string_view rest_;
  uint32_t number_ = 0;
  Wire wire_ = Wire::kVarint;
  uint64_t value_ = 0;
  std::string_view bytes_;
};

}  // namespace orrery::compat::mlflow
