// The watchdog on a planted hang: a goroutine keeps a channel's lock and waits for the watchdog.
#include "stress/watchdog.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

using namespace std::chrono_literals;

std::atomic<bool> hang_was_told{false};
Channel* channel = nullptr;

struct Locals {
  unsigned char element[64];
};

Action receiver_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  if (t.state() == 1) return t.finish();
  t.receive(channel, t->element);
  return t.next(1);
}
constexpr Function kReceiver = task_function<Locals>("patient receiver", 90, &receiver_step);

Action keeper_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  if (t.state() == 0) {
    spawn(m, g, kReceiver, nullptr);
    return t.next(1, Action::kYield);
  }
  if (t.state() == 2) {
    t.closed(channel);
    return t.finish();
  }
  if (m.runtime->goroutines[1]->status.inspect() != kWaiting) return t.next(1, Action::kYield);
  channel->lock.lock(Site::kTest);
  while (!hang_was_told) platform::sleep_ns(1'000'000, Site::kTest);
  channel->lock.unlock(Site::kTest);
  t.close(channel);
  return t.next(2);
}
constexpr Function kKeeper = task_function<Locals>("lock keeper", 91, &keeper_step);

struct Hang {
  std::string snapshot;
  unsigned times = 0;
};

void start(void* watchdog) {
  run_main({}, kKeeper, watchdog, [](Runtime& runtime, void* dog) {
    static_cast<Watchdog*>(dog)->set_runtime(&runtime);
    channel = make_channel(runtime, 8, 0);
  });
}

Hang watch_the_keeper() {
  Hang hang;
  hang_was_told = false;
  Watchdog watchdog(200ms, [&](const std::string& snapshot) {
    hang.snapshot = snapshot;
    ++hang.times;
    hang_was_told = true;
  });
  Counter counter;
  // A scanner at work is no progress. It does not get past the goroutine that keeps the lock.
  threaded::Run run({.observer = &counter, .scan_every_ns = 1'000'000});
  watchdog.watch(run, counter);
  EXPECT_EQ(run.run(&start, &watchdog).outcome, Outcome::kExit);
  watchdog.rest();
  return hang;
}

TEST(Watchdog, TellsWhoWaitsForWhatAndWhoHoldsWhich) {
  const Hang hang = watch_the_keeper();
  EXPECT_EQ(hang.times, 1u);
  for (const char* const piece :
       {"goroutine 1 (g0): running", "lock keeper (function 191), at its step 1",
        "goroutine 2 (g0.0): waiting, channel receive",
        "waits on channel 1, whose lock is held by thread ", "chan_receive (function 10)",
        "patient receiver (function 190)", "runs goroutine 1; holds channel 1", "is the scanner",
        "2 goroutines, of which 0 are dead"}) {
    EXPECT_NE(hang.snapshot.find(piece), std::string::npos) << piece << "\n" << hang.snapshot;
  }
}

// Its process stops in the middle of a run and is woken after several times the limit, when the
// watchdog has time to look around before the run ends.
Action sleeper_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  platform::sleep_ns(200'000'000, Site::kTest);  // until it is being watched
  kill(getpid(), SIGSTOP);
  platform::sleep_ns(50'000'000, Site::kTest);
  return t.finish();
}
constexpr Function kSleeper = task_function<Locals>("sleeper", 92, &sleeper_step);

bool hangs_when_suspended() {
  bool hangs = false;
  Watchdog watchdog(1s, [&](const std::string&) { hangs = true; });
  Counter counter;
  threaded::Run run({.observer = &counter});
  watchdog.watch(run, counter);
  run.run([](void*) { run_main({}, kSleeper, nullptr, [](Runtime&, void*) {}); }, nullptr);
  watchdog.rest();
  return hangs;
}

TEST(Watchdog, IsSilentOfAProcessThatWasSuspended) {
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(hangs_when_suspended() ? 1 : 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  std::this_thread::sleep_for(3s);
  kill(child, SIGCONT);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "it was taken for one that hangs";
}

TEST(Watchdog, IsSilentWhenNothingIsWatched) {
  unsigned times = 0;
  {
    Watchdog watchdog(20ms, [&](const std::string&) { ++times; });
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(times, 0u);
}

TEST(Snapshot, OfARunWithoutGoroutines) {
  threaded::Run run({});
  EXPECT_EQ(describe_run(run, nullptr), "no goroutine exists yet\n");
}

}  // namespace
}  // namespace concertina::stress
