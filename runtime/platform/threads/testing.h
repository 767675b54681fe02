// For tests: runs a lambda as the first thread of a run on real threads. The rules of
// platform/testing.h hold; when the first thread's body returns, the run ends as kExit.
#pragma once

#include "platform.h"
#include "platform/testing.h"

namespace concertina::test {

/// No test takes that long: a run that does has lost a wake-up, and fails as kHung.
inline constexpr std::uint64_t kTestLimitNs = 60'000'000'000;
inline constexpr std::uint32_t kTestEventsMax = 200'000;

template <class Body>
RunResult run_body(threaded::Config config, Body body) {
  if (config.limit_ns == 0) config.limit_ns = kTestLimitNs;
  const auto main = [](void* argument) {
    (*static_cast<Body*>(argument))();
    platform::stop(Outcome::kExit, "");
  };
  RunResult run;
  run.report = platform::run(config, main, &body);
  run.events = run.report.events;
  return run;
}

template <class Body>
RunResult run_body(Body body) {
  return run_body(threaded::Config{.events_max = kTestEventsMax}, body);
}

}  // namespace concertina::test
