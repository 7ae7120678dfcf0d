#include "compat/mlflow/otlp.h"

#include <algorithm>
#include <limits>

#include "base/base64.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "compat/mlflow/protobuf.h"

namespace orrery::compat::mlflow {
namespace {

constexpr int kMostDepth = 32;
constexpr size_t kMostSpans = 100'000;

[[noreturn]] void Refuse(const char* what) {
  throw Error(Code::kInvalidArgument, std::string("Invalid OpenTelemetry format: ") + what);
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string_view Identifier(std::string_view bytes, size_t size) {
  if (bytes.size() != size) Refuse("an id has not its 16 (trace) or 8 (span) bytes");
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; })) Refuse("an id is all zeros");
  return bytes;
}

int64_t Nanoseconds(uint64_t value) {
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    Refuse("a time is after the year 2262");
  return static_cast<int64_t>(value);
}

/// Writes a span's content, and beside it the words by which it is found.
class SpanWriter : public JsonWriter {
 public:
  explicit SpanWriter(tracking::Span& span) : JsonWriter(span.content), text_(span.text) {}
  /// A string that counts as a word.
  void Word(std::string_view value) {
    String(value);
    text_.append(value) += '\n';
  }

 private:
  std::string& text_;
};

void WriteAttributes(SpanWriter& out, std::string_view message, uint32_t field, int depth);

/// An AnyValue: {"string_value": ...}, as protobuf's JSON has a oneof.
void WriteValue(SpanWriter& out, std::string_view message, int depth) {
  if (depth > kMostDepth) Refuse("values are nested deeper than 32");
  out.BeginObject();
  bool written = false;  // a oneof that came twice: the first counts, so that the JSON has one key
  for (ProtobufReader value(message); value.Next();) {
    if (written || value.number() > 7) continue;
    written = true;
    switch (value.number()) {
      case 1:
        out.Key("string_value");
        out.Word(value.Bytes());
        break;
      case 2:
        out.Key("bool_value");
        out.Bool(value.Varint() != 0);
        break;
      case 3:
        out.Key("int_value");
        out.Int(static_cast<int64_t>(value.Varint()));
        break;
      case 4:
        out.Key("double_value");
        out.Double(value.Double());
        break;
      case 5:
        out.Key("array_value");
        out.BeginObject();
        out.Key("values");
        out.BeginArray();
        for (ProtobufReader items(value.Bytes()); items.Next();) {
          if (items.number() == 1) WriteValue(out, items.Bytes(), depth + 1);
        }
        out.EndArray();
        out.EndObject();
        break;
      case 6:
        out.Key("kvlist_value");
        out.BeginObject();
        out.Key("values");
        WriteAttributes(out, value.Bytes(), 1, depth + 1);
        out.EndObject();
        break;
      default:
        out.Key("bytes_value");
        out.String(EncodeBase64(value.Bytes()));
    }
  }
  out.EndObject();
}

/// The list of KeyValues that `message` holds in `field`.
void WriteAttributes(SpanWriter& out, std::string_view message, uint32_t field, int depth) {
  out.BeginArray();
  for (ProtobufReader fields(message); fields.Next();) {
    if (fields.number() != field) continue;
    std::string_view key;
    std::string_view value;
    bool valued = false;
    for (ProtobufReader pair(fields.Bytes()); pair.Next();) {
      if (pair.number() == 1) key = pair.Bytes();
      if (pair.number() == 2) {
        value = pair.Bytes();
        valued = true;
      }
    }
    out.BeginObject();
    out.Key("key");
    out.Word(key);
    if (valued) {
      out.Key("value");
      WriteValue(out, value, depth);
    }
    out.EndObject();
  }
  out.EndArray();
}

void WriteEvent(SpanWriter& out, std::string_view message) {
  out.BeginObject();
  for (ProtobufReader fields(message); fields.Next();) {
    if (fields.number() == 1) {
      out.Key("time_unix_nano");
      out.Int(Nanoseconds(fields.Fixed64()));
    } else if (fields.number() == 2) {
      out.Key("name");
      out.String(fields.Bytes());
    }
  }
  out.Key("attributes");
  WriteAttributes(out, message, 3, 0);
  out.EndObject();
}

void WriteLink(SpanWriter& out, std::string_view message) {
  out.BeginObject();
  for (ProtobufReader fields(message); fields.Next();) {
    if (fields.number() == 1) {
      out.Key("trace_id");
      out.String(EncodeBase64(Identifier(fields.Bytes(), 16)));
    } else if (fields.number() == 2) {
      out.Key("span_id");
      out.String(EncodeBase64(Identifier(fields.Bytes(), 8)));
    }
  }
  out.Key("attributes");
  WriteAttributes(out, message, 4, 0);
  out.EndObject();
}

