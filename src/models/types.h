#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/instant.h"

namespace orrery::models {

/// Where a version stands in its life: a label on the version.
enum class Stage { kNone, kStaging, kProduction, kArchived };
BOOST_DESCRIBE_ENUM(Stage, kNone, kStaging, kProduction, kArchived)

struct Tag {
  std::string key;
  std::string value;
  bool operator==(const Tag&) const = default;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (key, value))

/// A name that points at one version of its model and can be moved.
struct Alias {
  std::string alias;
  int64_t version = 0;
  bool operator==(const Alias&) const = default;
};
BOOST_DESCRIBE_STRUCT(Alias, (), (alias, version))

struct ModelVersion {
  std::string name;  ///< of the registered model
  int64_t version = 0;
  Instant created_at;
  Instant updated_at;
  Stage stage = Stage::kNone;
  std::optional<std::string> description;
  std::string source;    ///< as it was asked for: runs:/..., models:/..., mlflow-artifacts:/...
  std::string location;  ///< where the files are; `source` with models:/ resolved
  std::optional<std::string> run_id;
  std::optional<std::string> model_id;  ///< the logged model that this version registers
  std::optional<std::string> run_link;  ///< opaque text, never followed
  std::vector<Tag> tags;
  std::vector<std::string> aliases;
};
BOOST_DESCRIBE_STRUCT(ModelVersion, (),
                      (name, version, created_at, updated_at, stage, description, source, location, run_id,
                       model_id, run_link, tags, aliases))

struct RegisteredModel {
  std::string name;
  Instant created_at;
  Instant updated_at;
  std::optional<std::string> description;
  std::vector<ModelVersion> latest_versions;  ///< the newest of each stage
  std::vector<Tag> tags;
  std::vector<Alias> aliases;
};
BOOST_DESCRIBE_STRUCT(RegisteredModel, (),
                      (name, created_at, updated_at, description, latest_versions, tags, aliases))

struct NewModel {
  std::string name;
  std::optional<std::string> description;
  std::vector<Tag> tags;  ///< of one key given twice, the last counts
};

struct NewVersion {
  std::string name;
  std::string source;
  std::optional<std::string> run_id;
  std::optional<std::string> model_id;
  std::optional<std::string> run_link;
  std::optional<std::string> description;
  std::vector<Tag> tags;
};

/// A page of a search. `filter` and `order_by` are in the grammar of search.h.
struct SearchRequest {
  std::string filter;
  std::vector<std::string> order_by;
  int64_t max_results = 100;
  std::string page_token;
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_page_token;  ///< empty on the last page
};

}  // namespace orrery::models
