#include "tracking/internal/metric_chunk.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include <zstd.h>

#include "base/check.h"
#include "base/error.h"

namespace orrery::tracking::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "the stored form is little-endian");

constexpr char kVersion = 1;
constexpr size_t kMaxVarintBytes = 10;
constexpr int kCompressionLevel = 1;

Error Damaged(std::string_view what) {
  return Error(Code::kDataLoss, "stored metric points are damaged: " + std::string(what));
}

// Differences wrap around: exact for every pair of int64.
uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ (uint64_t{0} - (difference >> 63));
}
uint64_t UnZigZag(uint64_t coded) {
  return (coded >> 1) ^ (uint64_t{0} - (coded & 1));
}

char* PutVarint(char* out, uint64_t number) {
  while (number >= 0x80) {
    *out++ = static_cast<char>(number | 0x80);
    number >>= 7;
  }
  *out++ = static_cast<char>(number);
  return out;
}

uint64_t TakeVarint(const char*& in, const char* end) {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (in == end) throw Damaged("they end early");
    const uint64_t byte = static_cast<unsigned char>(*in++);
    number |= (byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  throw Damaged("a number is too long");
}

}  // namespace

std::string EncodeRaw(std::span<const Point> points) {
  std::string out(points.size() * kRawPointBytes, '\0');
  char* at = out.data();
  for (const Point& point : points) {
    std::memcpy(at, &point.step, 8);
    std::memcpy(at + 8, &point.timestamp_ms, 8);
    std::memcpy(at + 16, &point.value, 8);
    at += kRawPointBytes;
  }
  return out;
}

void DecodeRaw(std::string_view bytes, std::vector<Point>& out) {
  if (bytes.size() % kRawPointBytes != 0) throw Damaged("not a whole number of points");
  for (const char* at = bytes.data(); at != bytes.data() + bytes.size(); at += kRawPointBytes) {
    Point& point = out.emplace_back();
    std::memcpy(&point.step, at, 8);
    std::memcpy(&point.timestamp_ms, at + 8, 8);
    std::memcpy(&point.value, at + 16, 8);
  }
}

std::string EncodeChunk(std::span<const Point> points) {
  ORRERY_CHECK(points.size() <= kMaxPointsPerChunk);
  std::string plain(points.size() * (2 * kMaxVarintBytes + 8), '\0');
  char* at = plain.data();
  uint64_t last_time = 0;
  uint64_t last_difference = 0;
  for (const Point& point : points) {
    const uint64_t difference = static_cast<uint64_t>(point.timestamp_ms) - last_time;
    at = PutVarint(at, ZigZag(difference - last_difference));
    last_time = static_cast<uint64_t>(point.timestamp_ms);
    last_difference = difference;
  }
  uint64_t last_step = 0;
  for (const Point& point : points) {
    at = PutVarint(at, ZigZag(static_cast<uint64_t>(point.step) - last_step));
    last_step = static_cast<uint64_t>(point.step);
  }
  uint64_t last_bits = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const uint64_t bits = std::bit_cast<uint64_t>(points[i].value);
    for (size_t byte = 0; byte < 8; ++byte)
      at[byte * points.size() + i] = static_cast<char>((bits ^ last_bits) >> (8 * byte));
    last_bits = bits;
  }
  plain.resize(static_cast<size_t>(at - plain.data()) + 8 * points.size());

  std::string out(1 + kMaxVarintBytes + ZSTD_compressBound(plain.size()), '\0');
  out[0] = kVersion;
  char* frame = PutVarint(out.data() + 1, points.size());
  const size_t room = static_cast<size_t>(out.data() + out.size() - frame);
  const size_t size = ZSTD_compress(frame, room, plain.data(), plain.size(), kCompressionLevel);
  ORRERY_CHECK(ZSTD_isError(size) == 0);
  out.resize(static_cast<size_t>(frame - out.data()) + size);
  return out;
}

void DecodeChunk(std::string_view bytes, std::vector<Point>& out) {
  if (bytes.empty() || bytes[0] != kVersion) throw Damaged("unknown form");
  const char* in = bytes.data() + 1;
  const char* end = bytes.data() + bytes.size();
  const uint64_t count = TakeVarint(in, end);
  if (count > kMaxPointsPerChunk) throw Damaged("too many points");
  const auto frame_size = static_cast<size_t>(end - in);
  const unsigned long long plain_size = ZSTD_getFrameContentSize(in, frame_size);
  if (plain_size > count * (2 * kMaxVarintBytes + 8) || plain_size < count * 10) throw Damaged("wrong size");
  std::string plain(plain_size, '\0');
  const size_t got = ZSTD_decompress(plain.data(), plain.size(), in, frame_size);
  if (ZSTD_isError(got) != 0 || got != plain.size()) throw Damaged("they do not decompress");

  const char* at = plain.data();
  const char* values = plain.data() + plain.size() - 8 * count;
  const size_t first = out.size();
  out.resize(first + count);
  Point* const points = out.data() + first;
  uint64_t last_time = 0;
  uint64_t difference = 0;
  for (size_t i = 0; i < count; ++i) {
    difference += UnZigZag(TakeVarint(at, values));
    last_time += difference;
    points[i].timestamp_ms = static_cast<int64_t>(last_time);
  }
  uint64_t last_step = 0;
  for (size_t i = 0; i < count; ++i) {
    last_step += UnZigZag(TakeVarint(at, values));
    points[i].step = static_cast<int64_t>(last_step);
  }
  if (at != values) throw Damaged("bytes are left over");
  uint64_t bits = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t change = 0;
    for (size_t byte = 0; byte < 8; ++byte) {
      change |= static_cast<uint64_t>(static_cast<unsigned char>(values[byte * count + i])) << (8 * byte);
    }
    bits ^= change;
    points[i].value = std::bit_cast<double>(bits);
  }
}

}  // namespace orrery::tracking::internal
