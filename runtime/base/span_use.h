// What a span of the heap is used for, and what a piece of one is. Closed lists; events carry the
// numbers.
#pragma once

#include <cstdint>

namespace concertina {

enum class SpanUse : std::uint16_t {
  kFree = 0,
  kStacks = 1,
  kObjects = 2,  // sudogs, channel buffers
};

enum class ObjectUse : std::uint16_t {
  kSudog = 0,
  kBuffer = 1,
};

}  // namespace concertina
