// Canaries on real threads.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "canary.h"
#include "platform.h"

namespace concertina::canaries {
namespace {

void body_then_stop(void* canary) {
  static_cast<const Canary*>(canary)->body(nullptr);
  platform::stop(Outcome::kExit, "");
}

}  // namespace

int run(const Canary& canary, int runs) {
  threaded::Config config;
  config.events_max = 10'000;
  for (int i = 0; i < runs; ++i) {
    const threaded::Report report =
        platform::run(config, &body_then_stop, const_cast<Canary*>(&canary));
    if (report.outcome == Outcome::kExit) continue;
    std::fprintf(stderr, "canary: %s: %s\n", std::string(outcome_name(report.outcome)).c_str(),
                 report.message.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace concertina::canaries
