#pragma once

#include <optional>
#include <string_view>

#include "base/actor.h"

namespace orrery {

/// Turns a credential into an actor. http (and later rpc) ask it on every request; server/ wires who answers.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  /// `authorization` is the header's value, empty when there was none. No value: refused (401).
  /// Compares secrets in constant time. Safe to call from any thread.
  virtual std::optional<Actor> Authenticate(std::string_view authorization) = 0;
};

}  // namespace orrery
