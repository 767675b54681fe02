// Races of run queues and system calls, one chosen schedule each.
#include <gtest/gtest.h>

#include "sched/run_queue_testing.h"

namespace concertina {
namespace {

using namespace test;

// The thief has read head; then the owner takes and puts until the old head and the new tail are
// further apart than a batch has room for.
TEST(RunQueue, ThiefLooksAgainWhenHeadAndTailAreOfDifferentTimes) {
  Switches script({{0, Site::kTest, 1}, {1, Site::kRunQueueTailLoad, 0}});
  const auto run = run_thread({.chooser = &script}, [] {
    auto& shared = make<Shared>();
    for (std::uint32_t id = 1; id <= 20; ++id) shared.queues.g(id);
    for (std::uint32_t id = 1; id <= 8; ++id) shared.queues.put(id);
    start([&shared] {
      say(id_of(own(shared.queues.b).steal_from(shared.queues.a, false)));
      shared.finish();
    });
    (void)shared.finished.load(Site::kTest);  // to the thief
    for (std::uint32_t id = 9; id <= 20; ++id) {
      get(shared.queues.a);
      shared.queues.put(id);
    }
    wait_for(shared, 1);
    say_all(shared.queues.b);
    say_all(shared.queues.a);
  });
  EXPECT_TRUE(script.all_fired());
  EXPECT_EQ(run.said(), (Ids{16, 13, 14, 15, 17, 18, 19, 20}));
}

TEST(RunQueue, ThiefLooksAgainWhenItsClaimFails) {
  // The thief has copied slots; the owner takes the oldest one before the claim.
  Switches script({{0, Site::kTest, 1}, {1, Site::kRunQueueHeadUpdate, 0}});
  const auto run = run_thread({.chooser = &script}, [] {
    auto& shared = make<Shared>();
    for (std::uint32_t id = 1; id <= 3; ++id) shared.queues.put(id);
    start([&shared] {
      say(id_of(own(shared.queues.b).steal_from(shared.queues.a, false)));
      shared.finish();
    });
    (void)shared.finished.load(Site::kTest);  // to the thief
    say(get(shared.queues.a));
    wait_for(shared, 1);
    say_all(shared.queues.a);
  });
  EXPECT_TRUE(script.all_fired());
  EXPECT_EQ(run.said(), (Ids{1, 2, 3}));
}

TEST(RunQueue, ThiefOfRunNextLooksAgainWhenTheOwnerWasFaster) {
  Switches script({{0, Site::kTest, 1}, {1, Site::kRunNextUpdate, 0}});
  const auto run = run_thread({.chooser = &script}, [] {
    auto& shared = make<Shared>();
    shared.queues.put(1, true);
    start([&shared] {
      say(id_of(own(shared.queues.b).steal_from(shared.queues.a, true)));
      shared.finish();
    });
    (void)shared.finished.load(Site::kTest);  // to the thief
    say(get(shared.queues.a));
    wait_for(shared, 1);
  });
  EXPECT_TRUE(script.all_fired());
  EXPECT_EQ(run.said(), (Ids{1, kNone}));
}

// The processor becomes free between the failed look and the global queue.
TEST(Syscall, MachineUsesAProcessorThatBecameFreeMeanwhile) {
  Flags* flags = nullptr;
  ScriptChooser script;
  // Main has found no processor; it continues only when the other machine sleeps.
  script.add({.path = kMainPath,
              .site = Site::kSyscallStatus,
              .until_path = kSchedulerPath,
              .until_site = Site::kIdleProcessorsStore,
              .arrival = 2});
  const Body other({set_flag(flags, 1), [&flags](Machine&, Goroutine&) { spin_for(flags->b, 1); }});
  const Body main({go(other),
                   [&flags](Machine& m, Goroutine& g) {
                     enter_syscall(m, g);
                     spin_for(flags->a, 1);
                     const bool stays = exit_syscall(m, g);
                     announce(g, 13, stays);
                     flags->b.store(1, Site::kTest);
                     return stays ? Action::kNext : Action::kLeaveSyscall;
                   },
                   note_back(1)});
  RunSetup setup = kOneProcessor;
  setup.chooser = &script;
  const auto run = run_program(with_flags(flags, setup), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(run.notes(13), Ids{0});
  EXPECT_EQ(run.notes(1), (Ids{0, 1}));  // the machine did not change
  for (const auto& queued : run.of<event::Queued>()) EXPECT_NE(queued.queue, kGlobalQueue);
}

}  // namespace
}  // namespace concertina
