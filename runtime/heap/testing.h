// For tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/sanitizer.h"
#include "heap/objects.h"
#include "platform_testing.h"

namespace concertina::test {

inline SpanHeap& make_heap(bool poison = true) { return make<SpanHeap>(poison); }

inline std::uintptr_t begin_of(const Span& span) {
  return reinterpret_cast<std::uintptr_t>(span.memory);
}

/// The message with which a body ends its run, "" when it returns.
template <class Body>
void expect_ending(std::string_view message, Body body) {
  EXPECT_EQ(run_body(body).report.message, message);
}

/// Overwrites a byte of memory that is free or behind an object's end.
inline void write_late(void* byte) {
  auto* const word =
      reinterpret_cast<unsigned char*>(reinterpret_cast<std::uintptr_t>(byte) & ~std::uintptr_t{7});
  sanitizer::unpoison(word, 8);
  *static_cast<unsigned char*>(byte) ^= 1;
  sanitizer::poison(word, 8);
}

}  // namespace concertina::test
