// What every platform must do, in platform.h's words only. Each platform runs this file; its
// `platform_testing.h` says how to run a body on it. What bodies expect holds for any schedule.
#include <gtest/gtest.h>

#include <cstring>
#include <source_location>
#include <string>
#include <utility>

#include "platform.h"
#include "platform_testing.h"

namespace concertina::test {
namespace {

using platform::Atomic;
using platform::Cell;
using platform::Mutex;
using platform::Note;
using Counter = Atomic<std::uint32_t>;

constexpr Site kSite = Site::kTest;

/// Runs the body as the first thread, several times; each must end with that message, "" for the
/// body's return.
template <class Body>
void expect_end(std::string_view message, Body body,
                std::source_location where = std::source_location::current()) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "the body");
  EXPECT_EQ(last_message(message, body), message);
}

void await(Counter& counter, std::uint32_t value) {
  platform::spin_until(counter, [value](std::uint32_t v) { return v == value; }, kSite);
}

TEST(PlatformContract, AMutexKeepsOthersOut) {
  expect_end("", [] {
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    auto& shared = make<std::uint32_t>(0u);  // plain: only the lock orders the accesses
    auto& inside = make<Counter>(0u);
    auto& done = make<Counter>(0u);
    for (int i = 0; i < 3; ++i) {
      start([&] {
        for (int round = 0; round < 4; ++round) {
          mutex.lock(kSite);
          EXPECT_TRUE(mutex.is_held_by_me());
          EXPECT_EQ(inside.fetch_add(1, kSite), 0u);
          ++shared;
          EXPECT_EQ(inside.fetch_add(~0u, kSite), 1u);
          mutex.unlock(kSite);
          EXPECT_FALSE(mutex.is_held_by_me());
        }
        done.fetch_add(1, kSite);
      });
    }
    await(done, 3);
    EXPECT_EQ(shared, 12u);
  });
}

TEST(PlatformContract, AMutexIsHeldByTheLockerOnly) {
  expect_end("", [] {
    auto& mutex = make<Mutex>(LockRank::kChannel, 7u);
    auto& done = make<Counter>(0u);
    EXPECT_FALSE(mutex.is_held_by_me());
    mutex.lock_as(LockRank::kChannelLeaf, kSite);
    start([&] {
      EXPECT_FALSE(mutex.is_held_by_me());
      done.store(1, kSite);
    });
    await(done, 1);
    EXPECT_TRUE(mutex.is_held_by_me());
    mutex.unlock(kSite);
    mutex.lock(kSite);  // free again
    mutex.unlock(kSite);
  });
}

// A lock that let its holder in would be free, after the first unlock, while he still holds it.
TEST(PlatformContract, TakingALockTwiceIsFatalUnderEveryRank) {
  const auto take_twice = [](LockRank own, LockRank first, LockRank second) {
    return [=] {
      auto& mutex = make<Mutex>(own, 7u);
      mutex.lock_as(first, kSite);
      mutex.lock_as(second, kSite);
    };
  };
  for (unsigned rank = 1; rank < static_cast<unsigned>(LockRank::kCount); ++rank) {
    const auto own = static_cast<LockRank>(rank);
    expect_end("lock taken twice: " + std::string(lock_rank_name(own)) +
                   " 7 is wanted by the thread that holds it",
               take_twice(own, own, own));
  }
  constexpr auto kOwn = LockRank::kChannel, kLeaf = LockRank::kChannelLeaf;
  const std::string message = "lock taken twice: channel 7 is wanted by the thread that holds it";
  expect_end(message, take_twice(kOwn, kOwn, kLeaf));
  expect_end(message, take_twice(kOwn, kLeaf, kLeaf));
}

TEST(PlatformContract, TakingALockTwiceIsFatalWhateverIsHeldBesides) {
  const std::string message = "lock taken twice: channel 7 is wanted by the thread that holds it";
  for (const auto& [between, order] :
       {std::pair{LockRank::kSudogCache, 0u}, std::pair{LockRank::kChannel, 9u},
        std::pair{LockRank::kChannelLeaf, 5u}, std::pair{LockRank::kStackPool, 0u}}) {
    expect_end(message, [between, order] {
      auto& mutex = make<Mutex>(LockRank::kChannel, 7u);
      auto& other = make<Mutex>(between, order);
      mutex.lock(kSite);
      other.lock(kSite);
      mutex.lock_as(LockRank::kChannelLeaf, kSite);
    });
  }
}

