#include "tracking/experiments.h"

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/shared_requests.h"
#include "tracking/artifact_path.h"

namespace orrery::compat::mlflow {
namespace {

struct CreateRequest {
  static constexpr std::string_view kRequired[] = {"name"};
  std::string name;
  std::string artifact_location;
  std::vector<PairRequest> tags;
};
BOOST_DESCRIBE_STRUCT(CreateRequest, (), (name, artifact_location, tags))

struct IdRequest {
  static constexpr std::string_view kRequired[] = {"experiment_id"};
  std::string experiment_id;
};
BOOST_DESCRIBE_STRUCT(IdRequest, (), (experiment_id))

struct NameRequest {
  static constexpr std::string_view kRequired[] = {"experiment_name"};
  std::string experiment_name;
};
BOOST_DESCRIBE_STRUCT(NameRequest, (), (experiment_name))

struct UpdateRequest {
  static constexpr std::string_view kRequired[] = {"experiment_id", "new_name"};
  std::string experiment_id;
  std::string new_name;
};
BOOST_DESCRIBE_STRUCT(UpdateRequest, (), (experiment_id, new_name))

struct TagRequest {
  static constexpr std::string_view kRequired[] = {"experiment_id", "key"};
  std::string experiment_id;
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(TagRequest, (), (experiment_id, key, value))

struct SearchRequest {
  static constexpr std::string_view kRequired[] = {"max_results"};
  int64_t max_results = 0;
  std::string page_token;
  std::string filter;
  std::vector<std::string> order_by;
  tracking::View view_type = tracking::View::kActiveOnly;
};
BOOST_DESCRIBE_STRUCT(SearchRequest, (), (max_results, page_token, filter, order_by, view_type))

struct DatasetsRequest {
  std::vector<std::string> experiment_ids;
};
BOOST_DESCRIBE_STRUCT(DatasetsRequest, (), (experiment_ids))

// Only this server's own store: a location elsewhere would make the server read and write there for the caller.
std::string CheckedLocation(std::string location) {
  constexpr std::string_view kScheme = "mlflow-artifacts:/";
  while (location.size() > kScheme.size() && location.ends_with('/')) location.pop_back();
  if (location.empty()) return location;
  if (!location.starts_with(kScheme) ||
      !tracking::IsPlainPath(std::string_view(location).substr(kScheme.size()))) {
    throw InvalidField(
        "artifact_location",
        "this server keeps artifacts itself: leave it out, or use mlflow-artifacts:/PATH without "
        "host, query, fragment and dot segments; got " +
            Quoted(location));
  }
  return location;
}

http::Response AnswerExperiment(const tracking::Experiment& experiment) {
  return Answer("experiment", [&](JsonWriter& out) { WriteExperiment(out, experiment); });
}

}  // namespace

std::vector<int64_t> ExperimentIds(const std::vector<std::string>& texts) {
  std::vector<int64_t> ids;
  ids.reserve(texts.size());
  for (const std::string& text : texts) ids.push_back(tracking::ParseExperimentId(text));
  return ids;
}

http::Response CreateExperiment(const Services& services, http::Request& request) {
  auto asked = ReadRequest<CreateRequest>(request);
  CheckLength("name", asked.name, kExperimentNameLength);
  for (const PairRequest& tag : asked.tags) CheckLength("tags.value", tag.value, kExperimentTagValueLength);
  const auto experiment = services.tracking.experiments.Create(
      {.name = asked.name,
       .artifact_location = CheckedLocation(std::move(asked.artifact_location)),
       .tags = Pairs<tracking::Tag>(std::move(asked.tags))},
      request.actor());
  return Answer("experiment_id", [&](JsonWriter& out) { out.String(std::to_string(experiment.id)); });
}

http::Response GetExperiment(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<IdRequest>(request);
  return AnswerExperiment(
      services.tracking.experiments.Get(tracking::ParseExperimentId(asked.experiment_id)));
}

http::Response GetExperimentByName(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<NameRequest>(request);
  const auto experiment = services.tracking.experiments.FindByName(asked.experiment_name);
  if (!experiment) {
    throw Error(Code::kNotFound, "Could not find experiment with name " + Quoted(asked.experiment_name),
                "experiment_name");
  }
  return AnswerExperiment(*experiment);
}

http::Response SearchExperiments(const Services& services, http::Request& request) {
  auto asked = ReadRequest<SearchRequest>(request);
  const auto page = services.tracking.experiments.Search({.filter = std::move(asked.filter),
                                                          .view = asked.view_type,
                                                          .order_by = std::move(asked.order_by),
                                                          .limit = asked.max_results,
                                                          .page_token = std::move(asked.page_token)});
  return AnswerPage("experiments", page.experiments, page.next_page_token, WriteExperiment);
}

http::Response UpdateExperiment(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<UpdateRequest>(request);
  CheckLength("new_name", asked.new_name, kExperimentNameLength);
  services.tracking.experiments.Rename(tracking::ParseExperimentId(asked.experiment_id), asked.new_name,
                                       request.actor());
  return EmptyAnswer();
}

http::Response DeleteExperiment(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<IdRequest>(request);
  try {
    services.tracking.experiments.Delete(tracking::ParseExperimentId(asked.experiment_id), request.actor());
  } catch (const Error& error) {
    // To MLflow's server a deleted experiment is not there to be deleted.
    if (error.code() != Code::kFailedPrecondition) throw;
    throw Error(Code::kNotFound, error.what(), error.field());
  }
  return EmptyAnswer();
}

http::Response RestoreExperiment(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<IdRequest>(request);
  services.tracking.experiments.Restore(tracking::ParseExperimentId(asked.experiment_id), request.actor());
  return EmptyAnswer();
}

http::Response SetExperimentTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TagRequest>(request);
  CheckLength("value", asked.value, kExperimentTagValueLength);
  services.tracking.experiments.SetTag(tracking::ParseExperimentId(asked.experiment_id),
                                       {asked.key, asked.value});
  return EmptyAnswer();
}

http::Response DeleteExperimentTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TagRequest>(request);
  services.tracking.experiments.DeleteTag(tracking::ParseExperimentId(asked.experiment_id), asked.key);
  return EmptyAnswer();
}

http::Response SearchDatasets(const Services& services, http::Request& request) {
  constexpr size_t kMostExperiments = 20;
  const auto asked = ReadRequest<DatasetsRequest>(request);
  if (asked.experiment_ids.empty()) {
    throw Error(Code::kInvalidArgument, "SearchDatasets request must specify at least one experiment_id.",
                "experiment_ids");
  }
  if (asked.experiment_ids.size() > kMostExperiments) {
    throw Error(Code::kInvalidArgument,
                "SearchDatasets request cannot specify more than 20 experiment_ids. Received " +
                    std::to_string(asked.experiment_ids.size()) + " experiment_ids.",
                "experiment_ids");
  }
  const auto found = services.tracking.experiments.SearchDatasets(ExperimentIds(asked.experiment_ids));
  return AnswerPage("dataset_summaries", found, {},
                    [](JsonWriter& out, const tracking::DatasetSummary& summary) {
                      out.BeginObject();
                      out.Key("experiment_id");
                      out.String(std::to_string(summary.experiment_id));
                      out.Key("name");
                      out.String(summary.name);
                      out.Key("digest");
                      out.String(summary.digest);
                      if (summary.context) {
                        out.Key("context");
                        out.String(*summary.context);
                      }
                      out.EndObject();
                    });
}

}  // namespace orrery::compat::mlflow
