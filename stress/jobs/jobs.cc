#include "stress/jobs/job.h"

namespace concertina::stress {

std::vector<std::unique_ptr<Job>> make_jobs() {
  std::vector<std::unique_ptr<Job>> jobs;
  for (const auto make : {&make_ring, &make_select_storm, &make_close_race, &make_spawn_tree,
                          &make_deep_recursion, &make_pointer_receive}) {
    jobs.push_back(make());
  }
  return jobs;
}

}  // namespace concertina::stress
