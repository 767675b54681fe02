// copy_stack: what moves, under which locks, and what the protocol's other side may do meanwhile.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/sanitizer.h"
#include "stack/testing.h"

namespace concertina::test {
namespace {

using Numbers = std::vector<std::uint32_t>;

constexpr Site kSite = Site::kTest;

ChannelBase& make_channel(ChannelId id, std::uint32_t element_bytes = 8) {
  return make<ChannelBase>(id, element_bytes);
}

/// Appends a sudog to what `g` waits for.
Sudog& wait_on(Goroutine& g, ChannelBase& channel, std::uintptr_t element,
               std::uint16_t index = 0) {
  auto& sudog = make<Sudog>();
  sudog.goroutine = &g;
  sudog.channel = &channel;
  sudog.case_index = index;
  sudog.element.plant(element);
  Sudog** link = &g.waiting;
  while (*link != nullptr) link = &(*link)->wait_link;
  *link = &sudog;
  return sudog;
}

/// As the scanner finds a goroutine that waits on channels; the caller holds the scan bit.
void suspend_waiting(Goroutine& g) {
  g.active_stack_chans.plant(true);
  g.status.plant(kWaiting | kScan);
}

void copy_same(Goroutine& g) { copy_stack(g, g.stack.bytes(), CopyReason::kMove); }

TEST(Copy, PreservesEveryWordThatIsNoPointerSlot) {
  expect_end("", [] {
    Goroutine& g = make_running();
    static constexpr Function kWords = {.name = "words", .frame_bytes = 1024};
    push(g, kWords);
    const std::uintptr_t old_sp = g.sp;
    auto* words = reinterpret_cast<std::uint64_t*>(g.sp + kHeaderBytes);
    constexpr std::size_t kCount = (1024 - kHeaderBytes) / 8;
    for (std::size_t i = 0; i < kCount; ++i)
      words[i] = i % 2 != 0 ? old_sp + i : i * 0x9E3779B97F4A7C15ull;
    grow_stack(g, 0);
    words = reinterpret_cast<std::uint64_t*>(g.sp + kHeaderBytes);
    for (std::size_t i = 0; i < kCount; ++i) {
      EXPECT_EQ(words[i], i % 2 != 0 ? old_sp + i : i * 0x9E3779B97F4A7C15ull) << i;
    }
  });
}

TEST(Copy, KeepsDistancesFromTheHighEnd) {
  expect_end("", [] {
    Goroutine& g = make_running();
    push(g, kGroup);
    push(g, kPlain);
    const std::size_t used = g.used_bytes();
    for (const std::size_t bytes : {2 * kStackMin, 8 * kStackMin, 8 * kStackMin, kStackMin}) {
      g.status.plant(kCopyStack);
      copy_stack(g, bytes, CopyReason::kMove);
      EXPECT_EQ(g.stack.bytes(), bytes);
      EXPECT_EQ(g.used_bytes(), used);
      EXPECT_EQ(g.top().function, &kPlain);
    }
    pop_frame(g);  // checks the saved frame pointers
    EXPECT_EQ(g.top().function, &kGroup);
    pop_frame(g);
    pop_frame(g);
    EXPECT_EQ(g.used_bytes(), 0u);
    g.status.plant(kRunning);
    move_stack(g);  // of a stack without frames
    EXPECT_EQ(g.sp, g.stack.hi);
  });
}

// Which words follow the stack: those that point into [lo, hi).
TEST(Copy, AdjustsFixedSlotsThatPointIntoTheHalfOpenRange) {
  expect_end("", [] {
    Goroutine& g = make_running();
    static std::uint64_t outside = 0;
    const Stack old = g.stack;
    struct {
      std::uintptr_t before;
      bool follows;
    } const cases[] = {{old.lo, true},        {old.lo - 1, false}, {old.hi - 1, true},
                       {old.hi, false},       {0, false},          {address_of(&outside), false},
                       {old.lo + 1000, true}, {g.sp, true}};
    for (const auto& c : cases) {
      auto& frame = *reinterpret_cast<PlainFrame*>(g.sp);
      const std::uintptr_t shift = g.stack.hi - old.hi;
      frame.first = c.follows                                      ? c.before + shift
                    : c.before == old.hi || c.before == old.lo - 1 ? c.before + shift
                                                                   : c.before;
      frame.second = frame.first;
      const std::uintptr_t was = frame.first;
      const std::uintptr_t old_hi = g.stack.hi;
      move_stack(g);
      const auto& moved = *reinterpret_cast<PlainFrame*>(g.sp);
      EXPECT_EQ(moved.first, c.follows ? was + (g.stack.hi - old_hi) : was);
      EXPECT_EQ(moved.second, moved.first);
    }
  });
}

TEST(Copy, AdjustsAsManySlotsOfAGroupAsTheHeaderSays) {
  for (std::uint16_t count = 0; count <= 3; ++count) {
    expect_end("", [count] {
      Goroutine& g = make_running();
      push(g, kGroup);
      auto& frame = *reinterpret_cast<GroupFrame*>(g.sp);
      frame.header.group_count = count;
      const std::uintptr_t target = g.stack.hi - 8;
      frame.first = target;
      frame.data = target;
      for (auto& c : frame.cases) c = {target, target};
      grow_stack(g, 0);
      const auto& moved = *reinterpret_cast<GroupFrame*>(g.sp);
      EXPECT_EQ(moved.first, g.stack.hi - 8);
      EXPECT_EQ(moved.data, target) << "no slot, though it looks like one";
      for (unsigned i = 0; i < 3; ++i) {
        EXPECT_EQ(moved.cases[i].pointer, i < count ? g.stack.hi - 8 : target) << i;
        EXPECT_EQ(moved.cases[i].data, target) << i;
      }
    });
  }
}

TEST(Copy, ABrokenFrameIsFatalAndNotFollowed) {
  expect_end("frame chain: a copied stack has a frame without header", [] {
    Goroutine& g = make_running();
    const std::uintptr_t oldest = g.sp;
    push(g, kPlain);
    frame_at<FrameHeader>(oldest).magic = 1;
    grow_stack(g, 0);
  });
}

TEST(Copy, InASystemCallIsFatal) {
  expect_end("stack copy in system call: the goroutine is in one", [] {
    Goroutine& g = make_running();
    g.in_syscall = true;
    g.status.plant(kSyscall | kScan);
    copy_same(g);
  });
  expect_end("stack copy in system call: the goroutine is in one", [] {
    Goroutine& g = make_running();
    g.in_syscall = true;
    move_stack(g);
  });
}

TEST(Copy, OfASuspenderIsFatal) {
  expect_end("stack copy of a suspender: its machine runs on, and works on the stack", [] {
    Goroutine& g = make_running();
    g.wait_reason = WaitReason::kSuspending;
    g.status.plant(kWaiting | kScan);
    EXPECT_FALSE(is_shrink_safe(g));
    copy_same(g);
  });
}

TEST(Copy, BySomebodyElseWhileParkingOnAChannelIsFatal) {
  expect_end(
      "racy sudog adjustment due to parking on channel: the goroutine was suspended before its "
      "commit function ran",
      [] {
        Goroutine& g = make_running();
        g.parking_on_chan.plant(1);
        g.status.plant(kWaiting | kScan);
        copy_same(g);
      });
  expect_end("", [] {
    Goroutine& g = make_running();
    g.parking_on_chan.plant(1);
    grow_stack(g, 0);  // the goroutine itself may, with its locks held
  });
}

TEST(Copy, TheOldStackIsPoisonedAndTheNewOneFresh) {
  expect_end("", [] {
    Goroutine& g = make_running();
    const Stack old = g.stack;
    grow_stack(g, 0);
    auto* const bytes = reinterpret_cast<unsigned char*>(old.lo);
    for (const std::size_t at : {std::size_t{0}, old.bytes() / 2, old.bytes() - 1}) {
      EXPECT_EQ(sanitizer::is_poisoned(bytes + at), sanitizer::kSeesPoison);
    }
    sanitizer::unpoison(bytes, old.bytes());
    EXPECT_TRUE(std::all_of(bytes, bytes + old.bytes(),
                            [](unsigned char byte) { return byte == kFreedStackByte; }));
    sanitizer::poison(bytes, old.bytes());
    EXPECT_TRUE(std::all_of(reinterpret_cast<unsigned char*>(g.stack.lo),
                            reinterpret_cast<unsigned char*>(g.sp),
                            [](unsigned char byte) { return byte == kFreshStackByte; }));
    g.stack_pool->check_freed();
  });
}

TEST(Copy, IsAnnouncedFromBeginToEnd) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    g.locks_held = 1;
    grow_stack(g, 0);
    g.locks_held = 0;
    move_stack(g);
    suspend_waiting(g);
    g.locks_held = 1;  // its machine's business, not the suspender's
    copy_same(g);
    g.active_stack_chans.plant(false);
    copy_same(g);
  });
  EXPECT_EQ(run.report.message, "");
  const auto begun = run.of<event::CopyBegin>();
  const auto ended = run.of<event::CopyEnd>();
  ASSERT_EQ(begun.size(), 4u);
  ASSERT_EQ(ended.size(), 4u);
  EXPECT_EQ(begun[0].locks, CopyLocks::kHeld) << "its own machine holds locks";
  EXPECT_EQ(begun[1].locks, CopyLocks::kNone);
  EXPECT_EQ(begun[2].locks, CopyLocks::kTaken) << "channel locks will be taken";
  EXPECT_EQ(begun[3].locks, CopyLocks::kNone);
  for (const auto& event : ended) EXPECT_EQ(event.used_bytes, sizeof(PlainFrame));
}

