#include "stress/jobs/job.h"

namespace concertina::stress {

std::vector<std::unique_ptr<Job>> make_jobs() {
  std::vector<std::unique_ptr<Job>> jobs;
  jobs.push_back(make_ring());
  jobs.push_back(make_select_storm());
  jobs.push_back(make_close_race());
  jobs.push_back(make_spawn_tree());
  jobs.push_back(make_deep_recursion());
  jobs.push_back(make_pointer_receive());
  return jobs;
}

}  // namespace concertina::stress
