// The signals of whole programs: each is set by one that shows it and not by one that does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "feedback/signals.h"
#include "pipeline.h"

namespace concertina::fuzzers {
namespace {

using Bits = std::array<std::uint8_t, kCells>;

Bits bits_of(const Input& input, Groups groups = Groups::all()) {
  Bits cells{};
  const auto signals = std::make_unique<Signals>(cells, groups);
  run(input, {.signals = signals.get()});
  return cells;
}

/// A program of functions, under a schedule with no preemption but what `wishes` ask for.
Bits bits_of_program(const std::string& body, const std::string& wishes = "",
                     unsigned processors = 1) {
  CaseFile file;
  const std::string text = "# title: a program of this test\n# expect: pass\nversion 1\n\n" + body +
                           "\nschedule processors=" + std::to_string(processors) +
                           " strategy=non-preemptive depth=3 seed=0x1\n" + wishes;
  const ParseError error = parse(text, file);
  EXPECT_EQ(error.reason, "") << error.line << ": " << text;
  EXPECT_EQ(validate(file.input), "");
  const Bits bits = bits_of(file.input);
  EXPECT_FALSE(judge(file.input, run(file.input)).failed());
  return bits;
}

bool has(const Bits& bits, Group group, unsigned cell) {
  return bits[group_begin(group) + cell] != 0;
}

unsigned count(const Bits& bits, Group group) {
  const auto begin = bits.begin() + group_begin(group);
  return static_cast<unsigned>(
      std::count(begin, begin + kGroupCells[static_cast<std::size_t>(group)], 1));
}

constexpr char kAlone[] = "func f0 frame=0 {\n  yield\n}\n";

std::string two_goroutines(const std::string& first, const std::string& second) {
  return "chan c0 cap=0 size=8\nchan c1 cap=1 size=8\n\nfunc f0 frame=0 {\n  go f1\n" + first +
         "}\n\nfunc f1 frame=0 {\n" + second + "}\n";
}

TEST(Programs, ClosedUnderAWaiter) {
  const unsigned cell = channel_cell(ChannelEffect::kReceivePark, ChannelEffect::kClose,
                                     ChannelState::kUnbuffered, Waiters::kReceivers);
  EXPECT_TRUE(has(bits_of_program(two_goroutines("  yield\n  close c0\n", "  recv c0\n")),
                  Group::kChannel, cell));
  EXPECT_FALSE(
      has(bits_of_program(two_goroutines("  close c0\n", "  recv c0\n")), Group::kChannel, cell));
  EXPECT_EQ(count(bits_of_program(kAlone), Group::kChannel), 0u);
}

TEST(Programs, ReadsFromNeedsTwoOnOneObject) {
  const auto pairs = [](const std::string& body) {
    return count(bits_of_program(body), Group::kReadsFrom);
  };
  const std::string apart = two_goroutines("  send c1\n  recv c1\n", "  yield\n");
  const std::string together = two_goroutines("  send c1\n  yield\n", "  recv c1\n");
  EXPECT_LT(pairs(apart), pairs(together));
}

TEST(Programs, SelectsByHowTheyEnd) {
  const std::string select = "  select { recv c0; recv c1 }\n";
  const unsigned parked = select_cell(2, Chosen::kLast, 0, true);
  const unsigned ready = select_cell(2, Chosen::kLast, 1, false);
  const Bits late = bits_of_program(two_goroutines(select, "  send c1\n"));
  const Bits early = bits_of_program(two_goroutines("  send c1\n" + select, "  yield\n"));
  EXPECT_TRUE(has(late, Group::kSelect, parked));
  EXPECT_FALSE(has(late, Group::kSelect, ready));
  EXPECT_TRUE(has(early, Group::kSelect, ready));
  EXPECT_FALSE(has(early, Group::kSelect, parked));
  EXPECT_EQ(count(bits_of_program(kAlone), Group::kSelect), 0u);
}

TEST(Programs, LocksOfASelectAreHeldTogether) {
  constexpr auto kRank = static_cast<unsigned>(LockRank::kChannel);
  const std::string select = "  select { recv c0; recv c1 }\n";
  const Bits two = bits_of_program(two_goroutines("  send c1\n" + select, "  yield\n"));
  const Bits one = bits_of_program(two_goroutines("  send c1\n  recv c1\n", "  yield\n"));
  EXPECT_TRUE(has(two, Group::kLock, lock_order_cell(kRank, kRank)));
  EXPECT_FALSE(has(one, Group::kLock, lock_order_cell(kRank, kRank)));
  EXPECT_TRUE(has(two, Group::kMaxima, maximum_cell(Maximum::kLocksHeld, 2)));
  EXPECT_FALSE(has(one, Group::kMaxima, maximum_cell(Maximum::kLocksHeld, 2)));
}

TEST(Programs, AStackThatMovesWhileItsGoroutineWaits) {
  const std::string body = "chan c0 cap=0 size=8\n\nfunc f0 frame=0 {\n  recv c0\n}\n";
  const Bits quiet = bits_of_program(body, "", 2);
  const Bits moved = bits_of_program(body,
                                     "event scan-move at any/parking-on-chan-clear#0\n"
                                     "hold 255 at scheduler/thread-start#0\n",
                                     2);
  constexpr unsigned kMoveUnderLocks = 2 * kCopyLocks + 1;
  EXPECT_EQ(count(quiet, Group::kCopy), 0u);
  EXPECT_TRUE(
      has(moved, Group::kCopy, during_cell(kMoveUnderLocks, OpenOperation::kReceive, true)));
}

TEST(Programs, ProcessorsThatAreIdle) {
  const std::string body = two_goroutines("  send c0\n", "  recv c0\n");
  const auto idle = [&](unsigned processors, unsigned idle) {
    const Bits bits = bits_of_program(body, "", processors);
    for (unsigned change = 0; change < count_of<WorkChange>(); ++change) {
      for (unsigned rest = 0; rest < kRunnableBuckets * kLookingBuckets * kCalledBuckets; ++rest) {
        const unsigned cell =
            (change * kIdleBuckets + idle) * kRunnableBuckets * kLookingBuckets * kCalledBuckets +
            rest;
        if (has(bits, Group::kScheduler, cell)) return true;
      }
    }
    return false;
  };
  EXPECT_FALSE(idle(2, 3));
  EXPECT_TRUE(idle(4, 3));
}

TEST(Programs, LongQueues) {
  const std::string spawner =
      "func f0 frame=0 {\n  go f1\n  go f1\n  go f1\n  go f1\n  yield\n}\n\n"
      "func f1 frame=0 {\n  yield\n}\n";
  EXPECT_TRUE(has(bits_of_program(spawner), Group::kMaxima, maximum_cell(Maximum::kLocalQueue, 4)));
  EXPECT_FALSE(has(bits_of_program(two_goroutines("", "  yield\n")), Group::kMaxima,
                   maximum_cell(Maximum::kLocalQueue, 4)));
}

// --- What holds for all programs, on the seeds. ---

std::vector<Input> seeds() {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path folder = CONCERTINA_SOURCE_DIR "/corpus/seeds";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Input> result;
  for (const auto& path : paths) {
    std::ifstream file(path);
    CaseFile read;
    EXPECT_EQ(parse(std::string{std::istreambuf_iterator<char>(file), {}}, read).reason, "");
    result.push_back(std::move(read.input));
  }
  return result;
}

TEST(Programs, SetTheSameCellsInAnyOrderAndWithEngineState) {
  const std::vector<Input> inputs = seeds();
  ASSERT_GT(inputs.size(), 50u);
  // One object for all of them, as in a fuzz target, with the cells cleared between runs.
  Bits cells{};
  const auto signals = std::make_unique<Signals>(cells, Groups::all());
  std::vector<Bits> forwards(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    cells.fill(0);
    run(inputs[i], {.signals = signals.get()});
    forwards[i] = cells;
  }
  for (std::size_t i = inputs.size(); i-- > 0;) {
    cells.fill(0);
    run(inputs[i], {.signals = signals.get()});
    EXPECT_EQ(cells, forwards[i]) << i;
    EXPECT_EQ(bits_of(inputs[i]), forwards[i]) << i;
  }
}

TEST(Programs, GroupsDoNotDisturbEachOther) {
  for (const Input& input : seeds()) {
    Bits together{};
    for (unsigned group = 0; group < kGroups; ++group) {
      const Bits alone = bits_of(input, Groups::none().with(static_cast<Group>(group)));
      for (unsigned i = 0; i < kCells; ++i) together[i] |= alone[i];
    }
    EXPECT_EQ(together, bits_of(input));
    EXPECT_EQ(count(bits_of(input, Groups::none()), Group::kScheduler), 0u);
  }
}

TEST(Programs, RunTheSameWithAndWithoutSignals) {
  Bits cells{};
  const auto signals = std::make_unique<Signals>(cells, Groups::all());
  for (const Input& input : seeds()) {
    const std::uint64_t hash = run(input).hash;
    EXPECT_EQ(run(input, {.signals = signals.get()}).hash, hash);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
