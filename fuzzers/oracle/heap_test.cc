#include "oracle/heap.h"

#include <gtest/gtest.h>

#include <vector>

namespace concertina::fuzzers {
namespace {

std::string judged(const std::vector<Event>& events) {
  Trace trace;
  trace.events = events;
  return judge_heap(Program{}, trace).signature();
}

Event taken(SpanUse use, std::uint32_t page, std::uint32_t pages = 9) {
  return event::SpanTaken{.use = use, .page = page, .pages = pages};
}
Event freed(SpanUse use, std::uint32_t page, std::uint32_t pages = 9) {
  return event::SpanFreed{.use = use, .page = page, .pages = pages};
}
Event stack(std::uint32_t serial, std::uint16_t page) {
  return event::StackAllocated{.goroutine = 1, .page = page, .serial = serial, .bytes = 2048};
}
Event no_stack(std::uint32_t serial) {
  return event::StackFreed{.goroutine = 1, .serial = serial, .bytes = 2048};
}
Event object(std::uint32_t page, std::uint16_t index) {
  return event::ObjectMade{.index = index, .page = page, .bytes = 64};
}
Event no_object(std::uint32_t page, std::uint16_t index) {
  return event::ObjectFreed{.index = index, .page = page};
}
const Event kBegin = event::CycleBegin{};
const Event kEnd = event::CycleEnd{};
constexpr auto kStacks = SpanUse::kStacks;
constexpr auto kObjects = SpanUse::kObjects;

TEST(Heap, MemoryBecomesOneThingAfterTheOther) {
  EXPECT_EQ(judged({taken(kStacks, 0), stack(1, 0), stack(2, 0), no_stack(1), no_stack(2),
                    freed(kStacks, 0), taken(kObjects, 0, 1), object(0, 0), object(0, 1),
                    no_object(0, 0), object(0, 0), taken(kStacks, 1, 17), stack(3, 1)}),
            "pass");
}

TEST(Heap, AHistoryWithoutSpansIsNotJudged) {
  EXPECT_EQ(judged({stack(1, 0), no_stack(1), no_stack(1)}), "pass");
}

TEST(HeapFail, SpansOverlap) {
  for (const std::uint32_t page : {0u, 3u, 8u}) {
    EXPECT_EQ(judged({taken(kStacks, page), taken(kObjects, 8, 1)}),
              "heap: memory handed out twice");
  }
  EXPECT_EQ(judged({taken(kStacks, 9), taken(kObjects, 8, 1)}), "pass");
}

TEST(HeapFail, ASpanIsGivenBackTwiceOrInPart) {
  const char* const kSays = "heap: memory given back that is not in use";
  EXPECT_EQ(judged({taken(kStacks, 0), freed(kStacks, 0), freed(kStacks, 0)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), freed(kStacks, 0, 8)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), freed(kObjects, 0)}), kSays);
}

TEST(HeapFail, ASpanIsGivenBackInUse) {
  const char* const kSays = "heap: memory given back that is in use";
  EXPECT_EQ(judged({taken(kStacks, 0), stack(1, 0), freed(kStacks, 0)}), kSays);
  EXPECT_EQ(judged({taken(kObjects, 0), object(0, 3), freed(kObjects, 0)}), kSays);
}

TEST(HeapFail, SomethingIsHandedOutOfNoSpan) {
  const char* const kSays = "heap: memory handed out of no span";
  EXPECT_EQ(judged({taken(kObjects, 0), stack(1, 0)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), stack(1, 1)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), freed(kStacks, 0), stack(1, 0)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), object(0, 0)}), kSays);
  EXPECT_EQ(judged({taken(kObjects, 0), object(0, 64)}), kSays);
}

TEST(HeapFail, AnObjectHasTwoLives) {
  EXPECT_EQ(judged({taken(kObjects, 0), object(0, 1), object(0, 1)}),
            "heap: memory handed out twice");
  EXPECT_EQ(judged({taken(kObjects, 0), no_object(0, 1)}),
            "heap: memory given back that is not in use");
  EXPECT_EQ(judged({taken(kStacks, 0), no_stack(1)}), "heap: memory given back that is not in use");
}

TEST(HeapFail, AStacksSpanIsGivenBackUnderAScan) {
  const char* const kSays = "heap: stack's span given back under a scan";
  EXPECT_EQ(judged({taken(kStacks, 0), kBegin, freed(kStacks, 0)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), kBegin, kBegin, kEnd, freed(kStacks, 0)}), kSays);
  EXPECT_EQ(judged({taken(kStacks, 0), kBegin, kBegin, kEnd, kEnd, freed(kStacks, 0)}), "pass");
  EXPECT_EQ(judged({taken(kObjects, 0), kBegin, freed(kObjects, 0)}), "pass");
}

TEST(HeapFail, ACacheIsFlushedTwiceForAScan) {
  const Event first = event::CacheFlushed{.processor = 1, .cycle = 1};
  const Event second = event::CacheFlushed{.processor = 1, .cycle = 2};
  const Event other = event::CacheFlushed{.processor = 2, .cycle = 1};
  EXPECT_EQ(judged({kBegin, first, other, kEnd, kBegin, second}), "pass");
  EXPECT_EQ(judged({kBegin, first, kEnd, first}), "heap: stack cache flushed twice for a scan");
}

TEST(HeapFail, AProcessorRunsOnWithItsCache) {
  const Event runs = event::Settled{.goroutine = 1, .server = 2};
  const Event flush = event::CacheFlushed{.processor = 1, .cycle = 1};
  EXPECT_EQ(judged({kBegin, runs, runs}), "heap: stack cache not flushed");
  EXPECT_EQ(judged({kBegin, runs, flush, runs}), "pass");
  EXPECT_EQ(judged({runs, kBegin, runs}), "pass") << "it had looked before the scan began";
}

TEST(HeapFail, FreePagesAreWritten) {
  EXPECT_EQ(judged({event::SpanFreed{.overwritten = true, .page = 3, .pages = 1}}),
            "heap: free memory written");
}

}  // namespace
}  // namespace concertina::fuzzers
