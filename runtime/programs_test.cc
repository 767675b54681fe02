// Whole programs through run_main, on any platform: what they compute does not depend on who runs
// when, nor on what happens to stacks meanwhile.
#include <gtest/gtest.h>

#include <numeric>

#include "go.h"
#include "testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

const char kDeadlockEnding[] = "deadlock: all goroutines are asleep - deadlock!";

// --- Small programs ------------------------------------------------------------------------------

TEST(RunMain, RunsAProgram) {
  const Body squares({range(1, {send_computed(2,
                                              [](Goroutine& g) {
                                                const auto v =
                                                    static_cast<std::uint32_t>(task_frame(g).value);
                                                return v * v;
                                              })}),
                      close(2)});
  const Body numbers({send(1, 2), send(1, 3), send(1, 4), close(1)});
  const Body main({go(squares), go(numbers), range(2, {note(1, 1)})});
  const auto run = run_go({{.capacity = 1}, {}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 2), (Ids{4, 9, 16}));
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(RunMain, OthersGoOnWhenMainHasReturned) {
  const Body child({receive(1), note(1, 7)});
  const Body other({yield(), send(1, 5)});
  const Body main({go(child), go(other)});
  const auto run = run_go({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{7});
}

TEST(RunMain, TellsADeadlockAndWhatIsLeft) {
  const Body child({send(1, 1)});
  const Body main({go(child), go(child), receive(2)});
  const auto run = run_go({{}, {}}, main);
  EXPECT_EQ(run.ending(), kDeadlockEnding);
  EXPECT_EQ(run.count(EventKind::kEndGoroutine), 3u);
  EXPECT_EQ(leftovers(run), (Leftovers{.waiters = 3, .sudogs = 3, .stacks = 3}));
}

TEST(RunMain, NeedsOneToFourProcessors) {
  const auto ending = [](unsigned processors) {
    const Body main({note(1, 1)});
    RunSetup setup;
    setup.knobs.processors = processors;
    return run_go({}, main, setup).ending();
  };
  EXPECT_EQ(ending(0), "fatal: knobs: processors out of 1..kProcessorsLimit");
  EXPECT_EQ(ending(kProcessorsLimit + 1), "fatal: knobs: processors out of 1..kProcessorsLimit");
  EXPECT_EQ(ending(1), "exit: ");
  EXPECT_EQ(ending(kProcessorsLimit), "exit: ");
}

TEST(RunMain, NeedsNothingBeforeMain) {
  const Body main({note(1, 1)});
  const auto run = run_thread({}, [&] { run_main(Knobs{}, main.function(), nullptr, nullptr); });
  EXPECT_EQ(run.ending(), "exit: ");
}

// --- Disturbed programs --------------------------------------------------------------------------

struct Disturbed : Disturbance<RunSetup> {
  explicit Disturbed(unsigned variant) : Disturbance(variant) {
    setup.knobs.processors = 1 + variant % kProcessorsLimit;
    setup.knobs.stacks.reuse = variant % 3 != 0;
    setup.knobs.stacks.cache = variant % 5 != 0;
    setup.knobs.stacks.native_frames = variant % 7 != 0;
  }
};
constexpr unsigned kVariants = Disturbed::kVariants;
/// Programs do this many times what they do once in the simulator.
constexpr std::uint32_t kScale = Disturbed::kScale;

// Go: test/chan/sieve1. The filter of a prime is made when the prime is found; channel i carries
// what the filters of the first i - 1 primes let through.
class Sieve {
 public:
  static constexpr std::uint32_t kNumbersMax = 17;
  static constexpr ChannelId kFirst = 1;
  static constexpr ChannelId kPrimes = 9;

  Sieve()
      : filter_({[this](Machine& m, Goroutine& g) { return receive_next(m, g); },
                 [this](Machine& m, Goroutine& g) { return handle(m, g); },
                 [](Machine&, Goroutine& g) {
                   g.top().resume = 0;
                   return Action::kBackEdge;
                 }}),
        generator_({loop(kNumbersMax - 1,
                         {send_computed(
                             kFirst, [](Goroutine& g) { return 2 + task_frame(g).counters[0]; })}),
                    close(kFirst)}),
        main_({go(generator_), go(filter_, kFirst), range(kPrimes, {})}) {}

  const Body& main() const { return main_; }

 private:
  // A filter's state is in its frame: counters[0] is its prime, counters[1] is 1 once it has a
  // successor. Its argument is the channel that it reads.
  Action receive_next(Machine& m, Goroutine& g) {
    call_receive(m, g, channel(m, input(g)), Body::slot(g), true);
    return Action::kNext;
  }
  Action handle(Machine& m, Goroutine& g) {
    TaskFrame& frame = task_frame(g);
    if (!g.result.ok) {
      frame.header.resume = 3;  // past the end: return
      // The last filter has no successor, and nobody else writes to the primes any more.
      call_close(m, g, channel(m, frame.counters[1] != 0 ? output(g) : kPrimes));
      return Action::kNext;
    }
    const std::uint32_t value = read_element(reinterpret_cast<void*>(g.at(Body::slot(g))), 8).value;
    if (frame.counters[0] == 0) {
      frame.counters[0] = value;
      call_send(m, g, channel(m, kPrimes), Body::slot(g), true);
      return Action::kNext;
    }
    if (value % frame.counters[0] == 0) return Action::kNext;
    if (frame.counters[1] == 0) {
      frame.counters[1] = 1;
      spawn(m, g, filter_.function(), reinterpret_cast<void*>(std::uintptr_t{output(g)}));
    }
    call_send(m, g, channel(m, output(g)), Body::slot(g), true);
    return Action::kNext;
  }
  static ChannelId input(const Goroutine& g) { return static_cast<ChannelId>(argument_of(g)); }
  static ChannelId output(const Goroutine& g) { return static_cast<ChannelId>(input(g) + 1); }

  const Body filter_;
  const Body generator_;
  const Body main_;
};

TEST(Disturbed, PrimeSieve) {
  const Sieve sieve;
  const std::vector<ChannelSpec> channels(Sieve::kPrimes, ChannelSpec{});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go(channels, sieve.main(), disturbed.setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, Sieve::kPrimes), (Ids{2, 3, 5, 7, 11, 13, 17})) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
  }
}

