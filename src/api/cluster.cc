#include "api/cluster.h"

namespace orrery::api {

void AddClusterRoutes(http::Router& router, jobs::Jobs& jobs) {
  router.Get<jobs::Cluster>(
      "/api/v1/cluster",
      {.id = "getCluster",
       .summary =
           "The machines and what of them no job holds, the queues, the jobs that run, and those that wait "
           "in their order with the reason.",
       .tag = "cluster",
       .query = {{"limit",
                  "How many running and how many waiting jobs to list at most: 0 to 1000, by default "
                  "100."}}},
      [&jobs](const http::Request& request) {
        request.query().RefuseOthers({"limit"});
        return jobs.Capacity(static_cast<size_t>(request.query().Integer("limit", 100, 0, 1'000)));
      });
}

}  // namespace orrery::api
