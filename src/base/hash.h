#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace orrery {

/// The BLAKE3 hash of some bytes, in the one form in which it is stored and travels: "blake3:" and 64 hex
/// digits.
class Digest {
 public:
  Digest() = default;
  /// Errors: invalid_argument, naming `field`.
  static Digest Parse(std::string_view text, std::string_view field = "digest");

  const std::string& text() const { return text_; }
  /// The 64 hex digits.
  std::string_view hex() const { return std::string_view(text_).substr(kPrefix.size()); }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Digest&) const = default;

  static constexpr std::string_view kPrefix = "blake3:";

 private:
  friend class Blake3;
  std::string text_;
};

/// Hashes a stream of bytes with BLAKE3 (the official C implementation). Not safe from two threads at once.
class Blake3 {
 public:
  Blake3();
  ~Blake3();
  Blake3(Blake3&&) noexcept;
  Blake3& operator=(Blake3&&) noexcept;

  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view text) { Update(std::as_bytes(std::span(text))); }
  Digest Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of `text`.
Digest DigestOf(std::string_view text);

/// Lower-case hex of the SHA-256 of `text`.
std::string Sha256Hex(std::string_view text);

/// The 32 bytes of the HMAC-SHA256 of `text` under `key` (RFC 2104).
std::string HmacSha256(std::string_view key, std::string_view text);

/// Compares in time that depends only on the lengths: for secrets.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace orrery

template <>
struct std::hash<orrery::Digest> {
  size_t operator()(const orrery::Digest& digest) const { return std::hash<std::string>()(digest.text()); }
};
