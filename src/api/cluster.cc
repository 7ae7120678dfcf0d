#include "api/cluster.h"

namespace orrery::api {

void AddClusterRoutes(http::Router& router, jobs::Jobs& jobs) {
  router.Get<jobs::Cluster>(
      "/api/v1/cluster",
      {.id = "getCluster",
       .summary = "The machines, what of them no job holds, the queues, and how many jobs run and wait.",
       .tag = "cluster"},
      [&jobs](const http::Request& request) {
        request.query().RefuseOthers({});
        return jobs.Capacity();
      });
}

}  // namespace orrery::api
