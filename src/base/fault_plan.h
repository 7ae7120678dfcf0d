#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// The exit status of a process that a plan has crashed.
inline constexpr int kCrashedByPlan = 99;

/// What is done to one call.
///
/// There is no EINTR: the system calls below our seams are repeated where they are made, so that no caller of a seam ever
/// sees one.
struct Fault {
  enum class Kind {
    kError,  ///< fails with `error_number`, nothing done
    kShort,  ///< a write stores its first half, then the disk is full; any other call fails with EIO
    kTorn,   ///< a write stores its first `amount` bytes, then the process dies; any other call: crash-before
    kDelay,  ///< waits `amount` milliseconds, then does it
    kCrashBefore,  ///< the process dies, nothing done
    kCrashAfter,   ///< done, then the process dies
    kLie,          ///< reports success and does nothing
  };
  Kind kind = Kind::kError;
  int error_number = 0;
  uint64_t amount = 0;

  bool operator==(const Fault&) const = default;
};

/// Which call a fault hits: the `nth` (from 1) of those whose site matches.
struct FaultRule {
  std::string site;  ///< "wal.sync"; "wal.*" any call there; "*" any call at all
  uint64_t nth = 1;
  bool sticky = false;  ///< and every matching call after it
  Fault fault;

  bool operator==(const FaultRule&) const = default;
};

/// Which calls of a process fail, and how: what a fault test sweeps. Seams ask it at every call. Safe to call from any
/// thread.
///
/// A plan has a text form, which a failing test prints and which plays it again:
///
///   wal.sync@3=eio               the third sync of the WAL, once
///   blob.*@1+=enospc             every call on blobs
///   *@17=crash-before; *@40=delay:50
///
/// Actions: eio, enospc, emfile, short, torn:BYTES, delay:MILLISECONDS, crash-before, crash-after, lie.
class FaultPlan {
 public:
  FaultPlan() = default;
  /// Errors: invalid_argument, with the rule at fault.
  explicit FaultPlan(std::string_view text) { Set(text); }

  /// Takes another plan; counting starts over. Errors: invalid_argument.
  void Set(std::string_view text);
  std::string Text() const;

  /// Names the sites that a seam has, so that those never hit are known.
  void Declare(std::string_view area, std::initializer_list<std::string_view> calls);
  /// Counts one call at `site`, and says what is done to it.
  std::optional<Fault> Next(const std::string& site);

  /// Calls since the plan was set, by site, declared sites without calls included.
  std::map<std::string, uint64_t> Counts() const;
  uint64_t Calls() const;
  /// Whether any rule has hit since the plan was set.
  bool Hit() const;

 private:
  struct Counted {
    FaultRule rule;
    uint64_t matching = 0;
  };

  mutable std::mutex mutex_;  // guards what follows
  std::vector<Counted> rules_;
  std::map<std::string, uint64_t> counts_;
  bool hit_ = false;
};

/// Errors: invalid_argument, with the rule at fault.
std::vector<FaultRule> ParseFaultRules(std::string_view text);
std::string ToText(const FaultRule& rule);

/// Ends the process as a crash does: nothing is flushed, nothing is unwound.
[[noreturn]] void CrashByPlan();

}  // namespace orrery
