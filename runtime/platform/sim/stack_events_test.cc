// Stack events: how an input's wishes reach prologues and the scanner.
#include <gtest/gtest.h>

#include "platform/sim/testing.h"

namespace concertina::test {
namespace {

using Counter = platform::Atomic<std::uint32_t>;
using Numbers = std::vector<std::uint32_t>;

constexpr Site kSite = Site::kTest;

/// Answers with one action at one site, the first `times` times.
class OneEvent : public StackEvents {
 public:
  OneEvent(Site site, StackAction action, unsigned times = 1) : action_(action), times_(times) {
    sites_.add(site);
  }
  OneEvent& then(StackAction action) {
    second_ = action;
    return *this;
  }
  [[gnu::no_sanitize_thread]] const SiteSet& sites() const override { return sites_; }
  [[gnu::no_sanitize_thread]] StackAction at(SpawnPath path, Site) override {
    ++asked_;
    path_ = path;
    if (times_ == 0) return StackAction::kNone;
    if (--times_ == 0 && second_ != StackAction::kNone) {
      const StackAction action = action_;
      action_ = second_;
      second_ = StackAction::kNone;
      times_ = 1;
      return action;
    }
    return action_;
  }
  unsigned asked() const { return asked_; }
  SpawnPath path() const { return path_; }

 private:
  SiteSet sites_;
  StackAction action_;
  StackAction second_ = StackAction::kNone;
  unsigned times_;
  unsigned asked_ = 0;
  SpawnPath path_ = kAnyPath;
};

void say_prologue(Site site) { say(static_cast<std::uint32_t>(platform::prologue(site))); }
std::uint32_t number(StackAction action) { return static_cast<std::uint32_t>(action); }

constexpr auto kNone = StackAction::kNone;
constexpr auto kGrow = StackAction::kGrow;
constexpr auto kMove = StackAction::kMove;

TEST(StackEvent, AtAPrologueHappensThere) {
  for (const StackAction action : {kGrow, kMove}) {
    OneEvent events(Site::kSendPrologue, action);
    const RunResult run = run_body({.stack_events = &events}, [] {
      platform::set_goroutine(1, 33);
      say_prologue(Site::kReceivePrologue);
      say_prologue(Site::kSendPrologue);
      say_prologue(Site::kSendPrologue);
    });
    EXPECT_EQ(run.said(), (Numbers{number(kNone), number(action), number(kNone)}));
    EXPECT_EQ(events.asked(), 2u) << "at its own site only";
    EXPECT_EQ(events.path(), 33u);
  }
}

TEST(StackEvent, ElsewhereReachesTheNextPrologueOnly) {
  for (const StackAction action : {kGrow, kMove}) {
    OneEvent events(Site::kChanSendLock, action);
    const RunResult run = run_body({.stack_events = &events}, [] {
      auto& counter = make<Counter>(0u);
      counter.load(kSite);
      say_prologue(Site::kSendPrologue);
      counter.load(Site::kChanSendLock);
      counter.load(kSite);
      say_prologue(Site::kReceivePrologue);
      say_prologue(Site::kReceivePrologue);
    });
    EXPECT_EQ(run.said(), (Numbers{number(kNone), number(action), number(kNone)}));
  }
}

TEST(StackEvent, AGrowthAfterAMoveIsOneGrowth) {
  for (const bool grow_first : {false, true}) {
    OneEvent events(Site::kChanSendLock, grow_first ? kGrow : kMove);
    events.then(grow_first ? kMove : kGrow);
    const RunResult run = run_body({.stack_events = &events}, [] {
      auto& counter = make<Counter>(0u);
      counter.load(Site::kChanSendLock);
      counter.load(Site::kChanSendLock);
      say_prologue(Site::kSendPrologue);
      say_prologue(Site::kSendPrologue);
    });
    EXPECT_EQ(run.said(), (Numbers{number(kGrow), number(kNone)}));
  }
}

TEST(StackEvent, BelongsToTheThreadThatPassedTheSite) {
  OneEvent events(Site::kChanSendLock, kGrow);
  const RunResult run = run_body({.stack_events = &events}, [] {
    auto& counter = make<Counter>(0u);
    counter.load(Site::kChanSendLock);
    start([&] {
      say_prologue(Site::kSendPrologue);
      counter.store(1, kSite);
    });
    platform::spin_until(counter, [](std::uint32_t v) { return v == 1; }, kSite);
    say_prologue(Site::kSendPrologue);
  });
  EXPECT_EQ(run.said(), (Numbers{number(kNone), number(kGrow)}));
}

TEST(StackEvent, IsForgottenByTheNextRun) {
  simulator::World world;
  OneEvent events(Site::kChanSendLock, kGrow);
  run_body(world, {.stack_events = &events}, [] { make<Counter>(0u).load(Site::kChanSendLock); });
  const RunResult run = run_body(world, {}, [] { say_prologue(Site::kSendPrologue); });
  EXPECT_EQ(run.said(), Numbers{number(kNone)});
}

TEST(StackEvent, AScanIsAskedForWithTheGoroutinesPath) {
  for (const bool is_move : {false, true}) {
    OneEvent events(Site::kChanSendLock,
                    is_move ? StackAction::kScanMove : StackAction::kScanShrink);
    const RunResult run = run_body({.stack_events = &events}, [] {
      platform::set_goroutine(1, 44);
      make<Counter>(0u).load(Site::kChanSendLock);
      const auto request = platform::await_scan_request(kSite);
      say(request.path);
      say(request.move);
    });
    EXPECT_EQ(run.said(), (Numbers{44, is_move}));
  }
}

TEST(ScanRequests, WaitInOrderAndTheScannerForThem) {
  const RunResult run = run_body([] {
    start([] {
      for (SpawnPath path = 1; path <= 3; ++path) {
        platform::post_scan_request({path, false});
        say(0);
      }
    });
    // Nothing is there yet: the scanner is disabled, and thread 1 says 0 thrice in one go.
    for (int i = 0; i < 3; ++i) say(platform::await_scan_request(kSite).path);
  });
  EXPECT_EQ(run.said(), (Numbers{0, 0, 0, 1, 2, 3}));
}

TEST(ScanRequests, AreForgottenByTheNextRun) {
  simulator::World world;
  run_body(world, {}, [] { platform::post_scan_request({5, false}); });
  const RunResult run = run_body(world, {}, [] { platform::await_scan_request(kSite); });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
}

TEST(ScanRequests, AreDroppedBeyondThirtyTwo) {
  const RunResult run = run_body([] {
    for (int i = 0; i < 3; ++i) platform::post_scan_request({1000, false});
    for (int i = 0; i < 3; ++i) platform::await_scan_request(kSite);  // the ring has turned a bit
    for (SpawnPath path = 1; path <= 40; ++path) platform::post_scan_request({path, false});
    for (int i = 0; i < 33; ++i) say(platform::await_scan_request(kSite).path);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung) << "a 33rd is waited for in vain";
  ASSERT_EQ(run.said().size(), 32u);
  for (std::uint32_t i = 0; i < 32; ++i) EXPECT_EQ(run.said()[i], i + 1);
}

}  // namespace
}  // namespace concertina::test
