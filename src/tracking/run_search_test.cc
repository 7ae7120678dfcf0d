#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "tracking/internal/run_conditions.h"
#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using testing::ElementsAre;

class RunSearchTest : public TrackingTest {
 protected:
  RunId Add(const std::string& name, const Batch& batch = {}, int64_t experiment = 0) {
    const RunId id =
        tracking_.runs
            .Create(
                {.id = RunId::Parse(name), .experiment_id = experiment, .name = name, .start_ms = ++time_},
                by_)
            .info.id;
    if (!batch.metrics.empty() || !batch.params.empty() || !batch.tags.empty())
      tracking_.runs.LogBatch(id, batch);
    return id;
  }
  /// The ids of all pages.
  std::vector<std::string> Walk(RunQuery query) {
    std::vector<std::string> ids;
    do {
      const RunPage page = tracking_.runs.Search(query);
      EXPECT_LE(static_cast<int64_t>(page.runs.size()), query.limit);
      for (const auto& run : page.runs) ids.push_back(run.info.id.text());
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty());
    return ids;
  }
  std::vector<std::string> Find(const std::string& filter, const std::vector<std::string>& order_by = {}) {
    return Walk({.experiment_ids = {0}, .filter = filter, .order_by = order_by});
  }

  int64_t time_ = 1'000;
};

