#include "base/event.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <type_traits>

namespace concertina {
namespace {

constexpr auto kKinds = static_cast<unsigned>(EventKind::kCount);

TEST(Event, NamesAreUniqueAndPlain) {
  std::set<std::string_view> names;
  for (unsigned i = 0; i < kKinds; ++i) {
    const std::string_view name = event_name(static_cast<EventKind>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos)
        << name;
  }
}

TEST(Event, ANumberBeyondTheTableHasAName) {
  EXPECT_EQ(event_name(EventKind::kCount), "unknown-event");
  EXPECT_EQ(event_name(static_cast<EventKind>(0xff)), "unknown-event");
}

// Traces in reports hold kinds by number.
TEST(Event, NumbersOfOldKindsNeverChange) {
  EXPECT_EQ(static_cast<unsigned>(EventKind::kChannelMade), 0u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kOpSend), 1u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kOpReceive), 2u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kSendToBuffer), 14u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kLockAcquired), 46u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kLockReleased), 47u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kEndGoroutine), 48u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kEndChannel), 49u);
  EXPECT_EQ(static_cast<unsigned>(EventKind::kEndCounts), 50u);
}

// A child process hands its events over in shared memory.
TEST(Event, CanBeCopiedAsBytes) { EXPECT_TRUE(std::is_trivially_copyable_v<Event>); }

}  // namespace
}  // namespace concertina
