// The safe points within channel operations: a goroutine stops there, what it was about to do waits
// for it alone, and its stack may be copied meanwhile.
#include <gtest/gtest.h>

#include "chan/testing.h"
#include "scan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// Which function stopped where, whoever it was.
struct Stop {
  FunctionId function{};
  std::uint32_t resume = 0;
  bool operator==(const Stop&) const = default;
};
std::vector<Stop> stops(const ProgramRun& run) {
  std::vector<Stop> found;
  for (const auto& stop : run.of<event::Preempted>()) {
    if (!stop.for_scanner) found.push_back({stop.function, stop.resume});
  }
  return found;
}

// Wakes and is woken in each operation, by an operation and by a close.
struct Everything {
  Body receiver{{receive(1), send(2, 2)}};
  Body selector{
      {select({on_receive(1), on_receive(2)}), select({on_receive(3), on_send(3, 7)})}, 64, 2};
  Body waiter{{receive(3)}};
  Body main{{go(receiver), yield(), yield(),    send(1, 1), yield(),    receive(2), go(selector),
             yield(),      yield(), send(1, 3), receive(3), go(waiter), go(waiter), go(waiter),
             yield(),      yield(), yield(),    yield(),    close(3),   yield()}};
};

ProgramRun run_everything(Site site, StackAction action, unsigned seed = 0) {
  const Everything program;
  StackEventsAt events({site}, action);
  AnyRun any(seed, with_scanner(with_channels({{}, {}, {}})));
  if (seed == 0) any.setup.chooser = nullptr;
  any.setup.knobs.processors = seed == 0 ? 1 : 2;
  any.setup.stack_events = &events;
  any.setup.steps_max = 60'000;
  return run_program(any.setup, program.main);
}

struct Point {
  Site site;
  FunctionId function;
};
constexpr Point kPoints[] = {{Site::kWokenPoint, FunctionId::kChanReceive},
                             {Site::kSelectWokenPoint, FunctionId::kSelect},
                             {Site::kReadyPoint, FunctionId::kChanSend},
                             {Site::kReadyPoint, FunctionId::kSelect},
                             {Site::kReadyPoint, FunctionId::kChanReceive},
                             {Site::kCloseReadyPoint, FunctionId::kCloseChannel}};

TEST(SafePoint, OfEachKindStopsTheGoroutineAndLosesNothing) {
  for (const Point& point : kPoints) {
    unsigned seen = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
      const auto run = run_everything(point.site, StackAction::kPreempt, seed);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      ASSERT_EQ(leftovers(run), Leftovers{});
      for (const Stop& stop : stops(run)) seen += stop.function == point.function;
    }
    EXPECT_GT(seen, 0u) << site_name(point.site) << " in " << function_name(point.function);
  }
}

TEST(SafePoint, IsAPrologueWhereTheStackMayBeCopied) {
  for (const StackAction action : {StackAction::kMove, StackAction::kGrow, StackAction::kShrink,
                                   StackAction::kScanMove, StackAction::kScanShrink}) {
    for (const Point& point : kPoints) {
      for (unsigned seed = 0; seed < 20; ++seed) {
        const auto run = run_everything(point.site, action, seed);
        ASSERT_EQ(run.ending(), "exit: ") << seed;
        ASSERT_EQ(leftovers(run), Leftovers{});
      }
    }
  }
}

// Preempted at each of the points, and the scanner is asked to move all stacks just then.
class PreemptAndScan : public StackEvents {
 public:
  PreemptAndScan() {
    for (const Point& point : kPoints) sites_.add(point.site);
    sites_.add(Site::kPreemptPoll);
  }
  const SiteSet& sites() const override { return sites_; }
  [[gnu::no_sanitize_thread]] StackAction at(SpawnPath, Site site) override {
    return site == Site::kPreemptPoll ? StackAction::kScanMove : StackAction::kPreempt;
  }

 private:
  SiteSet sites_;
};

// Copies of a goroutine by the scanner, made while it had stopped in that function at that point.
unsigned copies_while_stopped(const ProgramRun& run, FunctionId function, std::uint32_t resume) {
  unsigned found = 0;
  for (std::size_t i = 0; i < run.events.size(); ++i) {
    if (run.events[i].kind != EventKind::kPreempted) continue;
    const auto stop = as<event::Preempted>(run.events[i]);
    if (stop.function != function || stop.resume != resume) continue;
    for (std::size_t j = i + 1; j < run.events.size(); ++j) {
      const Event& e = run.events[j];
      if (e.goroutine != stop.goroutine) continue;
      if (e.kind == EventKind::kSettled) break;
      found += e.kind == EventKind::kCopyBegin && e.thread == kScannerThread;
    }
  }
  return found;
}

TEST(SafePoint, ASuspenderCopiesWhatStoppedThere) {
  const Everything program;
  unsigned woken = 0, closing = 0, readying = 0;
  for (unsigned seed = 1; seed < 400; ++seed) {
    PreemptAndScan events;
    AnyRun any(seed, with_scanner(with_channels({{}, {}, {}})));
    any.setup.stack_events = &events;
    any.setup.steps_max = 200'000;
    const auto run = run_program(any.setup, program.main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(leftovers(run), Leftovers{});
    woken += copies_while_stopped(run, FunctionId::kSelect, 3);
    readying += copies_while_stopped(run, FunctionId::kChanSend, 3);
    closing += copies_while_stopped(run, FunctionId::kCloseChannel, 1);
  }
  EXPECT_GT(woken, 0u) << "with its losers still queued";
  EXPECT_GT(readying, 0u);
  EXPECT_GT(closing, 0u);
}

}  // namespace
}  // namespace concertina
