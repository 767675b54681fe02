// What the steps in the space of programs do: each changes the one thing that it is about.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "mutate/mutate.h"
#include "mutate/testing.h"

namespace concertina::fuzzers::test {
namespace {

/// One step from there with each of the first seeds.
void for_each_step(const Program& before, const std::function<void(const Program& after)>& look,
                   unsigned steps = 6000) {
  for (unsigned seed = 0; seed < steps; ++seed) {
    Random random(seed);
    Program after = before;
    mutate_program(after, random);
    ASSERT_EQ(validate(after), "");
    look(after);
  }
}

/// How often each difference came of one step.
std::map<std::string, unsigned> differences(const Program& before, unsigned steps = 6000) {
  std::map<std::string, unsigned> counts;
  for_each_step(before, [&](const Program& after) { ++counts[difference(before, after)]; }, steps);
  return counts;
}

// The numbers are about half of what comes now. Where replacing an operation by a drawn one may
// look the same, they are well above how often that is so.
TEST(MutateProgram, EveryStepIsTakenAndChangesOneThing) {
  std::map<std::string, unsigned> counts =
      differences(program("chan c0 cap=0 size=8 chan c1 cap=1 size=8 "
                          "func f0 frame=0 { go f1 send c0 syscall 3 }"
                          "func f1 frame=0 { recv c0 yield select { recv c0; send c1 } }"));
  const std::pair<const char*, unsigned> expected[] = {
      {"callee", 50},
      {"capacity", 65},
      {"case added", 110},
      {"case channel", 25},
      {"case pointer", 35},
      {"case removed", 110},
      {"case turned", 100},
      {"cases swapped", 110},
      {"channel", 70},
      {"channels", 100},
      {"count", 70},
      {"default", 100},
      {"frame", 65},
      {"function added; body", 70},         // outlined, and the caller names the channel still
      {"function added; call added", 130},  // new, or large so that the stack grows first
      {"function added; callee", 100},      // a clone for one of its spawns
      {"function added; go added", 60},
      {"function added; replaced", 90},  // outlined
      {"function removed; go removed", 90},
      {"go added", 95},
      {"kind", 100},
      {"pointer", 60},
      {"recv added", 60},
      {"recv removed", 35},
      {"replaced", 60},
      {"scan added", 110},
      {"select instead of recv", 50},
      {"select instead of send", 60},
      {"send removed", 35},
      {"size", 65},
      {"swapped", 160},
      {"two added", 100},  // a loop around some
  };
  for (const auto& [what, often] : expected) {
    EXPECT_GT(counts[what], often) << what;
    counts.erase(what);
  }
  // What is left are operations that were drawn, added or removed.
  for (const auto& [what, often] : counts) {
    const bool is_one = what.find(';') == std::string::npos;
    EXPECT_TRUE(is_one && (what.ends_with(" added") || what.ends_with(" removed") ||
                           what.starts_with("select instead of ") || what == "nothing"))
        << what << ", " << often << " times";
  }
  EXPECT_LT(counts["nothing"], 30u);  // an operation was replaced by its like
}

TEST(MutateProgram, WhatDoesNotFitIsNotAdded) {
  std::string text;
  for (unsigned c = 0; c < kChannelsMax; ++c) {
    text += "chan c" + std::to_string(c) + " cap=0 size=8 ";
  }
  for (unsigned f = 0; f < kFunctionsMax; ++f) {
    text += "func f" + std::to_string(f) + " frame=0 { select {";
    for (unsigned i = 0; i < kCasesMax; ++i) text += " recv c" + std::to_string(i % 8);
    text += " }";
    for (unsigned i = 1; i < kOperationsMax; ++i) {
      text += i % 2 == 0 ? " go f" + std::to_string(i % 8) : " send c" + std::to_string(i % 8);
    }
    text += " }";
  }
  for (const auto& [what, often] : differences(program(text), 500)) {
    EXPECT_NE(what, "cases");
    if (what == "nothing") EXPECT_LT(often, 30u);
    EXPECT_EQ(what.find("added"), std::string::npos) << what;
    EXPECT_NE(what, "body") << "dropped an operation to make room, " << often << " times";
    EXPECT_NE(what, "channels");
    if (what.starts_with("function removed")) continue;  // with every spawn of it
    EXPECT_EQ(what.find(';'), std::string::npos) << what;
  }
}

TEST(MutateProgram, AFunctionGoesWithItsCallsAndTheOthersKeepTheirMeaning) {
  const Program before = program(
      "chan c0 cap=0 size=8 "
      "func f0 frame=0 { go f1 call f2 go f3 }"
      "func f1 frame=0 { send c0 call f3 }"
      "func f2 frame=32 { recv c0 call f1 }"
      "func f3 frame=128 { close c0 }");
  const Program without[] = {
      program("chan c0 cap=0 size=8 func f0 frame=0 { call f1 go f2 }"
              "func f1 frame=32 { recv c0 } func f2 frame=128 { close c0 }"),
      program("chan c0 cap=0 size=8 func f0 frame=0 { go f1 go f2 }"
              "func f1 frame=0 { send c0 call f2 } func f2 frame=128 { close c0 }"),
      program("chan c0 cap=0 size=8 func f0 frame=0 { go f1 call f2 }"
              "func f1 frame=0 { send c0 } func f2 frame=32 { recv c0 call f1 }"),
  };
  unsigned seen[3] = {};
  for_each_step(before, [&](const Program& after) {
    if (after.functions.size() != 3) return;
    bool is_known = false;
    for (unsigned i = 0; i < 3; ++i) {
      if (after == without[i]) ++seen[i], is_known = true;
    }
    EXPECT_TRUE(is_known);
  });
  for (const unsigned n : seen) EXPECT_GT(n, 20u);
}

TEST(MutateProgram, ACloneIsEqualAndHasOneOfTheSpawns) {
  const Program before = program(
      "chan c0 cap=0 size=8 "
      "func f0 frame=0 { go f1 go f1 }"
      "func f1 frame=512 { send c0 yield }");
  unsigned clones = 0;
  for_each_step(before, [&](const Program& after) {
    if (difference(before, after) != "function added; callee") return;
    ++clones;
    EXPECT_EQ(after.functions[2], before.functions[1]);
    EXPECT_EQ(after.functions[0].body[0].function + after.functions[0].body[1].function, 1 + 2);
  });
  EXPECT_GT(clones, 50u);
}

TEST(MutateProgram, ALoopGoesAroundWholeBlocksOnly) {
  const Program before = program(
      "chan c0 cap=0 size=8 "
      "func f0 frame=0 { send c0 loop 2 { recv c0 yield } len c0 }");
  unsigned loops = 0;
  for_each_step(before, [&](const Program& after) {
    if (difference(before, after) != "two added") return;
    const std::vector<Operation>& body = after.functions[0].body;
    std::size_t begin = 0;
    while (body[begin] == before.functions[0].body[begin]) ++begin;
    ASSERT_EQ(body[begin].code, Code::kLoop);
    EXPECT_GE(body[begin].count, 2);
    EXPECT_LE(body[begin].count, 4);
    std::size_t end = begin + 1;
    while (body[end].code != Code::kEnd) EXPECT_FALSE(opens_block(body[end++].code));
    EXPECT_GT(end, begin + 1) << "there is something in it";
    ++loops;
  });
  EXPECT_GT(loops, 30u);
}

TEST(MutateProgram, AnOperationThatBecameACaseIsStillThere) {
  const Program before = program(
      "chan c0 cap=0 size=8 chan c1 cap=0 size=8 "
      "func f0 frame=0 { send c1 by_pointer }");
  const Case it = {.channel = 1, .is_send = true, .by_pointer = true};
  unsigned with = 0, selects = 0;
  for_each_step(before, [&](const Program& after) {
    if (difference(before, after) != "select instead of send") return;
    ++selects;
    const std::vector<Case>& cases = after.functions[0].body[0].cases;
    if (std::find(cases.begin(), cases.end(), it) != cases.end()) ++with;
  });
  EXPECT_GT(selects, 100u);
  EXPECT_GT(with, selects / 2);  // the rest were drawn in place of the send
}

TEST(MutateProgram, AnotherKindOfOperationUsesTheSamePointer) {
  const Program before = program("chan c0 cap=0 size=8 func f0 frame=0 { send c0 by_pointer }");
  const Program same = program("chan c0 cap=0 size=8 func f0 frame=0 { recv c0 by_pointer }");
  const Program none = program("chan c0 cap=0 size=8 func f0 frame=0 { close c0 }");
  unsigned received = 0, closed = 0;
  for_each_step(before, [&](const Program& after) {
    received += after == same;
    closed += after == none;
  });
  EXPECT_GT(received, 40u);
  EXPECT_GT(closed, 20u);
}

TEST(MutateProgram, BlocksStayBlocks) {
  // One end of a bracket may go: the block then ends with the body, or its beginning is gone, too.
  const Program before = program(
      "chan c0 cap=0 size=8 "
      "func f0 frame=0 { range c0 { send c0 } yield }");
  bool is_longer = false, is_gone = false;
  const Program longer =
      program("chan c0 cap=0 size=8 func f0 frame=0 { range c0 { send c0 yield } }");
  const Program gone = program("chan c0 cap=0 size=8 func f0 frame=0 { send c0 yield }");
  for_each_step(before, [&](const Program& after) {
    is_longer = is_longer || after == longer;
    is_gone = is_gone || after == gone;
  });
  EXPECT_TRUE(is_longer);
  EXPECT_TRUE(is_gone);
}

}  // namespace
}  // namespace concertina::fuzzers::test
