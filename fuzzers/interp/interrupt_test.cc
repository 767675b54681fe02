// A goroutine that is interrupted between two operations goes on with what its registers held.
#include "interp/testing.h"

namespace concertina::fuzzers::test {
namespace {

constexpr const char* kSendAndLook =
    "chan c0 cap=1 size=24 func f0 frame=0 { send c0 len c0 try_recv c0 }";

// Where the first such event is; past the end for none.
std::size_t find(const Ran& r, EventKind kind, std::size_t from = 0) {
  while (from < r.events.size() && r.events[from].kind != kind) ++from;
  return from;
}

TEST(Interrupt, StopsTheGoroutineAndGoesOnWithTheAddressOfALocal) {
  const Ran still = ran(kSendAndLook);
  const Ran r = ran(kSendAndLook, "event interrupt at g0/user-code#1");
  ASSERT_EQ(r.count(EventKind::kPreempted), 1u);
  const auto stop = as<event::Preempted>(r.events[find(r, EventKind::kPreempted)]);
  EXPECT_TRUE(stop.is_async);
  EXPECT_FALSE(stop.for_scanner);
  EXPECT_EQ(r.operations(), still.operations());
  EXPECT_EQ(r.locals(),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 f1.c0 is g1#1\n"  // through the register
            "g1 f1.c0 := g1#1\n"
            "g1 f1.c0 is g1#1\n");
  EXPECT_EQ(r.verdict, "pass");
}

TEST(Interrupt, HoldsACallersLocalWhereTheOperationUsesIt) {
  const Ran r =
      ran("chan c0 cap=1 size=8 func f0 frame=0 { send c0 call f1 } "
          "func f1 frame=0 { recv c0 by_pointer }",
          "event interrupt at g0/user-code#2");
  EXPECT_EQ(r.locals().substr(0, r.locals().find("f2")),
            "g1 f1.c0 := 0\n"
            "g1 f1.c0 := g1#1\n"
            "g1 ");
  EXPECT_NE(r.locals().find("g1 f2.c0 := 0\n"
                            "g1 f1.c0 is g1#1\n"),
            std::string::npos);
  EXPECT_EQ(r.verdict, "pass");
}

TEST(Interrupt, OfAFunctionWithoutLocalsOnlyStopsIt) {
  const Ran r = ran("func f0 frame=0 { scan yield }", "event interrupt at g0/user-code#1");
  EXPECT_EQ(r.count(EventKind::kPreempted), 1u);
  EXPECT_EQ(r.locals(), "");
  EXPECT_EQ(r.verdict, "pass");
}

// The scanner finds it so, looks at it, and asks: it moves its stack itself, later.
TEST(Interrupt, NobodyCopiesTheStackUntilTheRegisterIsFree) {
  const Ran r = ran(kSendAndLook,
                    "event interrupt at g0/user-code#1\n"
                    "event scan-move at g0/preempt-poll#0\n"
                    "hold 255 at scheduler/thread-start#0");
  const std::size_t stop = find(r, EventKind::kPreempted);
  const std::size_t scan = find(r, EventKind::kScanBegin, stop);
  const std::size_t copy = find(r, EventKind::kCopyBegin);
  const std::size_t read = find(r, EventKind::kLocalRead, stop);
  ASSERT_LT(scan, r.events.size());
  ASSERT_LT(copy, r.events.size());
  EXPECT_LT(stop, scan);
  EXPECT_LT(scan, read);
  EXPECT_LT(read, copy);
  EXPECT_EQ(r.events[copy].thread, r.events[read].thread) << "its own machine makes the copy";
  EXPECT_EQ(r.verdict, "pass");
}

}  // namespace
}  // namespace concertina::fuzzers::test
