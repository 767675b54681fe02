// Each assertion about channels, queues and waiting goroutines, in a state that breaks it.
#include "chan/invariants.h"

#include <gtest/gtest.h>

#include <string>

#include "chan/channel_internal.h"
#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

constexpr Site kSite = Site::kTest;

/// A channel whose lock is held, and goroutines that wait.
struct Scene {
  explicit Scene(std::uint32_t capacity)
      : runtime(make<Runtime>(Knobs{})), c(*make_channel(runtime, 8, capacity)) {
    c.lock.lock(kSite);
  }
  Goroutine& goroutine() {
    auto& g = make<Goroutine>(++goroutines, kMainPath, runtime.stack_pool);
    g.status.plant(kWaiting);
    return g;
  }
  Sudog& sudog(Goroutine& g) {
    auto& sudog = make<Sudog>();
    sudog.goroutine = &g;
    sudog.channel = &c;
    return sudog;
  }
  Sudog& waits(WaitQueue& queue, Goroutine& g) {
    Sudog& waiter = sudog(g);
    queue.enqueue(waiter);
    return waiter;
  }
  Sudog& waits(WaitQueue& queue) { return waits(queue, goroutine()); }

  Runtime& runtime;
  Channel& c;
  GoroutineId goroutines = 0;
};

/// How a run ends that does this to a channel.
template <class Body>
std::string ending_of(std::uint32_t capacity, Body body) {
  return run_thread({}, [&body, capacity] { body(make<Scene>(capacity)); }).ending();
}

/// The same, and then looks at the channel.
template <class Body>
std::string ending_of_check(std::uint32_t capacity, Body body) {
  return ending_of(capacity, [&body](Scene& s) {
    body(s);
    check_channel(s.c);
  });
}

TEST(ChannelInvariants, HoldInEveryRestingState) {
  EXPECT_EQ(ending_of_check(0, [](Scene&) {}), "exit: ");
  EXPECT_EQ(ending_of_check(3, [](Scene& s) { s.c.count.plant(2), s.c.send_index = 2; }), "exit: ");
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.waits(s.c.senders), s.waits(s.c.senders); }),
            "exit: ");
  EXPECT_EQ(ending_of_check(2, [](Scene& s) { s.waits(s.c.receivers); }), "exit: ");
}

TEST(ChannelInvariants, NeedTheLock) {
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.c.lock.unlock(kSite); }),
            "fatal: channel: its lock is needed for a look at it");
}

TEST(ChannelInvariants, I1SendersAndReceiversDoNotWaitForEachOther) {
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.waits(s.c.senders), s.waits(s.c.receivers); }),
            "fatal: channel invariant I1: a sender and a receiver wait for each other");
  EXPECT_EQ(ending_of_check(0,
                            [](Scene& s) {
                              Goroutine& g = s.goroutine();
                              s.waits(s.c.senders, g).is_select = true;
                              s.waits(s.c.receivers, g).is_select = true;
                            }),
            "exit: ")
      << "unless they are of one select";
  EXPECT_EQ(ending_of_check(0,
                            [](Scene& s) {
                              Sudog& won = s.waits(s.c.senders);
                              won.is_select = true;
                              won.goroutine->select_done.plant(1);
                              s.waits(s.c.receivers);
                            }),
            "exit: ")
      << "or one of them has been won";
}

TEST(ChannelInvariants, I2NoReceiverWaitsBesideAnElement) {
  EXPECT_EQ(ending_of_check(1, [](Scene& s) { s.c.count.plant(1), s.waits(s.c.receivers); }),
            "fatal: channel invariant I2: a receiver waits beside an element");
}

TEST(ChannelInvariants, I3NoSenderWaitsBesideAFreeSlot) {
  EXPECT_EQ(ending_of_check(1, [](Scene& s) { s.waits(s.c.senders); }),
            "fatal: channel invariant I3: a sender waits beside a free slot");
}

TEST(ChannelInvariants, I4NobodyWaitsOnAClosedChannel) {
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.c.closed.plant(1), s.waits(s.c.senders); }),
            "fatal: channel invariant I4: a sender waits on a closed channel");
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.c.closed.plant(1), s.waits(s.c.receivers); }),
            "fatal: channel invariant I4: a receiver waits on a closed channel");
}

