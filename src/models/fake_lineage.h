#pragma once

#include <map>
#include <string>

#include "models/lineage.h"

namespace orrery::models {

/// Knows the runs and logged models that a test puts into it.
class FakeLineage final : public Lineage {
 public:
  std::map<std::string, Origin, std::less<>> runs;
  std::map<std::string, Origin, std::less<>> logged_models;

  std::optional<Origin> OfRun(std::string_view run_id) override { return Find(runs, run_id); }
  std::optional<Origin> OfLoggedModel(std::string_view model_id) override {
    return Find(logged_models, model_id);
  }

  void NoteRegistered(sql::Writer&, const std::string& model_id, const std::string& name,
                      int64_t version) override {
    registered[model_id] = name + "/" + std::to_string(version);
  }
  std::map<std::string, std::string> registered;  ///< model id -> "name/version"

 private:
  static std::optional<Origin> Find(const std::map<std::string, Origin, std::less<>>& in,
                                    std::string_view id) {
    const auto found = in.find(id);
    return found == in.end() ? std::nullopt : std::optional(found->second);
  }
};

}  // namespace orrery::models