// --- Sudogs ---

TEST(Sudogs, ElementsFollowTheStackAndOthersStay) {
  for (const bool sync : {false, true}) {
    const RunResult run = run_body([sync] {
      Goroutine& g = make_running();
      static std::uint64_t outside = 0;
      ChannelBase& channel = make_channel(1);
      const std::uint32_t below = 16;
      Sudog& inside = wait_on(g, channel, g.at(below), 0);
      Sudog& nil = wait_on(g, channel, 0, 1);
      Sudog& elsewhere = wait_on(g, channel, address_of(&outside), 2);
      if (sync) {
        suspend_waiting(g);
      } else {
        channel.lock.lock(Site::kTest);
        g.status.plant(kCopyStack);  // its owner, before it parks
      }
      copy_stack(g, 2 * kStackMin, CopyReason::kMove);
      EXPECT_EQ(inside.element.inspect(), g.at(below));
      EXPECT_EQ(nil.element.inspect(), 0u);
      EXPECT_EQ(elsewhere.element.inspect(), address_of(&outside));
    });
    EXPECT_EQ(run.report.message, "");
    const auto seen = run.of<event::SudogSeen>();
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen[0].element, 16u);
    EXPECT_EQ(seen[1].element, kNilPlace);
    EXPECT_EQ(seen[2].element, kOutsideStack);
    for (unsigned i = 0; i < 3; ++i) {
      EXPECT_EQ(seen[i].case_index, i);
      EXPECT_EQ(seen[i].channel, 1);
    }
  }
}

