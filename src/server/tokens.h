#pragma once

#include <map>
#include <string>

#include "base/authenticator.h"

namespace orrery::server {

/// Knows actors by the bearer tokens of the configuration. A token is taken as `Bearer TOKEN`, or as the
/// password of `Basic` (the MLflow client's MLFLOW_TRACKING_USERNAME and _PASSWORD), where the user name must
/// be the token's.
class TokenAuthenticator final : public Authenticator {
 public:
  explicit TokenAuthenticator(std::map<std::string, std::string> token_by_name)
      : tokens_(std::move(token_by_name)) {}
  std::optional<Actor> Authenticate(std::string_view authorization) override;

 private:
  std::map<std::string, std::string> tokens_;
};

}  // namespace orrery::server