// A token goes round a ring of goroutines; each adds one. Elements of 24 bytes.
TEST(Disturbed, PingPongRing) {
  constexpr std::uint32_t kRing = 4, kRounds = 4 * kScale;
  const auto next = [](Goroutine& g) {
    return static_cast<std::uint32_t>(task_frame(g).value) + 1;
  };
  const Body second({loop(kRounds, {receive(1), send_computed(2, next)})});
  const Body third({loop(kRounds, {receive(2), send_computed(3, next)})});
  const Body fourth({loop(kRounds, {receive(3), send_computed(4, next)})});
  const Body main(
      {go(second), go(third), go(fourth), loop(kRounds, {send_computed(1, next), receive(4)})});
  const std::vector<ChannelSpec> channels(kRing, ChannelSpec{.element_bytes = 24, .capacity = 0});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go(channels, main, disturbed.setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    Ids expected;
    for (std::uint32_t round = 1; round <= kRounds; ++round) expected.push_back(round * kRing);
    ASSERT_EQ(received(run, kRing), expected) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
  }
}

// Selects, closes, buffers and system calls together; the sum of what arrives is exact.
TEST(Disturbed, SelectsAndCloses) {
  constexpr std::uint32_t kEach = 4 * kScale;
  const Body first({loop(kEach, {send(1, 3), system_call()}), send(3, 1)}, 4096);
  const Body second({loop(kEach, {send(2, 50), yield()}), send(3, 1)});
  const Body collector(
      {loop(2 * kEach, {select({on_receive(1), on_receive(2), on_receive(kNilChannel)})}),
       send(3, 1)},
      4096, 3);
  const Body main({go(first), go(second), go(collector), loop(3, {receive(3)}), close(1), close(2),
                   receive(1), try_receive(2)},
                  4096);
  for (unsigned seed = 0; seed < kVariants / 2; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go({{4096, 0}, {16, 2}, {}}, main, disturbed.setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    const Ids threes = received(run, 1), fifties = received(run, 2);
    ASSERT_EQ(std::accumulate(threes.begin(), threes.end(), 0u), 3 * kEach) << seed;
    ASSERT_EQ(std::accumulate(fifties.begin(), fifties.end(), 0u), 50 * kEach) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
  }
}

// Values of 4 KiB between two goroutines; a torn one shows as no value that was sent.
TEST(Disturbed, PingPongOfLargeElements) {
  constexpr std::uint32_t kRounds = 3 * kScale;
  const auto round = [](Goroutine& g) { return 1 + task_frame(g).counters[0]; };
  const Body other({loop(kRounds, {receive(1), send_computed(2, round)})}, 4096);
  const Body main({go(other), loop(kRounds, {send_computed(1, round), receive(2)})}, 4096);
  Ids expected(kRounds);
  std::iota(expected.begin(), expected.end(), 1u);
  for (unsigned seed = 0; seed < kVariants / 2; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go({{4096, 0}, {4096, 0}}, main, disturbed.setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, 1), expected) << seed;
    ASSERT_EQ(received(run, 2), expected) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
  }
}

