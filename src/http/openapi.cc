#include "http/openapi.h"

#include <cstdlib>
#include <map>
#include <memory>

#include <cxxabi.h>

namespace orrery::http {
namespace {

std::string Demangled(std::type_index type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type.name();
}

std::string LowerName(Method method) {
  std::string name(MethodName(method));
  for (char& c : name) c = static_cast<char>(c + 32);
  return name;
}

void WriteParameter(JsonWriter& out, std::string_view name, std::string_view in, std::string_view text,
                    bool repeatable) {
  out.BeginObject();
  out.Key("name");
  out.String(name);
  out.Key("in");
  out.String(in);
  if (in == "path") {
    out.Key("required");
    out.Bool(true);
  }
  if (!text.empty()) {
    out.Key("description");
    out.String(text);
  }
  out.Key("schema");
  out.Raw(repeatable ? R"({"type":"array","items":{"type":"string"}})" : R"({"type":"string"})");
  out.EndObject();
}

void WriteParameters(JsonWriter& out, const Route& route) {
  out.Key("parameters");
  out.BeginArray();
  for (size_t at = route.pattern.find('{'); at != std::string::npos; at = route.pattern.find('{', at + 1)) {
    std::string name = route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1);
    if (name.ends_with('*')) name.pop_back();
    WriteParameter(out, name, "path", {}, false);
  }
  for (const QueryDoc& query : route.doc.query) {
    WriteParameter(out, query.name, "query", query.text, query.repeatable);
  }
  out.EndArray();
}

void WriteContent(JsonWriter& out, std::string_view type, std::string_view schema) {
  out.Key("content");
  out.BeginObject();
  out.Key(type);
  out.BeginObject();
  if (!schema.empty()) {
    out.Key("schema");
    out.Raw(schema);
  }
  out.EndObject();
  out.EndObject();
}

void WriteOperation(JsonWriter& out, const Route& route, Schemas& schemas) {
  out.Key(LowerName(route.method));
  out.BeginObject();
  out.Key("operationId");
  out.String(route.doc.id);
  out.Key("summary");
  out.String(route.doc.summary);
  out.Key("tags");
  out.Raw(ToJson(std::vector<std::string>{route.doc.tag}));
  WriteParameters(out, route);
  if (route.body.kind != BodyPolicy::Kind::kNone) {
    out.Key("requestBody");
    out.BeginObject();
    out.Key("required");
    out.Bool(true);
    WriteContent(out, route.body.json ? "application/json" : "application/octet-stream",
                 route.request_schema != nullptr ? route.request_schema(schemas) : "");
    out.EndObject();
  }
  out.Key("responses");
  out.BeginObject();
  out.Key(std::to_string(route.doc.success));
  out.BeginObject();
  out.Key("description");
  out.String("Success.");
  WriteContent(out, route.doc.answers,
               route.response_schema != nullptr ? route.response_schema(schemas) : "");
  out.EndObject();
  out.Key("default");
  out.Raw(R"({"$ref":"#/components/responses/Error"})");
  out.EndObject();
  if (route.doc.access == Access::kPublic) {
    out.Key("security");
    out.Raw("[]");
  }
  out.EndObject();
}

/// "/x/{path*}" -> "/x/{path}".
std::string DocumentPath(std::string pattern) {
  std::erase(pattern, '*');
  return pattern;
}

void WriteComponents(JsonWriter& out, const Schemas& schemas) {
  out.Key("components");
  out.BeginObject();
  out.Key("schemas");
  out.BeginObject();
  for (const auto& [name, schema] : schemas.components()) {
    out.Key(name);
    out.Raw(schema);
  }
  out.EndObject();
  out.Key("responses");
  out.Raw(
      R"({"Error":{"description":"What was wrong and what would be right.","content":{"application/json":)"
      R"({"schema":{"type":"object","required":["error"],"properties":{"error":{"type":"object",)"
      R"("required":["code","message"],"properties":{"code":{"type":"string"},"message":{"type":"string"},)"
      R"("field":{"type":"string"}}}}}}}}})");
  out.Key("securitySchemes");
  out.Raw(R"({"token":{"type":"http","scheme":"bearer"}})");
  out.EndObject();
}

}  // namespace

std::string Schemas::NameFor(std::type_index type) {
  const auto known = names_.find(type);
  if (known != names_.end()) return known->second;
  // "orrery::jobs::JobSpec" -> "JobSpec", or "jobs.JobSpec" where that is taken.
  std::string rest = Demangled(type);
  std::string name;
  for (;;) {
    const size_t colons = rest.rfind("::");
    const std::string last = colons == std::string::npos ? rest : rest.substr(colons + 2);
    name = name.empty() ? last : last + "." + name;
    if (!components_.contains(name) || colons == std::string::npos) break;
    rest.resize(colons);
  }
  for (char& c : name) {
    const bool allowed =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
    if (!allowed) c = '_';
  }
  return names_[type] = name;
}

std::string OpenApiDocument(const Router& router, std::string_view title, std::string_view version,
                            std::string_view prefix) {
  std::map<std::string, std::vector<const Route*>> paths;
  for (const Route& route : router.routes()) {
    if (route.pattern.starts_with(prefix)) paths[DocumentPath(route.pattern)].push_back(&route);
  }
  Schemas schemas;
  std::string text;
  JsonWriter out(text);
  out.BeginObject();
  out.Key("openapi");
  out.String("3.1.0");
  out.Key("info");
  out.BeginObject();
  out.Key("title");
  out.String(title);
  out.Key("version");
  out.String(version);
  out.EndObject();
  out.Key("security");
  out.Raw(R"([{"token":[]},{}])");
  out.Key("paths");
  out.BeginObject();
  for (const auto& [path, routes] : paths) {
    out.Key(path);
    out.BeginObject();
    for (const Route* route : routes) WriteOperation(out, *route, schemas);
    out.EndObject();
  }
  out.EndObject();
  WriteComponents(out, schemas);
  out.EndObject();
  return text;
}

}  // namespace orrery::http
