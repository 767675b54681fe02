// Which steps conflict, which order of them matters, and the name of what remains.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "schedule/random.h"
#include "verify/happens_before.h"
#include "verify/trace_class.h"

namespace concertina::fuzzers {
namespace {

using Steps = std::vector<Footprint>;

Footprint step(ThreadId thread, std::initializer_list<Access> accesses) {
  Footprint made;
  made.thread = thread;
  made.site = Site::kTest;
  made.kind = OperationKind::kUpdate;
  for (const Access access : accesses) made.add(access);
  return made;
}
Footprint reads(ThreadId thread, std::uint16_t slot) { return step(thread, {{slot, Mode::kRead}}); }
Footprint writes(ThreadId thread, std::uint16_t slot) {
  return step(thread, {{slot, Mode::kWrite}});
}
Footprint marks(ThreadId thread, std::uint16_t slot) { return step(thread, {{slot, Mode::kMark}}); }
Footprint locks(ThreadId thread, std::uint16_t slot) {
  Footprint made = writes(thread, slot);
  made.kind = OperationKind::kLock;
  made.object = slot;
  return made;
}
Footprint starts(ThreadId thread, ThreadId child) {
  Footprint made = step(thread, {});
  made.started = ThreadMask{1} << child;
  return made;
}
Footprint ends_the_run(ThreadId thread) {
  Footprint made = step(thread, {});
  made.touches_all = true;
  return made;
}

// --- Conflicts ----------------------------------------------------------------------------------

TEST(Footprint, StepsConflictOverASlotInModesThatDoNotCommute) {
  const Mode modes[] = {Mode::kRead, Mode::kWrite, Mode::kMark};
  for (const Mode a : modes) {
    for (const Mode b : modes) {
      const bool expected = a != b || a == Mode::kWrite;
      EXPECT_EQ(conflict(step(0, {{7, a}}), step(1, {{7, b}})), expected);
      EXPECT_FALSE(conflict(step(0, {{7, a}}), step(1, {{8, b}})));
    }
  }
  EXPECT_TRUE(conflict(step(0, {{1, Mode::kRead}, {2, Mode::kRead}}),
                       step(1, {{3, Mode::kWrite}, {2, Mode::kWrite}})));
  EXPECT_TRUE(conflict(ends_the_run(0), step(1, {})));
  EXPECT_TRUE(conflict(step(0, {}), ends_the_run(1)));
}

TEST(Footprint, TwoModesOnOneSlotAreAWrite) {
  const Footprint both = step(0, {{7, Mode::kRead}, {7, Mode::kMark}});
  EXPECT_EQ(both.size, 1u);
  EXPECT_EQ(both.accesses[0].mode, Mode::kWrite);
  const Footprint twice = step(0, {{7, Mode::kMark}, {7, Mode::kMark}});
  EXPECT_EQ(twice.size, 1u);
  EXPECT_EQ(twice.accesses[0].mode, Mode::kMark);
}

TEST(Footprint, MoreThanItHoldsConflictsWithAll) {
  Footprint made = step(0, {});
  for (std::uint16_t slot = 0; slot < Footprint::kAccessesMax; ++slot)
    made.add({slot, Mode::kRead});
  made.add({0, Mode::kRead});
  EXPECT_FALSE(made.touches_all) << "one that it has already";
  made.add({Footprint::kAccessesMax, Mode::kRead});
  EXPECT_TRUE(made.touches_all);
  EXPECT_TRUE(conflict(made, step(1, {})));
}

// --- Happens before -----------------------------------------------------------------------------

/// The earlier steps with which the last one races.
std::set<std::uint32_t> races(const Steps& steps) {
  HappensBefore order;
  order.clear();
  for (const Footprint& one : steps) order.add(one);
  return {order.partners().begin(), order.partners().end()};
}
using Indices = std::set<std::uint32_t>;

TEST(HappensBefore, ConflictingStepsOfTwoThreadsRace) {
  EXPECT_EQ(races({writes(0, 7), writes(1, 7)}), Indices{0});
  EXPECT_EQ(races({reads(0, 7), writes(1, 7)}), Indices{0});
  EXPECT_EQ(races({marks(0, 7), reads(1, 7)}), Indices{0});
  EXPECT_EQ(races({reads(0, 7), reads(1, 7)}), Indices{});
  EXPECT_EQ(races({writes(0, 7), writes(1, 8)}), Indices{});
  EXPECT_EQ(races({writes(0, 7), writes(0, 7)}), Indices{}) << "of one thread";
}

TEST(HappensBefore, OnlyTheLatestOfEachThreadCounts) {
  EXPECT_EQ(races({writes(0, 7), writes(0, 7), writes(2, 7), writes(1, 7)}), (Indices{1, 2}));
}

TEST(HappensBefore, WhatIsKnownByOthersIsNoRace) {
  // Thread 2 has read what thread 1 wrote after it had seen thread 0's write.
  EXPECT_EQ(races({writes(0, 7), reads(1, 7), writes(1, 8), reads(2, 8), reads(2, 7)}), Indices{});
  // Without the message it has not.
  EXPECT_EQ(races({writes(0, 7), reads(1, 7), writes(1, 8), reads(2, 9), reads(2, 7)}), Indices{0});
  // A later step of thread 0 is not known because an earlier one is.
  EXPECT_EQ(races({writes(0, 7), reads(1, 7), writes(0, 8), writes(1, 8)}), Indices{2});
}

TEST(HappensBefore, AThreadKnowsWhatItsCreatorKnew) {
  EXPECT_EQ(races({writes(0, 7), starts(0, 1), writes(1, 7)}), Indices{});
  EXPECT_EQ(races({starts(0, 1), writes(0, 7), writes(1, 7)}), Indices{1});
}

TEST(HappensBefore, OfALockTheAcquisitionsRaceNotTheUnlock) {
  EXPECT_EQ(races({locks(0, 7), writes(0, 7), locks(1, 7)}), Indices{0});
  // What another operation does to the same object is no acquisition.
  EXPECT_EQ(races({writes(0, 7), locks(1, 7)}), Indices{});
  // Other slots of a step that locks are as always.
  Footprint more = locks(1, 7);
  more.add({8, Mode::kWrite});
  EXPECT_EQ(races({writes(0, 8), more}), Indices{0});
}

TEST(HappensBefore, AThreadThatWaitsRacesWithWhoHasTheLock) {
  HappensBefore order;
  order.clear();
  order.add(locks(0, 7));
  order.add(locks(0, 9));
  order.add_waiting(1, 7);
  EXPECT_EQ(order.partners(), std::vector<std::uint32_t>{0});
  order.add_waiting(0, 7);
  EXPECT_TRUE(order.partners().empty()) << "its own";
  order.add_waiting(1, (1 << 16) + 7);
  EXPECT_TRUE(order.partners().empty()) << "none of the table's";
  order.add(writes(1, 20));
  order.add(starts(0, 2));
  order.add_waiting(2, 7);
  EXPECT_TRUE(order.partners().empty()) << "it knows";
}

TEST(HappensBefore, TheLastStepRacesWithTheLatestOfAll) {
  EXPECT_EQ(races({writes(0, 1), writes(0, 2), writes(1, 3), ends_the_run(2)}), (Indices{1, 2}));
  EXPECT_EQ(races({ends_the_run(0), writes(1, 3)}), Indices{0});
}

TEST(HappensBefore, ClocksCountTheStepsThatAreKnown) {
  HappensBefore order;
  order.clear();
  for (const Footprint& one : Steps{writes(0, 7), writes(0, 8), reads(1, 7), writes(1, 9)}) {
    order.add(one);
  }
  EXPECT_EQ(order.events()[1].ordinal, 2);
  EXPECT_EQ(order.events()[3].ordinal, 2);
  EXPECT_EQ(order.past_of(1)[0], 1) << "the read knows of the first write, not of the second";
  EXPECT_EQ(order.past_of(1)[1], 2);
  EXPECT_EQ(order.past_of(0)[1], 0);
  EXPECT_TRUE(HappensBefore::is_known(order.events()[0], order.past_of(1)));
  EXPECT_FALSE(HappensBefore::is_known(order.events()[1], order.past_of(1)));
}

TEST(HappensBefore, ARunKnowsNothingOfTheOneBefore) {
  HappensBefore order;
  order.clear();
  order.add(locks(0, 7));
  order.add(ends_the_run(2));
  order.clear();
  order.add(writes(1, 7));
  EXPECT_TRUE(order.partners().empty());
  EXPECT_EQ(order.events().size(), 1u);
  EXPECT_EQ(order.past_of(1)[0], 0);
  order.add_waiting(1, 7);
  EXPECT_TRUE(order.partners().empty());
}

// --- The name of a trace ------------------------------------------------------------------------

std::uint64_t name_of(const Steps& steps) {
  static TraceClass trace;  // as a search has it: many runs
  trace.clear();
  for (const Footprint& one : steps) trace.add(one);
  return trace.name();
}

TEST(TraceClass, StepsThatDoNotConflictMayBeSwapped) {
  EXPECT_EQ(name_of({writes(0, 7), writes(1, 8)}), name_of({writes(1, 8), writes(0, 7)}));
  EXPECT_EQ(name_of({reads(0, 7), reads(1, 7)}), name_of({reads(1, 7), reads(0, 7)}));
  EXPECT_EQ(name_of({marks(0, 7), marks(1, 7), writes(2, 7)}),
            name_of({marks(1, 7), marks(0, 7), writes(2, 7)}));
  EXPECT_NE(name_of({writes(0, 7), writes(1, 7)}), name_of({writes(1, 7), writes(0, 7)}));
  EXPECT_NE(name_of({reads(0, 7), writes(1, 7)}), name_of({writes(1, 7), reads(0, 7)}));
  EXPECT_NE(name_of({marks(0, 7), reads(1, 7)}), name_of({reads(1, 7), marks(0, 7)}));
}

TEST(TraceClass, WhatAStepIsAndDrewMatters) {
  const Footprint plain = writes(0, 7);
  const auto differs = [&](auto change) {
    Footprint changed = plain;
    change(changed);
    return name_of({changed}) != name_of({plain});
  };
  EXPECT_TRUE(differs([](Footprint& f) { f.thread = 1; }));
  EXPECT_TRUE(differs([](Footprint& f) { f.site = Site::kParkStatus; }));
  EXPECT_TRUE(differs([](Footprint& f) { f.kind = OperationKind::kLoad; }));
  EXPECT_TRUE(differs([](Footprint& f) { f.draws = 1; }));
  EXPECT_TRUE(differs([](Footprint& f) { f.accesses[0].slot = 8; }));
  EXPECT_TRUE(differs([](Footprint& f) { f.accesses[0].mode = Mode::kRead; }));
}

TEST(TraceClass, AThreadsFirstStepDependsOnTheOneThatCreatedIt) {
  // The creator's two steps are alike; the first or the second one creates.
  const Footprint pause = step(0, {});
  EXPECT_NE(name_of({starts(0, 1), pause, writes(1, 8)}),
            name_of({pause, starts(0, 1), writes(1, 8)}));
}

TEST(TraceClass, TheStepThatEndsTheRunComesAfterAllBefore) {
  EXPECT_NE(name_of({writes(0, 7), ends_the_run(1)}), name_of({ends_the_run(1), writes(0, 7)}));
}

/// The traces of short runs by the definition: which orders come from each other by swaps.
class Definition {
 public:
  explicit Definition(const std::vector<Steps>& threads) : threads_(threads) {
    std::vector<std::size_t> at(threads.size(), 0);
    extend({}, at);
  }

