// canary NAME [RUNS]: runs one canary; the sanitizer ends the process, or it exits with 0.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "canary.h"

namespace concertina::canaries {
namespace {

const Canary* find(std::string_view name) {
  for (const auto& list : {memory_canaries(), race_canaries()}) {
    for (const Canary& canary : list) {
      if (canary.name == name) return &canary;
    }
  }
  return nullptr;
}

void body_then_stop(void* canary) {
  static_cast<const Canary*>(canary)->body(nullptr);
  platform::stop(Outcome::kExit, "");
}

/// This many runs in one process: what one leaves must not look like a race to the next. The
/// exit code.
int run_often(const Canary& canary, int runs) {
  for (int i = 0; i < runs; ++i) {
    const platform::Report report = run(&body_then_stop, const_cast<Canary*>(&canary));
    if (report.outcome == Outcome::kExit) continue;
    std::fprintf(stderr, "canary: %s: %s\n", std::string(outcome_name(report.outcome)).c_str(),
                 report.message.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace concertina::canaries

int main(int argc, char** argv) {
  using namespace concertina::canaries;
  const Canary* const canary = argc > 1 ? find(argv[1]) : nullptr;
  if (canary != nullptr) return run_often(*canary, argc > 2 ? std::atoi(argv[2]) : 1);
  std::fprintf(stderr, "usage: canary NAME [RUNS]\n");
  return 2;
}
