#include <gtest/gtest.h>

#include "input/input.h"
#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kRounds = 100'000;

Bytes random_bytes(Random& random, unsigned size_max) {
  Bytes bytes(random.below(size_max + 1));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

// A third of the bytes are small numbers: uniform bytes alone hardly ever make long lists.
Bytes plausible_bytes(Random& random, unsigned size_max) {
  Bytes bytes = random_bytes(random, size_max);
  for (std::uint8_t& byte : bytes) {
    if (random.percent(33)) byte &= 31;
  }
  if (!bytes.empty() && random.percent(60))
    bytes[0] = static_cast<std::uint8_t>(random.between(2, 4));
  return bytes;
}

Input widest_input() {
  Input input;
  input.program.channels.assign(kChannelsMax, {kCapacityMax, kElementSizeClasses - 1});
  Operation select;
  select.code = Code::kSelect;
  select.has_default = true;
  select.cases.assign(kCasesMax, {kNil, true, true});
  input.program.functions.assign(kFunctionsMax, {kFramePaddingClasses - 1, {}});
  for (Function& function : input.program.functions) function.body.assign(kOperationsMax, select);
  const Key key = {0xffffffff, Site::kTest, 255};
  input.schedule.seed = ~0ULL;
  input.schedule.depth = kDepthMax;
  input.schedule.processors = kProcessorsMax;
  input.schedule.machines_max = kMachinesMin;
  input.schedule.slice = 255;
  input.schedule.adaptive_start = input.schedule.elastic_buffers = true;
  input.schedule.native_frames = input.schedule.poison = false;
  input.schedule.standing_requests = true;
  input.schedule.stack_events.assign(kStackEventsMax, {kLastStackAction, key});
  input.schedule.deviations.assign(kDeviationsMax, {DeviationKind::kPrefer, key, 255});
  input.schedule.strategy = Strategy::kPortfolio;
  input.schedule.horizon = 0xffff;
  input.schedule.constraints.assign(kConstraintsMax, {true, Site::kTest, Site::kTest, 255});
  input.schedule.targets.assign(kTargetsMax, {0xffffffff, 0xffff});
  input.schedule.thread_counts.assign(kThreadCountsMax, {0xffffffff, 255, 0xffff});
  return input;
}

TEST(Bytes, DecodingIsTotalAndValid) {
  Random random(1);
  for (unsigned i = 0; i < kRounds; ++i) {
    const Input input = decode(plausible_bytes(random, 200));
    ASSERT_EQ(validate(input), "") << "round " << i;
  }
}

TEST(Bytes, EncodingIsTheInverseOfDecodingAndAFixedPoint) {
  Random random(2);
  for (unsigned i = 0; i < kRounds; ++i) {
    const Input input = decode(plausible_bytes(random, 300));
    const Bytes bytes = encode(input);
    ASSERT_EQ(decode(bytes), input) << "round " << i;
    ASSERT_EQ(encode(decode(bytes)), bytes) << "round " << i;
  }
}

TEST(Bytes, EveryPrefixDecodes) {
  const Bytes bytes = encode(widest_input());
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 16) {
    ASSERT_EQ(validate(decode({bytes.data(), size})), "") << size;
  }
}

TEST(Bytes, NoBytesAreAnEmptyMainUnderTheDefaultSchedule) {
  const Input input = decode({});
  EXPECT_TRUE(input.program.channels.empty());
  ASSERT_EQ(input.program.functions.size(), 1U);
  EXPECT_TRUE(input.program.functions[0].body.empty());
  EXPECT_EQ(input.schedule.processors, 1);
  EXPECT_EQ(input.schedule.strategy, Strategy::kRandom);
  EXPECT_TRUE(input.schedule.reuse_stacks);
}