  /// All orders of all steps, each thread's in its own order.
  const std::vector<Steps>& orders() const { return orders_; }

  /// The number of the class of each.
  std::vector<std::size_t> classes() const {
    std::map<std::vector<unsigned>, std::size_t> by_word;
    std::vector<std::size_t> parent(orders_.size());
    for (std::size_t i = 0; i < orders_.size(); ++i) by_word[words_[i]] = parent[i] = i;
    const auto root = [&](std::size_t i) {
      while (parent[i] != i) i = parent[i];
      return i;
    };
    for (std::size_t i = 0; i < orders_.size(); ++i) {
      for (std::size_t k = 0; k + 1 < orders_[i].size(); ++k) {
        if (words_[i][k] == words_[i][k + 1] || conflict(orders_[i][k], orders_[i][k + 1]))
          continue;
        std::vector<unsigned> swapped = words_[i];
        std::swap(swapped[k], swapped[k + 1]);
        parent[root(i)] = root(by_word.at(swapped));
      }
    }
    std::vector<std::size_t> result(orders_.size());
    for (std::size_t i = 0; i < orders_.size(); ++i) result[i] = root(i);
    return result;
  }

 private:
  void extend(Steps order, std::vector<std::size_t> at, std::vector<unsigned> word = {}) {
    bool is_whole = true;
    for (unsigned t = 0; t < threads_.size(); ++t) {
      if (at[t] == threads_[t].size()) continue;
      is_whole = false;
      Steps longer = order;
      longer.push_back(threads_[t][at[t]]);
      std::vector<std::size_t> after = at;
      ++after[t];
      std::vector<unsigned> longer_word = word;
      longer_word.push_back(t);
      extend(longer, after, longer_word);
    }
    if (!is_whole) return;
    orders_.push_back(order);
    words_.push_back(word);
  }

