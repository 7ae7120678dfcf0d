#include "base/instant.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/error.h"

namespace orrery {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

[[noreturn]] void Refuse(std::string_view text) {
  throw Error(
      Code::kInvalidArgument,
      "not an instant: expected RFC 3339 with a zone, like 2013-01-01T05:15:00Z, got " + Quoted(text));
}

// Reads `text` from left to right; every step refuses what is not there.
class Reader {
 public:
  explicit Reader(std::string_view text) : whole_(text), rest_(text) {}

  int Digits(size_t count, int most) {
    int value = 0;
    if (rest_.size() < count) Refuse(whole_);
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, value);
    if (error != std::errc() || end != rest_.data() + count || value < 0 || value > most) Refuse(whole_);
    rest_.remove_prefix(count);
    return value;
  }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Expect(char c) {
    if (!Take(c)) Refuse(whole_);
  }
  Microseconds Fraction() {
    int64_t value = 0;
    int count = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1), ++count) {
      value = value * 10 + (rest_.front() - '0');
      if (count >= 6) Refuse(whole_);
    }
    if (count == 0) Refuse(whole_);
    for (; count < 6; ++count) value *= 10;
    return Microseconds(value);
  }
  minutes Zone() {
    if (Take('Z') || Take('z')) return minutes(0);
    const int sign = Take('+') ? 1 : (Take('-') ? -1 : 0);
    if (sign == 0) Refuse(whole_);
    const int hour = Digits(2, 23);
    Expect(':');
    return minutes(sign * (hour * 60 + Digits(2, 59)));
  }
  void End() {
    if (!rest_.empty()) Refuse(whole_);
  }

 private:
  std::string_view whole_;
  std::string_view rest_;
};

}  // namespace

std::string FormatInstant(Instant instant) {
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Microseconds> time(instant - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

Instant ParseInstant(std::string_view text) {
  Reader reader(text);
  const int year = reader.Digits(4, 9999);
  reader.Expect('-');
  const int month = reader.Digits(2, 12);
  reader.Expect('-');
  const int day = reader.Digits(2, 31);
  if (!reader.Take('T') && !reader.Take('t')) reader.Expect(' ');
  const int hour = reader.Digits(2, 23);
  reader.Expect(':');
  const int minute = reader.Digits(2, 59);
  reader.Expect(':');
  const int second = reader.Digits(2, 59);
  const Microseconds fraction = reader.Take('.') ? reader.Fraction() : Microseconds(0);
  const minutes zone = reader.Zone();
  reader.End();

  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) Refuse(text);
  return Instant(std::chrono::sys_days(date)) + hours(hour) + minutes(minute) + seconds(second) + fraction -
         zone;
}

}  // namespace orrery
