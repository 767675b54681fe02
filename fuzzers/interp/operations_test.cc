// Each operation: what it announces, what it makes of its locals, and how it ends.
#include <set>

#include "interp/testing.h"
#include "pipeline.h"

namespace concertina::fuzzers::test {
namespace {

constexpr const char* kTwo =  // a buffered channel and a rendezvous
    "chan c0 cap=2 size=8 "
    "chan c1 cap=0 size=8 ";

std::string in(const char* channels, const char* functions) {
  return std::string(channels) + functions;
}

TEST(Send, StagesAFreshValueEachTime) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { send c0 send c0 }"));
  EXPECT_EQ(r.everything(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 f1.c0 := g1#2\n"
            "g1 send c0 g1#2\n"
            "g1 sent c0\n"
            "g1 f1.c0 is g1#2\n");
  EXPECT_EQ(r.outcome, Outcome::kExit);
  EXPECT_EQ(r.verdict, "pass");
}

TEST(Send, OnAFullChannelWaitsForTheReceiver) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { go f1 send c1 } func f1 frame=0 { recv c1 }"));
  EXPECT_EQ(r.operations(),
            "g1 send c1 g1#1\n"
            "g2 recv c1\n"
            "g2 received c1 g1#1\n"
            "g1 sent c1\n");
  EXPECT_EQ(r.outcome, Outcome::kExit);
}

TEST(Send, ElementsWithoutBytesHaveNoOrigin) {
  const Ran r =
      ran("chan c0 cap=1 size=0 chan c1 cap=1 size=8 func f0 frame=0 { send c0 recv c0 send c1 }");
  EXPECT_EQ(r.operations(),
            "g1 send c0 0\n"
            "g1 sent c0\n"
            "g1 recv c0\n"
            "g1 received c0 0\n"
            "g1 send c1 g1#1\n"  // the first value that could be told from others
            "g1 sent c1\n");
}

TEST(Send, OnClosedPanics) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { close c0 send c0 len c0 }"));
  EXPECT_EQ(r.operations(),
            "g1 close c0\n"
            "g1 closed c0\n"
            "g1 send c0 g1#1\n"
            "g1 panics c0 1\n");
  EXPECT_EQ(r.outcome, Outcome::kPanic);
  EXPECT_EQ(r.message, "send on closed channel");
  EXPECT_EQ(r.verdict, "pass");  // that is what the program means
}

TEST(TrySend, SaysWhetherItWasDone) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { try_send c1 try_send c0 recv c0 }"));
  EXPECT_EQ(r.operations(),
            "g1 try_send c1 g1#1\n"
            "g1 not sent c1\n"
            "g1 try_send c0 g1#2\n"
            "g1 sent c0\n"
            "g1 recv c0\n"
            "g1 received c0 g1#2\n");
}

TEST(Receive, PutsTheValueIntoTheLocal) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { send c0 send c0 recv c0 check recv_ok c0 }"));
  EXPECT_EQ(r.everything(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 f1.c0 := g1#2\n"
            "g1 send c0 g1#2\n"
            "g1 sent c0\n"
            "g1 recv c0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 received c0 g1#1\n"
            "g1 f1.c0 is g1#1\n"
            "g1 recv c0\n"
            "g1 f1.c0 := g1#2\n"
            "g1 received c0 g1#2\n"
            "g1 f1.c0 is g1#2\n");
}

TEST(Receive, OfAClosedChannelZeroesTheLocal) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { send c0 close c0 recv c0 recv_ok c0 }"));
  EXPECT_EQ(r.everything(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 close c0\n"
            "g1 closed c0\n"
            "g1 recv c0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 received c0 g1#1\n"
            "g1 recv c0\n"
            "g1 f1.c0 := 0\n"
            "g1 received c0 0 closed\n"
            "g1 f1.c0 is 0\n");
}

TEST(TryReceive, LeavesTheLocalWhenNothingIsThere) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { send c0 recv c0 try_recv c0 check }"));
  EXPECT_EQ(r.everything(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 recv c0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 received c0 g1#1\n"
            "g1 try_recv c0\n"
            "g1 received c0 nothing\n"
            "g1 f1.c0 is g1#1\n"
            "g1 f1.c0 is g1#1\n");
}

TEST(TryReceive, TakesWhatIsThereAndSeesTheClose) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { send c0 try_recv c0 close c0 try_recv c0 }"));
  EXPECT_EQ(r.operations(),
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 try_recv c0\n"
            "g1 received c0 g1#1\n"
            "g1 close c0\n"
            "g1 closed c0\n"
            "g1 try_recv c0\n"
            "g1 received c0 0 closed\n");
}