/// The channel ids whose locks were taken, and those released, in order.
struct ChannelLocks {
  Numbers taken, released;
  explicit ChannelLocks(const RunResult& run) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ids;  // object, channel
    for (const Event& event : run.events) {
      if (event.kind == EventKind::kLockAcquired) {
        const auto lock = as<event::LockAcquired>(event);
        if (lock.rank != LockRank::kChannelLeaf) continue;
        taken.push_back(lock.order);
        ids.push_back({lock.lock, lock.order});
      }
      if (event.kind != EventKind::kLockReleased) continue;
      for (const auto& [object, channel] : ids) {
        if (object == as<event::LockReleased>(event).lock) released.push_back(channel);
      }
    }
  }
};

TEST(Sudogs, EachDistinctChannelIsLockedOnceInListOrder) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    ChannelBase& two = make_channel(2);
    ChannelBase& five = make_channel(5);
    ChannelBase& nine = make_channel(9);
    for (ChannelBase* channel : {&two, &two, &five, &nine, &nine, &nine}) {
      wait_on(g, *channel, g.at(16));
    }
    suspend_waiting(g);
    copy_same(g);
    EXPECT_FALSE(two.lock.is_held_by_me());
    EXPECT_FALSE(five.lock.is_held_by_me());
    EXPECT_FALSE(nine.lock.is_held_by_me());
  });
  EXPECT_EQ(run.report.message, "");
  const ChannelLocks locks(run);
  EXPECT_EQ(locks.taken, (Numbers{2, 5, 9}));
  EXPECT_EQ(locks.released, (Numbers{2, 5, 9}));
}

