#include "oracle/fairness.h"

#include <gtest/gtest.h>

#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

const std::string kNoEnd = "time slice does not end";
const std::string kStays = "preempted goroutine does not go behind all others";
const std::string kStarvesGlobally = "goroutine starves in the global queue";
const std::string kStarvesLocally = "goroutine starves in its processor's queue";

std::string kind_of(const History& history) {
  const Verdict verdict = judge_fairness(Program{}, history.trace());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "fairness");
  return verdict.kind;
}

/// The thread takes the goroutine out of the queue and runs it on its processor.
History& takes_up(History& h, GoroutineId g, QueueId from, std::uint16_t processor) {
  return h.add(event::Unqueued{.goroutine = g, .queue = from})
      .add(event::Settled{.goroutine = g, .server = static_cast<std::uint16_t>(processor + 1)});
}

History& queued(History& h, GoroutineId g, QueueId queue, bool runs_next = false) {
  return h.add(event::Queued{.goroutine = g, .queue = queue, .runs_next = runs_next});
}

/// Processor 0 takes up goroutine 1 as often, each time out of its own ring.
void turns(History& h, unsigned times) {
  for (unsigned i = 0; i < times; ++i) takes_up(queued(h, 1, 0), 1, 0, 0);
}

/// The same with goroutine 1 as the processor's run-next.
void heirs(History& h, unsigned times) {
  for (unsigned i = 0; i < times; ++i) takes_up(queued(h, 1, 0, true), 1, 0, 0);
}

History on_thread_one() {
  History h;
  h.thread(1).add(event::Settled{.goroutine = 1, .server = 1});
  return h;
}

void looks(History& h, unsigned times) {
  for (unsigned i = 0; i < times; ++i) h.add(event::LenSeen{.goroutine = 1});
}

TEST(Fairness, ASliceEndsAtItsSafePoints) {
  for (const unsigned slice : {1U, 4U, 64U}) {
    History h = on_thread_one();
    looks(h.slice(slice), 3 * slice + 2);
    EXPECT_EQ(kind_of(h), "");
    looks(h, 1);
    EXPECT_EQ(kind_of(h), kNoEnd);
  }
}

TEST(Fairness, WhatRunsNextSharesTheSlice) {
  History h = on_thread_one();
  looks(h.slice(4), 14);
  History other = h;
  turns(other, 1);
  looks(other, 14);
  EXPECT_EQ(kind_of(other), "");
  heirs(h, 1);
  looks(h, 1);
  EXPECT_EQ(kind_of(h), kNoEnd);
}

TEST(Fairness, ASliceThatHasEndedIsNobodysToShare) {
  History h = on_thread_one();
  queued(h.slice(4), 2, 0, true);
  looks(h, 14);
  h.add(event::Preempted{.goroutine = 1, .for_scanner = false});
  queued(h, 1, kGlobalQueue);
  takes_up(h, 2, 0, 0);
  looks(h, 14);
  EXPECT_EQ(kind_of(h), "");
  looks(h, 1);
  EXPECT_EQ(kind_of(h), kNoEnd);
}

TEST(Fairness, AStolenRunNextBeginsATurn) {
  History h;
  queued(h.slice(1).thread(1), 5, 0, true);
  h.thread(2).add(event::Settled{.goroutine = 3, .server = 2});
  looks(h, 5);
  takes_up(h, 5, 0, 1);
  looks(h, 5);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Fairness, AThreadInASystemCallHasNoProcessor) {
  History h = on_thread_one();
  looks(h.slice(1), 5);
  h.add(event::SyscallEntered{.goroutine = 1});
  looks(h, 1);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Fairness, WhoIsPreemptedGoesBehindAllOthers) {
  History h = on_thread_one();
  h.add(event::Preempted{.goroutine = 1, .for_scanner = false});
  History local = h;
  EXPECT_EQ(kind_of(queued(h, 1, kGlobalQueue)), "");
  EXPECT_EQ(kind_of(queued(h, 1, 0)), "");  // once more, and for another reason
  EXPECT_EQ(kind_of(queued(local, 1, 0)), kStays);
  History next = on_thread_one();
  next.add(event::Preempted{.goroutine = 1, .for_scanner = false});
  EXPECT_EQ(kind_of(queued(next, 1, 0, true)), kStays);
  History scanned = on_thread_one();
  scanned.add(event::Preempted{.goroutine = 1, .for_scanner = true});
  EXPECT_EQ(kind_of(queued(scanned, 1, 0)), "");
}

TEST(Fairness, TheGlobalQueueIsServedEverySeventhTurn) {
  for (const unsigned ahead : {0U, 3U}) {
    History h = on_thread_one();
    for (unsigned i = 0; i <= ahead; ++i) queued(h, static_cast<GoroutineId>(10 + i), kGlobalQueue);
    for (unsigned i = 0; i < ahead; ++i) {
      turns(h, 6);
      takes_up(h, static_cast<GoroutineId>(10 + i), kGlobalQueue, 0);
    }
    turns(h, 14);
    EXPECT_EQ(kind_of(h), "");
    turns(h, 1);
    EXPECT_EQ(kind_of(h), kStarvesGlobally);
  }
}

TEST(Fairness, EachProcessorsTurnsCountForThemselves) {
  History h = on_thread_one();
  queued(h, 9, kGlobalQueue);
  turns(h, 14);
  h.thread(2);
  for (unsigned i = 0; i < 14; ++i) takes_up(queued(h, 2, 1), 2, 1, 1);
  EXPECT_EQ(kind_of(h), "");
  takes_up(queued(h, 2, 1), 2, 1, 1);
  EXPECT_EQ(kind_of(h), kStarvesGlobally);
}

TEST(Fairness, WhatRunsNextPassesNobodyAsATurn) {
  History h = on_thread_one();
  queued(h, 9, kGlobalQueue);
  queued(h, 8, 0);
  heirs(h, 100);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Fairness, AProcessorsQueueIsServedInOrder) {
  for (const unsigned ahead : {0U, 4U}) {
    History h = on_thread_one();
    for (unsigned i = 0; i < ahead; ++i) queued(h, static_cast<GoroutineId>(10 + i), 0);
    queued(h, 9, 0);
    for (unsigned i = 0; i < ahead; ++i) takes_up(h, static_cast<GoroutineId>(10 + i), 0, 0);
    turns(h, 3 + (ahead + 3) / 6);
    EXPECT_EQ(kind_of(h), "");
    turns(h, 1);
    EXPECT_EQ(kind_of(h), kStarvesLocally);
  }
}

TEST(Fairness, OtherProcessorsOweAQueueNothing) {
  History h = on_thread_one();
  queued(h, 9, 2);
  turns(h, 100);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Fairness, AReplacedRunNextIsServedFromTheRing) {
  History h = on_thread_one();
  queued(h, 9, 0, true);
  turns(h, 3);
  h.add(event::Unqueued{.goroutine = 9});
  queued(h, 9, 0);
  turns(h, 3);
  EXPECT_EQ(kind_of(h), "");
}

}  // namespace
}  // namespace concertina::fuzzers