TEST(PlatformContract, AWakeBeforeSleepIsNotLost) {
  expect_end("", [] {
    auto& note = make<Note>();
    EXPECT_TRUE(note.wake(kSite));
    note.sleep(kSite);
  });
}

TEST(PlatformContract, AWakeEndsASleepAndCarriesWhatTheWakerWrote) {
  expect_end("", [] {
    auto& note = make<Note>();
    auto& message = make<std::uint32_t>(0u);
    start([&] {
      message = 42;
      EXPECT_TRUE(note.wake(kSite));
    });
    note.sleep(kSite);
    EXPECT_EQ(message, 42u);
  });
}

TEST(PlatformContract, ASecondWakeIsRefusedUntilTheNoteIsCleared) {
  expect_end("", [] {
    auto& note = make<Note>();
    EXPECT_TRUE(note.wake(kSite));
    EXPECT_FALSE(note.wake(kSite));
    note.sleep(kSite);
    EXPECT_FALSE(note.wake(kSite));
    note.clear();
    EXPECT_TRUE(note.wake(kSite));
    note.sleep(kSite);
  });
}

TEST(PlatformContract, SpinUntilSeesALaterWriteAndReturnsIt) {
  expect_end("", [] {
    auto& variable = make<Counter>(0u);
    auto& plain = make<std::uint32_t>(0u);
    start([&] {
      for (std::uint32_t i = 1; i <= 5; ++i) {
        if (i == 5) plain = 9;
        variable.store(i, kSite);
      }
    });
    const std::uint32_t seen =
        platform::spin_until(variable, [](std::uint32_t v) { return v >= 5; }, kSite);
    EXPECT_EQ(seen, 5u);
    EXPECT_EQ(plain, 9u);  // the store released it
  });
}

TEST(PlatformContract, SpinUntilReturnsAtOnceWhenItHolds) {
  expect_end("", [] {
    auto& variable = make<Counter>(3u);
    EXPECT_EQ(platform::spin_until(variable, [](std::uint32_t v) { return v == 3; }, kSite), 3u);
  });
}

// Each way of writing ends a spin, or the spinner would sleep for ever where spinning is waiting.
TEST(PlatformContract, EveryKindOfWriteEndsASpin) {
  expect_end("", [] {
    auto& variable = make<Counter>(0u);
    auto& seen = make<Counter>(0u);
    start([&] {
      for (std::uint32_t i = 1; i <= 5; ++i) {
        await(variable, i);
        seen.store(i, kSite);
      }
    });
    variable.store(1, kSite);
    await(seen, 1);
    EXPECT_EQ(variable.exchange(2, kSite), 1u);
    await(seen, 2);
    std::uint32_t expected = 2;
    EXPECT_TRUE(variable.compare_exchange(expected, 3, kSite));
    await(seen, 3);
    EXPECT_EQ(variable.fetch_add(1, kSite), 3u);
    await(seen, 4);
    variable.plant(5);
    await(seen, 5);
  });
}

TEST(PlatformContract, AnOwnersUpdateFailsOnAnotherValue) {
  expect_end("", [] {
    auto& variable = make<Counter>(5u);
    variable.publish(6, kSite);
    EXPECT_EQ(variable.load(kSite), 6u);
    std::uint32_t expected = 5;
    EXPECT_FALSE(variable.update_mine(expected, 7, kSite));
    EXPECT_EQ(expected, 6u);
    EXPECT_EQ(variable.load(kSite), 6u);
    EXPECT_TRUE(variable.update_mine(expected, 7, kSite));
    EXPECT_EQ(variable.exchange_mine(8, kSite), 7u);
    EXPECT_EQ(variable.load(kSite), 8u);
  });
}

