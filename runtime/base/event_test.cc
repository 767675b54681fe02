#include "base/event.h"

#include <gtest/gtest.h>

#include <concepts>
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

// A run's hash is computed from these bits.
TEST(Event, ThePackedFormNeverChanges) {
  const Event receive = event::DoneReceive{
      .goroutine = 3, .channel = 4, .selected = true, .ok = true, .token = 7, .torn = true};
  EXPECT_EQ(receive, (Event{EventKind::kDoneReceive, 0, 3, 4, 3, 7, 1, 0}));
  const Event select = event::DoneSelect{.goroutine = 3, .chosen = kSelectedDefault, .torn = true};
  EXPECT_EQ(select, (Event{EventKind::kDoneSelect, 0, 3, 0, 0xffff, 0, 2, 0}));
  const Event copy = event::CopyBegin{.goroutine = 3,
                                      .locks = CopyLocks::kHeld,
                                      .reason = CopyReason::kMove,
                                      .old_bytes = 5,
                                      .new_bytes = 6};
  EXPECT_EQ(copy, (Event{EventKind::kCopyBegin, 0, 3, 2, 2, 5, 6, 0}));
  const Event met = event::SendToReceiver{
      .goroutine = 3, .channel = 4, .case_index = 5, .partner = 6, .partner_case = 7};
  EXPECT_EQ(met, (Event{EventKind::kSendToReceiver, 0, 3, 4, 5, 6, 7, 0}));
}

// Any event whose slots hold what they may hold, read and packed again.
TEST(Event, NothingIsLostOnTheWayThereAndBack) {
  for (unsigned i = 0; i < kKinds; ++i) {
    unsigned slots = 0;
    for (const unsigned slot : {0u, 1u, 2u, 3u, 4u}) {
      Event event{.kind = static_cast<EventKind>(i)};
      if (slot == 0) event.goroutine = 1;
      if (slot == 1) event.slot_c = 1;
      if (slot == 2) event.slot_i = 1;
      if (slot == 3) event.slot_a = 1;
      if (slot == 4) event.slot_b = 1;
      if (!is_well_formed(event)) continue;
      ++slots;
      const Event again = visit(event, [](const auto& fact) -> Event {
        if constexpr (!std::same_as<decltype(fact), const event::Unknown&>) return fact;
        return {};
      });
      EXPECT_EQ(again, event) << event_name(event.kind) << ", slot " << slot;
    }
    const auto kind = static_cast<EventKind>(i);
    const bool says_nothing =
        kind == EventKind::kMachineBegins || kind == EventKind::kMachineSleeps;
    EXPECT_EQ(slots == 0, says_nothing) << event_name(kind);
  }
}

TEST(Event, SlotsWithoutAFieldAreZeroAndValuesInTheirRange) {
  EXPECT_TRUE(is_well_formed(event::Closed{.goroutine = 1, .channel = 2}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kClosed, .goroutine = 1, .slot_i = 1}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kClosed, .slot_b = 1}));
  EXPECT_TRUE(is_well_formed({.kind = EventKind::kDoneReceive, .slot_i = 3, .slot_b = 1}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kDoneReceive, .slot_i = 4}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kDoneReceive, .slot_b = 2}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kCopyBegin, .slot_c = 3}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kCopyBegin, .slot_i = 3}));
  EXPECT_FALSE(is_well_formed({.kind = EventKind::kReadied, .slot_a = 0x10000}));
  EXPECT_TRUE(is_well_formed(event::EndGoroutine{.status = kWaiting | kScan}));
  EXPECT_FALSE(is_well_formed({}));
}

TEST(Event, AsksAreAnsweredForEveryKind) {
  const Event copy = event::CopyBegin{.goroutine = 3, .locks = CopyLocks::kTaken};
  EXPECT_EQ(channel_of(copy), kNilChannel);
  EXPECT_EQ(channel_of(event::EndChannel{.channel = 7}), 7);
  EXPECT_EQ(partner_of(event::CloseWakesSender{.partner = 4, .partner_case = 2}).goroutine, 4);
  EXPECT_EQ(partner_of(event::CloseWakesSender{.partner = 4, .partner_case = 2}).case_index, 2);
  EXPECT_EQ(partner_of(event::Readied{.target = 4}).goroutine, kNoGoroutine);
  EXPECT_EQ(channel_of(Event{}), kNilChannel);
}

// channel_of and partner_of look into slots; what a kind has in them, only its struct says.
TEST(Event, ChannelsAndPartnersAreWhereTheStructsOfAllKindsHaveThem) {
  for (unsigned i = 0; i <= kKinds; ++i) {
    const Event event{
        .kind = static_cast<EventKind>(i), .slot_c = 5, .slot_i = 6, .slot_a = 7, .slot_b = 8};
    visit(event, [&](const auto& fact) {
      if constexpr (requires { fact.channel; }) {
        EXPECT_EQ(channel_of(event), fact.channel) << event_name(event.kind);
      } else {
        EXPECT_EQ(channel_of(event), kNilChannel) << event_name(event.kind);
      }
      if constexpr (requires { fact.partner; }) {
        EXPECT_EQ(partner_of(event).goroutine, fact.partner) << event_name(event.kind);
        EXPECT_EQ(partner_of(event).case_index, fact.partner_case) << event_name(event.kind);
      } else {
        EXPECT_EQ(partner_of(event).goroutine, kNoGoroutine) << event_name(event.kind);
      }
    });
  }
}

TEST(EventDeathTest, AnEventIsNotReadAsAnotherKind) {
  const Event event = event::Closed{.channel = 1};
  EXPECT_DEATH(as<event::OpClose>(event), "check failed: packed.kind == Fact::kKind: closed");
}

// A child process hands its events over in shared memory.
TEST(Event, CanBeCopiedAsBytes) { EXPECT_TRUE(std::is_trivially_copyable_v<Event>); }

}  // namespace
}  // namespace concertina
