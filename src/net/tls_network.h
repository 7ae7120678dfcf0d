#pragma once

#include <memory>
#include <string>

#include "base/network.h"

namespace orrery::net {

/// A network whose connections speak TLS (1.2 or newer) over those of another, and only with a server that proves its
/// name: the certificate has to be valid for the host and lead to an authority of this machine's store, or of the
/// files that SSL_CERT_FILE and SSL_CERT_DIR name. There is no way to turn that off.
class TlsNetwork final : public Network {
 public:
  /// `inner` must outlive this object. `authorities`, if not empty, is a PEM file that takes the place of the store.
  /// Errors: invalid_argument (it cannot be read).
  explicit TlsNetwork(Network& inner, const std::string& authorities = {});
  ~TlsNetwork() override;

  /// Errors: unavailable, saying what is wrong with the certificate.
  std::unique_ptr<Connection> Connect(const std::string& host, uint16_t port,
                                      std::chrono::milliseconds timeout) override;
  std::vector<std::string> Resolve(const std::string& host) override { return inner_.Resolve(host); }

 private:
  struct Settings;

  Network& inner_;
  std::unique_ptr<Settings> settings_;
};

}  // namespace orrery::net
