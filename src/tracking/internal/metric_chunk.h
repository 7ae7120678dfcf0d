#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/types.h"

/// The bytes in which points are kept. Any double (payloads of NaN included), any int64.
///
///   raw:     (step, timestamp, value) of 8 bytes each, little-endian, point by point
///   sealed:  version 1 (a byte), count (varint), then one zstd frame of
///              timestamps: zigzag varints of the differences of differences
///              steps:      zigzag varints of the differences
///              values:     each XORed with the one before, transposed: all first bytes, all second bytes,
///              ...
namespace orrery::tracking::internal {

inline constexpr size_t kMaxPointsPerChunk = 65'536;
inline constexpr size_t kRawPointBytes = 24;

std::string EncodeRaw(std::span<const Point> points);
/// Appends to `out`. Errors: data_loss.
void DecodeRaw(std::string_view bytes, std::vector<Point>& out);

/// At most kMaxPointsPerChunk points, in any order; smallest when sorted by time.
std::string EncodeChunk(std::span<const Point> points);
/// Appends to `out`, in the order that was given. Errors: data_loss (damaged bytes).
void DecodeChunk(std::string_view bytes, std::vector<Point>& out);

}  // namespace orrery::tracking::internal