// While the value is even its owner works on plain memory; while it is odd nobody does, unless a
// freezer holds it.
TEST(PlatformContract, AFrozenVariableRests) {
  expect_end("", [] {
    constexpr std::uint32_t kFrozen = 0x80000000;
    constexpr std::uint32_t kTurns = 30;
    auto& variable = make<platform::OwnedAtomic<std::uint32_t>>(0u);
    auto& plain = make<std::uint32_t>(0u);
    start([&] {
      for (std::uint32_t turn = 0; turn < kTurns; ++turn) {
        EXPECT_EQ(plain++, turn);
        std::uint32_t expected = 2 * turn;
        EXPECT_TRUE(variable.update_mine(expected, 2 * turn + 1, kSite));
        while (!variable.update_unless_frozen(expected = 2 * turn + 1, 2 * turn + 2, kSite)) {
          EXPECT_EQ(expected, (2 * turn + 1) | kFrozen);
          platform::spin_until(variable, [](std::uint32_t v) { return (v & kFrozen) == 0; }, kSite);
        }
      }
    });
    for (unsigned round = 0; round < 20; ++round) {
      platform::begin_freezing();
      std::uint32_t seen = variable.load(kSite);
      if (seen % 2 == 1 && variable.freeze(seen, seen | kFrozen, kSite)) {
        EXPECT_EQ(plain, seen / 2 + 1);
        plain = 0;
        platform::sleep_ns(1000, kSite);
        plain = seen / 2 + 1;
        std::uint32_t frozen = seen | kFrozen;
        EXPECT_TRUE(variable.thaw(frozen, seen, kSite));
      }
      platform::end_freezing();
    }
    await(variable, 2 * kTurns);
  });
}

TEST(PlatformContract, AtomicsDoArithmetic) {
  expect_end("", [] {
    auto& variable = make<Counter>(5u);
    EXPECT_EQ(variable.load(kSite), 5u);
    variable.store(6, kSite);
    EXPECT_EQ(variable.inspect(), 6u);
    EXPECT_EQ(variable.exchange(7, kSite), 6u);
    EXPECT_EQ(variable.fetch_add(3, kSite), 7u);
    auto& owner = make<platform::Ownership>();
    owner.take();
    variable.store_mine(variable.load_mine(owner) + 1, owner);
    EXPECT_EQ(variable.poll(), 11u);
    std::uint32_t expected = 10;
    EXPECT_FALSE(variable.compare_exchange(expected, 1, kSite));
    EXPECT_EQ(expected, 11u) << "a failed exchange tells what it found";
    EXPECT_TRUE(variable.compare_exchange(expected, 1, kSite));
    variable.plant(2);
    EXPECT_EQ(variable.inspect(), 2u);
    auto& pointer = make<Atomic<void*>>(nullptr);
    pointer.store(&variable, kSite);
    EXPECT_EQ(pointer.load(kSite), &variable);
  });
}

TEST(PlatformContract, ConcurrentAdditionsAreAllCounted) {
  expect_end("", [] {
    auto& sum = make<Counter>(0u);
    auto& by_exchange = make<Counter>(0u);
    auto& done = make<Counter>(0u);
    for (int i = 0; i < 3; ++i) {
      start([&] {
        for (int round = 0; round < 4; ++round) {
          sum.fetch_add(1, kSite);
          std::uint32_t seen = by_exchange.load(kSite);
          while (!by_exchange.compare_exchange(seen, seen + 1, kSite)) continue;
        }
        done.fetch_add(1, kSite);
      });
    }
    await(done, 3);
    EXPECT_EQ(sum.load(kSite), 12u);
    EXPECT_EQ(by_exchange.load(kSite), 12u);
  });
}

TEST(PlatformContract, ACellKeepsItsValue) {
  expect_end("", [] {
    auto& cell = make<Cell<std::uint64_t>>(1u);
    EXPECT_EQ(cell.load(kSite), 1u);
    cell.store(2, kSite);
    EXPECT_EQ(cell.inspect(), 2u);
    cell.plant(3);
    EXPECT_EQ(cell.load(kSite), 3u);
  });
}

TEST(PlatformContract, AStartedThreadSeesWhatItsStarterDid) {
  expect_end("", [] {
    auto& plain = make<std::uint32_t>(0u);
    auto& done = make<Counter>(0u);
    plain = 17;
    start([&] {
      EXPECT_EQ(plain, 17u);
      start([&] {
        EXPECT_EQ(plain, 17u);
        done.store(1, kSite);
      });
    });
    await(done, 1);
  });
}

