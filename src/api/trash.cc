#include "api/trash.h"

namespace orrery::api {

void AddTrashRoutes(http::Router& router, tracking::Trash& trash) {
  router.Get<tracking::TrashSummary>(
      "/api/v1/trash",
      {.id = "getTrash", .summary = "Tell how much is deleted and can still be restored.", .tag = "runs"},
      [&trash](const http::Request& request) {
        request.query().RefuseOthers({});
        return trash.Look();
      });
  router.Post<tracking::EmptyTrash, tracking::Emptied>(
      "/api/v1/trash/empty",
      {.id = "emptyTrash",
       .summary =
           "Take away for good what was deleted long enough ago, at most 1000 runs at a time; nothing that "
           "a registered model or a job refers to.",
       .tag = "runs"},
      [&trash](const http::Request& request, const tracking::EmptyTrash& what) {
        return trash.Empty(what, request.actor());
      });
}

}  // namespace orrery::api