  const std::vector<Steps>& threads_;
  std::vector<Steps> orders_;
  std::vector<std::vector<unsigned>> words_;
};

std::vector<Steps> drawn_threads(Random& random) {
  std::vector<Steps> threads(3);
  for (ThreadId t = 0; t < 3; ++t) {
    for (unsigned n = random.between(1, 2); n > 0; --n) {
      Footprint made = step(t, {});
      for (unsigned k = random.below(3); k > 0; --k) {
        made.add({static_cast<std::uint16_t>(random.below(3)), static_cast<Mode>(random.below(3))});
      }
      made.touches_all = random.percent(5);
      threads[t].push_back(made);
    }
  }
  return threads;
}

TEST(TraceClass, NamesAreEqualExactlyWhereTheDefinitionSaysSo) {
  Random random(1);
  std::size_t classes_seen = 0;
  for (unsigned i = 0; i < 60; ++i) {
    const std::vector<Steps> threads = drawn_threads(random);
    const Definition definition(threads);
    const std::vector<std::size_t> classes = definition.classes();
    std::map<std::uint64_t, std::size_t> class_of_name;
    std::set<std::size_t> all;
    for (std::size_t k = 0; k < classes.size(); ++k) {
      const auto [it, is_new] =
          class_of_name.try_emplace(name_of(definition.orders()[k]), classes[k]);
      ASSERT_EQ(it->second, classes[k]) << "two traces of one name";
      all.insert(classes[k]);
    }
    ASSERT_EQ(class_of_name.size(), all.size()) << "one trace of two names";
    classes_seen += all.size();
  }
  EXPECT_GT(classes_seen, 200u);
}

TEST(HappensBefore, KnowsExactlyWhatCannotComeInTheOtherOrder) {
  // e knows f when f comes first in every order of the trace.
  Random random(2);
  for (unsigned i = 0; i < 40; ++i) {
    const std::vector<Steps> threads = drawn_threads(random);
    const Definition definition(threads);
    const std::vector<std::size_t> classes = definition.classes();
    HappensBefore order;
    order.clear();
    const Steps& first = definition.orders()[0];
    for (const Footprint& one : first) order.add(one);
    const auto place_in = [&](const Steps& steps, const HappensBefore::Event& event) {
      unsigned ordinal = 0;
      for (std::size_t k = 0; k < steps.size(); ++k) {
        if (steps[k].thread == event.thread && ++ordinal == event.ordinal) return k;
      }
      return steps.size();
    };
    for (std::size_t f = 0; f < first.size(); ++f) {
      for (std::size_t e = f + 1; e < first.size(); ++e) {
        bool always = true;
        for (std::size_t k = 0; k < classes.size(); ++k) {
          if (classes[k] != classes[0]) continue;
          always = always && place_in(definition.orders()[k], order.events()[f]) <
                                 place_in(definition.orders()[k], order.events()[e]);
        }
        ASSERT_EQ(HappensBefore::is_known(order.events()[f], order.events()[e].clock), always);
      }
    }
  }
}

}  // namespace
}  // namespace concertina::fuzzers
