// The status gate: every edge of the table, and the suspender's bit.
#include <gtest/gtest.h>

#include <set>

#include "stack/testing.h"

namespace concertina::test {
namespace {

using Edge = std::pair<Status, Status>;
using Numbers = std::vector<std::uint32_t>;

constexpr Status kAll[] = {kIdle,    kRunnable, kRunning,   kSyscall,
                           kWaiting, kDead,     kCopyStack, kPreempted};
constexpr Site kSite = Site::kTest;

const std::set<Edge> kLegal = {
    {kIdle, kRunnable},   {kRunnable, kRunning}, {kRunning, kRunnable},  {kRunning, kSyscall},
    {kRunning, kWaiting}, {kRunning, kDead},     {kRunning, kCopyStack}, {kRunning, kPreempted},
    {kSyscall, kRunning}, {kWaiting, kRunnable}, {kCopyStack, kRunning}, {kPreempted, kWaiting},
    {kDead, kIdle},       {kWaiting, kRunning},
};

Goroutine& goroutine_in(Status status) {
  Goroutine& g = make_goroutine(make_pool());
  g.status.plant(status);
  return g;
}

TEST(StatusGate, LetsEveryLegalEdgePass) {
  for (const auto& [from, to] : kLegal) {
    const std::string message = message_of([from, to] {
      Goroutine& g = goroutine_in(from);
      if (to == kRunning) g.wait_reason = WaitReason::kSuspending;  // see below
      cas_status(g, from, to, kSite);
      EXPECT_EQ(g.status.inspect(), to);
    });
    EXPECT_EQ(message, "") << from << " to " << to;
  }
}

TEST(StatusGate, RefusesEveryOtherEdge) {
  for (const Status from : kAll) {
    for (const Status to : kAll) {
      if (kLegal.count({from, to}) != 0) continue;
      const RunResult run =
          run_body([from, to] { cas_status(goroutine_in(from), from, to, kSite); });
      EXPECT_EQ(run.report.outcome, Outcome::kFatal) << from << " to " << to;
      EXPECT_EQ(run.report.message, "goroutine status: an edge that the status table forbids");
    }
  }
}

// Between waiting and running a goroutine is in a queue, unless it has not been parked at all.
TEST(StatusGate, LetsNobodyRunAgainWhoHasParked) {
  expect_end("goroutine status: who has parked is to be made runnable",
             [] { cas_status(goroutine_in(kWaiting), kWaiting, kRunning, kSite); });
}

TEST(StatusGate, RefusesEdgesWithTheScanBit) {
  for (const Edge& edge : {Edge{kWaiting | kScan, kRunnable}, Edge{kRunning, kRunning | kScan},
                           Edge{kWaiting, kRunnable | kScan}}) {
    expect_end("goroutine status: an edge that the status table forbids",
               [edge] { cas_status(goroutine_in(edge.first), edge.first, edge.second, kSite); });
  }
}

TEST(StatusGate, RefusesATransitionFromAnotherStatus) {
  for (const Status status : kAll) {
    if (status == kWaiting) continue;
    expect_end("goroutine status: not the status that the transition starts from",
               [status] { cas_status(goroutine_in(status), kWaiting, kRunnable, kSite); });
  }
}

TEST(StatusGate, RefusesATransitionFromAnotherStatusUnderScan) {
  expect_end("goroutine status: not the status that the transition starts from",
             [] { cas_status(goroutine_in(kPreempted | kScan), kWaiting, kRunnable, kSite); });
}

// The suspender owns the stack: a waker that comes now waits until it is given back.
TEST(StatusGate, WaitsWhileASuspenderHoldsTheScanBit) {
  const RunResult run = run_body([] {
    Goroutine& g = goroutine_in(kWaiting);
    auto& is_taken = make<platform::Atomic<std::uint32_t>>(0u);
    start([&] {
      platform::begin_freezing();
      EXPECT_TRUE(cas_to_scan(g, kWaiting, kSite));
      is_taken.store(1, kSite);
      platform::sleep_ns(1000, kSite);
      say(1);
      cas_from_scan(g, kWaiting, kSite);
      platform::end_freezing();
    });
    // Not for the bit itself: it may be gone before this thread looks again.
    platform::spin_until(is_taken, [](std::uint32_t taken) { return taken == 1; }, kSite);
    cas_status(g, kWaiting, kRunnable, kSite);
    say(2);
    EXPECT_EQ(g.status.inspect(), kRunnable);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
  EXPECT_EQ(run.said(), (Numbers{1, 2}));
}

// As it asks the goroutine to stop. Whoever parks has a channel's lock in hand then.
TEST(StatusGate, WaitsWhileASuspenderAsksWhoeverRuns) {
  const RunResult run = run_body([] {
    Goroutine& g = goroutine_in(kRunning);
    auto& lock = make<platform::Mutex>(LockRank::kChannel, 1u);
    auto& is_taken = make<platform::Atomic<std::uint32_t>>(0u);
    start([&] {
      platform::begin_freezing();
      EXPECT_TRUE(cas_to_scan(g, kRunning, kSite));
      is_taken.store(1, kSite);
      platform::sleep_ns(1000, kSite);
      say(1);
      cas_from_scan(g, kRunning, kSite);
      platform::end_freezing();
    });
    platform::spin_until(is_taken, [](std::uint32_t taken) { return taken == 1; }, kSite);
    lock.lock(kSite);
    cas_status(g, kRunning, kWaiting, kSite);
    lock.unlock(kSite);
    say(2);
    EXPECT_EQ(g.status.inspect(), kWaiting);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
  EXPECT_EQ(run.said(), (Numbers{1, 2}));
}

TEST(ScanBit, IsTakenOnTopOfWhatTheSuspenderSaw) {
  for (const Status status : {kRunnable, kRunning, kSyscall, kWaiting, kPreempted}) {
    const std::string message = message_of([status] {
      platform::begin_freezing();
      Goroutine& g = goroutine_in(status);
      EXPECT_TRUE(cas_to_scan(g, status, kSite));
      EXPECT_EQ(g.status.inspect(), status | kScan);
      cas_from_scan(g, status, kSite);
      EXPECT_EQ(g.status.inspect(), status);
    });
    EXPECT_EQ(message, "");
  }
}

TEST(ScanBit, IsRefusedWhenTheStatusHasChanged) {
  expect_end("", [] {
    platform::begin_freezing();
    Goroutine& g = goroutine_in(kRunnable);
    EXPECT_FALSE(cas_to_scan(g, kWaiting, kSite));
    EXPECT_EQ(g.status.inspect(), kRunnable);
  });
}

TEST(ScanBit, HasOneHolder) {
  expect_end("", [] {
    platform::begin_freezing();
    Goroutine& g = goroutine_in(kWaiting);
    EXPECT_TRUE(cas_to_scan(g, kWaiting, kSite));
    EXPECT_FALSE(cas_to_scan(g, kWaiting, kSite));
  });
}

TEST(ScanBit, CannotBeTakenOnTheDeadTheUnbornTheCopiedOrTwice) {
  for (const Status status : {kDead, kIdle, kCopyStack, kWaiting | kScan, kRunning | kScan}) {
    expect_end("goroutine status: this status cannot be scanned",
               [status] { cas_to_scan(goroutine_in(status), status, kSite); });
  }
}

TEST(ScanBit, CannotBeGivenBackWithoutHavingIt) {
  for (const Status status : {kWaiting, kRunnable | kScan}) {
    expect_end("goroutine status: the suspender lost its scan bit",
               [status] { cas_from_scan(goroutine_in(status), kWaiting, kSite); });
  }
}

}  // namespace
}  // namespace concertina::test
