// canary NAME [RUNS]: runs one canary; the sanitizer ends the process, or it exits with 0.
#include <cstdio>
#include <cstdlib>
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

}  // namespace
}  // namespace concertina::canaries

int main(int argc, char** argv) {
  using namespace concertina::canaries;
  const Canary* const canary = argc > 1 ? find(argv[1]) : nullptr;
  if (canary != nullptr) return run(*canary, argc > 2 ? std::atoi(argv[2]) : 1);
  std::fprintf(stderr, "usage: canary NAME [RUNS]\n");
  return 2;
}
