#include "platform/fatal.h"

#include <cstdio>
#include <string>

namespace concertina::inline CONCERTINA_PLATFORM {

void fatal(std::string_view invariant, std::string_view detail) {
  std::string message(invariant);
  message += ": ";
  message += detail;
  // The run is abandoned from here: hand over a copy that outlives this stack.
  auto* const copy = static_cast<char*>(platform::allocate(message.size() + 1));
  const std::size_t size = message.copy(copy, message.size());
  std::string().swap(message);
  platform::stop(Outcome::kFatal, std::string_view(copy, size));
}

void lock_taken_twice(LockRank rank, std::uint32_t order) {
  char detail[64];
  std::snprintf(detail, sizeof(detail), "%.*s %u is wanted by the thread that holds it",
                static_cast<int>(lock_rank_name(rank).size()), lock_rank_name(rank).data(), order);
  fatal("lock taken twice", detail);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
