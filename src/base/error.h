#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/describe/enum.hpp>

namespace orrery {

/// What went wrong, in the few kinds that a caller can act on. Each wire has one table from these to its own
/// codes.
enum class Code {
  kInvalidArgument,     ///< The request itself is wrong; the same request can never succeed.
  kNotFound,            ///< What the request names does not exist.
  kAlreadyExists,       ///< What the request creates is there already.
  kFailedPrecondition,  ///< The request is right, the state does not allow it.
  kPermissionDenied,    ///< The actor is known and may not.
  kUnauthenticated,     ///< The actor is not known.
  kResourceExhausted,   ///< A limit on rate or amount is reached; later may work.
  kStorageFull,         ///< No space left; nothing was changed.
  kAborted,             ///< Another request won; reading again and retrying may work.
  kUnimplemented,       ///< A known thing that this server does not do.
  kDataLoss,            ///< Stored bytes are missing or do not match their digest.
  kUnavailable,         ///< Not now: starting, draining, or a peer does not answer.
  kInternal,            ///< A fault of ours.
};
BOOST_DESCRIBE_ENUM(Code, kInvalidArgument, kNotFound, kAlreadyExists, kFailedPrecondition, kPermissionDenied,
                    kUnauthenticated, kResourceExhausted, kStorageFull, kAborted, kUnimplemented, kDataLoss,
                    kUnavailable, kInternal)

/// The code's name as it travels: "invalid_argument".
std::string_view CodeName(Code code);

/// The one error type. Thrown where the fault is known, caught at the edge (HTTP, CLI), nowhere between to be
/// ignored.
///
/// The message has its static text first and its values last, and says what the caller can do. `field` names
/// the input at fault ("spec.inputs[2].path"), or is empty.
class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message, std::string field = {})
      : std::runtime_error(message), code_(code), field_(std::move(field)) {}

  Code code() const { return code_; }
  const std::string& field() const { return field_; }

 private:
  Code code_;
  std::string field_;
};

/// An invalid_argument error about one field: "FIELD: MESSAGE".
Error InvalidField(std::string_view field, std::string_view message);

/// Quotes `text` for a message: cut to 120 bytes, control characters escaped.
std::string Quoted(std::string_view text);

}  // namespace orrery
