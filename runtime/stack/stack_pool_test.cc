// Where stacks come from and go to: orders, caches, spans, knobs, and what is seen of misuse.
#include "stack/stack_pool.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/sanitizer.h"
#include "heap/objects.h"
#include "stack/testing.h"

namespace concertina::test {
namespace {

constexpr unsigned kOrders = 10;  // up to kStackMax
static_assert(kStackMin << (kOrders - 1) == kStackMax);

void give_back(StackPool& pool, const Stack& stack, StackCache* cache = nullptr) {
  pool.free(stack, stack.lo, 1, cache);
}

/// The pool's lock was taken so often.
std::size_t pool_locks(const RunResult& run) {
  const auto acquired = run.of<event::LockAcquired>();
  return static_cast<std::size_t>(
      std::count_if(acquired.begin(), acquired.end(),
                    [](const auto& lock) { return lock.rank == LockRank::kStackPool; }));
}

TEST(StackPool, HandsOutEveryOrder) {
  const RunResult run = run_body([] {
    StackPool& pool = make_pool();
    for (unsigned order = 0; order < kOrders; ++order) {
      const std::size_t bytes = kStackMin << order;
      const Stack stack = pool.allocate(bytes, 3, nullptr);
      EXPECT_EQ(stack.bytes(), bytes);
      EXPECT_EQ(stack.hi % 16, 0u);
      EXPECT_EQ(stack.serial, order + 1);
      EXPECT_EQ(pool.in_use(), order + 1);
      const auto* const begin = reinterpret_cast<const unsigned char*>(stack.lo);
      EXPECT_TRUE(
          std::all_of(begin, begin + bytes, [](unsigned char b) { return b == kFreshStackByte; }));
    }
  });
  EXPECT_EQ(run.report.message, "");
  const auto allocated = run.of<event::StackAllocated>();
  ASSERT_EQ(allocated.size(), kOrders);
  for (unsigned order = 0; order < kOrders; ++order) {
    EXPECT_EQ(allocated[order].goroutine, 3);
    EXPECT_EQ(allocated[order].serial, order + 1);
    EXPECT_EQ(allocated[order].bytes, kStackMin << order);
  }
}

TEST(StackPool, OtherSizesAreFatal) {
  for (const std::size_t bytes :
       {std::size_t{0}, kStackMin / 2, kStackMin + 16, 3 * kStackMin, 2 * kStackMax}) {
    EXPECT_EQ(message_of([bytes] { make_pool().allocate(bytes, 1, nullptr); }),
              "stack size: not a power of two within kStackMin..kStackMax")
        << bytes;
  }
}

TEST(StackPool, StacksDoNotOverlapAndHaveAGapAround) {
  expect_end("", [] {
    StackPool& pool = make_pool();
    constexpr unsigned kSmall = kStackSlotsPerSpan + 2;
    Stack stacks[kSmall + 3];
    for (unsigned i = 0; i < kSmall + 3; ++i) {
      stacks[i] = pool.allocate(i < kSmall ? kStackMin : kStackMax / 8, 1, nullptr);
      for (unsigned k = 0; k < i; ++k) {
        EXPECT_TRUE(stacks[i].hi <= stacks[k].lo || stacks[k].hi <= stacks[i].lo);
      }
    }
    for (const Stack& stack : stacks) {
      const auto* const lo = reinterpret_cast<const unsigned char*>(stack.lo);
      const auto* const hi = reinterpret_cast<const unsigned char*>(stack.hi);
      EXPECT_FALSE(sanitizer::is_poisoned(lo));
      EXPECT_FALSE(sanitizer::is_poisoned(hi - 1));
      EXPECT_EQ(sanitizer::is_poisoned(lo - 1), sanitizer::kSeesPoison);
      EXPECT_EQ(sanitizer::is_poisoned(lo - 64), sanitizer::kSeesPoison);
    }
    const auto* const end = reinterpret_cast<void*>(stacks[kStackSlotsPerSpan - 1].hi);
    EXPECT_EQ(sanitizer::is_poisoned(end), sanitizer::kSeesPoison) << "the span's last stack";
  });
}

TEST(StackPool, AFreedStackIsUsedAgainUnderANewSerial) {
  for (const std::size_t bytes : {kStackMin, kStackMax}) {
    const RunResult run = run_body([bytes] {
      StackPool& pool = make_pool();
      const Stack first = pool.allocate(bytes, 1, nullptr);
      give_back(pool, first);
      EXPECT_EQ(pool.in_use(), 0u);
      const Stack second = pool.allocate(bytes, 2, nullptr);
      EXPECT_EQ(second.lo, first.lo);
      EXPECT_NE(second.serial, first.serial);
      const auto* const begin = reinterpret_cast<const unsigned char*>(second.lo);
      EXPECT_TRUE(
          std::all_of(begin, begin + bytes, [](unsigned char b) { return b == kFreshStackByte; }));
    });
    EXPECT_EQ(run.report.message, "");
    const auto freed = run.of<event::StackFreed>();
    ASSERT_EQ(freed.size(), 1u);
    EXPECT_EQ(freed[0].serial, 1u);
    EXPECT_EQ(freed[0].bytes, bytes);
    EXPECT_EQ(freed[0].overwritten, 0);
  }
}

TEST(StackPool, FreeingWhatIsNotInUseIsFatal) {
  const char* const kMessage = "stack pool: a stack was freed that is not in use";
  expect_end(kMessage, [] {
    StackPool& pool = make_pool();
    pool.allocate(kStackMin, 1, nullptr);  // else the span would go back to the heap
    const Stack stack = pool.allocate(kStackMin, 1, nullptr);
    give_back(pool, stack);
    give_back(pool, stack);
  });
  expect_end(kMessage, [] {
    StackPool& pool = make_pool();
    pool.allocate(kStackMin, 1, nullptr);
    const Stack old = pool.allocate(kStackMin, 1, nullptr);
    give_back(pool, old);
    EXPECT_EQ(pool.allocate(kStackMin, 2, nullptr).lo, old.lo);
    give_back(pool, old);  // it belongs to somebody else by now
  });
}

TEST(StackPool, HandingOutWhatIsInUseIsFatal) {
  expect_end("stack pool: a stack was handed out twice", [] {
    StackPool& pool = make_pool();
    auto& cache = make<StackCache>();
    pool.allocate(kStackMin, 1, &cache);
    ASSERT_NE(cache.slots[0], nullptr);
    cache.slots[0]->in_use = true;  // as after a lost update of the list
    pool.allocate(kStackMin, 1, &cache);
  });
}

TEST(StackCache, IsRefilledByHalfAndThenNeedsNoLock) {
  constexpr unsigned kHalf = kStackCacheSlots / 2;
  const auto locks_for = [](unsigned stacks) {
    return pool_locks(run_body([stacks] {
      StackPool& pool = make_pool();
      auto& cache = make<StackCache>();
      for (unsigned i = 0; i < stacks; ++i) pool.allocate(kStackMin, 1, &cache);
      EXPECT_EQ(cache.count[0], (kHalf - stacks % kHalf) % kHalf);
    }));
  };
  EXPECT_EQ(locks_for(1), 1u);
  EXPECT_EQ(locks_for(kHalf), 1u);
  EXPECT_EQ(locks_for(kHalf + 1), 2u);
  EXPECT_EQ(locks_for(2 * kHalf), 2u);
}

TEST(StackCache, GivesHalfBackWhenItIsFull) {
  const RunResult run = run_body([] {
    StackPool& pool = make_pool();
    auto& cache = make<StackCache>();
    Stack stacks[kStackCacheSlots + 1];
    for (Stack& stack : stacks) stack = pool.allocate(kStackMin, 1, nullptr);
    for (unsigned i = 0; i < kStackCacheSlots; ++i) {
      give_back(pool, stacks[i], &cache);
      EXPECT_EQ(cache.count[0], i + 1);
    }
    say(platform::step());
    give_back(pool, stacks[kStackCacheSlots], &cache);
    EXPECT_EQ(cache.count[0], kStackCacheSlots / 2 + 1);
    // The latest is on top; what was released is the pool's.
    EXPECT_EQ(pool.allocate(kStackMin, 1, &cache).lo, stacks[kStackCacheSlots].lo);
    std::size_t cached = 0;
    for (StackSlot* slot = cache.slots[0]; slot != nullptr; slot = slot->next) ++cached;
    EXPECT_EQ(cached, cache.count[0]);
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_EQ(pool_locks(run), kStackCacheSlots + 1 + 1);
}

TEST(StackCache, KeepsOrdersApartAndLargeStacksOut) {
  expect_end("", [] {
    StackPool& pool = make_pool();
    auto& cache = make<StackCache>();
    for (unsigned order = 0; order < kOrders; ++order) {
      give_back(pool, pool.allocate(kStackMin << order, 1, nullptr), &cache);
    }
    for (unsigned order = 0; order < kStackOrders; ++order) {
      EXPECT_EQ(cache.count[order], 1u);
      ASSERT_NE(cache.slots[order], nullptr);
      EXPECT_EQ(cache.slots[order]->bytes, kStackMin << order);
    }
  });
}

TEST(Knobs, WithoutCacheThePoolIsAskedEachTime) {
  const RunResult run = run_body([] {
    StackPool& pool = make_pool({.cache = false});
    auto& cache = make<StackCache>();
    for (int i = 0; i < 3; ++i) give_back(pool, pool.allocate(kStackMin, 1, &cache), &cache);
    EXPECT_EQ(cache.slots[0], nullptr);
    EXPECT_EQ(cache.count[0], 0u);
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_EQ(pool_locks(run), 6u);
}

TEST(Knobs, WithoutReuseNoStackComesTwice) {
  expect_end("", [] {
    StackPool& pool = make_pool({.reuse = false});
    auto& cache = make<StackCache>();
    std::uintptr_t lows[20];
    for (unsigned i = 0; i < 20; ++i) {
      const Stack stack = pool.allocate(kStackMin, 1, i % 2 != 0 ? &cache : nullptr);
      for (unsigned k = 0; k < i; ++k) EXPECT_NE(stack.lo, lows[k]);
      lows[i] = stack.lo;
      give_back(pool, stack, &cache);
      EXPECT_EQ(sanitizer::is_poisoned(reinterpret_cast<void*>(stack.lo)), sanitizer::kSeesPoison);
    }
    EXPECT_EQ(pool.in_use(), 0u);
  });
}

// Else a long run without reuse would end as a full arena instead of a verdict.
TEST(Knobs, WithoutReuseStacksComeAgainAfter16MiB) {
  expect_end("", [] {
    StackPool& pool = make_pool({.reuse = false});
    std::uintptr_t lows[15];
    for (std::uintptr_t& low : lows) {
      const Stack stack = pool.allocate(kStackMax, 1, nullptr);
      low = stack.lo;
      give_back(pool, stack);
    }
    for (unsigned i = 1; i < 15; ++i) EXPECT_NE(lows[i], lows[i - 1]);
    const Stack sixteenth = pool.allocate(kStackMax, 1, nullptr);
    give_back(pool, sixteenth);
    EXPECT_EQ(pool.allocate(kStackMax, 1, nullptr).lo, sixteenth.lo);
  });
}

/// A pool, and the heap that its spans come from.
struct PoolOnHeap {
  explicit PoolOnHeap(const StackKnobs& knobs = {})
      : heap(make<SpanHeap>(knobs.poison)), pool(make<StackPool>(knobs, heap)) {}

  SpanHeap& heap;
  StackPool& pool;
};

/// All stacks of one span.
struct WholeSpan {
  explicit WholeSpan(StackPool& pool) {
    for (Stack& stack : stacks) stack = pool.allocate(kStackMin, 1, nullptr);
  }
  void free(StackPool& pool, StackCache* cache = nullptr) const {
    for (const Stack& stack : stacks) give_back(pool, stack, cache);
  }
  bool contains(std::uintptr_t address) const {
    return address >= stacks[0].lo && address < stacks[kStackSlotsPerSpan - 1].hi;
  }

  Stack stacks[kStackSlotsPerSpan];
};

bool is_stacks(SpanHeap& heap, std::uintptr_t address) {
  heap.lock().lock(Site::kTest);
  const Span* const span = heap.find(address);
  heap.lock().unlock(Site::kTest);
  return span != nullptr && span->use == SpanUse::kStacks;
}

TEST(FreeSpans, BecomeOtherMemoryAtOnce) {
  expect_end("", [] {
    const PoolOnHeap p;
    const WholeSpan span(p.pool);
    for (unsigned i = 1; i < kStackSlotsPerSpan; ++i) give_back(p.pool, span.stacks[i]);
    EXPECT_TRUE(is_stacks(p.heap, span.stacks[0].lo)) << "one of its stacks is in use";
    give_back(p.pool, span.stacks[0]);
    EXPECT_FALSE(is_stacks(p.heap, span.stacks[0].lo));
    // A sudog, say, and a stack of another order.
    auto& objects = make<ObjectHeap>(p.heap);
    objects.make(64, ObjectUse::kSudog);  // before the first stack
    const auto object = address_of(objects.make(64, ObjectUse::kSudog));
    EXPECT_TRUE(span.contains(object));
    EXPECT_TRUE(is_stacks(p.heap, p.pool.allocate(2 * kStackMin, 1, nullptr).lo));
  });
}

TEST(FreeSpans, LargeStacksBecomeOtherMemory) {
  expect_end("", [] {
    const PoolOnHeap p;
    const Stack large = p.pool.allocate(kStackMax, 1, nullptr);
    give_back(p.pool, large);
    const Stack small = p.pool.allocate(kStackMin, 1, nullptr);
    EXPECT_TRUE(large.contains(small.lo));
  });
}

TEST(FreeSpans, StayWhileAnyScanWorks) {
  expect_end("", [] {
    const PoolOnHeap p;
    const WholeSpan span(p.pool);
    const Stack large = p.pool.allocate(kStackMax, 1, nullptr);
    p.pool.begin_scan();
    p.pool.begin_scan();
    span.free(p.pool);
    give_back(p.pool, large);
    EXPECT_FALSE(p.pool.end_scan());
    EXPECT_TRUE(is_stacks(p.heap, span.stacks[0].lo)) << "the other scan works";
    EXPECT_TRUE(is_stacks(p.heap, large.lo));
    EXPECT_EQ(p.pool.allocate(kStackMax, 1, nullptr).lo, large.lo) << "they are used meanwhile";
    EXPECT_TRUE(p.pool.end_scan());
    EXPECT_FALSE(is_stacks(p.heap, span.stacks[0].lo));
    EXPECT_TRUE(is_stacks(p.heap, large.lo)) << "it is in use again";
  });
}

TEST(FreeSpans, WaitForCachedStacks) {
  expect_end("", [] {
    const PoolOnHeap p;
    auto& cache = make<StackCache>();
    const WholeSpan span(p.pool);
    for (unsigned i = 0; i < kStackSlotsPerSpan; ++i)
      give_back(p.pool, span.stacks[i], i == 0 ? &cache : nullptr);
    EXPECT_EQ(cache.count[0], 1u);
    EXPECT_TRUE(is_stacks(p.heap, span.stacks[0].lo));
    p.pool.flush(cache);
    EXPECT_EQ(cache.count[0], 0u);
    EXPECT_FALSE(is_stacks(p.heap, span.stacks[0].lo));
    p.pool.flush(cache);  // there is nothing to give back
  });
}

TEST(FreeSpans, GoRoundAndRound) {
  expect_end("", [] {
    const PoolOnHeap p;
    auto& low = make<std::uintptr_t>(0u);
    for (int cycle = 0; cycle < 5; ++cycle) {
      Stack stacks[2 * kStackSlotsPerSpan];
      for (Stack& stack : stacks) stack = p.pool.allocate(2 * kStackMin, 1, nullptr);
      std::uintptr_t least = stacks[0].lo;
      for (const Stack& stack : stacks) least = std::min(least, stack.lo);
      if (cycle == 0) low = least;
      EXPECT_EQ(least, low) << "no new memory";
      for (const Stack& stack : stacks) give_back(p.pool, stack);
    }
    EXPECT_EQ(p.pool.in_use(), 0u);
  });
}

TEST(FreeSpans, AScanThatEndsMustHaveBegun) {
  expect_end("stack pool: a scan ends that has not begun", [] { make_pool().end_scan(); });
}

TEST(StartBytes, AreTheAverageRoundedUp) {
  expect_end("", [] {
    StackPool& pool = make_pool({.max_bytes = 4 * kStackMin, .adaptive_start = true});
    EXPECT_EQ(pool.start_bytes(), kStackMin);
    pool.set_start(2 * kStackMin + 2, 2);
    EXPECT_EQ(pool.start_bytes(), 2 * kStackMin);
    Goroutine& g = make_running(pool);
    EXPECT_EQ(g.stack.bytes(), 2 * kStackMin);
    pool.set_start(2 * kStackMin, 2);
    EXPECT_EQ(pool.start_bytes(), kStackMin);
    pool.set_start(100 * kStackMin, 1);
    EXPECT_EQ(pool.start_bytes(), 4 * kStackMin) << "no more than a stack may have";
    pool.set_start(0, 0);
    EXPECT_EQ(pool.start_bytes(), kStackMin);
    StackPool& plain = make_pool();
    plain.set_start(100 * kStackMin, 1);
    EXPECT_EQ(plain.start_bytes(), kStackMin);
  });
}

/// Overwrites a byte of a freed stack, as a late writer would in a build without sanitizer.
void write_late(std::uintptr_t address) {
  auto* const word = reinterpret_cast<unsigned char*>(address & ~std::uintptr_t{7});
  sanitizer::unpoison(word, 8);
  *reinterpret_cast<unsigned char*>(address) ^= 1;
  sanitizer::poison(word, 8);
}

std::vector<event::StackFreed> overwritten(const RunResult& run) {
  auto freed = run.of<event::StackFreed>();
  std::erase_if(freed, [](const auto& one) { return !one.overwritten; });
  return freed;
}

TEST(CheckFreed, AnnouncesAnOverwrittenStack) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, kStackMin / 2, kStackMin - 1}) {
    const RunResult run = run_body([at] {
      StackPool& pool = make_pool();
      const Stack kept = pool.allocate(kStackMin, 1, nullptr);
      const Stack freed = pool.allocate(kStackMin, 1, nullptr);
      const Stack intact = pool.allocate(kStackMin, 1, nullptr);
      // Only the upper part was in use; the lower one is checked as well.
      pool.free(freed, freed.hi - 512, 1, nullptr);
      give_back(pool, intact);
      write_late(freed.lo + at);
      *reinterpret_cast<unsigned char*>(kept.lo) = 1;
      pool.check_freed();
      EXPECT_EQ(sanitizer::is_poisoned(reinterpret_cast<void*>(freed.lo)), sanitizer::kSeesPoison);
    });
    EXPECT_EQ(run.report.message, "");
    ASSERT_EQ(overwritten(run).size(), 1u) << at;
    EXPECT_EQ(overwritten(run)[0].serial, 2u);
    EXPECT_EQ(overwritten(run)[0].bytes, kStackMin);
  }
}

TEST(CheckFreed, IsSilentWhenNothingWasOverwritten) {
  const RunResult run = run_body([] {
    StackPool& pool = make_pool();
    auto& cache = make<StackCache>();
    for (unsigned order = 0; order < kOrders; ++order) {
      give_back(pool, pool.allocate(kStackMin << order, 1, &cache), &cache);
    }
    pool.begin_scan();
    pool.end_scan();
    pool.check_freed();
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_TRUE(overwritten(run).empty());
}

}  // namespace
}  // namespace concertina::test