void WriteStatus(SpanWriter& out, std::string_view message, tracking::Span& span) {
  constexpr std::string_view kCodes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
  uint64_t code = 0;
  std::string_view text;
  for (ProtobufReader fields(message); fields.Next();) {
    if (fields.number() == 2) text = fields.Bytes();
    if (fields.number() == 3) code = fields.Varint();
  }
  if (code >= std::size(kCodes)) Refuse("a span has a status that there is not");
  span.failed = code == 2;
  out.BeginObject();
  if (!text.empty()) {
    out.Key("message");
    out.String(text);
  }
  out.Key("code");
  out.String(kCodes[code]);
  out.EndObject();
}

/// Messages of `field`, each by `write`; nothing where there are none.
template <typename Write>
void WriteList(SpanWriter& out, std::string_view name, std::string_view message, uint32_t field,
               Write&& write) {
  bool begun = false;
  for (ProtobufReader fields(message); fields.Next();) {
    if (fields.number() != field) continue;
    if (!begun) {
      out.Key(name);
      out.BeginArray();
      begun = true;
    }
    write(out, fields.Bytes());
  }
  if (begun) out.EndArray();
}

tracking::Span ReadSpan(std::string_view message) {
  tracking::Span span;
  std::string trace;
  std::string_view parent;
  std::string_view status;
  std::string_view state;
  std::string_view id;
  uint64_t kind = 0;
  for (ProtobufReader fields(message); fields.Next();) {
    switch (fields.number()) {
      case 1:
        trace = Identifier(fields.Bytes(), 16);
        break;
      case 2:
        id = Identifier(fields.Bytes(), 8);
        break;
      case 3:
        state = fields.Bytes();
        break;
      case 4:
        parent = fields.Bytes();
        break;
      case 5:
        span.name = fields.Bytes();
        break;
      case 6:
        kind = fields.Varint();
        break;
      case 7:
        span.start_ns = Nanoseconds(fields.Fixed64());
        break;
      case 8:
        span.end_ns = Nanoseconds(fields.Fixed64());
        break;
      case 15:
        status = fields.Bytes();
        break;
      default:
        break;
    }
  }
  if (trace.empty() || id.empty()) Refuse("a span has no trace_id or no span_id");
  if (kind > 5) Refuse("a span has a kind that there is not");
  span.trace_id = tracking::TraceId::Parse("tr-" + Hex(trace));
  span.id = Hex(id);
  if (!parent.empty()) span.parent_id = Hex(Identifier(parent, 8));

  SpanWriter out(span);
  out.BeginObject();
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.Key(name);
    out.String(value);
  };
  text("trace_id", EncodeBase64(trace));
  text("span_id", EncodeBase64(id));
  text("trace_state", state);
  if (!parent.empty()) text("parent_span_id", EncodeBase64(parent));
  out.Key("name");
  out.Word(span.name);
  if (kind != 0) {
    out.Key("kind");
    out.Uint(kind);
  }
  out.Key("start_time_unix_nano");
  out.Int(span.start_ns);
  if (span.end_ns != 0) {
    out.Key("end_time_unix_nano");
    out.Int(span.end_ns);
  }
  out.Key("attributes");
  WriteAttributes(out, message, 9, 0);
  WriteList(out, "events", message, 11, WriteEvent);
  WriteList(out, "links", message, 13, WriteLink);
  out.Key("status");
  WriteStatus(out, status, span);
  out.EndObject();
  // Neither a column nor a pattern has NUL.
  span.text.erase(std::remove(span.text.begin(), span.text.end(), '\0'), span.text.end());
  if (!IsUtf8(span.text)) span.text = RepairUtf8(span.text);
  return span;
}

}  // namespace

std::vector<tracking::Span> ReadOtlpSpans(std::string_view request) {
  constexpr uint32_t kResourceSpans = 1;
  constexpr uint32_t kScopeSpans = 2;
  constexpr uint32_t kSpans = 2;
  std::vector<tracking::Span> out;
  for (ProtobufReader resources(request); resources.Next();) {
    if (resources.number() != kResourceSpans) continue;
    for (ProtobufReader scopes(resources.Bytes()); scopes.Next();) {
      if (scopes.number() != kScopeSpans) continue;
      for (ProtobufReader spans(scopes.Bytes()); spans.Next();) {
        if (spans.number() != kSpans) continue;
        if (out.size() == kMostSpans) Refuse("more than 100000 spans in one request");
        out.push_back(ReadSpan(spans.Bytes()));
      }
    }
  }
  if (out.empty()) Refuse("no spans found");
  return out;
}

}  // namespace orrery::compat::mlflow
