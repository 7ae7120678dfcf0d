#pragma once

#include <string>

namespace orrery::cli {

/// For as long as it lives, Ctrl-C ends this program with code 130 after the farewell is written to standard error: what
/// a command waits for goes on without it. One at a time.
class InterruptFarewell {
 public:
  explicit InterruptFarewell(std::string farewell);
  ~InterruptFarewell();
  InterruptFarewell(const InterruptFarewell&) = delete;
  InterruptFarewell& operator=(const InterruptFarewell&) = delete;

 private:
  std::string farewell_;
};

}  // namespace orrery::cli
