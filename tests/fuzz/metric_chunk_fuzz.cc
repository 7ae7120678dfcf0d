#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tracking/internal/metric_chunk.h"
#include "tracking/internal/point_order.h"

namespace internal = orrery::tracking::internal;
using orrery::tracking::Point;

// Damaged chunks are data_loss; the bytes taken as points survive being sealed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    std::vector<Point> points;
    internal::DecodeChunk(bytes, points);
  } catch (const orrery::Error& error) {
    if (error.code() != orrery::Code::kDataLoss) throw;
  }
  std::vector<Point> points;
  internal::DecodeRaw(bytes.substr(0, size - size % internal::kRawPointBytes), points);
  if (points.size() > internal::kMaxPointsPerChunk) return 0;
  std::vector<Point> again;
  internal::DecodeChunk(internal::EncodeChunk(points), again);
  if (again.size() != points.size()) __builtin_trap();
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!internal::SamePoint(points[i], again[i])) __builtin_trap();
  }
  return 0;
}