TEST(ChannelInvariants, TheBufferIsWhatItsIndexesSay) {
  EXPECT_EQ(ending_of_check(1, [](Scene& s) { s.c.count.plant(2); }),
            "fatal: channel buffer: more elements than slots");
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.c.send_index = 1; }),
            "fatal: channel buffer: an index into nothing");
  EXPECT_EQ(ending_of_check(2, [](Scene& s) { s.c.send_index = 2; }),
            "fatal: channel buffer: the send index is out of bounds");
  EXPECT_EQ(ending_of_check(2, [](Scene& s) { s.c.receive_index = 2; }),
            "fatal: channel buffer: the receive index is out of bounds");
  EXPECT_EQ(ending_of_check(2, [](Scene& s) { s.c.receive_index = 1; }),
            "fatal: channel buffer: the count is not what lies between its indexes");
}

TEST(ChannelInvariants, QueuesHoldTheChannelsOwnSudogs) {
  EXPECT_EQ(ending_of_check(0, [](Scene& s) { s.waits(s.c.senders).channel = nullptr; }),
            "fatal: wait queue: a sudog waits on another channel than its own");
  EXPECT_EQ(ending_of_check(
                0, [](Scene& s) { s.waits(s.c.senders), s.waits(s.c.senders).previous = nullptr; }),
            "fatal: wait queue: a sudog does not know who waits before it");
  EXPECT_EQ(
      ending_of_check(0, [](Scene& s) { s.waits(s.c.senders).next = &s.sudog(s.goroutine()); }),
      "fatal: wait queue: a sudog does not know who waits before it");
}

TEST(ChannelInvariants, AreLookedAtWhenTheLockIsGivenBackAndTaken) {
  const auto broken = [](Scene& s) { s.c.closed.plant(1), s.waits(s.c.senders); };
  const std::string message = "fatal: channel invariant I4: a sender waits on a closed channel";
  EXPECT_EQ(ending_of(0,
                      [&](Scene& s) {
                        Goroutine& g = s.goroutine();
                        g.locks_held = 1;
                        broken(s);
                        unlock_channel(g, s.c, kSite);
                      }),
            message);
  EXPECT_EQ(ending_of(0,
                      [&](Scene& s) {
                        broken(s);
                        s.c.lock.unlock(kSite);
                        lock_channel(s.goroutine(), s.c, kSite);
                      }),
            message);
  EXPECT_EQ(ending_of(0, [&](Scene& s) { unlock_channel(s.goroutine(), s.c, kSite); }),
            "fatal: channel lock: one is given back that the goroutine does not hold");
}

TEST(WaitQueueLinks, AQueuedSudogIsNotEnqueuedAgain) {
  EXPECT_EQ(ending_of(0, [](Scene& s) { s.c.senders.enqueue(s.waits(s.c.senders)); }),
            "fatal: wait queue: the first sudog is enqueued again");
  EXPECT_EQ(ending_of(0,
                      [](Scene& s) {
                        s.waits(s.c.senders);
                        s.c.receivers.enqueue(s.waits(s.c.senders));
                      }),
            "fatal: wait queue: a sudog is enqueued that is queued already");
}

TEST(WaitQueueLinks, ARemovedSudogsNeighboursKnowOfIt) {
  const auto removing = [](auto cut) {
    return ending_of(0, [&cut](Scene& s) {
      Sudog& first = s.waits(s.c.senders);
      Sudog& middle = s.waits(s.c.senders);
      Sudog& last = s.waits(s.c.senders);
      cut(first, middle, last);
      s.c.senders.remove(middle);
    });
  };
  EXPECT_EQ(removing([](Sudog&, Sudog&, Sudog&) {}), "exit: ");
  EXPECT_EQ(removing([](Sudog& first, Sudog&, Sudog&) { first.next = nullptr; }),
            "fatal: wait queue: who waits before a sudog does not know of it");
  EXPECT_EQ(removing([](Sudog&, Sudog&, Sudog& last) { last.previous = nullptr; }),
            "fatal: wait queue: who waits behind a sudog does not know of it");
  EXPECT_EQ(removing([](Sudog&, Sudog& middle, Sudog&) { middle.previous = nullptr; }),
            "fatal: wait queue: a sudog without predecessor is not the first");
  EXPECT_EQ(removing([](Sudog&, Sudog& middle, Sudog&) { middle.next = nullptr; }),
            "fatal: wait queue: a sudog without successor is not the last");
}

