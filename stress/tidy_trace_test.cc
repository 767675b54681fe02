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
  h.try_send(1, 1, 5).add(EventKind::kNotReady, 1, 1, {0, 1}).add(EventKind::kDoneSend, 1, 1, {0});
  h.try_receive(2, 1).add(EventKind::kReceiveClosed, 2, 1).add(EventKind::kDoneReceive, 2, 1, {1});
  h.add(EventKind::kLenSeen, 1, 1).add(EventKind::kQueued, 1);
  EXPECT_EQ(kinds_of(tidy(h.events())), std::vector<EventKind>{});
}

TEST(Tidy, KeepsWhatTookEffect) {
  History h;
  h.try_send(1, 1, 5).add(EventKind::kSendToBuffer, 1, 1).add(EventKind::kDoneSend, 1, 1, {1});
  h.receive(2, 1).add(EventKind::kReceiveClosed, 2, 1).add(EventKind::kDoneReceive, 2, 1, {1});
  h.try_receive(3, 1).add(EventKind::kReceiveFromBuffer, 3, 1).received(3, 1, 5);
  EXPECT_EQ(kinds_of(tidy(h.events())), kinds_of(h.events()));
}

TEST(Tidy, BringsAWalkTogether) {
  History h;
  h.thread(1).add(EventKind::kCensusBegin, 1).add(EventKind::kFrameSeen, 1);
  h.thread(2).add(EventKind::kCensusBegin, 2);
  h.thread(1).add(EventKind::kPointerSeen, 1);
  h.thread(2).add(EventKind::kFrameSeen, 2);
  h.thread(1).add(EventKind::kCopyBegin, 1).add(EventKind::kCensusBegin, 1);
  h.thread(2).add(EventKind::kFrameSeen, 2).add(EventKind::kCopyEnd, 2);
  h.thread(1).add(EventKind::kFrameSeen, 1);
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
  h.send(1, 1, 5).add(EventKind::kSendToBuffer, 1, 1).sent(1, 1);
  h.receive(2, 1).add(EventKind::kReceiveFromBuffer, 2, 1).received(2, 1, token);
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
  local.add(EventKind::kLocalWritten, 1, 0, {0, 1, 7}).add(EventKind::kLocalRead, 1, 0, {0, 1, 8});
  EXPECT_EQ(signature_of(local, Outcome::kBudget).rfind("locals: ", 0), 0u);
  History stack;
  stack.add(EventKind::kStackFreed, 1, 0, {0, 1, 2048});
  EXPECT_EQ(signature_of(stack, Outcome::kBudget).rfind("stack: ", 0), 0u);
  History left;
  left.add(EventKind::kSpawned, 0, 0, {0, 1, 1}).add(EventKind::kStarted, 1);
  left.add(EventKind::kEndCounts, 0);
  EXPECT_EQ(signature_of(left, Outcome::kExit).rfind("deadlock: ", 0), 0u);
  History none;
  EXPECT_EQ(signature_of(none, Outcome::kFatal).rfind("invariants: ", 0), 0u);
}

}  // namespace
}  // namespace concertina::stress
