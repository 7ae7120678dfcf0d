#include "base/json_writer.h"
#include "compat/mlflow/calls.h"

namespace orrery::compat::mlflow {

http::Response Health(const Services&, http::Request&) {
  return http::Response::Text("OK");
}

http::Response Version(const Services&, http::Request&) {
  return http::Response::Text(std::string(kMlflowVersion));
}

http::Response ServerInfo(const Services&, http::Request&) {
  std::string body;
  JsonWriter out(body);
  out.BeginObject();
  out.Key("store_type");
  out.String("SqlStore");
  out.Key("multipart_uploads_enabled");
  out.Bool(true);
  for (const char* feature : {"workspaces_enabled", "trace_archival_enabled", "multipart_downloads_enabled",
                              "presigned_upload_run_id_supported", "presigned_upload_model_id_supported"}) {
    out.Key(feature);
    out.Bool(false);
  }
  out.Key("features_enabled");
  out.BeginObject();
  out.Key("gateway");
  out.Bool(false);
  out.EndObject();
  out.EndObject();
  return http::Response::Json(std::move(body));
}

}  // namespace orrery::compat::mlflow
