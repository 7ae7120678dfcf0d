#include "http/target.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/utf8.h"

namespace orrery::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error Malformed(std::string_view what, std::string_view text) {
  return Error(Code::kInvalidArgument, std::string(what) + ": " + Quoted(text));
}

/// Whether decoding once more would uncover a separator, a dot, a NUL or yet another escape.
bool HidesEscapes(std::string_view decoded) {
  for (size_t at = decoded.find('%'); at != std::string_view::npos; at = decoded.find('%', at + 1)) {
    if (at + 2 >= decoded.size()) break;
    const int high = HexDigit(decoded[at + 1]);
    const int low = HexDigit(decoded[at + 2]);
    if (high < 0 || low < 0) continue;
    const int c = high * 16 + low;
    if (c < 0x20 || c == '.' || c == '/' || c == '\\' || c == '%') return true;
  }
  return false;
}

std::string DecodeSegment(std::string_view raw) {
  std::string decoded = PercentDecode(raw, false);
  for (const char c : decoded) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' || c == '/') {
      throw Malformed("the path holds a character that is not allowed in a segment", raw);
    }
  }
  if (!IsUtf8(decoded)) throw Malformed("the path is not UTF-8", raw);
  if (HidesEscapes(decoded)) throw Malformed("the path is encoded twice", raw);
  const std::string_view name = std::string_view(decoded).substr(0, decoded.find(';'));
  if (name == "." || name == "..") throw Malformed("the path holds a dot segment", raw);
  return decoded;
}

/// The path and query of an absolute-form target.
std::string_view OriginForm(std::string_view text) {
  const size_t scheme = text.find("://");
  if (text.starts_with('/') || scheme == std::string_view::npos) return text;
  const std::string_view name = text.substr(0, scheme);
  if (name != "http" && name != "https") throw Malformed("the target has another scheme than http", text);
  const size_t path = text.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : text.substr(path);
}

}  // namespace

std::string PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) throw Malformed("a '%' must be followed by two hex digits", text);
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric || c == '-' || c == '_' || c == '.' || c == '~' || (keep_slash && c == '/')) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

Target ParseTarget(std::string_view text) {
  if (text.find('#') != std::string_view::npos) throw Malformed("the target holds a fragment", text);
  const std::string_view origin = OriginForm(text);
  const size_t question = origin.find('?');
  const std::string_view raw = origin.substr(0, question);

  Target target;
  if (raw == "*") {  // OPTIONS * asks about the server as a whole
    target.path = target.raw_path = "*";
    return target;
  }
  if (!raw.starts_with('/')) throw Malformed("the target must start with '/'", text);
  target.raw_path = raw;
  target.path.reserve(raw.size());
  for (size_t at = 1; raw.size() > 1 && at <= raw.size();) {
    const size_t end = std::min(raw.find('/', at), raw.size());
    if (end == at && end < raw.size()) throw Malformed("the path holds an empty segment", raw);
    target.segments.push_back(DecodeSegment(raw.substr(at, end - at)));
    target.path += '/';
    target.path += target.segments.back();
    at = end + 1;
  }
  if (target.path.empty()) target.path = "/";
  if (question != std::string_view::npos) target.query = Query::Parse(origin.substr(question + 1));
  return target;
}

Query Query::Parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    std::string key = PercentDecode(pair.substr(0, equals), true);
    std::string value =
        equals == std::string_view::npos ? std::string() : PercentDecode(pair.substr(equals + 1), true);
    for (const std::string* part : {&key, &value}) {
      if (part->find('\0') != std::string::npos || !IsUtf8(*part)) {
        throw Malformed("the query holds NUL or is not UTF-8", pair);
      }
    }
    query.pairs_.emplace_back(std::move(key), std::move(value));
  }
  return query;
}

std::optional<std::string> Query::Find(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : pairs_) {
    if (key != name) continue;
    if (found) throw InvalidField(name, "given twice; give it once");
    found = value;
  }
  return found;
}

std::string Query::Get(std::string_view name, std::string_view otherwise) const {
  return Find(name).value_or(std::string(otherwise));
}

std::vector<std::string> Query::All(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : pairs_) {
    if (key == name) out.push_back(value);
  }
  return out;
}

int64_t Query::Integer(std::string_view name, int64_t otherwise, int64_t least, int64_t most) const {
  const auto text = Find(name);
  if (!text) return otherwise;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    throw InvalidField(name, "expected an integer from " + std::to_string(least) + " to " +
                                 std::to_string(most) + ", got " + Quoted(*text));
  }
  return value;
}

bool Query::Flag(std::string_view name, bool otherwise) const {
  const auto text = Find(name);
  if (!text) return otherwise;
  if (*text == "true") return true;
  if (*text == "false") return false;
  throw InvalidField(name, "expected true or false, got " + Quoted(*text));
}

void Query::RefuseOthers(std::initializer_list<std::string_view> names) const {
  for (const auto& [key, value] : pairs_) {
    if (std::ranges::find(names, key) == names.end()) throw InvalidField(key, "no such query parameter");
  }
}

}  // namespace orrery::http
