// What a scan does to memory: caches that it empties, sudogs that it drops, elements that it notes.
#include <gtest/gtest.h>

#include <set>

#include "chan/channel_internal.h"
#include "chan/collect.h"
#include "chan/testing.h"
#include "scan/notes.h"
#include "scan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

ProgramRun run_scanned(const Body& main, RunSetup setup, std::uint64_t seed = 1) {
  Random random(seed);
  setup.chooser = &random;
  return run_program(with_scanner(with_channels({{}}, setup)), main);
}

TEST(ScanAndCaches, EachProcessorIsFlushedOnceForAScan) {
  const Body child({grow(1)});
  const Body main({loop(4, {go(child), yield()}), scan_and_wait(), loop(4, {go(child), yield()}),
                   scan_and_wait(), yield(), yield()});
  std::set<std::uint16_t> processors;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto run = run_scanned(main, {}, seed);
    ASSERT_EQ(run.ending(), "exit: ");
    std::set<std::pair<std::uint16_t, std::uint32_t>> seen;
    unsigned stacks = 0;
    for (const auto& flushed : run.of<event::CacheFlushed>()) {
      EXPECT_TRUE(seen.emplace(flushed.processor, flushed.cycle).second) << "twice for a scan";
      processors.insert(flushed.processor);
      stacks += flushed.stacks;
    }
    EXPECT_GE(seen.size(), 3u) << "two processors, two scans; one may not have run since";
    EXPECT_NE(stacks, 0u);
  }
  EXPECT_EQ(processors.size(), 2u);
}

bool has_central_sudogs(Runtime& runtime) {
  runtime.sudog_lock.lock(Site::kTest);
  const bool result = runtime.central_sudogs != nullptr;
  runtime.sudog_lock.unlock(Site::kTest);
  return result;
}

TEST(ScanAndSudogs, TheCentralListIsDroppedAndItsMemoryFree) {
  const Op give_back_many = [](Machine& m, Goroutine& g) {
    Sudog* sudogs[kSudogCacheSlots + 1];
    for (Sudog*& sudog : sudogs) sudog = acquire_sudog(m, g);
    for (Sudog* sudog : sudogs) release_sudog(m, g, sudog);
    announce(g, 1, has_central_sudogs(*m.runtime));
  };
  const Op look = [](Machine& m, Goroutine& g) { announce(g, 1, has_central_sudogs(*m.runtime)); };
  const Body main({give_back_many, scan_and_wait(), look, give_back_many});
  const auto run = run_scanned(main, kOneProcessor);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 0, 1}));
  EXPECT_EQ(run.of<event::ObjectFreed>().size(), kSudogCacheSlots / 2);
}

/// Runs `broken` with the sudog of a goroutine that waits to receive.
template <class Broken>
std::string ending_of_notes(Broken broken) {
  const Body waiter({receive(1)});
  const Body main({go(waiter), yield(), [broken](Machine& m, Goroutine&) {
                     broken(*m.runtime, *goroutine(m, 2).waiting);
                   }});
  return run_program(with_channels({{}}, kOneProcessor), main).ending();
}

TEST(ScanNotes, FindNothingElseWhereAStackWas) {
  const auto take_and_check = [](bool frees, bool scans) {
    return [=](Runtime& runtime, Sudog& sudog) {
      const Stack stack = runtime.stack_pool.allocate(kStackMax, 1, nullptr);
      sudog.element.plant(stack.lo + 64);
      ScanNotes notes;
      if (scans) runtime.stack_pool.begin_scan();
      notes.take(runtime);
      if (frees) runtime.stack_pool.free(stack, stack.lo, 1, nullptr);
      notes.check(runtime);
      fatal("the test", "is over");
    };
  };
  const char* const kBad =
      "fatal: found bad pointer: an element that a scan has noted is in memory that is no stack's";
  EXPECT_EQ(ending_of_notes(take_and_check(false, false)), "fatal: the test: is over");
  EXPECT_EQ(ending_of_notes(take_and_check(true, true)), "fatal: the test: is over");
  EXPECT_EQ(ending_of_notes(take_and_check(true, false)), kBad);
}

TEST(ScanNotes, TellTwoStacksInOneMemoryApart) {
  EXPECT_EQ(ending_of_notes([](Runtime& runtime, Sudog& sudog) {
              const Stack stack = runtime.stack_pool.allocate(kStackMax, 1, nullptr);
              sudog.element.plant(stack.lo + 64);
              ScanNotes notes;
              notes.take(runtime);
              runtime.stack_pool.free(stack, stack.lo, 1, nullptr);
              runtime.stack_pool.allocate(kStackMax, 1, nullptr);
              notes.check(runtime);
            }),
            "fatal: found bad pointer: an element that a scan has noted is in another stack's "
            "memory");
}

}  // namespace
}  // namespace concertina