TEST(DequeuedSudog, IsOffItsQueueAndItsGoroutineWaits) {
  const auto ending = [](auto broken) {
    return ending_of(0, [&broken](Scene& s) {
      Sudog& sudog = s.sudog(s.goroutine());
      broken(s, sudog);
      check_dequeued(s.c, sudog);
    });
  };
  EXPECT_EQ(ending([](Scene&, Sudog&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene& s, Sudog&) { s.c.lock.unlock(kSite); }),
            "fatal: dequeued sudog: its channel's lock is needed");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.channel = nullptr; }),
            "fatal: dequeued sudog: it waited on another channel");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.next = &sudog; }),
            "fatal: dequeued sudog: it is still linked to its queue");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.goroutine->status.plant(kRunnable); }),
            "fatal: dequeued sudog: its goroutine does not wait");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.is_select = true; }),
            "fatal: dequeued sudog: its select was not won");
}

TEST(Wait, BeginsWithNothingLeftOfTheLastTime) {
  const auto ending = [](auto broken) {
    return ending_of(0, [&broken](Scene& s) {
      Goroutine& g = s.goroutine();
      g.status.plant(kRunning);
      g.locks_held = 1;
      broken(s, g);
      check_may_wait(g);
    });
  };
  EXPECT_EQ(ending([](Scene&, Goroutine&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.status.plant(kWaiting); }),
            "fatal: wait: only a running goroutine begins to");
  EXPECT_EQ(ending([](Scene& s, Goroutine& g) { g.waiting = &s.sudog(g); }),
            "fatal: wait: its goroutine waits already");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.parking_on_chan.plant(1); }),
            "fatal: wait: its goroutine is parking already");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.select_done.plant(1); }),
            "fatal: wait: somebody has won it before it began");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.locks_held = 0; }),
            "fatal: wait: no channel is locked");
}

TEST(ParkCommit, FindsTheGoroutineParkedAndWarnedOf) {
  const auto ending = [](auto broken) {
    return ending_of(0, [&broken](Scene& s) {
      Goroutine& g = s.goroutine();
      g.waiting = &s.waits(s.c.senders, g);
      g.parking_on_chan.plant(1);
      g.locks_held = 1;
      broken(g);
      chan_park_commit(g, &s.c);
    });
  };
  EXPECT_EQ(ending([](Goroutine&) {}), "exit: ");
  EXPECT_EQ(ending([](Goroutine& g) { g.locks_held = 2; }),
            "fatal: park commit: other locks are held than that of the one channel");
  EXPECT_EQ(ending([](Goroutine& g) { g.status.plant(kRunning); }),
            "fatal: park commit: its goroutine does not wait yet");
  EXPECT_EQ(ending([](Goroutine& g) { g.waiting = nullptr; }),
            "fatal: park commit: its goroutine waits for nothing");
  EXPECT_EQ(ending([](Goroutine& g) { g.parking_on_chan.plant(0); }),
            "fatal: park commit: nobody was warned of it");
  EXPECT_EQ(ending([](Goroutine& g) { g.active_stack_chans.plant(true); }),
            "fatal: park commit: the flag told of free locks before they were");
  EXPECT_EQ(ending([](Goroutine& g) { g.nosplit = 1; }),
            "fatal: park commit: its goroutine parked in a nosplit region");
}

TEST(Woken, ComesAfterTheCommitFunction) {
  const auto ending = [](auto broken) {
    return ending_of(0, [&broken](Scene& s) {
      Goroutine& g = s.goroutine();
      g.status.plant(kRunning);
      g.waiting = &s.sudog(g);
      g.active_stack_chans.plant(true);
      broken(g);
      check_woken(g);
    });
  };
  EXPECT_EQ(ending([](Goroutine&) {}), "exit: ");
  EXPECT_EQ(ending([](Goroutine& g) { g.status.plant(kRunnable); }),
            "fatal: woken: a goroutine goes on that does not run");
  EXPECT_EQ(ending([](Goroutine& g) { g.parking_on_chan.plant(1); }),
            "fatal: woken: its commit function is not done");
  EXPECT_EQ(ending([](Goroutine& g) { g.active_stack_chans.plant(false); }),
            "fatal: woken: its locks were free before the flag said so");
  EXPECT_EQ(ending([](Goroutine& g) { g.locks_held = 1; }),
            "fatal: woken: it still holds a channel's lock");
  EXPECT_EQ(ending([](Goroutine& g) { g.waiting = nullptr; }),
            "fatal: woken: it waited for nothing");
}

