#include "base/log.h"

#include <chrono>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/json_writer.h"

namespace orrery {
namespace {

spdlog::logger& Logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("orrery", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("%v");
    made.flush_on(spdlog::level::trace);
    return made;
  }();
  return logger;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view NameOf(LogLevel level) {
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(level)];
}

}  // namespace

LogField::LogField(std::string_view key, std::string_view value) : key(key) {
  JsonWriter(json).String(value);
}
LogField::LogField(std::string_view key, int64_t value) : key(key) {
  JsonWriter(json).Int(value);
}
LogField::LogField(std::string_view key, double value) : key(key) {
  JsonWriter(json).Double(value);
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  std::string line;
  JsonWriter out(line);
  out.BeginObject();
  out.Key("time");
  out.String(FormatInstant(SystemClock().Now()));
  out.Key("level");
  out.String(NameOf(level));
  out.Key("message");
  out.String(message);
  for (const LogField& field : fields) {
    out.Key(field.key);
    out.Raw(field.json);
  }
  out.EndObject();
  Logger().log(LevelOf(level), "{}", line);
}

bool LogEnabled(LogLevel level) {
  return Logger().should_log(LevelOf(level));
}

void SetLogLevel(LogLevel level) {
  Logger().set_level(LevelOf(level));
}

}  // namespace orrery
