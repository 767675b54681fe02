// Every candidate that each reduction offers for a small program, in order.
#include <gtest/gtest.h>

#include "minimize/reduce_program.h"
#include "minimize/size.h"
#include "mutate/testing.h"

namespace concertina::fuzzers::test {
namespace {

using Texts = std::vector<std::string>;

/// The candidates that are worth a run: not what the reduction leaves as it was.
Texts offered(const std::string& text, Reduction kind) {
  const Program before = program(text);
  Texts texts;
  for (std::size_t i = 0;; ++i) {
    const auto reduced = reduce(before, kind, i);
    if (!reduced) return texts;
    EXPECT_EQ(validate(*reduced), "");
    if (cost_of(*reduced) < cost_of(before)) texts.push_back(said(*reduced));
  }
}

/// Of one function with that body, and channels c0 and c1.
std::string body(const std::string& operations) {
  return "chan c0 cap=0 size=8 chan c1 cap=0 size=8 func f0 frame=0 { " + operations + " }";
}

Texts offered_in_body(const std::string& operations, Reduction kind) {
  Texts bodies;
  for (const std::string& text : offered(body(operations), kind)) {
    const std::size_t begin = text.find('{') + 2;
    const std::size_t end = text.rfind('}');
    bodies.push_back(begin < end ? text.substr(begin, end - 1 - begin) : "");
  }
  return bodies;
}

TEST(Reductions, AFunctionGoesWithWhoeverMentionsIt) {
  EXPECT_EQ(offered("func f0 frame=0 { go f1 call f2 }"
                    "func f1 frame=0 { call f2 yield }"
                    "func f2 frame=0 { scan }",
                    Reduction::kDropFunction),
            (Texts{"func f0 frame=0 { call f1 } func f1 frame=0 { scan }",
                   "func f0 frame=0 { go f1 } func f1 frame=0 { yield }"}));
}

TEST(Reductions, HalvesAndQuartersOfABody) {
  EXPECT_EQ(offered_in_body("yield scan check len c0", Reduction::kDropHalf),
            (Texts{"check len c0", "yield scan"}));
  EXPECT_EQ(
      offered_in_body("yield scan check len c0", Reduction::kDropQuarter),
      (Texts{"scan check len c0", "yield check len c0", "yield scan len c0", "yield scan check"}));
  // An odd one has its larger half first; a block that is cut is mended.
  EXPECT_EQ(offered_in_body("yield scan check", Reduction::kDropHalf),
            (Texts{"check", "yield scan"}));
  EXPECT_EQ(offered_in_body("loop 2 { yield scan }", Reduction::kDropHalf),
            (Texts{"scan", "loop 2 { yield }"}));
}

TEST(Reductions, AnOperationGoesALoopWithAllThatIsInIt) {
  EXPECT_EQ(
      offered_in_body("yield loop 2 { range c0 { scan } check } len c0", Reduction::kDropOperation),
      (Texts{"loop 2 { range c0 { scan } check } len c0", "yield len c0",
             "yield loop 2 { check } len c0", "yield loop 2 { range c0 { } check } len c0",
             "yield loop 2 { range c0 { scan } } len c0",
             "yield loop 2 { range c0 { scan } check }"}));
}

TEST(Reductions, ABlockIsUnwrappedInnerOnesStay) {
  EXPECT_EQ(
      offered_in_body("loop 2 { range c0 { scan } check } loop 3 { }", Reduction::kUnwrapBlock),
      (Texts{"range c0 { scan } check loop 3 { }", "loop 2 { scan check } loop 3 { }",
             "loop 2 { range c0 { scan } check }"}));
}

TEST(Reductions, ASpawnOrACallGivesWayToWhatIsDoneThere) {
  const std::string text = "func f0 frame=0 { yield go f1 scan call f1 } func f1 frame=0 { check }";
  EXPECT_EQ(offered(text, Reduction::kInlineSpawn),
            (Texts{"func f0 frame=0 { yield check scan call f1 } func f1 frame=0 { check }"}));
  EXPECT_EQ(offered(text, Reduction::kInlineCall),
            (Texts{"func f0 frame=0 { yield go f1 scan check } func f1 frame=0 { check }"}));
}

TEST(Reductions, ASpawnBecomesACall) {
  EXPECT_EQ(
      offered("func f0 frame=0 { go f1 go f1 } func f1 frame=0 { }", Reduction::kSpawnBecomesCall),
      (Texts{"func f0 frame=0 { call f1 go f1 } func f1 frame=0 { }",
             "func f0 frame=0 { go f1 call f1 } func f1 frame=0 { }"}));
}

TEST(Reductions, RecursionIsCutByALeaf) {
  EXPECT_EQ(offered("func f0 frame=0 { yield go f0 go f0 }", Reduction::kCutRecursion), Texts{})
      << "either way it still starts itself";
  EXPECT_EQ(offered("func f0 frame=32 { yield go f0 }", Reduction::kCutRecursion),
            (Texts{"func f0 frame=32 { yield go f1 } func f1 frame=32 { yield }"}));
  std::string full = "func f0 frame=0 { go f0 }";
  for (unsigned f = 1; f < kFunctionsMax; ++f) {
    full += " func f" + std::to_string(f) + " frame=0 { }";
  }
  EXPECT_FALSE(reduce(program(full), Reduction::kCutRecursion, 0)) << "no room";
}

TEST(Reductions, FunctionsMergeInPairsMainStays) {
  EXPECT_EQ(offered("func f0 frame=0 { call f1 call f2 }"
                    "func f1 frame=0 { yield }"
                    "func f2 frame=0 { scan }",
                    Reduction::kMergeFunctions),
            (Texts{"func f0 frame=0 { call f1 call f1 } func f1 frame=0 { yield }",
                   "func f0 frame=0 { call f1 call f1 } func f1 frame=0 { scan }"}))
      << "and not into main, which would call itself";
}

TEST(Reductions, ChannelsMergeInPairs) {
  const std::string rest = " func f0 frame=0 { send c0 range c1 { } select { recv c2; recv nil } }";
  EXPECT_EQ(offered("chan c0 cap=0 size=8 chan c1 cap=1 size=8 chan c2 cap=2 size=8" + rest,
                    Reduction::kMergeChannels),
            (Texts{"chan c0 cap=0 size=8 chan c1 cap=1 size=8 func f0 frame=0 { send c0 range c1 "
                   "{ } select { recv c0; recv nil } }",
                   "chan c0 cap=0 size=8 chan c1 cap=1 size=8 func f0 frame=0 { send c0 range c1 "
                   "{ } select { recv c1; recv nil } }",
                   "chan c0 cap=0 size=8 chan c1 cap=2 size=8 func f0 frame=0 { send c0 range c0 "
                   "{ } select { recv c1; recv nil } }",
                   "chan c0 cap=0 size=8 chan c1 cap=2 size=8 func f0 frame=0 { send c0 range c1 "
                   "{ } select { recv c1; recv nil } }"}));
}

TEST(Reductions, CasesGoOneByOneOverAllSelects) {
  EXPECT_EQ(offered_in_body("select { recv c0; send c1 } yield select { recv nil }",
                            Reduction::kDropCase),
            (Texts{"select { send c1 } yield select { recv nil }",
                   "select { recv c0 } yield select { recv nil }",
                   "select { recv c0; send c1 } yield select { }"}));
}

TEST(Reductions, ASelectOfOneCaseIsPlain) {
  const Reduction kind = Reduction::kSelectBecomesPlain;
  EXPECT_EQ(offered_in_body("select { recv c1 }", kind), (Texts{"recv c1"}));
  EXPECT_EQ(offered_in_body("select { send c1 by_pointer }", kind), (Texts{"send c1 by_pointer"}));
  EXPECT_EQ(offered_in_body("select default { recv c1 }", kind), (Texts{"try_recv c1"}));
  EXPECT_EQ(offered_in_body("select default { send nil }", kind), (Texts{"try_send nil"}));
  EXPECT_EQ(offered_in_body("select { } select { recv c0; recv c1 }", kind), Texts{});
}

TEST(Reductions, OperationsBecomePlainer) {
  const Reduction kind = Reduction::kSimplerOperation;
  EXPECT_EQ(offered_in_body("recv_ok c0", kind), (Texts{"recv c0"}));
  EXPECT_EQ(offered_in_body("try_recv c0", kind), (Texts{"recv c0"}));
  EXPECT_EQ(offered_in_body("try_send c0 by_pointer", kind),
            (Texts{"send c0 by_pointer", "try_send c0"}));
  EXPECT_EQ(offered_in_body("select default { recv c0 by_pointer; send c1 by_pointer }", kind),
            (Texts{"select { recv c0 by_pointer; send c1 by_pointer }",
                   "select default { recv c0; send c1 }"}));
  EXPECT_EQ(offered_in_body("range c0 { loop 2 { yield } } scan", kind), (Texts{"recv c0 scan"}));
  EXPECT_EQ(offered_in_body("send c0 recv c0 close c0 yield", kind), Texts{});
}

TEST(Reductions, CountsGoDown) {
  const Reduction kind = Reduction::kSmallerCount;
  EXPECT_EQ(offered_in_body("loop 6 { }", kind), (Texts{"loop 1 { }", "loop 3 { }", "loop 5 { }"}));
  EXPECT_EQ(offered_in_body("syscall 4", kind), (Texts{"syscall 0", "syscall 2", "syscall 3"}));
  EXPECT_EQ(offered_in_body("loop 1 { syscall 0 }", kind), Texts{});
}

TEST(Reductions, ChannelsAndFramesBecomePlainer) {
  const auto channel = [](const std::string& text) {
    Texts channels;
    for (const std::string& one :
         offered("chan c0 " + text + " func f0 frame=0 { len c0 }", Reduction::kSmallerChannel)) {
      channels.push_back(one.substr(8, one.find(" func") - 8));
    }
    return channels;
  };
  EXPECT_EQ(channel("cap=5 size=8"), (Texts{"cap=0 size=8", "cap=2 size=8", "cap=4 size=8"}));
  EXPECT_EQ(channel("cap=0 size=64"), (Texts{"cap=0 size=8", "cap=0 size=24"}));
  EXPECT_EQ(channel("cap=0 size=0"), (Texts{"cap=0 size=8", "cap=0 size=1"}));
  EXPECT_EQ(channel("cap=0 size=8"), Texts{});
  EXPECT_EQ(offered("func f0 frame=0 { } func f1 frame=512 { }", Reduction::kSmallerFrame),
            (Texts{"func f0 frame=0 { } func f1 frame=0 { }",
                   "func f0 frame=0 { } func f1 frame=256 { }"}));
}

TEST(Reductions, WhatNobodyUsesGoesAtOnce) {
  EXPECT_EQ(offered("chan c0 cap=0 size=8 chan c1 cap=1 size=8 chan c2 cap=2 size=8 "
                    "func f0 frame=0 { go f2 select { recv c1; recv nil } }"
                    "func f1 frame=0 { call f3 }"
                    "func f2 frame=0 { yield }"
                    "func f3 frame=0 { send c2 }",
                    Reduction::kDropUnused),
            // f3 is called by f1, which goes after it has been looked at; c2 is named by f3 still.
            (Texts{"chan c0 cap=1 size=8 chan c1 cap=2 size=8 "
                   "func f0 frame=0 { go f1 select { recv c0; recv nil } } "
                   "func f1 frame=0 { yield } "
                   "func f2 frame=0 { send c1 }"}));
}

}  // namespace
}  // namespace concertina::fuzzers::test
