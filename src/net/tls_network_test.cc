#include "net/tls_network.h"

#include <array>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/http_client.h"

namespace orrery::net {
namespace {

/// A certificate for "localhost" that is its own authority.
struct Identity {
  Identity() {
    key = EVP_EC_gen("P-256");
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
  }
  ~Identity() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  void Write(const std::string& path) const {
    BIO* file = BIO_new_file(path.c_str(), "w");
    PEM_write_bio_X509(file, certificate);
    BIO_free(file);
  }

  EVP_PKEY* key = nullptr;
  X509* certificate = X509_new();
};

/// Answers every connection with `answer`, whatever it is told; then says goodbye as TLS wants it, or just goes.
class Peer {
 public:
  Peer(const Identity& identity, std::string answer, bool goodbye)
      : context_(SSL_CTX_new(TLS_server_method())), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    SSL_CTX_use_certificate(context_, identity.certificate);
    SSL_CTX_use_PrivateKey(context_, identity.key);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), goodbye] { Serve(answer, goodbye); });
  }
  ~Peer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    SSL_CTX_free(context_);
  }

  uint16_t port = 0;

 private:
  void Serve(const std::string& answer, bool goodbye) {
    for (int socket; (socket = accept(listener_, nullptr, nullptr)) >= 0; close(socket)) {
      SSL* session = SSL_new(context_);
      SSL_set_fd(session, socket);
      char request[4096];
      if (SSL_accept(session) == 1 && SSL_read(session, request, sizeof request) > 0) {
        SSL_write(session, answer.data(), static_cast<int>(answer.size()));
        if (goodbye) SSL_shutdown(session);
      }
      SSL_free(session);
    }
  }

  SSL_CTX* context_;
  int listener_;
  std::thread thread_;
};

class TlsNetworkTest : public testing::Test {
 protected:
  void SetUp() override { identity_.Write(authorities_); }
  void TearDown() override { unlink(authorities_.c_str()); }

  /// What the peer says to "hello", through to its end.
  std::string Ask(Network& network, const std::string& host, uint16_t port) {
    const auto connection = network.Connect(host, port, std::chrono::seconds(20));
    const std::string_view hello = "hello";
    connection->Write(std::as_bytes(std::span(hello)));
    std::string answer;
    std::array<std::byte, 1000> block;
    while (const size_t got = connection->Read(block))
      answer.append(reinterpret_cast<const char*>(block.data()), got);
    return answer;
  }
  std::string Failure(Network& network, const std::string& host, uint16_t port) {
    try {
      Ask(network, host, port);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kUnavailable);
      return error.what();
    }
    return "";
  }

  Identity identity_;
  std::string authorities_ = testing::TempDir() + "/authorities" + std::to_string(getpid()) + ".pem";
  PosixNetwork plain_;
};

TEST_F(TlsNetworkTest, SpeaksWithAServerThatProvesItsName) {
  const std::string answer(100'000, 'x');
  Peer peer(identity_, answer, true);
  TlsNetwork network(plain_, authorities_);
  EXPECT_EQ(Ask(network, "localhost", peer.port), answer);
}

TEST_F(TlsNetworkTest, RefusesAnotherNameAndAnUnknownAuthority) {
  Peer peer(identity_, "x", true);
  TlsNetwork network(plain_, authorities_);
  EXPECT_NE(Failure(network, "127.0.0.1", peer.port).find("IP address mismatch"), std::string::npos);
  TlsNetwork machine(plain_);
  EXPECT_NE(Failure(machine, "localhost", peer.port).find("not to be trusted: self-signed certificate"),
            std::string::npos);
  EXPECT_THROW(TlsNetwork(plain_, "/nowhere"), Error);
}

TEST_F(TlsNetworkTest, AnAnswerCutShortIsAnError) {
  Peer peer(identity_, "half", false);
  TlsNetwork network(plain_, authorities_);
  EXPECT_NE(Failure(network, "localhost", peer.port).find("cannot read from localhost"), std::string::npos);
}

TEST_F(TlsNetworkTest, APeerWithoutTlsIsAnError) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener, 1);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::thread server([&] {
    const int socket = accept(listener, nullptr, nullptr);
    send(socket, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
    close(socket);
  });
  HttpClient client(plain_, HttpUrl::Parse("https://localhost:" + std::to_string(ntohs(address.sin_port))));
  EXPECT_THROW(client.Send({.target = "/"}), Error);
  server.join();
  close(listener);
}

}  // namespace
}  // namespace orrery::net
