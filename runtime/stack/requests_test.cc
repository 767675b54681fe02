#include "stack/requests.h"

#include "stack/testing.h"

namespace concertina::test {
namespace {

bool is_noticed(const Goroutine& g) { return g.stack_guard.inspect() == kStackPreempt; }

TEST(Requests, TheGuardSaysThatSomethingIsAsked) {
  run_body([] {
    Goroutine& g = make_running();
    EXPECT_EQ(g.stack_guard.inspect(), g.stack.lo + kStackGuard);
    EXPECT_FALSE(must_stop(g));
    ask(g, kPreemptYield, Site::kTest);
    EXPECT_TRUE(must_stop(g));
    EXPECT_EQ(take_requests(g, kPreemptAll), kPreemptYield);
    EXPECT_EQ(g.stack_guard.inspect(), g.stack.lo + kStackGuard);
  });
}

TEST(Requests, WhatIsNotTakenStaysAsked) {
  run_body([] {
    Goroutine& g = make_running();
    ask(g, kPreemptYield | kPreemptShrink, Site::kTest);
    EXPECT_EQ(take_requests(g, kPreemptStop | kPreemptYield), kPreemptYield);
    EXPECT_TRUE(must_stop(g));
    EXPECT_EQ(g.preempt.inspect(), kPreemptShrink);
  });
}

TEST(Requests, AreAnsweredByTheNextPrologueIfTheyAreForCopies) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    grow_stack(g, 8192);
    const std::size_t bytes = g.stack.bytes();
    ask(g, kPreemptShrink | kPreemptStop, Site::kTest);
    push(g, kPlain);
    EXPECT_EQ(g.stack.bytes(), bytes / 2);
    EXPECT_EQ(g.preempt.inspect(), kPreemptStop) << "which is for the end of the step";
    EXPECT_TRUE(must_stop(g));
    EXPECT_EQ(g.status.inspect(), kRunning);
  });
  EXPECT_EQ(run.report.message, "");
}

TEST(Requests, ArePutOffWhileAChannelIsLocked) {
  run_body([] {
    Goroutine& g = make_running();
    grow_stack(g, 8192);
    const std::size_t bytes = g.stack.bytes();
    g.locks_held = 1;
    ask(g, kPreemptShrink, Site::kTest);
    push(g, kPlain);
    EXPECT_EQ(g.stack.bytes(), bytes);
    EXPECT_FALSE(is_noticed(g)) << "or each prologue would come here";
    g.locks_held = 0;
    recall_if_asked(g);
    EXPECT_TRUE(is_noticed(g));
    push(g, kPlain);
    EXPECT_EQ(g.stack.bytes(), bytes / 2);
  });
}

TEST(Requests, AShrinkIsRefusedWithALockHeld) {
  expect_end("stack shrink: the goroutine holds a channel's lock", [] {
    Goroutine& g = make_running();
    g.locks_held = 1;
    shrink_own_stack(g);
  });
}

TEST(Requests, NoCopyAtAnAsynchronousSafePoint) {
  expect_end(
      "stack copy at an asynchronous safe point: registers of the code that was interrupted may "
      "point into the stack",
      [] {
        Goroutine& g = make_running();
        g.is_async_stopped = true;
        EXPECT_FALSE(is_shrink_safe(g));
        move_stack(g);
      });
}

// The owner copies its stack while another thread asks something of it, in every order.
TEST(Requests, ACopyLosesNone) {
  ExhaustiveChooser every;
  unsigned clobbered = 0;
  do {
    const RunResult run = run_body(every, [] {
      Goroutine& g = make_running();
      auto& is_done = make<platform::Atomic<std::uint32_t>>(0u);
      start([&] {
        ask(g, kPreemptStop, Site::kTest);
        is_done.store(1, Site::kTest);
      });
      move_stack(g);
      platform::spin_until(is_done, [](std::uint32_t done) { return done == 1; }, Site::kTest);
      EXPECT_TRUE(is_noticed(g));
    });
    clobbered += static_cast<unsigned>(run.of(EventKind::kAskedAgain).size());
    ASSERT_EQ(run.report.message, "");
  } while (every.next());
  EXPECT_GT(clobbered, 0u);
}

// What the input wants at a prologue.
TEST(Requests, AreWhatAWishForAPreemptionIs) {
  run_body([] {
    Goroutine& g = make_running();
    disturb(g, StackAction::kPreempt, 0);
    EXPECT_EQ(g.preempt.inspect(), kPreemptYield);
    EXPECT_TRUE(is_noticed(g));
  });
}

TEST(Requests, AWishForAShrinkIsOneWhereALockIsHeld) {
  run_body([] {
    Goroutine& g = make_running();
    grow_stack(g, 8192);
    const std::size_t bytes = g.stack.bytes();
    disturb(g, StackAction::kShrink, 0);
    EXPECT_EQ(g.stack.bytes(), bytes / 2);
    g.locks_held = 1;
    disturb(g, StackAction::kShrink, 0);
    EXPECT_EQ(g.stack.bytes(), bytes / 2);
    EXPECT_EQ(g.preempt.inspect(), kPreemptShrink);
  });
}

}  // namespace
}  // namespace concertina::test