void check_copy_and_clear(std::size_t bytes) {
  constexpr std::size_t kMargin = 8;
  auto* const from = static_cast<unsigned char*>(platform::allocate(bytes + 1));
  auto* const to = static_cast<unsigned char*>(platform::allocate(bytes + 2 * kMargin));
  for (std::size_t i = 0; i < bytes; ++i) from[i] = static_cast<unsigned char>(i * 7 + 1);
  std::memset(to, 0xee, bytes + 2 * kMargin);
  platform::copy(to + kMargin, from, bytes, kSite);
  EXPECT_EQ(std::memcmp(to + kMargin, from, bytes), 0);
  for (std::size_t i = 0; i < kMargin; ++i) {
    EXPECT_EQ(to[i], 0xee);
    EXPECT_EQ(to[kMargin + bytes + i], 0xee);
  }
  platform::clear(to + kMargin, bytes, kSite);
  for (std::size_t i = 0; i < bytes; ++i) EXPECT_EQ(to[kMargin + i], 0) << i;
  for (std::size_t i = 0; i < kMargin; ++i) {
    EXPECT_EQ(to[i], 0xee);
    EXPECT_EQ(to[kMargin + bytes + i], 0xee);
  }
}

TEST(PlatformContract, CopyAndClearTouchTheirRangeAndNothingElse) {
  for (const std::size_t bytes : {0, 1, 7, 8, 63, 64, 65, 71, 100, 4096}) {
    expect_end("", [bytes] { check_copy_and_clear(bytes); });
  }
}

TEST(PlatformContract, AllocatedMemoryIsZeroedAndAligned) {
  expect_end("", [] {
    for (const std::size_t bytes : {1, 16, 17, 5000}) {
      auto* const memory = static_cast<unsigned char*>(platform::allocate(bytes));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0u);
      for (std::size_t i = 0; i < bytes; ++i) EXPECT_EQ(memory[i], 0);
      std::memset(memory, 0xff, bytes);
    }
  });
}

TEST(PlatformContract, ADrawStaysInItsRange) {
  expect_end("", [] {
    for (std::uint32_t n = 1; n <= 12; ++n) EXPECT_LT(platform::choose(n, kSite), n);
    EXPECT_EQ(platform::choose(1, kSite), 0u);
  });
}

TEST(PlatformContract, SleepingLetsTimePass) {
  expect_end("", [] {
    const std::uint64_t before = platform::now_ns();
    platform::sleep_ns(1000, kSite);
    EXPECT_GE(platform::now_ns(), before + 1000);
    platform::sleep_ns(0, kSite);
    EXPECT_GE(platform::now_ns(), before + 1000) << "time never goes back";
  });
}

TEST(PlatformContract, StepsNeverGoBack) {
  expect_end("", [] {
    auto& variable = make<Counter>(0u);
    const std::uint32_t before = platform::step();
    variable.store(1, kSite);
    EXPECT_GE(platform::step(), before);
  });
}

TEST(PlatformContract, APostedScanRequestArrivesAtTheScanner) {
  expect_end("", [] {
    auto& done = make<Counter>(0u);
    start([&] {
      platform::set_goroutine(kNoGoroutine, kScannerPath);
      for (std::uint32_t i = 0; i < 3; ++i) {
        const auto request = platform::await_scan_request(Site::kScanRequest);
        EXPECT_EQ(request.path, 100 + i);
        EXPECT_EQ(request.move, i == 1);
      }
      done.store(1, kSite);
    });
    for (std::uint32_t i = 0; i < 3; ++i) platform::post_scan_request({100 + i, i == 1});
    await(done, 1);
  });
}

TEST(PlatformContract, WithoutStackEventsAProloguePasses) {
  expect_end("", [] { EXPECT_EQ(platform::prologue(Site::kUserPrologue), StackAction::kNone); });
}

TEST(PlatformContract, StopEndsTheRunFromAnyThread) {
  expect_end("by a thread that nobody waits for", [] {
    auto& never = make<Counter>(0u);
    start([] { platform::stop(Outcome::kPanic, "by a thread that nobody waits for"); });
    await(never, 1);
  });
}

}  // namespace
}  // namespace concertina::test
