#include "net/tls_network.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"

namespace orrery::net {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};

constexpr size_t kRecord = 16u << 10;

/// Where distributions keep their authorities when it is not where OpenSSL was built to look.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

std::string LibraryError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the peer broke off" : reason;
}

bool IsAddress(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

/// One TLS session over a connection. The library works on memory; this moves its records over the wire.
class TlsConnection final : public Connection {
 public:
  TlsConnection(std::unique_ptr<SSL, Free> session, std::unique_ptr<Connection> wire, std::string peer)
      : session_(std::move(session)),
        wire_(std::move(wire)),
        peer_(std::move(peer)),
        in_(BIO_new(BIO_s_mem())),
        out_(BIO_new(BIO_s_mem())) {
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(session_.get(), in_, out_);  // the session owns both now
  }
  ~TlsConnection() override {
    if (!over_) SSL_shutdown(session_.get());
    try {
      Flush();
    } catch (const Error&) {
      // The peer is gone: it needs no farewell.
    }
  }

  void Handshake() {
    for (;;) {
      const int result = SSL_connect(session_.get());
      const int need = SSL_get_error(session_.get(), result);
      const bool refused = SSL_get_verify_result(session_.get()) != X509_V_OK;
      if (refused) over_ = true;
      Flush();
      if (refused) {
        throw Error(Code::kUnavailable,
                    std::string("the certificate of ") + peer_ + " is not to be trusted: " +
                        X509_verify_cert_error_string(SSL_get_verify_result(session_.get())));
      }
      if (result == 1) return;
      if (need != SSL_ERROR_WANT_READ) Fail("cannot agree on TLS with");
      if (!Fill()) Fail("cannot agree on TLS with");
    }
  }

  size_t Read(std::span<std::byte> out) override {
    for (;;) {
      size_t got = 0;
      const int result = SSL_read_ex(session_.get(), out.data(), out.size(), &got);
      if (result == 1) return got;
      const int need = SSL_get_error(session_.get(), result);
      Flush();
      if (need == SSL_ERROR_ZERO_RETURN) return 0;
      if (need != SSL_ERROR_WANT_READ) Fail("cannot read from");
      // An end without the farewell of TLS may be someone cutting the answer short.
      if (!Fill()) Fail("cannot read from");
    }
  }
  void Write(std::span<const std::byte> data) override {
    while (!data.empty()) {
      size_t put = 0;
      const int result = SSL_write_ex(session_.get(), data.data(), std::min(data.size(), kRecord), &put);
      const int need = SSL_get_error(session_.get(), result);
      Flush();
      data = data.subspan(put);
      if (result == 1) continue;
      if (need != SSL_ERROR_WANT_READ || !Fill()) Fail("cannot write to");
    }
  }

 private:
  [[noreturn]] void Fail(const char* what) {
    over_ = true;  // after such an error the session may not be used, not even to say goodbye
    throw Error(Code::kUnavailable, std::string(what) + " " + peer_ + ": " + LibraryError());
  }
  /// Sends what the session has to say.
  void Flush() {
    std::array<std::byte, kRecord> block;
    for (int size; (size = BIO_read(out_, block.data(), static_cast<int>(block.size()))) > 0;)
      wire_->Write(std::span(block).first(static_cast<size_t>(size)));
  }
  /// Gives the session what came; false at the end of the stream.
  bool Fill() {
    std::array<std::byte, kRecord> block;
    const size_t got = wire_->Read(block);
    BIO_write(in_, block.data(), static_cast<int>(got));
    return got > 0;
  }

  std::unique_ptr<SSL, Free> session_;
  std::unique_ptr<Connection> wire_;
  std::string peer_;
  BIO* in_;
  BIO* out_;
  bool over_ = false;
};

}  // namespace

struct TlsNetwork::Settings {
  std::unique_ptr<SSL_CTX, Free> context;
};

TlsNetwork::TlsNetwork(Network& inner, const std::string& authorities)
    : inner_(inner), settings_(std::make_unique<Settings>()) {
  settings_->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = settings_->context.get();
  ORRERY_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!authorities.empty()) {
    if (SSL_CTX_load_verify_file(context, authorities.c_str()) != 1)
      throw InvalidField("authorities", "no certificates can be read from it: " + Quoted(authorities));
    return;
  }
  SSL_CTX_set_default_verify_paths(context);
  for (const char* bundle : kBundles) {
    if (access(bundle, R_OK) == 0 && SSL_CTX_load_verify_file(context, bundle) == 1) break;
  }
  ERR_clear_error();
}
TlsNetwork::~TlsNetwork() = default;

std::unique_ptr<Connection> TlsNetwork::Connect(const std::string& host, uint16_t port,
                                                std::chrono::milliseconds timeout) {
  std::unique_ptr<SSL, Free> session(SSL_new(settings_->context.get()));
  ORRERY_CHECK(session != nullptr);
  if (IsAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host.c_str());
  } else {
    SSL_set_tlsext_host_name(session.get(), host.c_str());
    SSL_set1_host(session.get(), host.c_str());
  }
  auto connection = std::make_unique<TlsConnection>(std::move(session), inner_.Connect(host, port, timeout),
                                                    host + ":" + std::to_string(port));
  connection->Handshake();
  return connection;
}

}  // namespace orrery::net