TEST(Bytes, TheWidestInputFits) {
  const Input input = widest_input();
  ASSERT_EQ(validate(input), "");
  const Bytes bytes = encode(input);
  EXPECT_LE(bytes.size(), kEncodedSizeMax);
  EXPECT_GT(bytes.size(), 16'000U);
  EXPECT_EQ(decode(bytes), input);
}

// What version 1 can say is written as it always was; and its bytes mean what they always did,
// those out of range, too.
TEST(Bytes, VersionOneIsWrittenAndReadAsBefore) {
  Input input;
  input.program.functions.resize(1);
  EXPECT_EQ(encode(input)[0], 1);
  Bytes bytes = encode(input);
  for (unsigned strategy = 0; strategy < 256; ++strategy) {
    bytes[2] = static_cast<std::uint8_t>(strategy);
    for (const std::uint8_t version : {0, 1, 7, 255}) {
      bytes[0] = version;
      EXPECT_EQ(static_cast<unsigned>(decode(bytes).schedule.strategy), strategy % 3);
    }
  }
  input.schedule.horizon = 7;
  EXPECT_EQ(encode(input)[0], 2);
}

TEST(Bytes, ACutBodyEndsAndItsBlocksAreClosed) {
  Input input;
  Operation loop;
  loop.code = Code::kLoop;
  loop.count = 2;
  Operation yield;
  Operation end;
  end.code = Code::kEnd;
  input.program.functions.resize(1);
  input.program.functions[0].body = {loop, yield, yield, end};
  Bytes bytes = encode(input);
  bytes.resize(bytes.size() - 2);  // without the second yield and the end
  input.program.functions[0].body = {loop, yield, end};
  EXPECT_EQ(decode(bytes), input);
}

// Corpus files of version 1 keep their meaning: these bytes may never decode to anything else.
TEST(Bytes, TheLayoutOfVersionOneIsFrozen) {
  const Bytes bytes = {
      1,                                       // version
      0x05, 1,    2,                           // 2 processors, move at every prologue; pct; depth 3
      0x34, 0x12, 0,    0,  0,    0,    0, 0,  // seed
      1,    3,    0x22, 23, 2,                 // scan-move at g0.1/chan-send-lock#2
      1,    0,    0x00, 59, 0,    5,           // hold 5 at any/park-status#0
      2,    0x40, 0xb3,                        // chan size 8; chan cap=3 size 4096
      1,                                       // two functions
      1,    5,                                 // frame 32
      0,    1,    0x81, 1,                     // go f1, call f1 by_pointer
      2,    2,    5,    0,  4,                 // loop 3 { send c0 }
      0,    1,    0x4b, 2,  0x10, 0x2f,        // select default { send c0; recv nil by_pointer }
  };
  const Input input = decode(bytes);
  EXPECT_EQ(encode(input), bytes);
  EXPECT_EQ(input.schedule.processors, 2);
  EXPECT_TRUE(input.schedule.move_at_every_prologue);
  EXPECT_EQ(input.schedule.strategy, Strategy::kPct);
  EXPECT_EQ(input.schedule.depth, 3);
  EXPECT_EQ(input.schedule.seed, 0x1234U);
  const StackEvent event = {StackAction::kScanMove, {34, Site::kChanSendLock, 2}};
  EXPECT_EQ(input.schedule.stack_events, std::vector<StackEvent>{event});
  const Deviation hold = {DeviationKind::kHold, {kAnyPath, Site::kParkStatus, 0}, 5};
  EXPECT_EQ(input.schedule.deviations, std::vector<Deviation>{hold});
  const std::vector<Channel> channels = {{0, 4}, {3, 11}};
  EXPECT_EQ(input.program.channels, channels);
  ASSERT_EQ(input.program.functions.size(), 2U);
  EXPECT_EQ(input.program.functions[0].body.size(), 5U);
  ASSERT_EQ(input.program.functions[1].body.size(), 1U);
  EXPECT_EQ(input.program.functions[1].body[0].cases.size(), 2U);
}

// So do those of version 2.
TEST(Bytes, TheLayoutOfVersionTwoIsFrozen) {
  const Bytes bytes = {
      2,                                         // version
      0x01, 5,    2,                             // 2 processors; surw; depth 3
      5,    0,    0,    0,    0,    0,    0, 0,  // seed
      0,                                         // no stack events
      1,    2,    0x00, 63,   1,    40,          // prefer 40 at any/ready-status#1
      0xd2, 1,                                   // horizon 210
      2,    1,    23,   30,   0,                 // +(chan-send-lock, chan-receive-unlock)
      0,    66,   67,   3,                       // -(execute-status, yield-status) skip 3
      1,    1,    12,                            // target g0#12
      1,    0x40, 2,    0xff, 0xff, 0x03,        // count 65535 of scheduler#2
      0,    0,    0,    0,                       // no channels; one function, empty
  };
  const Input input = decode(bytes);
  EXPECT_EQ(encode(input), bytes);
  const Schedule& schedule = input.schedule;
  EXPECT_EQ(schedule.strategy, Strategy::kSurw);
  const Deviation prefer = {DeviationKind::kPrefer, {kAnyPath, Site::kReadyStatus, 1}, 40};
  EXPECT_EQ(schedule.deviations, std::vector<Deviation>{prefer});
  EXPECT_EQ(schedule.horizon, 210);
  const std::vector<Constraint> constraints = {
      {true, Site::kChanSendLock, Site::kChanReceiveUnlock, 0},
      {false, Site::kExecuteStatus, Site::kYieldStatus, 3}};
  EXPECT_EQ(schedule.constraints, constraints);
  EXPECT_EQ(schedule.targets, (std::vector<ObjectKey>{{kMainPath, 12}}));
  EXPECT_EQ(schedule.thread_counts, (std::vector<ThreadCount>{{kSchedulerPath, 2, 65535}}));
  EXPECT_EQ(schedule.machines_max, kMachinesMax);
}

// And those of version 3, which is version 2 with a limit of machines.
TEST(Bytes, TheLayoutOfVersionThreeIsFrozen) {
  const Bytes bytes = {
      3,                          // version
      0x02, 3, 2,                 // 3 processors; pos; depth 3
      5,    0, 0, 0, 0, 0, 0, 0,  // seed
      0,    0,                    // no stack events, no deviations
      0,    0, 0, 0,              // nothing learnt
      9,                          // machines_max: 9 less than 12
      0,    0, 0, 0,              // no channels; one function, empty
  };
  const Input input = decode(bytes);
  EXPECT_EQ(encode(input), bytes);
  EXPECT_EQ(input.schedule.strategy, Strategy::kPos);
  EXPECT_EQ(input.schedule.machines_max, 3);
  Bytes missing(bytes.begin(), bytes.begin() + 18);
  EXPECT_EQ(decode(missing).schedule.machines_max, kMachinesMax);
}

// And those of version 5, which is version 4 with one more stack event.
TEST(Bytes, TheLayoutOfVersionFiveIsFrozen) {
  Bytes bytes = {
      5,                             // version
      0x01, 0, 2,                    // 2 processors; random; depth 3
      5,    0, 0,    0, 0, 0, 0, 0,  // seed
      1,    7, 0x01, 0, 1,           // assist at g0/user-prologue#1
      0,                             // no deviations
      0,    0, 0,    0,              // nothing learnt
      0,    0,                       // machines_max: the most; the usual slice
      0,    0, 0,    0,              // no channels; one function, empty
  };
  const Input input = decode(bytes);
  EXPECT_EQ(encode(input), bytes);
  const StackEvent event = {StackAction::kAssist, {kMainPath, Site::kUserPrologue, 1}};
  EXPECT_EQ(input.schedule.stack_events, std::vector{event});
  bytes[0] = 4;  // which knew seven
  EXPECT_EQ(decode(bytes).schedule.stack_events[0].action, StackAction::kGrow);
}

// And those of version 4, which is version 3 with more stack events and a slice.
TEST(Bytes, TheLayoutOfVersionFourIsFrozen) {
  Bytes bytes = {
      4,                                // version
      0x01, 0,    2,                    // 2 processors; random; depth 3
      5,    0,    0,    0, 0, 0, 0, 0,  // seed
      3,    4,    0x01, 0, 1,           // shrink at g0/user-prologue#1
      5,    0x22, 30,   0,              // preempt at g0.1/chan-receive-unlock#0
      6,    0x00, 40,   0,              // interrupt at any/send-direct#0
      0,                                // no deviations
      0,    0,    0,    0,              // nothing learnt
      0,                                // machines_max: the most
      7,                                // slice
      0,    0,    0,    0,              // no channels; one function, empty
  };
  const Input input = decode(bytes);
  EXPECT_EQ(encode(input), bytes);
  const std::vector<StackEvent> events = {
      {StackAction::kShrink, {kMainPath, Site::kUserPrologue, 1}},
      {StackAction::kPreempt, {34, Site::kChanReceiveUnlock, 0}},
      {StackAction::kInterrupt, {kAnyPath, Site::kSendDirect, 0}}};
  EXPECT_EQ(input.schedule.stack_events, events);
  EXPECT_EQ(input.schedule.machines_max, kMachinesMax);
  EXPECT_EQ(input.schedule.slice, 7);
  EXPECT_EQ(decode({bytes.begin(), bytes.end() - 5}).schedule.slice, kSliceDefault);
  // Older versions wrap around into what they knew.
  const std::vector<StackEvent> older = {
      {StackAction::kGrow, {kMainPath, Site::kUserPrologue, 1}},
      {StackAction::kMove, {34, Site::kChanReceiveUnlock, 0}},
      {StackAction::kScanShrink, {kAnyPath, Site::kSendDirect, 0}}};
  for (const std::uint8_t version : {1, 2, 3}) {
    bytes[0] = version;
    EXPECT_EQ(decode(bytes).schedule.stack_events, older) << unsigned{version};
  }
}

// And those of version 6, which is version 5 with more knobs.
TEST(Bytes, TheLayoutOfVersionSixIsFrozen) {
  Bytes bytes = {
      6,                                   // version
      0x01, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0,  // 2 processors; random; depth 3; seed
      0,    0, 0, 0, 0, 0,                 // no stack events, no deviations, nothing learnt
      0,    7,                             // machines_max: the most; slice
      0x02,                                // elastic_buffers
      0,    0, 0, 0,                       // no channels; one function, empty
  };
  const Input input = decode(bytes);
  EXPECT_EQ(encode(input), bytes);
  EXPECT_FALSE(input.schedule.adaptive_start);
  EXPECT_TRUE(input.schedule.elastic_buffers);
  bytes[20] = 0x01;
  EXPECT_TRUE(decode(bytes).schedule.adaptive_start);
  EXPECT_FALSE(decode(bytes).schedule.elastic_buffers);
  EXPECT_TRUE(decode(bytes).schedule.native_frames);
  EXPECT_TRUE(decode(bytes).schedule.poison);
  EXPECT_FALSE(decode(bytes).schedule.standing_requests);
  bytes[20] = 0x04;
  EXPECT_FALSE(decode(bytes).schedule.native_frames);
  bytes[20] = 0x08;
  EXPECT_FALSE(decode(bytes).schedule.poison);
  bytes[20] = 0x10;
  EXPECT_TRUE(decode(bytes).schedule.standing_requests);
  bytes[20] = 0x01;
  EXPECT_FALSE(decode({bytes.begin(), bytes.end() - 5}).schedule.adaptive_start);
}

TEST(Bytes, OnlyAnInputThatNeedsItIsOfVersionSix) {
  Input input;
  input.program.functions.resize(1);
  EXPECT_EQ(encode(input)[0], 1);
  for (bool Schedule::* const knob :
       {&Schedule::adaptive_start, &Schedule::elastic_buffers, &Schedule::native_frames,
        &Schedule::poison, &Schedule::standing_requests}) {
    input.schedule = Schedule{};
    input.schedule.*knob = !(input.schedule.*knob);
    EXPECT_EQ(encode(input)[0], 6);
    EXPECT_EQ(decode(encode(input)), input);
  }
}

TEST(Bytes, OnlyAnInputThatNeedsItIsOfVersionFourOrFive) {
  Input input;
  input.program.functions.resize(1);
  for (unsigned i = 1; i <= static_cast<unsigned>(kLastStackAction); ++i) {
    input.schedule.stack_events = {{static_cast<StackAction>(i), {kAnyPath, Site::kTest, 0}}};
    EXPECT_EQ(encode(input)[0], i <= 4 ? 1 : i <= 7 ? 4 : 5) << i;
    EXPECT_EQ(decode(encode(input)), input) << i;
  }
  input.schedule.stack_events.clear();
  input.schedule.slice = 1;
  EXPECT_EQ(encode(input)[0], 4);
  EXPECT_EQ(decode(encode(input)), input);
}

TEST(Bytes, OnlyAnInputThatNeedsItIsOfVersionThree) {
  Input input;
  input.program.functions.resize(1);
  input.schedule.machines_max = kMachinesMax - 1;
  EXPECT_EQ(encode(input)[0], 3);
  EXPECT_EQ(decode(encode(input)), input);
  input.schedule.machines_max = kMachinesMax;
  EXPECT_EQ(encode(input)[0], 1);
}

}  // namespace
}  // namespace concertina::fuzzers
