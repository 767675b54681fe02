// Spans of pages: which one is taken, how they merge, and what is seen of misuse.
#include "heap/span_heap.h"

#include <algorithm>
#include <vector>

#include "heap/testing.h"

namespace concertina::test {
namespace {

constexpr std::size_t kPage = kHeapPageBytes;
constexpr auto kStacks = SpanUse::kStacks;
constexpr auto kObjects = SpanUse::kObjects;

TEST(Take, GivesWholePagesInTheOrderInWhichTheyWereMade) {
  expect_ending("", [] {
    SpanHeap& heap = make_heap();
    const Span& one = heap.take(1, kStacks);
    const Span& two = heap.take(kPage + 1, kObjects);
    EXPECT_EQ(one.pages, 1u);
    EXPECT_EQ(two.pages, 2u);
    EXPECT_EQ(two.first, one.first + 1);
    EXPECT_EQ(begin_of(two), begin_of(one) + kPage);
    EXPECT_EQ(one.serial, 1u);
    EXPECT_EQ(two.serial, 2u);
    EXPECT_FALSE(sanitizer::is_poisoned(two.memory + two.bytes() - 1));
    EXPECT_EQ(sanitizer::is_poisoned(two.memory + two.bytes()), sanitizer::kSeesPoison);
  });
}

TEST(Take, PrefersTheOldestPagesThatAreEnough) {
  expect_ending("", [] {
    SpanHeap& heap = make_heap();
    Span* spans[5];
    for (Span*& span : spans) span = &heap.take(2 * kPage, kStacks);
    const std::uint32_t first = spans[0]->first;
    heap.give_back(*spans[3]);
    heap.give_back(*spans[1]);
    EXPECT_EQ(heap.take(kPage, kObjects).first, first + 2);
    EXPECT_EQ(heap.take(2 * kPage, kObjects).first, first + 6) << "one page is not enough";
    EXPECT_EQ(heap.take(kPage, kObjects).first, first + 3);
  });
}

TEST(GiveBack, MergesNeighbours) {
  // In each order of three, with one in use before them and one after.
  std::vector<unsigned> order = {1, 2, 3};
  do {
    expect_ending("", [&order] {
      SpanHeap& heap = make_heap();
      Span* spans[5];
      for (Span*& span : spans) span = &heap.take(kPage, kStacks);
      const std::uint32_t first = spans[1]->first;
      for (const unsigned i : order) heap.give_back(*spans[i]);
      const Span& whole = heap.take(3 * kPage, kObjects);
      EXPECT_EQ(whole.first, first);
      EXPECT_EQ(whole.pages, 3u);
    });
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(GiveBack, BlocksDoNotMerge) {
  expect_ending("", [] {
    SpanHeap& heap = make_heap();
    const std::size_t whole = kHeapBlockPages * kPage;
    Span& first = heap.take(whole, kStacks);
    Span& second = heap.take(whole, kStacks);
    EXPECT_NE(first.first + first.pages, second.first);
    const std::uintptr_t begin = begin_of(first);
    heap.give_back(first);
    heap.give_back(second);
    const Span& both = heap.take(2 * whole, kStacks);
    EXPECT_TRUE(begin_of(both) + both.bytes() <= begin || begin_of(both) >= begin + whole)
        << "memory of its own";
    EXPECT_EQ(begin_of(heap.take(whole, kStacks)), begin);
  });
}

TEST(Find, TellsWhoHasAnAddress) {
  expect_ending("", [] {
    SpanHeap& heap = make_heap();
    Span& one = heap.take(3 * kPage, kStacks);
    const Span& two = heap.take(kPage, kObjects);
    const std::uintptr_t begin = begin_of(one);
    heap.lock().lock(Site::kTest);
    EXPECT_EQ(heap.find(begin), &one);
    EXPECT_EQ(heap.find(begin + 3 * kPage - 1), &one);
    EXPECT_EQ(heap.find(begin + 3 * kPage), &two);
    EXPECT_EQ(heap.find(begin + 4 * kPage), nullptr) << "free";
    EXPECT_EQ(heap.find(begin - kHeapBlockPages * kPage), nullptr) << "not of this heap";
    EXPECT_EQ(heap.find(0), nullptr);
    heap.give_back_locked(one);
    EXPECT_EQ(heap.find(begin), nullptr);
    heap.lock().unlock(Site::kTest);
  });
}

TEST(Misuse, IsFatal) {
  expect_ending("heap: a span is given back twice", [] {
    SpanHeap& heap = make_heap();
    Span& span = heap.take(kPage, kStacks);
    heap.give_back(span);
    heap.give_back(span);
  });
  expect_ending("heap: a span is taken for no use", [] { make_heap().take(1, SpanUse::kFree); });
  expect_ending("heap: a span of a size that none has", [] { make_heap().take(0, kStacks); });
  expect_ending("heap: its spans need its lock", [] { make_heap().take_locked(1, kStacks); });
  expect_ending("heap: its spans need its lock", [] { make_heap().find(1); });
}

TEST(Misuse, AWriteToFreePagesIsSeenWhenTheyAreTaken) {
  expect_ending(kCostlyChecks ? "heap: a span was written to while it was free" : "", [] {
    SpanHeap& heap = make_heap();
    Span& span = heap.take(2 * kPage, kStacks);
    std::byte* const memory = span.memory;
    heap.give_back(span);
    write_late(memory + kPage + 5);
    heap.take(2 * kPage, kObjects);
  });
}

TEST(CheckFree, AnnouncesWhatWasWrittenTo) {
  const RunResult run = run_body([] {
    SpanHeap& heap = make_heap();
    Span& span = heap.take(kPage, kStacks);
    heap.take(kPage, kStacks);
    heap.check_free();
    say(1);
    std::byte* const memory = span.memory;
    heap.give_back(span);
    write_late(memory + kPage - 1);
    heap.check_free();
    EXPECT_EQ(sanitizer::is_poisoned(memory), sanitizer::kSeesPoison);
  });
  EXPECT_EQ(run.report.message, "");
  auto freed = run.of<event::SpanFreed>();
  std::erase_if(freed, [](const auto& one) { return !one.overwritten; });
  ASSERT_EQ(freed.size(), 1u);
  EXPECT_EQ(freed[0].page, 0u);
  EXPECT_EQ(freed[0].pages, 1u);
}

TEST(CheckFree, WithoutPoisonNothingIsLookedAt) {
  const RunResult run = run_body([] {
    SpanHeap& heap = make_heap(false);
    Span& span = heap.take(kPage, kStacks);
    std::byte* const memory = span.memory;
    heap.give_back(span);
    write_late(memory);
    heap.check_free();
    heap.take(kPage, kObjects);
  });
  EXPECT_EQ(run.report.message, "");
  for (const auto& freed : run.of<event::SpanFreed>()) EXPECT_FALSE(freed.overwritten);
}

TEST(Threads, TakeAndGiveBackAtOnce) {
  EXPECT_EQ(last_message("",
                         [] {
                           SpanHeap& heap = make_heap();
                           auto& done = make<platform::Atomic<std::uint32_t>>(0u);
                           const auto work = [&heap, &done] {
                             Span* kept = nullptr;
                             for (std::size_t i = 1; i < 6; ++i) {
                               Span& span = heap.take(i * kPage, i % 2 ? kStacks : kObjects);
                               *span.memory = std::byte{1};
                               if (kept != nullptr) heap.give_back(*kept);
                               kept = &span;
                             }
                             done.fetch_add(1, Site::kTest);
                           };
                           start(work);
                           start(work);
                           platform::spin_until(
                               done, [](std::uint32_t n) { return n == 2; }, Site::kTest);
                           heap.check_free();
                         }),
            "");
}

}  // namespace
}  // namespace concertina::test
