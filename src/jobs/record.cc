#include "jobs/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace orrery::jobs::record {
namespace {

constexpr std::string_view kMagic = "orrery-record";
constexpr std::int64_t kVersion = 1;

constexpr std::array<std::string_view, 8> kCauseNames = {"exited",        "signalled",   "out_of_memory",
                                                         "timeout",       "cancelled",   "terminated",
                                                         "launch_failed", "storage_full"};

// One list of fields a record: the encoder and the decoder both walk it.
template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, Mount>
void Walk(Record& mount, Visitor& visit) {
  visit("source", mount.source);
  visit("target", mount.target);
  visit("writable", mount.writable);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, ImageRoot>
void Walk(Record& image, Visitor& visit) {
  visit("directory", image.directory);
  visit("scratch", image.scratch);
  visit("mount", image.mounts);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, Step>
void Walk(Record& step, Visitor& visit) {
  visit("label", step.label);
  visit("arg", step.argv);
  visit("env", step.env);
  visit("cwd", step.cwd);
  visit("timeout_ms", step.timeout_ms);
  visit("image", step.image);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, Group>
void Walk(Record& group, Visitor& visit) {
  visit("version", group.version);
  visit("directory", group.directory);
  visit("setting", group.settings);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, LaunchRecord>
void Walk(Record& launch, Visitor& visit) {
  visit("job_id", launch.job_id);
  visit("attempt", launch.attempt);
  visit("token", launch.token);
  visit("step", launch.steps);
  visit("end_signal", launch.end_signal);
  visit("grace_ms", launch.grace_ms);
  visit("memory_bytes", launch.memory_bytes);
  visit("memory_limit_bytes", launch.memory_limit_bytes);
  visit("group", launch.groups);
  visit("log_keep_bytes", launch.log_keep_bytes);
  visit("cpu", launch.cpus);
  visit("cpus_are_shared", launch.cpus_are_shared);
  visit("gpu", launch.gpus);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, ClaimRecord>
void Walk(Record& claim, Visitor& visit) {
  visit("attempt", claim.attempt);
  visit("token", claim.token);
  visit("pid", claim.pid);
  visit("boot_id", claim.boot_id);
  visit("start_ticks", claim.start_ticks);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, StartedRecord>
void Walk(Record& started, Visitor& visit) {
  visit("started_at_us", started.started_at_us);
  visit.Added("enforcement", started.enforcement);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, OutcomeRecord>
void Walk(Record& outcome, Visitor& visit) {
  visit("cause", outcome.cause);
  visit("exit_code", outcome.exit_code);
  visit("signal", outcome.signal);
  visit("message", outcome.message);
  visit("step", outcome.step);
  visit("started_at_us", outcome.started_at_us);
  visit("ended_at_us", outcome.ended_at_us);
  visit("max_rss_bytes", outcome.max_rss_bytes);
  visit("user_cpu_us", outcome.user_cpu_us);
  visit("system_cpu_us", outcome.system_cpu_us);
}

template <class Record, class Visitor>
requires std::is_same_v<std::remove_const_t<Record>, DroppedRecord>
void Walk(Record& dropped, Visitor& visit) {
  visit("begin", dropped.begin);
  visit("end", dropped.end);
}

std::string Decimal(std::int64_t value) {
  std::array<char, 24> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

// FNV-1a: every step is a bijection of the state, so that no change of a single byte goes unseen.
std::string Checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[15 - i] = "0123456789abcdef"[(hash >> (4 * i)) & 15];
  return text;
}

class Encoder {
 public:
  void operator()(std::string_view name, const std::string& value) { Field(name, value); }
  void operator()(std::string_view name, std::int64_t value) { Field(name, Decimal(value)); }
  void Added(std::string_view name, const std::string& value) { Field(name, value); }
  void operator()(std::string_view name, Cause value) {
    Field(name, kCauseNames[static_cast<std::size_t>(value)]);
  }
  void operator()(std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) Field(name, Decimal(*value));
  }
  void operator()(std::string_view name, const std::vector<std::string>& values) {
    for (const std::string& value : values) Field(name, value);
  }
  template <class Part>
  void operator()(std::string_view name, const std::optional<Part>& part) {
    if (part) operator()(name, std::vector<Part>{*part});
  }
  template <class Part>
  void operator()(std::string_view name, const std::vector<Part>& parts) {
    for (const Part& part : parts) {
      Encoder inner;
      Walk(part, inner);
      Field(name, inner.bytes_);
    }
  }
  std::string bytes_;

 private:
  void Field(std::string_view name, std::string_view value) {
    bytes_.append(name).append(":").append(Decimal(static_cast<std::int64_t>(value.size()))).append(":");
    bytes_.append(value).append("\n");
  }
};

template <class Integer>
bool ParseInteger(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Cuts `text` at the first `separator`, which is dropped; false when there is none.
bool Cut(std::string_view& text, char separator, std::string_view& head) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return false;
  head = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

class Decoder {
 public:
  explicit Decoder(std::string_view payload) {
    while (!payload.empty() && error_.empty()) {
      std::string_view name, length_text;
      std::size_t length = 0;
      if (!Cut(payload, ':', name) || !Cut(payload, ':', length_text) || !ParseInteger(length_text, length) ||
          length >= payload.size() || payload[length] != '\n') {
        Fail("malformed field", name);
      } else {
        fields_.emplace_back(name, payload.substr(0, length));
        payload.remove_prefix(length + 1);
      }
    }
  }

  void operator()(std::string_view name, std::string& value) {
    if (const std::string_view* text = Required(name)) value = *text;
  }
  /// A field that older writers do not know.
  void Added(std::string_view name, std::string& value) {
    if (const std::string_view* text = Find(name)) value = *text;
  }
  void operator()(std::string_view name, std::int64_t& value) {
    const std::string_view* text = Required(name);
    if (text && !ParseInteger(*text, value)) Fail("not an integer: field", name);
  }
  void operator()(std::string_view name, std::optional<std::int64_t>& value) {
    const std::string_view* text = Find(name);
    if (text && !ParseInteger(*text, value.emplace())) Fail("not an integer: field", name);
  }
  void operator()(std::string_view name, Cause& value) {
    const std::string_view* text = Required(name);
    if (!text) return;
    const auto found = std::find(kCauseNames.begin(), kCauseNames.end(), *text);
    if (found == kCauseNames.end()) return Fail("not a cause: field", name);
    value = static_cast<Cause>(found - kCauseNames.begin());
  }
  void operator()(std::string_view name, std::vector<std::string>& values) {
    for (const auto& [field, text] : fields_) {
      if (field == name) values.emplace_back(text);
    }
  }
  template <class Part>
  void operator()(std::string_view name, std::optional<Part>& part) {
    std::vector<Part> parts;
    operator()(name, parts);
    if (!parts.empty()) part = std::move(parts.front());
  }
  template <class Part>
  void operator()(std::string_view name, std::vector<Part>& parts) {
    for (const auto& [field, text] : fields_) {
      if (field != name) continue;
      Decoder inner(text);
      Walk(parts.emplace_back(), inner);
      if (!inner.error_.empty()) error_ = inner.error_;
    }
  }
  std::string error_;

 private:
  void Fail(std::string_view problem, std::string_view name) {
    if (error_.empty()) error_.append(problem).append(" '").append(name).append("'");
  }
  const std::string_view* Find(std::string_view name) const {
    for (const auto& field : fields_) {
      if (field.first == name) return &field.second;
    }
    return nullptr;
  }
  const std::string_view* Required(std::string_view name) {
    const std::string_view* text = Find(name);
    if (!text) Fail("missing field", name);
    return text;
  }
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
};

template <class Record>
std::string EncodeAs(std::string_view kind, const Record& record) {
  Encoder encoder;
  Walk(record, encoder);
  return Frame(kind, encoder.bytes_);
}

// Returns why `bytes` are no whole record of this kind, and otherwise sets its payload.
const char* Unframe(std::string_view bytes, std::string_view kind, std::string_view& payload) {
  std::string_view magic, version_text, found_kind, length_text, checksum;
  std::int64_t version = 0;
  std::size_t length = 0;
  if (!Cut(bytes, ' ', magic) || magic != kMagic) return "not a record";
  if (!Cut(bytes, ' ', version_text) || !ParseInteger(version_text, version))
    return "torn record: no version";
  if (version != kVersion) return "record of another version";
  if (!Cut(bytes, ' ', found_kind) || found_kind != kind) return "record of another kind";
  if (!Cut(bytes, ' ', length_text) || !ParseInteger(length_text, length)) return "torn record: no length";
  if (!Cut(bytes, '\n', checksum) || bytes.size() < length) return "torn record: too short";
  payload = bytes.substr(0, length);
  if (Checksum(payload) != checksum) return "corrupt record: wrong checksum";
  if (bytes.find_first_not_of('\0', length) != std::string_view::npos)
    return "corrupt record: bytes after its end";
  return nullptr;
}

template <class Record>
Decoded<Record> DecodeAs(std::string_view kind, std::string_view bytes) {
  std::string_view payload;
  if (const char* problem = Unframe(bytes, kind, payload)) return {std::nullopt, problem};
  Decoder decoder(payload);
  Record record;
  Walk(record, decoder);
  if (!decoder.error_.empty()) return {std::nullopt, decoder.error_};
  return {std::move(record), {}};
}

}  // namespace

std::string Frame(std::string_view kind, std::string_view payload) {
  std::string bytes;
  bytes.append(kMagic).append(" ").append(Decimal(kVersion)).append(" ").append(kind).append(" ");
  bytes.append(Decimal(static_cast<std::int64_t>(payload.size()))).append(" ");
  return bytes.append(Checksum(payload)).append("\n").append(payload);
}

std::string Encode(const LaunchRecord& record) {
  return EncodeAs("launch", record);
}
std::string Encode(const ClaimRecord& record) {
  return EncodeAs("claim", record);
}
std::string Encode(const StartedRecord& record) {
  return EncodeAs("started", record);
}
std::string Encode(const OutcomeRecord& record) {
  return EncodeAs("outcome", record);
}
std::string Encode(const DroppedRecord& record) {
  return EncodeAs("dropped", record);
}

Decoded<LaunchRecord> DecodeLaunch(std::string_view bytes) {
  Decoded<LaunchRecord> decoded = DecodeAs<LaunchRecord>("launch", bytes);
  if (!decoded.record) return decoded;
  if (decoded.record->steps.empty()) return {std::nullopt, "no step"};
  for (const Step& step : decoded.record->steps) {
    if (step.argv.empty()) return {std::nullopt, "a step without a program: '" + step.label + "'"};
  }
  return decoded;
}
Decoded<ClaimRecord> DecodeClaim(std::string_view bytes) {
  return DecodeAs<ClaimRecord>("claim", bytes);
}
Decoded<StartedRecord> DecodeStarted(std::string_view bytes) {
  return DecodeAs<StartedRecord>("started", bytes);
}
Decoded<OutcomeRecord> DecodeOutcome(std::string_view bytes) {
  return DecodeAs<OutcomeRecord>("outcome", bytes);
}
Decoded<DroppedRecord> DecodeDropped(std::string_view bytes) {
  return DecodeAs<DroppedRecord>("dropped", bytes);
}

}  // namespace orrery::jobs::record
