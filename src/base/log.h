#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace orrery {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  LogField(std::string_view key, std::string_view value);
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, int64_t value);
  LogField(std::string_view key, int value) : LogField(key, static_cast<int64_t>(value)) {}
  LogField(std::string_view key, double value);

  std::string key;
  std::string json;  ///< the value as JSON
};

/// Writes one JSON line to standard error: time, level, message, fields. Never a secret: callers pass no
/// credential, no header and no body. Safe to call from any thread.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// Whether lines of `level` are written: for callers whose fields are dear.
bool LogEnabled(LogLevel level);

/// Lines below `level` are dropped (default kInfo).
void SetLogLevel(LogLevel level);

}  // namespace orrery
