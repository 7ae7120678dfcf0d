#include "models/models.h"

namespace orrery::models {

std::span<const sql::Migration> Registry::Migrations() {
  static constexpr sql::Migration kMigrations[] = {{"models", 1, R"sql(
CREATE TABLE registered_models (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  description TEXT,
  last_version BIGINT NOT NULL
);
CREATE TABLE registered_model_tags (
  model BIGINT NOT NULL REFERENCES registered_models(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, key)
);
CREATE TABLE model_versions (
  model BIGINT NOT NULL REFERENCES registered_models(id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  stage TEXT NOT NULL,
  description TEXT,
  source TEXT NOT NULL,
  location TEXT NOT NULL,
  run_id TEXT,
  model_id TEXT,
  run_link TEXT,
  PRIMARY KEY (model, version)
);
CREATE INDEX model_versions_by_run ON model_versions (run_id);
CREATE INDEX model_versions_by_logged_model ON model_versions (model_id);
CREATE TABLE model_version_tags (
  model BIGINT NOT NULL,
  version BIGINT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, version, key),
  FOREIGN KEY (model, version) REFERENCES model_versions(model, version) ON DELETE CASCADE
);
CREATE TABLE model_aliases (
  model BIGINT NOT NULL,
  alias TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (model, alias),
  FOREIGN KEY (model, version) REFERENCES model_versions(model, version) ON DELETE CASCADE
);
)sql"}};
  return kMigrations;
}

void Registry::Clear(sql::Writer& writer) {
  writer.Run("DELETE FROM registered_models");  // what belongs to them follows
}

}  // namespace orrery::models
