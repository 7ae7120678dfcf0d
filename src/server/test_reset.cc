#include "server/test_reset.h"

#include <boost/describe/class.hpp>

#include "base/error.h"

namespace orrery::server {
namespace {

struct Emptied {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(Emptied, (), (status))

}  // namespace

void AddTestReset(http::Router& router, const TestStore& store) {
  router.Post<http::NoBody, Emptied>(
      "/api/v1/test/reset",
      {.id = "resetForTest",
       .summary = "Forget every experiment, run, artifact and model: for test suites alone.",
       .tag = "test"},
      [store](const http::Request& request) {
        request.query().RefuseOthers({});
        if (!store.jobs.List({.limit = 1}).jobs.empty()) {
          throw Error(Code::kFailedPrecondition,
                      "jobs were submitted to this server, so it is no test suite's own: start another one "
                      "on an empty "
                      "folder");
        }
        store.database.Write([&](sql::Writer& writer) {
          store.models.Clear(writer);
          store.uploads.Clear(writer);
          store.artifacts.Clear(writer);
          store.tracking.Clear(writer);
        });
        return Emptied{"empty"};
      });
}

}  // namespace orrery::server
