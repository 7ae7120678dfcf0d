#include "tracking/logged_models.h"

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/shared_requests.h"
#include "tracking/experiments.h"

namespace orrery::compat::mlflow {
namespace {

struct CreateRequest {
  static constexpr std::string_view kRequired[] = {"experiment_id"};
  std::string experiment_id;
  std::string name;
  std::string model_type;
  std::string source_run_id;
  std::vector<PairRequest> params;
  std::vector<PairRequest> tags;
};
BOOST_DESCRIBE_STRUCT(CreateRequest, (), (experiment_id, name, model_type, source_run_id, params, tags))

/// The states as this wire numbers and names them.
enum class Status { kLoggedModelPending, kLoggedModelReady, kLoggedModelUploadFailed };
BOOST_DESCRIBE_ENUM(Status, kLoggedModelPending, kLoggedModelReady, kLoggedModelUploadFailed)

struct FinalizeRequest {
  static constexpr std::string_view kRequired[] = {"model_id", "status"};
  std::string model_id;
  std::optional<Status> status;
};
BOOST_DESCRIBE_STRUCT(FinalizeRequest, (), (model_id, status))

struct TagsRequest {
  std::string model_id;
  std::vector<PairRequest> tags;
};
BOOST_DESCRIBE_STRUCT(TagsRequest, (), (model_id, tags))

struct ParamsRequest {
  static constexpr std::string_view kRequired[] = {"model_id"};
  std::string model_id;
  std::vector<PairRequest> params;
};
BOOST_DESCRIBE_STRUCT(ParamsRequest, (), (model_id, params))

struct DatasetRequest {
  static constexpr std::string_view kRequired[] = {"dataset_name"};
  std::string dataset_name;
  std::optional<std::string> dataset_digest;
};
BOOST_DESCRIBE_STRUCT(DatasetRequest, (), (dataset_name, dataset_digest))

struct OrderRequest {
  static constexpr std::string_view kRequired[] = {"field_name"};
  std::string field_name;
  bool ascending = true;
  std::optional<std::string> dataset_name;
  std::optional<std::string> dataset_digest;
};
BOOST_DESCRIBE_STRUCT(OrderRequest, (), (field_name, ascending, dataset_name, dataset_digest))

struct SearchRequest {
  static constexpr std::string_view kRequired[] = {"experiment_ids"};
  std::vector<std::string> experiment_ids;
  std::string filter;
  std::vector<DatasetRequest> datasets;
  std::optional<int64_t> max_results;
  std::vector<OrderRequest> order_by;
  std::string page_token;
};
BOOST_DESCRIBE_STRUCT(SearchRequest, (),
                      (experiment_ids, filter, datasets, max_results, order_by, page_token))

/// The model of the path. A body that names another one is refused: both would have to be authorised.
tracking::LoggedModelId ModelOf(const http::Request& request, const std::string& in_body = {}) {
  const std::string& in_path = request.path("model_id");
  if (!in_body.empty() && in_body != in_path) {
    throw InvalidField("model_id", "differs from the one in the path: " + Quoted(in_body));
  }
  return tracking::LoggedModelId::Parse(in_path);
}

http::Response AnswerModel(const tracking::LoggedModel& model) {
  return Answer("model", [&](JsonWriter& out) { WriteLoggedModel(out, model); });
}

std::optional<std::string> Given(std::optional<std::string> text) {
  return text && !text->empty() ? text : std::nullopt;
}

}  // namespace

http::Response CreateLoggedModel(const Services& services, http::Request& request) {
  auto asked = ReadRequest<CreateRequest>(request);
  return AnswerModel(services.tracking.logged_models.Create(
      {.experiment_id = tracking::ParseExperimentId(asked.experiment_id),
       .name = std::move(asked.name),
       .model_type = std::move(asked.model_type),
       .source_run_id = std::move(asked.source_run_id),
       .params = CutPairs<tracking::Param>(std::move(asked.params), kParamValueLength),
       .tags = Pairs<tracking::Tag>(std::move(asked.tags))},
      request.actor()));
}

http::Response GetLoggedModel(const Services& services, http::Request& request) {
  return AnswerModel(services.tracking.logged_models.Get(ModelOf(request)));
}

http::Response FinalizeLoggedModel(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<FinalizeRequest>(request);
  const auto id = ModelOf(request, asked.model_id);
  if (!asked.status) throw InvalidField("status", "expected " + EnumChoices<Status>());
  const auto status = static_cast<tracking::LoggedModelStatus>(*asked.status);
  return AnswerModel(services.tracking.logged_models.Finish(id, status, request.actor()));
}

http::Response DeleteLoggedModel(const Services& services, http::Request& request) {
  services.tracking.logged_models.Delete(ModelOf(request), request.actor());
  return EmptyAnswer();
}

http::Response SearchLoggedModels(const Services& services, http::Request& request) {
  constexpr int64_t kDefaultResults = 50;
  auto asked = ReadRequest<SearchRequest>(request);
  tracking::LoggedModelQuery query{.experiment_ids = ExperimentIds(asked.experiment_ids),
                                   .filter = std::move(asked.filter),
                                   .limit = asked.max_results.value_or(kDefaultResults),
                                   .page_token = std::move(asked.page_token)};
  for (DatasetRequest& dataset : asked.datasets) {
    query.datasets.push_back({std::move(dataset.dataset_name), Given(std::move(dataset.dataset_digest))});
  }
  for (OrderRequest& order : asked.order_by) {
    query.order_by.push_back({std::move(order.field_name), order.ascending,
                              Given(std::move(order.dataset_name)), Given(std::move(order.dataset_digest))});
  }
  const auto page = services.tracking.logged_models.Search(query);
  return AnswerPage("models", page.models, page.next_page_token, WriteLoggedModel);
}

http::Response SetLoggedModelTags(const Services& services, http::Request& request) {
  auto asked = ReadRequest<TagsRequest>(request);
  const auto id = ModelOf(request, asked.model_id);
  services.tracking.logged_models.SetTags(id, Pairs<tracking::Tag>(std::move(asked.tags)));
  return AnswerModel(services.tracking.logged_models.Get(id));
}

http::Response DeleteLoggedModelTag(const Services& services, http::Request& request) {
  services.tracking.logged_models.DeleteTag(ModelOf(request), request.path("key"));
  return EmptyAnswer();
}

http::Response LogLoggedModelParams(const Services& services, http::Request& request) {
  auto asked = ReadRequest<ParamsRequest>(request);
  services.tracking.logged_models.LogParams(
      ModelOf(request, asked.model_id),
      CutPairs<tracking::Param>(std::move(asked.params), kParamValueLength));
  return EmptyAnswer();
}

}  // namespace orrery::compat::mlflow