TEST(FreeSudog, IsNobodysAndClear) {
  const auto ending = [](auto broken) {
    return ending_of(0, [&broken](Scene& s) {
      auto& sudog = make<Sudog>();
      broken(s, sudog);
      check_free(sudog);
    });
  };
  EXPECT_EQ(ending([](Scene&, Sudog&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene& s, Sudog& sudog) { sudog.goroutine = &s.goroutine(); }),
            "fatal: free sudog: it is somebody's");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.previous = &sudog; }),
            "fatal: free sudog: it is queued");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.wait_link = &sudog; }),
            "fatal: free sudog: it is on a goroutine's list");
  EXPECT_EQ(ending([](Scene& s, Sudog& sudog) { sudog.channel = &s.c; }),
            "fatal: free sudog: it waits on a channel");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.case_index = 1; }),
            "fatal: free sudog: it is a select's");
  EXPECT_EQ(ending([](Scene&, Sudog& sudog) { sudog.success = true; }),
            "fatal: free sudog: it has been woken");
}

TEST(Element, LiesInItsGoroutinesFrames) {
  const auto ending = [](std::uintptr_t element) {
    return ending_of(0, [element](Scene& s) {
      Goroutine& g = s.goroutine();
      g.stack = Stack{0x1000, 0x1800, 1};
      g.sp = 0x1700;
      check_element(g, s.c, element);
    });
  };
  EXPECT_EQ(ending(0), "exit: ");
  EXPECT_EQ(ending(0x1700), "exit: ");
  EXPECT_EQ(ending(0x17f8), "exit: ");
  EXPECT_EQ(ending(0x17f9), "fatal: element: it reaches beyond the stack of its goroutine");
  EXPECT_EQ(ending(0x16ff), "fatal: element: it lies outside of the frames of its goroutine");
  EXPECT_EQ(ending(0x1800), "fatal: element: it lies outside of the frames of its goroutine");
}

// --- In the operations ---

TEST(Wake, IsOfAnotherGoroutineAndOnce) {
  const auto ending = [](auto broken) {
    return ending_of(0, [&broken](Scene& s) {
      Goroutine& waker = s.goroutine();
      Sudog& sudog = s.sudog(s.goroutine());
      broken(waker, sudog);
      auto& m = make<Machine>(std::uint16_t{0}, s.runtime);
      wake(m, waker, sudog, true);
    });
  };
  EXPECT_EQ(ending([](Goroutine& waker, Sudog& sudog) { sudog.goroutine = &waker; }),
            "fatal: wake: a goroutine wakes itself");
  EXPECT_EQ(ending([](Goroutine&, Sudog& sudog) { sudog.goroutine->parameter = &sudog; }),
            "fatal: wake: its goroutine has been woken already");
  EXPECT_EQ(ending([](Goroutine&, Sudog& sudog) { sudog.element.plant(8); }),
            "fatal: wake: the sudog still has its element");
}

TEST(NilChannel, NobodyWakesWhoWaitsThere) {
  const auto ending = [](const Op& operation) {
    const Body child({operation});
    const Body main({go(child), yield(), ready_goroutine(2), yield()});
    return run_program(with_channels({{}}, kOneProcessor), main).ending();
  };
  EXPECT_EQ(ending(send(0, 1)), "fatal: spurious wake-up: a send to nil waits for ever");
  EXPECT_EQ(ending(receive(0)), "fatal: spurious wake-up: a receive from nil waits for ever");
}

TEST(SudogCacheInvariants, TheCountIsWhatTheSlotsHold) {
  const auto ending = [](auto broken) {
    const Body main({[broken](Machine& m, Goroutine& g) {
      Sudog* const first = acquire_sudog(m, g);
      Sudog* const second = acquire_sudog(m, g);
      release_sudog(m, g, first);
      broken(m.processor->sudogs, *second);
      release_sudog(m, g, second);
    }});
    return run_program({}, main).ending();
  };
  EXPECT_EQ(ending([](SudogCache& cache, Sudog&) { cache.slots[0] = nullptr; }),
            "fatal: sudog cache: its count is not what its slots hold");
  EXPECT_EQ(ending([](SudogCache& cache, Sudog& second) { cache.slots[0] = &second; }),
            "fatal: sudog cache: it holds a sudog twice");
  EXPECT_EQ(ending([](SudogCache&, Sudog& second) { second.goroutine = nullptr; }),
            "fatal: release_sudog: sudog of another goroutine");
}

}  // namespace
}  // namespace concertina
