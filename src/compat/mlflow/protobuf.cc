#include "compat/mlflow/protobuf.h"

#include <bit>

#include "base/error.h"

namespace orrery::compat::mlflow {
namespace {

[[noreturn]] void Refuse(const char* what) {
  throw Error(Code::kInvalidArgument, std::string("Invalid OpenTelemetry format: ") + what);
}

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t out = 0;
  for (size_t i = bytes.size(); i > 0; --i) out = out << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return out;
}

}  // namespace

uint64_t ProtobufReader::TakeVarint() {
  uint64_t out = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) Refuse("a message breaks off");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    out |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return out;
  }
  Refuse("a number has more than 64 bits");
}

std::string_view ProtobufReader::Take(uint64_t size) {
  if (size > rest_.size()) Refuse("a message breaks off");
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

bool ProtobufReader::Next() {
  if (rest_.empty()) return false;
  constexpr uint64_t kMostNumber = (1u << 29) - 1;
  const uint64_t tag = TakeVarint();
  if (tag >> 3 == 0 || tag >> 3 > kMostNumber) Refuse("a field has no valid number");
  number_ = static_cast<uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0:
      wire_ = Wire::kVarint;
      value_ = TakeVarint();
      return true;
    case 1:
      wire_ = Wire::kFixed64;
      value_ = LittleEndian(Take(8));
      return true;
    case 2:
      wire_ = Wire::kBytes;
      bytes_ = Take(TakeVarint());
      return true;
    case 5:
      wire_ = Wire::kFixed32;
      value_ = LittleEndian(Take(4));
      return true;
    default:
      Refuse("a field has a type that this format does not use");
  }
}

void ProtobufReader::Expect(Wire wire) const {
  if (wire_ != wire) Refuse("a field has another type than its message declares");
}

uint64_t ProtobufReader::Varint() const {
  Expect(Wire::kVarint);
  return value_;
}

uint64_t ProtobufReader::Fixed64() const {
  Expect(Wire::kFixed64);
  return value_;
}

uint32_t ProtobufReader::Fixed32() const {
  Expect(Wire::kFixed32);
  return static_cast<uint32_t>(value_);
}

double ProtobufReader::Double() const {
  return std::bit_cast<double>(Fixed64());
}

std::string_view ProtobufReader::Bytes() const {
  Expect(Wire::kBytes);
  return bytes_;
}

}  // namespace orrery::compat::mlflow