TEST(Nil, OperationsWaitForEver) {
  EXPECT_EQ(ran("func f0 frame=0 { send nil }").operations(), "g1 send nil 0\n");
  EXPECT_EQ(ran("func f0 frame=0 { recv nil }").operations(), "g1 recv nil\n");
  EXPECT_EQ(ran("func f0 frame=0 { recv_ok nil }").operations(), "g1 recv nil\n");
  EXPECT_EQ(ran("func f0 frame=0 { range nil { yield } }").operations(), "g1 recv nil\n");
  const Ran r = ran("func f0 frame=0 { select { send nil; recv nil } }");
  EXPECT_EQ(r.operations(),
            "g1 select 2\n"
            "g1 case 0 send nil 0\n"
            "g1 case 1 recv nil\n");
  EXPECT_EQ(r.outcome, Outcome::kDeadlock);
  EXPECT_EQ(r.verdict, "pass");
}

TEST(Nil, OthersAnswerAtOnce) {
  const Ran r = ran("func f0 frame=0 { try_send nil try_recv nil len nil cap nil close nil }");
  EXPECT_EQ(r.everything(),
            "g1 try_send nil 0\n"
            "g1 not sent nil\n"
            "g1 try_recv nil\n"
            "g1 received nil nothing\n"
            "g1 len nil = 0\n"
            "g1 cap nil = 0\n"
            "g1 close nil\n"
            "g1 panics nil 3\n");
  EXPECT_EQ(r.message, "close of nil channel");
}

TEST(Close, OfAClosedChannelPanics) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { close c1 close c1 }"));
  EXPECT_EQ(r.operations(),
            "g1 close c1\n"
            "g1 closed c1\n"
            "g1 close c1\n"
            "g1 panics c1 2\n");
  EXPECT_EQ(r.outcome, Outcome::kPanic);
}

TEST(LenAndCap, SayWhatIsInTheChannelAndWhenTheyBegan) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { len c0 send c0 len c0 cap c0 len c1 cap c1 }"));
  EXPECT_EQ(r.operations(),
            "g1 len c0 = 0\n"
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 len c0 = 1\n"
            "g1 cap c0 = 2\n"
            "g1 len c1 = 0\n"
            "g1 cap c1 = 0\n");
  for (const Event& event : r.events) {
    // Between its beginning and its announcement len has one step, its look at the count.
    if (event.kind == EventKind::kLenSeen) {
      EXPECT_EQ(as<event::LenSeen>(event).begin_step + 1, event.step);
    } else if (event.kind == EventKind::kCapSeen) {
      EXPECT_EQ(as<event::CapSeen>(event).begin_step, event.step);
    }
  }
}

TEST(Range, RunsItsBodyForEachValueUntilTheClose) {
  const Ran r =
      ran(in(kTwo, "func f0 frame=0 { send c0 send c0 close c0 range c0 { cap c0 } len c0 }"));
  EXPECT_EQ(r.operations().substr(r.operations().find("g1 recv")),
            "g1 recv c0\n"
            "g1 received c0 g1#1\n"
            "g1 cap c0 = 2\n"
            "g1 recv c0\n"
            "g1 received c0 g1#2\n"
            "g1 cap c0 = 2\n"
            "g1 recv c0\n"
            "g1 received c0 0 closed\n"
            "g1 len c0 = 0\n");
}

TEST(Loop, RunsItsBodyThatOften) {
  EXPECT_EQ(ran(in(kTwo, "func f0 frame=0 { loop 1 { len c0 } cap c0 }")).operations(),
            "g1 len c0 = 0\n"
            "g1 cap c0 = 2\n");
  // Loops in a loop begin their count again.
  const Ran r = ran(in(kTwo, "func f0 frame=0 { loop 3 { loop 2 { len c0 } loop 4 { cap c0 } } }"));
  EXPECT_EQ(r.count(EventKind::kLenSeen), 6u);
  EXPECT_EQ(r.count(EventKind::kCapSeen), 12u);
}

TEST(Loop, AroundARange) {
  const Ran r =
      ran(in(kTwo, "func f0 frame=0 { close c0 loop 2 { range c0 { len c1 } cap c1 } len c0 }"));
  EXPECT_EQ(r.operations(),
            "g1 close c0\n"
            "g1 closed c0\n"
            "g1 recv c0\n"
            "g1 received c0 0 closed\n"
            "g1 cap c1 = 0\n"
            "g1 recv c0\n"
            "g1 received c0 0 closed\n"
            "g1 cap c1 = 0\n"
            "g1 len c0 = 0\n");
}