TEST_F(RunSearchTest, NewestStartFirst) {
  Add("a");
  Add("b");
  Add("c");
  EXPECT_THAT(Find(""), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Find("", {"start_time ASC"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Find("", {"attributes.run_name DESC"}), ElementsAre("c", "b", "a"));
  EXPECT_TRUE(Walk({.experiment_ids = {}}).empty());
  EXPECT_THAT(Walk({.all_experiments = true}), ElementsAre("c", "b", "a"));
}

TEST_F(RunSearchTest, NanComesAfterNumbersAndAbsentLast) {
  Add("one", {.metrics = {{"m", 1, 0, 0}}});
  Add("nan", {.metrics = {{"m", std::nan(""), 0, 0}}});
  Add("absent");
  Add("infinite", {.metrics = {{"m", std::numeric_limits<double>::infinity(), 0, 0}}});
  Add("negative", {.metrics = {{"m", -1, 0, 0}}});
  EXPECT_THAT(Find("", {"metrics.m ASC"}), ElementsAre("negative", "one", "infinite", "nan", "absent"));
  EXPECT_THAT(Find("", {"metrics.m DESC"}), ElementsAre("infinite", "one", "negative", "nan", "absent"));
  EXPECT_THAT(Find("metrics.m != 1", {"metrics.m"}), ElementsAre("negative", "infinite", "nan"));
  EXPECT_THAT(Find("metrics.m >= -1", {"metrics.m"}), ElementsAre("negative", "one", "infinite"));
}

TEST_F(RunSearchTest, TiesOfAMetricAreNewestFirst) {
  for (const char* name : {"a", "b", "c", "d"}) Add(name, {.metrics = {{"m", 1, 0, 0}}});
  EXPECT_THAT(Find("", {"metrics.m"}), ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(Find("", {"metrics.m", "start_time ASC"}), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Walk({.experiment_ids = {0}, .order_by = {"metrics.m"}, .limit = 1}),
              ElementsAre("d", "c", "b", "a"));
}

TEST_F(RunSearchTest, ParamsTagsAndDatasets) {
  Add("a", {.params = {{"model", "xgb"}}, .tags = {{"team", "Blue"}}});
  Add("b", {.params = {{"model", "XGB"}}});
  const RunId c = Add("c", {.params = {{"x y", "50%_\\"}}});
  tracking_.runs.LogInputs(c, {{{"iris", "d1", "local", "s"}, {{"mlflow.data.context", "train"}}}}, {});
  EXPECT_THAT(Find("params.model = 'xgb'"), ElementsAre("a"));
  EXPECT_THAT(Find("params.model LIKE 'x%'"), ElementsAre("a"));
  EXPECT_THAT(Find("params.model ILIKE 'x%'"), ElementsAre("b", "a"));
  EXPECT_THAT(Find("params.model != 'xgb'"), ElementsAre("b"));
  EXPECT_THAT(Find("params.model IS NULL"), ElementsAre("c"));
  EXPECT_THAT(Find("params.model IS NOT NULL"), ElementsAre("b", "a"));
  EXPECT_THAT(Find("params.`x y` LIKE '%\\'"), ElementsAre("c"));
  EXPECT_THAT(Find("tags.team ILIKE 'blue' AND run_name = 'a'"), ElementsAre("a"));
  EXPECT_THAT(Find("datasets.name = 'iris' AND dataset.context = 'train'"), ElementsAre("c"));
  EXPECT_THAT(Find("datasets.digest IN ('d1', 'd2')"), ElementsAre("c"));
  EXPECT_THAT(Find("run_id NOT IN ('a')"), ElementsAre("c", "b"));
  EXPECT_THAT(Find("", {"params.model", "run_name"}), ElementsAre("b", "a", "c"));
}

TEST_F(RunSearchTest, StagesAndExperiments) {
  const int64_t other = tracking_.experiments.Create({.name = "other"}, by_).id;
  tracking_.runs.Delete(Add("a"), by_);
  Add("b");
  Add("c", {}, other);
  EXPECT_THAT(Walk({.experiment_ids = {0}, .view = View::kDeletedOnly}), ElementsAre("a"));
  EXPECT_THAT(Walk({.experiment_ids = {0}, .view = View::kAll}), ElementsAre("b", "a"));
  EXPECT_THAT(Walk({.experiment_ids = {0, other}, .order_by = {"run_name"}}), ElementsAre("b", "c"));
}

TEST_F(RunSearchTest, TheLargestQueryIsAnsweredAndALargerOneRefused) {
  Add("a");
  std::string filter = "run_id IN ('a'";
  for (int i = 1; i < 10'000; ++i) filter += ",'a'";
  RunQuery query{.experiment_ids = std::vector<int64_t>(20'000, 0), .filter = filter + ")"};
  EXPECT_EQ(tracking_.runs.Search(query).runs.size(), 1);
  query.experiment_ids.push_back(0);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Search(query); }), Code::kInvalidArgument);
}

TEST_F(RunSearchTest, EndTimeIsLastWhereAbsent) {
  Add("a");
  tracking_.runs.Update(Add("b"), {.end_ms = 5}, by_);
  tracking_.runs.Update(Add("c"), {.end_ms = 9}, by_);
  EXPECT_THAT(Find("", {"end_time"}), ElementsAre("b", "c", "a"));
  EXPECT_THAT(Find("", {"end_time DESC"}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Find("end_time > 5"), ElementsAre("c"));
}

TEST_F(RunSearchTest, TokensOfOtherQueriesAndForgedOnesAreRefused) {
  for (const char* name : {"a", "b", "c"}) Add(name, {.metrics = {{"m", 1, 0, 0}}});
  RunQuery query{.experiment_ids = {0}, .order_by = {"metrics.m"}, .limit = 1};
  query.page_token = tracking_.runs.Search(query).next_page_token;
  ASSERT_FALSE(query.page_token.empty());
  RunQuery other = query;
  other.filter = "metrics.m = 1";
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Search(other); }), Code::kInvalidArgument);
  other = query;
  other.page_token = "eyJvZmZzZXQiOiAxMDB9";
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Search(other); }), Code::kInvalidArgument);
  other = query;
  other.limit = 50'001;
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Search(other); }), Code::kInvalidArgument);
}

TEST_F(RunSearchTest, RunsAddedWhilePagingNeitherShiftNorRepeat) {
  for (int i = 0; i < 20; ++i) {
    Add("old" + std::to_string(i), {.metrics = {{"m", static_cast<double>(i % 5), 0, 0}}});
  }
  for (const std::string order : {"", "metrics.m DESC", "metrics.absent", "params.p"}) {
    RunQuery query{.experiment_ids = {0}, .limit = 3};
    if (!order.empty()) query.order_by = {order};
    std::multiset<std::string> old;
    int added = 0;
    do {
      const RunPage page = tracking_.runs.Search(query);
      for (const auto& run : page.runs) {
        if (run.info.name.starts_with("old")) old.insert(run.info.name);
      }
      query.page_token = page.next_page_token;
      Add("new" + std::to_string(time_), {.metrics = {{"m", static_cast<double>(added++), 0, 0}}});
    } while (!query.page_token.empty() && added < 200);
    EXPECT_EQ(old.size(), 20) << order;
    EXPECT_EQ(std::set<std::string>(old.begin(), old.end()).size(), 20) << order;
  }
}