// 1 + 3 + 9 + 9 goroutines; each sends, and waits for no child.
TEST(Disturbed, SpawnTree) {
  const Body leaf({send(1, 100), yield()});
  const Body child({go(leaf), send(1, 10)});
  const Body parent({go(child), go(child), go(child), send(1, 1)});
  const Body main({go(parent), go(parent), go(parent), loop(3 + 9 + 9, {receive(1)})});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    for (const std::uint32_t capacity : {0u, 4u}) {
      Disturbed disturbed(seed);
      const auto run = run_go({{.capacity = capacity}}, main, disturbed.setup);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      const Ids values = received(run, 1);
      ASSERT_EQ(std::accumulate(values.begin(), values.end(), 0u), 3u + 90u + 900u) << seed;
      ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
    }
  }
}

// Receivers and selects that wait on a channel, or come to it, while it is closed.
TEST(Disturbed, CloseReleasesEverybody) {
  const Body receiver({receive(1), send(3, 1)});
  const Body selector({select({on_receive(1), on_receive(2)}), send(3, 1)}, 64, 2);
  const Body ranger({range(1, {}), send(3, 1)});
  const Body main({go(receiver), go(selector), go(ranger), go(receiver), go(selector), yield(),
                   close(1), loop(5, {receive(3)}), close(2)});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go({{}, {}, {}}, main, disturbed.setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, 3), Ids(5, 1)) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
  }
}

// Both ends select; whoever wins, each value arrives once.
TEST(Disturbed, SelectsMeetSelects) {
  constexpr std::uint32_t kEach = 3 * kScale;
  const Body sender({loop(kEach, {select({on_send(1, 3), on_send(2, 50)})}), send(3, 1)}, 64, 2);
  const Body receiver({loop(kEach, {select({on_receive(2), on_receive(1)})}), send(3, 1)}, 64, 2);
  const Body main({go(sender), go(receiver), go(sender), go(receiver), loop(4, {receive(3)})});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go({{}, {}, {}}, main, disturbed.setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    const Ids threes = received(run, 1), fifties = received(run, 2);
    ASSERT_EQ(threes.size() + fifties.size(), 2 * kEach) << seed;
    ASSERT_EQ(threes, Ids(threes.size(), 3)) << seed;
    ASSERT_EQ(fifties, Ids(fifties.size(), 50)) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
  }
}

// Values through the fast paths: an operation that finds nothing ready is repeated, and waits.
TEST(Disturbed, NonBlockingOperationsLoseNothing) {
  constexpr std::uint32_t kEach = 3 * kScale;
  const Op skip_next([](Machine&, Goroutine& g) {
    if (g.result.selected) g.top().resume += 2;
    return Action::kNext;
  });
  const Body sender({loop(kEach, {try_send(1, 3), skip_next, send(1, 3)}), send(2, 1)});
  const Body receiver({loop(kEach, {try_receive(1), skip_next, receive(1)}), send(2, 1)});
  const Body main({go(sender), go(receiver), receive(2), receive(2)});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    for (const std::uint32_t capacity : {0u, 1u}) {
      Disturbed disturbed(seed);
      const auto run = run_go({{.capacity = capacity}, {}}, main, disturbed.setup);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      ASSERT_EQ(received(run, 1), Ids(kEach, 3)) << seed;
      ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
    }
  }
}

TEST(Disturbed, ADeadlockIsTold) {
  const Body child({receive(1), send(1, 1)});
  const Body main({go(child), go(child), send(1, 1), receive(2)});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go({{}, {}}, main, disturbed.setup);
    ASSERT_EQ(run.ending(), kDeadlockEnding) << seed;
    ASSERT_EQ(run.count(EventKind::kEndGoroutine), 2u) << seed;
  }
}

TEST(Disturbed, APanicEndsTheRunWhileOthersWork) {
  const Body busy({loop(20 * kScale, {send(1, 1), receive(1)})});
  const Body main({go(busy), go(busy), go(busy), yield(), close(2), send(2, 1)});
  for (unsigned seed = 0; seed < kVariants; ++seed) {
    Disturbed disturbed(seed);
    const auto run = run_go({{.capacity = 3}, {}}, main, disturbed.setup);
    ASSERT_EQ(run.ending(), "panic: send on closed channel") << seed;
  }
}

}  // namespace
}  // namespace concertina
