#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/errors.h"
#include "http/internal/admission.h"
#include "http/internal/input_buffer.h"

namespace http = orrery::http;

namespace {

const http::Router& Routes() {
  static const http::Router* const kRouter = [] {
    auto* router = new http::Router();
    const auto answer = [](http::Request& request) { return http::Response::Text(request.body()); };
    router->Add(
        {.method = http::Method::kGet, .pattern = "/{path*}", .doc = {.id = "page"}, .handler = answer});
    router->Add({.method = http::Method::kPut,
                 .pattern = "/api/{name}/{path*}",
                 .doc = {.id = "put"},
                 .body = http::BodyPolicy::Buffered(1000),
                 .handler = answer});
    return router;
  }();
  return *kRouter;
}

void CheckAdmitted(const http::Admission& admission) {
  if (admission.route == nullptr) return;
  // What a handler sees names no place outside its route.
  for (const std::string& segment : admission.request.target().segments) {
    if (segment == "." || segment == ".." ||
        segment.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) {
      std::abort();
    }
  }
}

}  // namespace

/// Reads the bytes as a connection would, a piece at a time: the first byte says how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const size_t piece = 1 + data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const http::Gate gate(Routes(), {}, nullptr);
  http::InputBuffer input(8192 + http::InputBuffer::kStep);
  try {
    http::RequestParser parser(8192);
    bool admitted = false;
    while (!parser.done()) {
      const size_t taken = input.pending().empty() ? 0 : parser.Feed(input.pending());
      input.Take(taken);
      parser.body().clear();
      if (parser.head_done() && !admitted) {
        admitted = true;
        CheckAdmitted(gate.Admit(parser.head(), "peer"));
      }
      if (taken > 0 || parser.done()) continue;
      if (rest.empty()) break;
      const std::span<char> room = input.Room();
      const size_t count = std::min({piece, rest.size(), room.size()});
      rest.copy(room.data(), count);
      input.Filled(count);
      rest.remove_prefix(count);
    }
  } catch (const http::StatusError&) {
    return 0;  // refused, as most inputs must be
  }
  return 0;
}