// The whole search against its definition, on random runs and random queries.

bool MatchesPattern(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    return MatchesPattern(text, pattern.substr(1)) ||
           (!text.empty() && MatchesPattern(text.substr(1), pattern));
  }
  return !text.empty() && (pattern[0] == '_' || pattern[0] == text[0]) &&
         MatchesPattern(text.substr(1), pattern.substr(1));
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

bool Holds(const std::optional<std::string>& text, const Clause& clause) {
  if (clause.op == Operator::kIsNull) return !text;
  if (!text) return false;
  const auto is = [&](const sql::Value& value) { return std::get<std::string>(value) == *text; };
  switch (clause.op) {
    case Operator::kEqual:
      return is(clause.values[0]);
    case Operator::kNotEqual:
      return !is(clause.values[0]);
    case Operator::kLike:
      return MatchesPattern(*text, std::get<std::string>(clause.values[0]));
    case Operator::kIlike:
      return MatchesPattern(Lower(*text), Lower(std::get<std::string>(clause.values[0])));
    case Operator::kIn:
      return std::any_of(clause.values.begin(), clause.values.end(), is);
    case Operator::kNotIn:
      return std::none_of(clause.values.begin(), clause.values.end(), is);
    default:
      return true;
  }
}

double NumberIn(const sql::Value& value) {
  return std::holds_alternative<int64_t>(value) ? static_cast<double>(std::get<int64_t>(value))
                                                : std::get<double>(value);
}

bool Holds(const std::optional<double>& number, const Clause& clause) {
  if (clause.op == Operator::kIsNull) return !number;
  if (clause.op == Operator::kIsNotNull) return number.has_value();
  if (!number) return false;
  const double value = NumberIn(clause.values[0]);
  const auto is = [&](const sql::Value& item) { return *number == NumberIn(item); };
  switch (clause.op) {
    case Operator::kEqual:
      return *number == value;
    case Operator::kNotEqual:
      return *number != value;
    case Operator::kLess:
      return *number < value;
    case Operator::kLessOrEqual:
      return *number <= value;
    case Operator::kGreater:
      return *number > value;
    case Operator::kIn:
      return std::any_of(clause.values.begin(), clause.values.end(), is);
    case Operator::kNotIn:
      return std::none_of(clause.values.begin(), clause.values.end(), is);
    case Operator::kBetween:
      return value <= *number && *number <= NumberIn(clause.values[1]);
    default:
      return *number >= value;
  }
}

template <typename T>
std::optional<std::string> ValueOf(const std::vector<T>& list, const std::string& key) {
  for (const T& item : list) {
    if (item.key == key) return item.value;
  }
  return std::nullopt;
}

std::optional<double> MetricOf(const Run& run, const std::string& key, Aggregate aggregate) {
  for (const MetricSummary& metric : run.metrics) {
    if (metric.key != key) continue;
    if (aggregate == Aggregate::kMin) return metric.min;
    if (aggregate == Aggregate::kMax) return metric.max;
    return aggregate == Aggregate::kFirst ? metric.first : metric.value;
  }
  return std::nullopt;
}

/// The number that the whole text is.
std::optional<double> AsNumber(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text->c_str(), &end);
  return *end == '\0' && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

bool Matches(const Run& run, const Clause& clause) {
  switch (clause.entity) {
    case Entity::kMetric:
      return Holds(MetricOf(run, clause.key, clause.aggregate), clause);
    case Entity::kParam:
      if (clause.IsNumeric()) return Holds(AsNumber(ValueOf(run.params, clause.key)), clause);
      return Holds(ValueOf(run.params, clause.key), clause);
    case Entity::kTag:
      return Holds(ValueOf(run.tags, clause.key), clause);
    default:
      break;
  }
  if (clause.key == "run_name") return Holds(std::optional(run.info.name), clause);
  if (clause.key == "status") return Holds(std::optional(EnumName(run.info.status)), clause);
  return Holds(std::optional(static_cast<double>(run.info.start_ms)), clause);
}

