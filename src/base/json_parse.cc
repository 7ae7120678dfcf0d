#include "base/json_parse.h"

// Boost.JSON ships as headers plus these sources; this file compiles them for everyone.
#include <charconv>
#include <cmath>
#include <unordered_set>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include "base/error.h"

namespace orrery {
namespace {

// Feeds a value_stack and refuses a key that an object already has: the check that authorisation sees and the
// value that a handler sees must be one.
class Handler {
 public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  using Fault = boost::system::error_code;

  bool on_document_begin(Fault&) {
    stack_.reset();
    return true;
  }
  bool on_document_end(Fault&) { return true; }
  bool on_object_begin(Fault&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t n, Fault&) {
    keys_.pop_back();
    stack_.push_object(n);
    return true;
  }
  bool on_array_begin(Fault&) { return true; }
  bool on_array_end(std::size_t n, Fault&) {
    stack_.push_array(n);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, Fault&) {
    key_ += std::string_view(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Fault&) {
    key_ += std::string_view(part.data(), part.size());
    stack_.push_key(part);
    if (!keys_.back().Add(key_)) {
      throw Error(Code::kInvalidArgument, "JSON object has a key twice: " + Quoted(key_), key_);
    }
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Fault&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, Fault&) {
    stack_.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view part, Fault&) {
    number_ += std::string_view(part.data(), part.size());
    return true;
  }
  bool on_int64(int64_t value, json::string_view, Fault&) {
    number_.clear();
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(uint64_t value, json::string_view, Fault&) {
    number_.clear();
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view part, Fault&) {
    number_ += std::string_view(part.data(), part.size());
    stack_.push_double(ReadExactly(number_, value));
    number_.clear();
    return true;
  }
  bool on_bool(bool value, Fault&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(Fault&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, Fault&) { return true; }
  bool on_comment(json::string_view, Fault&) { return true; }

  json::value Release() { return stack_.release(); }

 private:
  // Most objects have a handful of keys: a scan beats hashing until there are many.
  class KeySet {
   public:
    bool Add(const std::string& key) {
      if (few_.size() < kFew) {
        for (const std::string& other : few_) {
          if (other == key) return false;
        }
        few_.push_back(key);
        return true;
      }
      if (many_.empty()) many_.insert(few_.begin(), few_.end());
      return many_.insert(key).second;
    }

   private:
    static constexpr size_t kFew = 16;
    std::vector<std::string> few_;
    std::unordered_set<std::string> many_;
  };

  // The parser's own `nearly` may be off by a unit in the last place.
  static double ReadExactly(const std::string& text, double nearly) {
    double exact = nearly;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), exact);
    if (fault == std::errc() && end == text.data() + text.size()) return exact;
    if (std::abs(nearly) < 1) return nearly;  // too small to tell from zero
    throw Error(Code::kInvalidArgument, "number is beyond the range of a double: " + Quoted(text));
  }

  json::value_stack stack_;
  std::vector<KeySet> keys_;
  std::string key_;
  std::string number_;
};

}  // namespace

json::value ParseJson(std::string_view text) {
  json::parse_options options;
  options.max_depth = kJsonMaxDepth;
  json::basic_parser<Handler> parser(options);
  boost::system::error_code fault;
  const size_t read = parser.write_some(false, text.data(), text.size(), fault);
  if (!fault && read < text.size()) fault = json::error::extra_data;
  if (fault) {
    throw Error(
        Code::kInvalidArgument,
        "not valid JSON: " + fault.message() + " at byte " + std::to_string(read) +
            (fault == json::error::too_deep ? " (the limit is " + std::to_string(kJsonMaxDepth) + " levels)"
                                            : ""));
  }
  return parser.handler().Release();
}

}  // namespace orrery
