// The life of sudogs: caches, the central list, and what must be clear before one goes back.
#include <gtest/gtest.h>

#include "chan/channel_internal.h"
#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

unsigned central_count(const Runtime& runtime) {
  unsigned count = 0;
  for (const Sudog* s = runtime.central_sudogs; s != nullptr; s = s->next) ++count;
  return count;
}

// Acquires n sudogs and then releases them all.
void acquire_and_release(Machine& m, Goroutine& g, unsigned n) {
  Sudog* sudogs[16] = {};
  for (unsigned i = 0; i < n; ++i) sudogs[i] = acquire_sudog(m, g);
  for (unsigned i = 0; i < n; ++i) release_sudog(m, g, sudogs[i]);
}

TEST(SudogCache, GivesBackWhatItGot) {
  const Body main({[](Machine& m, Goroutine& g) {
    Sudog* const first = acquire_sudog(m, g);
    announce(g, 1, first->goroutine == &g);
    announce(g, 2, m.runtime->sudogs_in_use.total());
    first->success = true;
    first->case_index = 7;
    release_sudog(m, g, first);
    announce(g, 2, m.runtime->sudogs_in_use.total());
    announce(g, 1, first->goroutine == nullptr && !first->success && first->case_index == 0);
    announce(g, 1, acquire_sudog(m, g) == first);
  }});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 1, 1}));
  EXPECT_EQ(run.notes(2), (Ids{1, 0}));
}

TEST(SudogCache, FullOneReleasesHalfToTheCentralList) {
  const Body main({[](Machine& m, Goroutine& g) {
    acquire_and_release(m, g, kSudogCacheSlots);
    announce(g, 1, central_count(*m.runtime));
    acquire_and_release(m, g, kSudogCacheSlots + 1);
    announce(g, 1, central_count(*m.runtime));
    announce(g, 2, m.processor->sudogs.count);
    announce(g, 3, m.runtime->sudogs_in_use.total());
  }});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.notes(1), (Ids{0, kSudogCacheSlots / 2}));
  EXPECT_EQ(run.notes(2), Ids{kSudogCacheSlots / 2 + 1});
  EXPECT_EQ(run.notes(3), Ids{0});
}

TEST(SudogCache, EmptyOneRefillsHalfFromTheCentralList) {
  const Body main({[](Machine& m, Goroutine& g) {
    acquire_and_release(m, g, kSudogCacheSlots + 1);
    m.processor->sudogs = SudogCache{};  // as a processor that has none yet
    Sudog* const taken = acquire_sudog(m, g);
    announce(g, 1, central_count(*m.runtime));
    announce(g, 2, m.processor->sudogs.count);
    announce(g, 3, taken->next == nullptr && acquire_sudog(m, g)->next == nullptr);
  }});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.notes(1), Ids{0});
  EXPECT_EQ(run.notes(2), Ids{kSudogCacheSlots / 2 - 1});
  EXPECT_EQ(run.notes(3), Ids{1});
}

TEST(SudogCache, DirtySudogIsFatalWhenItIsTaken) {
  const Body main({[](Machine& m, Goroutine& g) {
    Sudog* const sudog = acquire_sudog(m, g);
    release_sudog(m, g, sudog);
    sudog->element.plant(8);
    acquire_sudog(m, g);
  }});
  EXPECT_EQ(run_program({}, main).ending(), "fatal: acquire_sudog: a cached sudog has an element");
}

TEST(SudogCache, DirtySudogIsFatalWhenItIsGivenBack) {
  const auto ending = [](auto dirty) {
    const Body main({[dirty](Machine& m, Goroutine& g) {
      Sudog* const sudog = acquire_sudog(m, g);
      dirty(g, *sudog);
      release_sudog(m, g, sudog);
    }});
    return run_program({}, main).ending();
  };
  EXPECT_EQ(ending([](Goroutine&, Sudog& s) { s.element.plant(8); }),
            "fatal: release_sudog: sudog with non-nil element");
  EXPECT_EQ(ending([](Goroutine&, Sudog& s) { s.is_select = true; }),
            "fatal: release_sudog: sudog with is_select");
  EXPECT_EQ(ending([](Goroutine&, Sudog& s) { s.next = &s; }),
            "fatal: release_sudog: sudog with non-nil next");
  EXPECT_EQ(ending([](Goroutine&, Sudog& s) { s.previous = &s; }),
            "fatal: release_sudog: sudog with non-nil previous");
  EXPECT_EQ(ending([](Goroutine&, Sudog& s) { s.wait_link = &s; }),
            "fatal: release_sudog: sudog with non-nil wait_link");
  EXPECT_EQ(ending([](Goroutine&, Sudog& s) {
              s.channel = &make<Channel>(ChannelId{1}, 8u, 0u, nullptr);
            }),
            "fatal: release_sudog: sudog with non-nil channel");
  EXPECT_EQ(ending([](Goroutine& g, Sudog& s) { g.parameter = &s; }),
            "fatal: release_sudog: goroutine with non-nil parameter");
}

// Many goroutines on several processors wait and are woken: none is lost, none is used twice.
TEST(SudogCache, EverySudogComesBack) {
  const Body receiver({receive(1)});
  const Body main({loop(12, {go(receiver)}), loop(12, {send(1, 5)})});
  for (unsigned seed = 0; seed < 100; ++seed) {
    const AnyRun any(seed);
    const auto run = run_program(with_channels({{}}, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(leftovers(run), Leftovers{});
    ASSERT_EQ(received(run, 1), Ids(12, 5));
  }
}

}  // namespace
}  // namespace concertina