TEST(Select, TakesTheReadyCase) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { select { recv c1; send c0; recv nil } recv c0 }"));
  EXPECT_EQ(r.operations(),
            "g1 select 3\n"
            "g1 case 0 recv c1\n"
            "g1 case 1 send c0 g1#1\n"
            "g1 case 2 recv nil\n"
            "g1 selected 1 c0 ok\n"
            "g1 recv c0\n"
            "g1 received c0 g1#1\n");
}

TEST(Select, AReceiveSaysWhatItFound) {
  const Ran r = ran(in(kTwo,
                       "func f0 frame=0 { send c0 close c0 select { recv c1; recv c0 }"
                       " select { recv c0; recv c1 } }"));
  EXPECT_EQ(r.everything().substr(r.everything().find("g1 select 2")),
            "g1 select 2\n"
            "g1 case 0 recv c1\n"
            "g1 case 1 recv c0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 selected 1 c0 g1#1 ok\n"
            "g1 select 2\n"
            "g1 case 0 recv c0\n"
            "g1 case 1 recv c1\n"
            "g1 f1.c0 := 0\n"
            "g1 selected 0 c0\n"
            "g1 f1.c0 is 0\n"
            "g1 f1.c1 is 0\n");
}

TEST(Select, DefaultWhenNothingIsReady) {
  const Ran r = ran(in(kTwo,
                       "func f0 frame=0 { select default { recv c0; send c1 } select default { }"
                       " select default { send c0 } }"));
  EXPECT_EQ(r.operations(),
            "g1 select 2 default\n"
            "g1 case 0 recv c0\n"
            "g1 case 1 send c1 g1#1\n"
            "g1 selected default\n"
            "g1 select 0 default\n"
            "g1 selected default\n"
            "g1 select 1 default\n"
            "g1 case 0 send c0 g1#2\n"
            "g1 selected 0 c0 ok\n");
}

TEST(Select, WithoutCasesWaitsForEver) {
  const Ran r = ran("func f0 frame=0 { select { } yield }");
  EXPECT_EQ(r.operations(), "g1 select 0\n");
  EXPECT_EQ(r.outcome, Outcome::kDeadlock);
}

TEST(Select, ASendOnClosedPanics) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { close c1 select default { send c1 } }"));
  EXPECT_EQ(r.operations().substr(r.operations().find("g1 select")),
            "g1 select 1 default\n"
            "g1 case 0 send c1 g1#1\n"
            "g1 panics c1 1\n");
}

TEST(Select, CasesThatSendFromOneLocalSendOneValue) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { select { send c0; recv c1; send c0; send c1 } }"));
  EXPECT_EQ(r.operations().substr(0, r.operations().find("g1 selected")),
            "g1 select 4\n"
            "g1 case 0 send c0 g1#1\n"
            "g1 case 1 recv c1\n"
            "g1 case 2 send c0 g1#1\n"
            "g1 case 3 send c1 g1#2\n");
}

TEST(Select, CasesThatSendFromTwoLocalsOfAChannelSendTwo) {
  const Ran r = ran(in(kTwo,
                       "func f0 frame=0 { call f1 len c0 }"
                       "func f1 frame=0 { select { send c0 by_pointer; send c0 } }"));
  EXPECT_EQ(
      r.everything().substr(r.everything().find("g1 select"),
                            r.everything().find("g1 selected") - r.everything().find("g1 select")),
      "g1 select 2\n"
      "g1 f1.c0 := g1#1\n"
      "g1 case 0 send c0 g1#1\n"
      "g1 f2.c0 := g1#2\n"
      "g1 case 1 send c0 g1#2\n");
}

