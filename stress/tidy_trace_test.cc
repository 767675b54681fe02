#include "stress/tidy_trace.h"

#include <gtest/gtest.h>

#include "oracle/testing.h"

namespace concertina::stress {
namespace {

using fuzzers::History;

std::vector<EventKind> kinds_of(const std::vector<Event>& events) {
  std::vector<EventKind> kinds;
  for (const Event& e : events) kinds.push_back(e.kind);
  return kinds;
}

std::string signature_of(History& history, Outcome outcome) {
  return judge_history({}, outcome, "", history.events()).signature();
}

TEST(Tidy, TakesOutWhatWasFoundWithoutTheLock) {
  History h;
  h.try_send(1, 1, 5)
      .add(event::NotReady{.goroutine = 1, .channel = 1, .is_send = true})
      .add(event::DoneSend{.goroutine = 1, .channel = 1});
  h.try_receive(2, 1)
      .add(event::ReceiveClosed{.goroutine = 2, .channel = 1})
      .add(event::DoneReceive{.goroutine = 2, .channel = 1, .selected = true});
  h.add(event::LenSeen{.goroutine = 1, .channel = 1}).add(event::Queued{.goroutine = 1});
  EXPECT_EQ(kinds_of(tidy(h.events())), std::vector<EventKind>{});
}

TEST(Tidy, KeepsWhatTookEffect) {
  History h;
  h.try_send(1, 1, 5)
      .add(event::SendToBuffer{.goroutine = 1, .channel = 1})
      .add(event::DoneSend{.goroutine = 1, .channel = 1, .selected = true});
  h.receive(2, 1)
      .add(event::ReceiveClosed{.goroutine = 2, .channel = 1})
      .add(event::DoneReceive{.goroutine = 2, .channel = 1, .selected = true});
  h.try_receive(3, 1).add(event::ReceiveFromBuffer{.goroutine = 3, .channel = 1}).received(3, 1, 5);
  EXPECT_EQ(kinds_of(tidy(h.events())), kinds_of(h.events()));
}

TEST(Tidy, BringsAWalkTogether) {
  History h;
  h.thread(1).add(event::CensusBegin{.goroutine = 1}).add(event::FrameSeen{.goroutine = 1});
  h.thread(2).add(event::CensusBegin{.goroutine = 2});
  h.thread(1).add(event::PointerSeen{.goroutine = 1});
  h.thread(2).add(event::FrameSeen{.goroutine = 2});
  h.thread(1).add(event::CopyBegin{.goroutine = 1}).add(event::CensusBegin{.goroutine = 1});
  h.thread(2).add(event::FrameSeen{.goroutine = 2}).add(event::CopyEnd{.goroutine = 2});
  h.thread(1).add(event::FrameSeen{.goroutine = 1});
  std::vector<std::pair<EventKind, GoroutineId>> seen;
  for (const Event& e : tidy(h.events())) seen.emplace_back(e.kind, e.goroutine);
  const std::vector<std::pair<EventKind, GoroutineId>> expected{
      {EventKind::kCensusBegin, 1}, {EventKind::kFrameSeen, 1},   {EventKind::kPointerSeen, 1},
      {EventKind::kCensusBegin, 2}, {EventKind::kFrameSeen, 2},   {EventKind::kFrameSeen, 2},
      {EventKind::kCopyBegin, 1},   {EventKind::kCensusBegin, 1}, {EventKind::kFrameSeen, 1},
      {EventKind::kCopyEnd, 2}};
  EXPECT_EQ(seen, expected);
}

// A value goes through a buffer; `token` is what the receiver finds.
History transfer(std::uint32_t token) {
  History h;
  h.channel(1, 1);
  h.send(1, 1, 5).add(event::SendToBuffer{.goroutine = 1, .channel = 1}).sent(1, 1);
  h.receive(2, 1).add(event::ReceiveFromBuffer{.goroutine = 2, .channel = 1}).received(2, 1, token);
  return h;
}

TEST(Judge, ReplaysTheHistoryThroughTheModel) {
  History good = transfer(5), bad = transfer(6);
  EXPECT_EQ(signature_of(good, Outcome::kBudget), "pass");
  EXPECT_EQ(signature_of(bad, Outcome::kBudget).rfind("channels: ", 0), 0u)
      << signature_of(bad, Outcome::kBudget);
}

TEST(Judge, AsksTheOtherOraclesToo) {
  History locks;
  locks.thread(1).lock(1, 1, LockRank::kChannel, 2).lock(1, 2, LockRank::kChannel, 1);
  EXPECT_EQ(signature_of(locks, Outcome::kBudget).rfind("lock_order: ", 0), 0u);
  History local;
  local.add(event::LocalWritten{.goroutine = 1, .frame_serial = 1, .token = 7})
      .add(event::LocalRead{.goroutine = 1, .frame_serial = 1, .token = 8});
  EXPECT_EQ(signature_of(local, Outcome::kBudget).rfind("locals: ", 0), 0u);
  History stack;
  stack.add(event::StackFreed{.goroutine = 1, .serial = 1, .bytes = 2048});
  EXPECT_EQ(signature_of(stack, Outcome::kBudget).rfind("stack: ", 0), 0u);
  History left;
  left.add(event::Spawned{.child = 1, .path = 1}).add(event::Started{.goroutine = 1});
  left.add(event::EndCounts{});
  EXPECT_EQ(signature_of(left, Outcome::kExit).rfind("deadlock: ", 0), 0u);
  History none;
  EXPECT_EQ(signature_of(none, Outcome::kFatal).rfind("invariants: ", 0), 0u);
}

}  // namespace
}  // namespace concertina::stress
