#include "base/hash.h"

#include <array>

#include <blake3.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/error.h"

namespace orrery {
namespace {

std::string Hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const uint8_t b : bytes) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

}  // namespace

Digest Digest::Parse(std::string_view text, std::string_view field) {
  bool valid = text.starts_with(kPrefix) && text.size() == kPrefix.size() + 2 * BLAKE3_OUT_LEN;
  for (const char c : valid ? text.substr(kPrefix.size()) : std::string_view()) {
    valid = valid && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }
  if (!valid) {
    throw InvalidField(
        field, "not a digest: expected \"blake3:\" and 64 lower-case hex digits, got " + Quoted(text));
  }
  Digest digest;
  digest.text_ = text;
  return digest;
}

struct Blake3::State {
  blake3_hasher hasher;
};

Blake3::Blake3() : state_(std::make_unique<State>()) {
  blake3_hasher_init(&state_->hasher);
}
Blake3::~Blake3() = default;
Blake3::Blake3(Blake3&&) noexcept = default;
Blake3& Blake3::operator=(Blake3&&) noexcept = default;

void Blake3::Update(std::span<const std::byte> bytes) {
  blake3_hasher_update(&state_->hasher, bytes.data(), bytes.size());
}

Digest Blake3::Finish() const {
  std::array<uint8_t, BLAKE3_OUT_LEN> out{};
  blake3_hasher_finalize(&state_->hasher, out.data(), out.size());
  Digest digest;
  digest.text_ = std::string(Digest::kPrefix) + Hex(out);
  return digest;
}

Digest DigestOf(std::string_view text) {
  Blake3 hasher;
  hasher.Update(text);
  return hasher.Finish();
}

std::string Sha256Hex(std::string_view text) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> out{};
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), out.data());
  return Hex(out);
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const uint8_t*>(text.data()),
       text.size(), reinterpret_cast<uint8_t*>(out.data()), nullptr);
  return out;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace orrery