bool Matches(const Run& run, const Expression& expression) {
  using Kind = Expression::Kind;
  const auto part = [&](const Expression& inner) { return Matches(run, inner); };
  if (expression.kind == Kind::kClause) return Matches(run, expression.clause);
  if (expression.kind == Kind::kNot) return !part(expression.parts[0]);
  return expression.kind == Kind::kAll ? std::ranges::all_of(expression.parts, part)
                                       : std::ranges::any_of(expression.parts, part);
}

/// (rank, number, text) of an order's value: absent last in both directions.
std::tuple<int, double, std::string> SortKey(const Run& run, const OrderTerm& term) {
  const double sign = term.ascending ? 1 : -1;
  if (term.entity == Entity::kMetric) {
    const auto value = MetricOf(run, term.key, term.aggregate);
    if (!value) return {2, 0, ""};
    return std::isnan(*value) ? std::tuple<int, double, std::string>{1, 0, ""}
                              : std::tuple<int, double, std::string>{0, sign * *value, ""};
  }
  if (term.entity == Entity::kAttribute && term.key == "start_time")
    return {0, sign * static_cast<double>(run.info.start_ms), ""};
  const auto text =
      term.entity == Entity::kParam ? ValueOf(run.params, term.key) : std::optional(run.info.name);
  return text ? std::tuple<int, double, std::string>{0, 0, *text}
              : std::tuple<int, double, std::string>{2, 0, ""};
}

bool Before(const Run& a, const Run& b, const std::vector<OrderTerm>& terms) {
  for (const OrderTerm& term : terms) {
    const auto [rank_a, number_a, text_a] = SortKey(a, term);
    const auto [rank_b, number_b, text_b] = SortKey(b, term);
    if (rank_a != rank_b) return rank_a < rank_b;
    if (number_a != number_b) return number_a < number_b;
    if (text_a != text_b) return term.ascending == (text_a < text_b);
  }
  if (a.info.start_ms != b.info.start_ms) return a.info.start_ms > b.info.start_ms;
  return a.info.id < b.info.id;
}

class RandomSearchTest : public RunSearchTest {
 protected:
  template <typename T>
  T Pick(std::initializer_list<T> choices) {
    return *(choices.begin() + static_cast<std::ptrdiff_t>(engine_() % choices.size()));
  }
  void AddRandomRuns(int count, int64_t other);
  std::string RandomClause();
  std::string RandomFilter(int depth);
  std::vector<std::string> RandomOrder();

  std::mt19937_64 engine_{11};
};

void RandomSearchTest::AddRandomRuns(int count, int64_t other) {
  const double odd[] = {std::nan(""), std::numeric_limits<double>::infinity(), -1.5, 0};
  database_->Write([&](sql::Writer& writer) {
    for (int i = 0; i < count; ++i) {
      Batch batch;
      for (const char* key : {"acc", "loss"}) {
        const double value = engine_() % 4 == 0 ? odd[engine_() % 4] : static_cast<double>(engine_() % 6) / 4;
        if (engine_() % 4 != 0) batch.metrics.push_back({key, value, 0, 0});
        if (engine_() % 4 == 0) batch.metrics.push_back({key, odd[engine_() % 4], 1, 1});
      }
      if (engine_() % 3 != 0)
        batch.params.push_back({"model", Pick<std::string>({"xgb", "XGB", "linear", ""})});
      if (engine_() % 3 != 0)
        batch.params.push_back({"depth", Pick<std::string>({"3", "0.5", "1e-2", "+4", "many", "inf", "3x"})});
      if (engine_() % 2 == 0) batch.tags.push_back({"team", Pick<std::string>({"a", "A_", "b%"})});
      time_ -= static_cast<int64_t>(engine_() % 2);
      const RunId id = tracking_
                           .runs

                           .Create(writer,
                                   {.experiment_id = engine_() % 4 == 0 ? other : 0,
                                    .name = Pick<std::string>({"alpha", "Alpha", "beta", "gamma"}),
                                    .start_ms = ++time_,
                                    .status = Pick({RunStatus::kRunning, RunStatus::kFailed})},
                                   by_)
                           .info.id;
      tracking_.runs.LogBatch(writer, id, batch);
    }
  });
}

