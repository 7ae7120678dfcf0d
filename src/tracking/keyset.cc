#include "tracking/keyset.h"

#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace orrery::tracking {
namespace {

std::string_view Symbol(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return " = ?";
    case Operator::kNotEqual:
      return " <> ?";
    case Operator::kLess:
      return " < ?";
    case Operator::kLessOrEqual:
      return " <= ?";
    case Operator::kGreater:
      return " > ?";
    case Operator::kGreaterOrEqual:
      return " >= ?";
    case Operator::kLike:
      return " LIKE ? ESCAPE '\\'";
    case Operator::kIlike:
      return " LIKE lower(?) ESCAPE '\\'";
    case Operator::kIn:
      return " IN (";
    case Operator::kNotIn:
      return " NOT IN (";
    case Operator::kIsNull:
      return " IS NULL";
    case Operator::kIsNotNull:
      return " IS NOT NULL";
    case Operator::kBetween:
      return " BETWEEN ? AND ?";
  }
  return {};
}

// The two databases differ in the default escape character, so the pattern names one and doubles it.
std::string EscapedPattern(const sql::Value& value) {
  std::string pattern;
  for (const char c : std::get<std::string>(value)) {
    if (c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

void Extend(std::vector<sql::Value>& values, const std::vector<sql::Value>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

bool IsNull(const sql::Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

Condition AfterFrom(std::span<const SortColumn> columns, std::span<const sql::Value> last) {
  const SortColumn& column = columns.front();
  const sql::Value& value = last.front();
  Condition beyond;
  if (!IsNull(value)) {
    beyond.sql = column.sql + (column.ascending ? " > ?" : " < ?");
    beyond.values = {value};
    if (column.nullable) beyond.sql = "(" + beyond.sql + " OR " + column.sql + " IS NULL)";
  }
  if (columns.size() == 1) return beyond.sql.empty() ? Condition{"1 = 0", {}} : beyond;

  const Condition rest = AfterFrom(columns.subspan(1), last.subspan(1));
  Condition tied{column.sql + (IsNull(value) ? " IS NULL" : " = ?") + " AND (" + rest.sql + ")", {}};
  if (!IsNull(value)) tied.values = {value};
  Extend(tied.values, rest.values);
  if (beyond.sql.empty()) return tied;
  Condition out{beyond.sql + " OR (" + tied.sql + ")", std::move(beyond.values)};
  Extend(out.values, tied.values);
  return out;
}

Error BadToken() {
  return InvalidField("page_token",
                      "not a page token of this query: pass on the next_page_token of the page before");
}

void PutNumber(std::string& out, uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(number >> shift);
}

uint64_t TakeNumber(std::string_view& in) {
  if (in.size() < 8) throw BadToken();
  uint64_t number = 0;
  for (int i = 7; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(in[static_cast<size_t>(i)]);
  in.remove_prefix(8);
  return number;
}

bool IsOf(const sql::Value& value, const SortColumn& column) {
  switch (column.type) {
    case SortColumn::Type::kInteger:
      return std::holds_alternative<int64_t>(value) || (column.nullable && IsNull(value));
    case SortColumn::Type::kReal:
      return std::holds_alternative<double>(value) || (column.nullable && IsNull(value));
    case SortColumn::Type::kText:
      return std::holds_alternative<std::string>(value) || (column.nullable && IsNull(value));
  }
  return false;
}

std::string Fingerprint(std::string_view query) {
  return std::string(DigestOf(query).hex().substr(0, 12));
}

}  // namespace

void Condition::And(const Condition& other) {
  if (other.sql.empty()) return;
  sql += sql.empty() ? "(" : " AND (";
  sql += other.sql + ")";
  Extend(values, other.values);
}

Condition Compare(const std::string& expression, const Clause& clause) {
  Condition out{clause.op == Operator::kIlike ? "lower(" + expression + ")" : expression, {}};
  out.sql += Symbol(clause.op);
  if (clause.op == Operator::kLike || clause.op == Operator::kIlike) {
    out.values = {EscapedPattern(clause.values.front())};
  } else {
    out.values = clause.values;
  }
  if (clause.op == Operator::kIn || clause.op == Operator::kNotIn) {
    for (size_t i = 0; i < clause.values.size(); ++i) out.sql += i == 0 ? "?" : ", ?";
    out.sql += ")";
  }
  return out;
}

Condition ToCondition(const Expression& expression, const std::function<Condition(const Clause&)>& leaf) {
  if (expression.kind == Expression::Kind::kClause) return leaf(expression.clause);
  const bool any = expression.kind == Expression::Kind::kAny;
  Condition out;
  for (const Expression& part : expression.parts) {
    const Condition next = ToCondition(part, leaf);
    if (!out.sql.empty()) out.sql += any ? " OR " : " AND ";
    out.sql += "(" + next.sql + ")";
    Extend(out.values, next.values);
  }
  if (expression.kind == Expression::Kind::kNot) out.sql = "NOT (" + out.sql + " IS TRUE)";
  return out;
}

std::string OrderSql(std::span<const SortColumn> columns) {
  std::string out;
  for (const SortColumn& column : columns) {
    if (!out.empty()) out += ", ";
    if (column.nullable) out += column.sql + " IS NULL, ";
    out += column.sql + (column.ascending ? "" : " DESC");
  }
  return out;
}

Condition After(std::span<const SortColumn> columns, std::span<const sql::Value> last) {
  ORRERY_CHECK_EQ(columns.size(), last.size());
  Condition out;
  if (!columns.front().nullable) {
    // Follows from the rest, but is the form that lets an index begin at this place.
    out = {columns.front().sql + (columns.front().ascending ? " >= ?" : " <= ?"), {last.front()}};
  }
  out.And(AfterFrom(columns, last));
  return out;
}

std::vector<sql::Value> SortValues(const sql::Row& row, size_t first, std::span<const SortColumn> columns) {
  std::vector<sql::Value> out;
  for (const SortColumn& column : columns) {
    const size_t at = first++;
    if (row.IsNull(at)) {
      out.emplace_back();
    } else if (column.type == SortColumn::Type::kInteger) {
      out.emplace_back(row.Int(at));
    } else if (column.type == SortColumn::Type::kReal) {
      out.emplace_back(row.Double(at));
    } else {
      out.emplace_back(std::string(row.Bytes(at)));
    }
  }
  return out;
}

std::string EncodePageToken(std::string_view query, std::span<const sql::Value> last) {
  std::string bytes = Fingerprint(query);
  for (const sql::Value& value : last) {
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      bytes += 'i';
      PutNumber(bytes, static_cast<uint64_t>(*integer));
    } else if (const auto* real = std::get_if<double>(&value)) {
      uint64_t bits = 0;
      std::memcpy(&bits, real, sizeof bits);
      bytes += 'd';
      PutNumber(bytes, bits);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      bytes += 't';
      PutNumber(bytes, text->size());
      bytes += *text;
    } else {
      bytes += 'n';
    }
  }
  return EncodeBase64Url(bytes);
}

std::vector<sql::Value> DecodePageToken(std::string_view token, std::string_view query,
                                        std::span<const SortColumn> columns) {
  const auto decoded = DecodeBase64Url(token);
  const std::string fingerprint = Fingerprint(query);
  if (!decoded || !decoded->starts_with(fingerprint)) throw BadToken();
  std::string_view rest = std::string_view(*decoded).substr(fingerprint.size());
  std::vector<sql::Value> out;
  while (!rest.empty()) {
    const char type = rest.front();
    rest.remove_prefix(1);
    if (type == 'n') {
      out.emplace_back();
    } else if (type == 'i') {
      out.emplace_back(static_cast<int64_t>(TakeNumber(rest)));
    } else if (type == 'd') {
      const uint64_t bits = TakeNumber(rest);
      double real = 0;
      std::memcpy(&real, &bits, sizeof real);
      if (real != real) throw BadToken();
      out.emplace_back(real);
    } else if (type == 't') {
      const uint64_t size = TakeNumber(rest);
      if (size > rest.size()) throw BadToken();
      const std::string_view text = rest.substr(0, size);
      if (!IsUtf8(text) || text.find('\0') != std::string_view::npos) throw BadToken();
      out.emplace_back(std::string(text));
      rest.remove_prefix(size);
    } else {
      throw BadToken();
    }
  }
  if (out.size() != columns.size()) throw BadToken();
  for (size_t i = 0; i < out.size(); ++i) {
    if (!IsOf(out[i], columns[i])) throw BadToken();
  }
  return out;
}

}  // namespace orrery::tracking