TEST(Sudogs, WithoutTheFlagNoChannelLockIsTaken) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    ChannelBase& channel = make_channel(2);
    wait_on(g, channel, g.at(16));
    channel.lock.lock(kSite);  // as when growing between enqueue and park
    grow_stack(g, 0);
    EXPECT_TRUE(channel.lock.is_held_by_me());
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_TRUE(ChannelLocks(run).taken.empty());
}

// Why the flag exists.
TEST(Sudogs, WithTheFlagWhileHoldingTheLockItIsTakenTwice) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    ChannelBase& channel = make_channel(2);
    wait_on(g, channel, g.at(16));
    g.active_stack_chans.plant(true);
    channel.lock.lock(kSite);
    grow_stack(g, 0);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kFatal);
  EXPECT_EQ(run.report.message,
            "lock taken twice: channel 2 is wanted by the thread that holds it");
}

TEST(Sudogs, WithTheFlagButWithoutSudogsIsAPlainCopy) {
  StepLog log;
  const RunResult run = run_body({.log = log.get()}, [] {
    Goroutine& g = make_running();
    suspend_waiting(g);
    copy_same(g);
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_TRUE(ChannelLocks(run).taken.empty());
  EXPECT_EQ(log.count(0, Site::kCopyStackLow), 0u);
  EXPECT_EQ(log.count(0, Site::kCopyStackHigh), 1u);
}

TEST(Sudogs, ThePartBelowTheHighestElementIsCopiedUnderTheLocks) {
  StepLog log;
  const RunResult run = run_body({.log = log.get()}, [] {
    Goroutine& g = make_running();
    push(g, kPlain);
    wait_on(g, make_channel(2), g.sp + offsetof(PlainFrame, data));
    wait_on(g, make_channel(3), g.sp + offsetof(PlainFrame, data) + 8);
    suspend_waiting(g);
    copy_same(g);
  });
  EXPECT_EQ(run.report.message, "");
  std::vector<Site> order;
  for (const auto& seen : log.steps()) {
    const Site site = seen.site;
    if (site == Site::kCopyStackLock || site == Site::kCopyStackUnlock ||
        site == Site::kCopyStackLow || site == Site::kCopyStackHigh ||
        site == Site::kSudogElementLoad || site == Site::kSudogElementStore) {
      order.push_back(site);
    }
  }
  using enum Site;
  EXPECT_EQ(order,
            (std::vector<Site>{kCopyStackLock, kCopyStackLock, kSudogElementLoad,
                               kSudogElementStore, kSudogElementLoad, kSudogElementStore,
                               kCopyStackLow, kCopyStackUnlock, kCopyStackUnlock, kCopyStackHigh}));
}

/// Overwrites one byte of the old stack when the copier is about to copy what needs no lock.
class LateWrite : public LazyChooser {
 public:
  [[gnu::no_sanitize_thread]] void at(std::uintptr_t byte) {
    byte_ = reinterpret_cast<volatile unsigned char*>(byte);
  }
  bool observes() const override { return true; }
  [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending* pending) override {
    if (pending[thread].site != Site::kCopyStackHigh || byte_ == nullptr) return;
    *byte_ = 0xaa;
    byte_ = nullptr;
  }

 private:
  volatile unsigned char* byte_ = nullptr;
};

/// Was the byte `offset` of the youngest frame copied under the locks, given one element there?
bool is_copied_under_locks(std::uint32_t offset, std::uint32_t element_offset,
                           std::uint32_t bytes) {
  LateWrite late;
  bool copied = false;
  EXPECT_EQ(run_body({.chooser = &late},
                     [&] {
                       Goroutine& g = make_running();
                       static constexpr Function kWide = {.name = "wide", .frame_bytes = 256};
                       push(g, kWide);
                       ChannelBase& channel = make_channel(2, bytes);
                       wait_on(g, channel, g.sp + element_offset);
                       wait_on(g, channel, g.sp + kHeaderBytes);  // the last is not the highest
                       // nil: nobody writes there, whatever the size
                       wait_on(g, make_channel(3, 4096), 0);
                       suspend_waiting(g);
                       late.at(g.sp + offset);
                       copy_same(g);
                       copied = *reinterpret_cast<unsigned char*>(g.sp + offset) == 0;
                     })
                .report.message,
            "");
  return copied;
}

TEST(Sudogs, TheBoundaryIsTheEndOfTheHighestElementRoundedToWords) {
  struct {
    std::uint32_t element, bytes, boundary;
  } const cases[] = {{64, 8, 72},  {64, 1, 72}, {64, 9, 80},
                     {64, 16, 80}, {64, 0, 64}, {128, 100, 232}};
  for (const auto& c : cases) {
    EXPECT_TRUE(is_copied_under_locks(c.boundary - 1, c.element, c.bytes))
        << c.element << " " << c.bytes;
    EXPECT_FALSE(is_copied_under_locks(c.boundary, c.element, c.bytes))
        << c.element << " " << c.bytes;
  }
}

TEST(Sudogs, AnElementOutsideTheStackNeedsNoCopyUnderLocks) {
  StepLog log;
  const RunResult run = run_body({.log = log.get()}, [] {
    Goroutine& g = make_running();
    static std::uint64_t outside = 0;
    wait_on(g, make_channel(2), address_of(&outside));
    wait_on(g, make_channel(3), g.stack.hi);  // one past the end is outside
    suspend_waiting(g);
    copy_same(g);
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_EQ(ChannelLocks(run).taken, (Numbers{2, 3}));
  EXPECT_EQ(log.count(0, Site::kCopyStackLow), 0u);
}

TEST(Sudogs, AnElementInTheHighestWordsLeavesNothingForTheSecondPass) {
  StepLog log;
  const RunResult run = run_body({.log = log.get()}, [] {
    Goroutine& g = make_running();
    wait_on(g, make_channel(2), g.at(8));
    suspend_waiting(g);
    copy_same(g);
    pop_frame(g);
  });
  EXPECT_EQ(run.report.message, "");
  EXPECT_EQ(log.count(0, Site::kCopyStackHigh), 0u);
}

// Its frame's slots lie on both sides of the boundary, its neighbours' saved frame pointers, too.
TEST(Sudogs, SlotsOnBothSidesOfTheBoundaryAreAdjusted) {
  // Each word of data in the three frames, by its distance below stack.hi.
  for (const std::uint32_t below : {8u, 16u, 72u, 88u, 104u, 120u, 168u, 176u}) {
    EXPECT_EQ(message_of([below] {
                Goroutine& g = make_running();
                push(g, kGroup);
                push(g, kPlain);
                auto& group = frame_at<GroupFrame>(g.sp + sizeof(PlainFrame));
                group.header.group_count = 3;
                group.first = g.at(24);
                for (auto& c : group.cases) c.pointer = g.at(32);
                auto& plain = frame_at<PlainFrame>(g.sp);
                plain.first = plain.second = g.at(40);
                wait_on(g, make_channel(2, 8), g.at(below));
                suspend_waiting(g);
                copy_stack(g, 4 * kStackMin, CopyReason::kMove);
                EXPECT_EQ(frame_at<PlainFrame>(g.sp).first, g.at(40));
                EXPECT_EQ(frame_at<PlainFrame>(g.sp).second, g.at(40));
                pop_frame(g);
                EXPECT_EQ(frame_at<GroupFrame>(g.sp).first, g.at(24));
                for (const auto& c : frame_at<GroupFrame>(g.sp).cases)
                  EXPECT_EQ(c.pointer, g.at(32));
                pop_frame(g);
                pop_frame(g);
              }),
              "")
        << below;
  }
}

// Steps W1 to W4 of stack.h. The plain element is 80 bytes: torn values would show.
constexpr std::uint32_t kElementBytes = 80;

void waker(ChannelBase& channel, Sudog& sudog, const void* value) {
  channel.lock.lock(Site::kChanSendLock);
  const std::uintptr_t element = sudog.element.load(kSite);
  platform::copy(reinterpret_cast<void*>(element), value, kElementBytes, Site::kSendDirect);
  sudog.element.store(0, kSite);
  channel.lock.unlock(Site::kChanSendUnlock);
}

void copy_against_two_wakers() {
  static constexpr Function kTwoElements = {.name = "two", .frame_bytes = 256};
  Goroutine& g = make_running();
  push(g, kTwoElements);
  const std::uint32_t slots[] = {g.below_hi(g.sp + 48), g.below_hi(g.sp + 160)};
  auto& done = make<platform::Atomic<std::uint32_t>>(0u);
  auto& values = make<std::array<unsigned char[kElementBytes], 2>>();
  ChannelBase* const channels[] = {&make_channel(1, kElementBytes),
                                   &make_channel(2, kElementBytes)};
  for (unsigned i = 0; i < 2; ++i) {
    std::memset(values[i], static_cast<int>(i) + 1, kElementBytes);
    Sudog& sudog = wait_on(g, *channels[i], g.at(slots[i]));
    start([channel = channels[i], &sudog, value = &values[i][0], &done] {
      waker(*channel, sudog, value);
      done.fetch_add(1, kSite);
    });
  }
  g.active_stack_chans.plant(true);
  g.status.plant(kWaiting);
  EXPECT_TRUE(cas_to_scan(g, kWaiting, kSite));
  copy_stack(g, 2 * kStackMin, CopyReason::kMove);
  cas_from_scan(g, kWaiting, kSite);
  platform::spin_until(done, [](std::uint32_t n) { return n == 2; }, kSite);
  for (unsigned i = 0; i < 2; ++i) {
    EXPECT_EQ(std::memcmp(reinterpret_cast<void*>(g.at(slots[i])), values[i], kElementBytes), 0)
        << i;
  }
}

TEST(Sudogs, NoValueIsLostOrTornWhenWakersComeAtAnyMoment) {
  simulator::World world;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    ASSERT_EQ(run_body(world, {.chooser = &random}, copy_against_two_wakers).report.message, "");
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

// The waker's two losing races of stack.h: W3 before C3, and C5 before W1.
TEST(Sudogs, AWakerBeforeTheLocksAndAfterThem) {
  for (const Site moment : {Site::kCopyStackLock, Site::kCopyStackHigh}) {
    Switches switches({{.from = 0, .site = moment, .to = 1}});
    EXPECT_EQ(run_body(switches, copy_against_two_wakers).report.message, "");
    EXPECT_TRUE(switches.all_fired());
  }
}

}  // namespace
}  // namespace concertina::test
