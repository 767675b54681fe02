#include "platform/fatal.h"

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

}  // namespace concertina::inline CONCERTINA_PLATFORM