std::string RandomSearchTest::RandomClause() {
  switch (engine_() % 8) {
    case 0:
    case 1:
      return Pick<std::string>({"metrics.acc", "metrics.loss", "metrics.none", "min(metrics.acc)",
                                "MAX(metrics.loss)", "first(metrics.acc)"}) +
             " " + Pick<std::string>({"=", "!=", "<", "<=", ">", ">="}) + " " +
             Pick<std::string>({"0.5", "1", "-1.5", "0.25"});
    case 6:
      return Pick<std::string>({"metrics.acc", "last(metrics.loss)"}) + " " +
             Pick<std::string>(
                 {"IS NULL", "IS NOT NULL", "BETWEEN -1.5 AND 0.5", "IN (0.5, 1)", "NOT IN (0.5, 1)"});
    case 7:
      return "params.depth " + Pick<std::string>({"> 0.4", "= 3", "!= 3", "BETWEEN 0.01 AND 0.5",
                                                  "IN (3, 0.5)", "NOT IN (4)", "= '3'", "IN ('3', 'many')"});
    case 2:
      return "params.model " +
             Pick<std::string>({"= 'xgb'", "!= 'xgb'", "LIKE '%g_'", "ILIKE 'x%'", "IS NULL", "IS NOT NULL"});
    case 3:
      return "tags.team " + Pick<std::string>({"= 'a'", "ILIKE 'a%'", "LIKE '_\\%'", "IS NULL", "!= 'b%'"});
    case 4:
      return Pick<std::string>(
          {"run_name LIKE 'a%'", "run_name ILIKE 'a%'", "status = 'FAILED'", "status != 'FAILED'"});
    default:
      return "start_time " + Pick<std::string>({"<", ">="}) + " " + std::to_string(1'000 + engine_() % 100);
  }
}

std::string RandomSearchTest::RandomFilter(int depth) {
  if (depth == 0 || engine_() % 3 == 0) return RandomClause();
  if (engine_() % 4 == 0) return "NOT (" + RandomFilter(depth - 1) + ")";
  return "(" + RandomFilter(depth - 1) + Pick<std::string>({" AND ", " OR "}) + RandomFilter(depth - 1) + ")";
}

std::vector<std::string> RandomSearchTest::RandomOrder() {
  std::vector<std::string> order;
  std::vector<std::string> fields = {"metrics.acc",  "metrics.loss", "min(metrics.acc)",
                                     "params.model", "run_name",     "start_time"};
  std::shuffle(fields.begin(), fields.end(), engine_);
  for (size_t i = 0; i < engine_() % 4; ++i)
    order.push_back(fields[i] + Pick<std::string>({"", " ASC", " DESC"}));
  return order;
}

TEST_F(RandomSearchTest, EqualsItsDefinition) {
  const int64_t other = tracking_.experiments.Create({.name = "other"}, by_).id;
  AddRandomRuns(120, other);
  for (int round = 0; round < 300; ++round) {
    RunQuery query{
        .experiment_ids = engine_() % 3 == 0 ? std::vector<int64_t>{0, other} : std::vector<int64_t>{0},
        .order_by = RandomOrder(),
        .limit = Pick<int64_t>({1, 7, 50, 1'000})};
    for (size_t i = engine_() % 3; i > 0; --i)
      query.filter += (query.filter.empty() ? "" : " AND ") + RandomFilter(3);

    const Expression filter = ParseFilter(query.filter, internal::RunGrammar());
    const auto terms = ParseOrderBy(query.order_by, internal::RunGrammar());
    std::vector<tracking::Run> want;
    for (const auto& run : tracking_.runs.Search({.experiment_ids = query.experiment_ids}).runs) {
      if (Matches(run, filter)) want.push_back(run);
    }
    std::sort(want.begin(), want.end(),
              [&](const tracking::Run& a, const tracking::Run& b) { return Before(a, b, terms); });
    std::vector<std::string> ids;
    for (const auto& run : want) ids.push_back(run.info.id.text());
    ASSERT_EQ(Walk(query), ids) << query.filter << " ORDER BY " << testing::PrintToString(query.order_by)
                                << " LIMIT " << query.limit;
  }
}

}  // namespace
}  // namespace orrery::tracking