TEST(Spawn, TheChildHasItsOwnFramesAndValues) {
  const Ran r = ran(in(kTwo,
                       "func f0 frame=0 { send c0 go f1 recv c1 }"
                       "func f1 frame=0 { send c1 }"));
  EXPECT_EQ(r.everything(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c1 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 send c0 g1#1\n"
            "g1 sent c0\n"
            "g1 recv c1\n"
            "g2 f1.c1 := 0\n"
            "g2 f1.c1 := g2#1\n"
            "g2 send c1 g2#1\n"
            "g2 sent c1\n"
            "g2 f1.c1 is g2#1\n"
            "g1 f1.c1 := g2#1\n"
            "g1 received c1 g2#1\n"
            "g1 f1.c0 is g1#1\n"
            "g1 f1.c1 is g2#1\n");
}

TEST(Spawn, StopsQuietlyAtTheLimit) {
  const Ran r = ran("func f0 frame=0 { loop 8 { go f0 } }");
  EXPECT_EQ(r.count(EventKind::kSpawned), kGoroutinesMax);
  EXPECT_EQ(r.outcome, Outcome::kExit);
}

TEST(Yield, LetsTheOthersRun) {
  const Ran r = ran(in(kTwo,
                       "func f0 frame=0 { go f1 cap c0 yield cap c1 }"
                       "func f1 frame=0 { len c0 yield len c1 }"));
  EXPECT_EQ(r.operations(),
            "g1 cap c0 = 2\n"
            "g2 len c0 = 0\n"
            "g1 cap c1 = 0\n"
            "g2 len c1 = 0\n");
}

TEST(Syscall, IsLeftAgain) {
  const Ran r = ran(in(kTwo, "func f0 frame=0 { syscall 3 len c0 syscall 0 }"));
  EXPECT_EQ(r.count(EventKind::kSyscallEntered), 2u);
  EXPECT_EQ(r.count(EventKind::kSyscallLeft), 2u);
  EXPECT_EQ(r.operations(), "g1 len c0 = 0\n");
  EXPECT_EQ(r.outcome, Outcome::kExit);
}

TEST(Syscall, ItsProcessorIsTakenAndItWaitsForAnother) {
  const Ran r = ran(in(kTwo,
                       "func f0 frame=0 { go f1 syscall 7 send c1 }"
                       "func f1 frame=0 { len c0 recv c1 }"));
  EXPECT_EQ(r.operations(),
            "g2 len c0 = 0\n"
            "g2 recv c1\n"
            "g1 send c1 g1#1\n"
            "g1 sent c1\n"
            "g2 received c1 g1#1\n");
  EXPECT_EQ(r.outcome, Outcome::kExit);
}

TEST(Scan, LooksAtEveryStack) {
  const char* const program =
      "func f0 frame=0 { go f1 yield scan syscall 7 } func f1 frame=0 { recv nil }";
  std::set<GoroutineId> seen;
  for (const Event& event : ran(program).events) {
    if (event.kind == EventKind::kScanBegin) seen.insert(event.goroutine);
  }
  EXPECT_EQ(seen, (std::set<GoroutineId>{1, 2}));
  EXPECT_EQ(ran("func f0 frame=0 { syscall 7 }").count(EventKind::kScanBegin), 0u);
}

TEST(Fuel, BoundsTheOperationsThatAGoroutineStarts) {
  // The loop, six times 29 and its end, and 11 more.
  std::string body = "func f0 frame=0 { loop 8 {";
  for (int i = 0; i < 29; ++i) body += " len nil";
  body += " } }";
  const Ran r = ran(body);
  ASSERT_EQ(kFuel, 192u);
  EXPECT_EQ(r.count(EventKind::kLenSeen), 6u * 29 + 11);
  EXPECT_EQ(r.outcome, Outcome::kExit);
}

TEST(Fuel, ASpawnGivesHalfOfWhatIsLeft) {
  std::string loop = "loop 8 {";
  for (int i = 0; i < 29; ++i) loop += " len nil";
  loop += " }";
  // Of 191, the child has 95: the loop, three times 30, and 4 more.
  const Ran child = ran("func f0 frame=0 { go f1 } func f1 frame=0 { " + loop + " }");
  EXPECT_EQ(child.count(EventKind::kLenSeen), 3u * 29 + 4);
  // And main the other 96.
  const Ran parent = ran("func f0 frame=0 { go f1 " + loop + " } func f1 frame=0 { }");
  EXPECT_EQ(parent.count(EventKind::kLenSeen), 3u * 29 + 5);
}

TEST(Fuel, EveryEightCasesCostOneMore) {
  std::string body = "func f0 frame=0 { loop 8 { loop 8 { select default {";
  for (int i = 0; i < 7; ++i) body += " recv nil";
  const std::string end = " } } } }";
  // A round of the inner loop costs 2, with eight cases 3; of the outer, 2 more.
  EXPECT_EQ(ran(body + end).count(EventKind::kOpSelect), 64u);  // 1 + 8 * (2 + 16) = 145 of 192
  EXPECT_EQ(ran(body + " recv nil" + end).count(EventKind::kOpSelect), 59u);
}

}  // namespace
}  // namespace concertina::fuzzers::test
