#include "tracking/internal/inputs.h"

#include <string>

#include "tracking/internal/checks.h"
#include "tracking/internal/model_rows.h"
#include "tracking/limits.h"

namespace orrery::tracking::internal {

void CheckInputs(const std::vector<DatasetInput>& datasets) {
  for (size_t i = 0; i < datasets.size(); ++i) {
    const std::string at = "datasets[" + std::to_string(i) + "]";
    const Dataset& dataset = datasets[i].dataset;
    CheckName(at + ".dataset.name", dataset.name, kMaxDatasetNameBytes);
    CheckName(at + ".dataset.digest", dataset.digest, kMaxDatasetDigestBytes);
    CheckName(at + ".dataset.source_type", dataset.source_type, kMaxKeyBytes);
    CheckName(at + ".dataset.source", dataset.source, kMaxDatasetSourceBytes);
    CheckLength(at + ".dataset.schema", dataset.schema.value_or(""), kMaxDatasetSchemaBytes);
    CheckLength(at + ".dataset.profile", dataset.profile.value_or(""), kMaxDatasetProfileBytes);
    for (const Tag& tag : datasets[i].tags) {
      CheckName(at + ".tags.key", tag.key, kMaxInputTagKeyBytes);
      CheckLength(at + ".tags.value", tag.value, kMaxInputTagValueBytes);
    }
  }
}

void StoreInputs(sql::Writer& writer, const RunKey& run, const std::vector<DatasetInput>& datasets,
                 const std::vector<ModelInput>& models) {
  for (const DatasetInput& input : datasets) {
    const Dataset& dataset = input.dataset;
    writer.Run(
        "INSERT INTO datasets (experiment_id, name, digest, source_type, source, dataset_schema, "
        "dataset_profile) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (experiment_id, name, digest) DO NOTHING",
        run.experiment_id, dataset.name, dataset.digest, dataset.source_type, dataset.source, dataset.schema,
        dataset.profile);
    const auto id =
        writer.First<int64_t>("SELECT id FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
                              run.experiment_id, dataset.name, dataset.digest);
    writer.Run(
        "INSERT INTO run_datasets (run_seq, dataset_id) VALUES (?, ?) ON CONFLICT (run_seq, dataset_id) DO "
        "NOTHING",
        run.seq, id.value());
    for (const Tag& tag : input.tags) {
      writer.Run(
          "INSERT INTO run_dataset_tags (run_seq, dataset_id, key, value) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (run_seq, dataset_id, key) DO NOTHING",
          run.seq, id.value(), tag.key, tag.value);
    }
  }
  for (const ModelInput& model : models) {
    RequireModel(writer, LoggedModelId::Parse(model.model_id));
    writer.Run(
        "INSERT INTO run_model_inputs (run_seq, model_id) VALUES (?, ?) ON CONFLICT (run_seq, model_id) DO "
        "NOTHING",
        run.seq, model.model_id);
  }
}

void StoreOutputs(sql::Writer& writer, const RunKey& run, const std::vector<ModelOutput>& models) {
  for (const ModelOutput& model : models) {
    RequireModel(writer, LoggedModelId::Parse(model.model_id));
    writer.Run(
        "INSERT INTO run_model_outputs (run_seq, model_id, step) VALUES (?, ?, ?) "
        "ON CONFLICT (run_seq, model_id) DO UPDATE SET step = excluded.step",
        run.seq, model.model_id, model.step);
  }
}

}  // namespace orrery::tracking::internal
