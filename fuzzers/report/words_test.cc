#include "report/words.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

class Words : public ::testing::Test {
 protected:
  Words() {
    sample_.two_goroutines();
    program_.functions.resize(1);
  }
  std::string said(const Event& event) { return say(event, Names(program_, sample_.trace())); }
  Sample sample_;
  Program program_;
};

TEST_F(Words, ChannelEvents) {
  EXPECT_EQ(said(event::ReceivePark{.goroutine = 2, .channel = 1}), "g0.0 queues on c0 to receive");
  EXPECT_EQ(said(event::ReceivePark{.goroutine = 2, .channel = 1, .case_index = 3}),
            "g0.0 queues on c0 to receive (case 3)");
  EXPECT_EQ(said(event::SendToReceiver{.goroutine = 1, .channel = 1, .partner = 2}),
            "g0 takes waiting receiver g0.0 off c0 and will write its value into that stack");
}

TEST_F(Words, StackEvents) {
  EXPECT_EQ(said(event::CopyBegin{.goroutine = 2,
                                  .locks = CopyLocks::kTaken,
                                  .reason = CopyReason::kShrink,
                                  .old_bytes = 4096,
                                  .new_bytes = 2048}),
            "copying g0.0's stack begins (shrink, 4096 to 2048 bytes), taking its channels' locks");
}

TEST_F(Words, AStopSaysWhereAndWhatFor) {
  EXPECT_EQ(said(event::Preempted{.goroutine = 2, .for_scanner = true}),
            "g0.0 is stopped for the scanner");
  EXPECT_EQ(said(event::Preempted{.goroutine = 2, .function = FunctionId::kSelect, .resume = 3}),
            "g0.0 is stopped to share its processor in select");
  EXPECT_EQ(said(event::Preempted{.goroutine = 2, .function = FunctionId::kSelect}),
            "g0.0 is stopped to share its processor")
      << "before its first step it has not begun";
  EXPECT_EQ(said(event::Preempted{
                .goroutine = 1, .is_async = true, .function = FunctionId::kFirstOfProgram}),
            "g0 is interrupted to share its processor, in its own code: its stack must not be "
            "copied there");
}

TEST_F(Words, RequestsSayWhatIsAsked) {
  EXPECT_EQ(said(event::Asked{.goroutine = 2, .bits = 1}), "g0.0 is asked to stop for the scanner");
  EXPECT_EQ(said(event::AskedAgain{.goroutine = 2, .was_put_off = true, .bits = 9}),
            "g0.0 is asked again to stop for the scanner and share its processor, which a "
            "channel's lock had put off");
  EXPECT_EQ(said(event::AskedAgain{.goroutine = 2, .bits = 2}),
            "g0.0 is asked again to shrink its stack, as its stack's guard was written meanwhile");
  EXPECT_EQ(said(event::Answered{.goroutine = 2, .bits = 4}), "g0.0 is about to move its stack");
  EXPECT_EQ(said(event::Answered{.goroutine = 2}), "");
  EXPECT_EQ(said(event::Overlooked{.goroutine = 2, .bits = 8}),
            "g0.0 goes on at a safe point, though it was asked to share its processor");
  EXPECT_EQ(said(event::StatusHeld{.goroutine = 2, .status = kRunning}),
            "g0.0's status cannot change yet: a suspender holds it");
}

TEST_F(Words, WorkEvents) {
  EXPECT_EQ(said(event::Queued{.goroutine = 2, .queue = 1}), "g0.0 waits in processor 1's queue");
  EXPECT_EQ(said(event::Unqueued{.goroutine = 2, .queue = 4}),
            "g0.0 is taken off the global queue");
  EXPECT_EQ(said(event::ProcessorIdle{.processor = 1}), "processor 1 is idle");
}

TEST_F(Words, FactsThatAStepOrASectionSaysAreSilent) {
  EXPECT_EQ(said(event::LockAcquired{}), "");
  EXPECT_EQ(said(event::MayLock{}), "");
  EXPECT_EQ(said(event::FrameSeen{.goroutine = 1}), "");
  EXPECT_EQ(said({.kind = EventKind::kCount}), "");
}

TEST_F(Words, ATransferNamesWhoseElementItTouches) {
  Picture picture;
  Step step;
  step.thread = 0;
  step.site = Site::kSudogElementLoad;
  const Names names(program_, sample_.trace());
  EXPECT_EQ(object_of(step, names, picture), "");
  picture.apply(event::SendToReceiver{.goroutine = 1, .channel = 1, .partner = 2});
  EXPECT_EQ(object_of(step, names, picture), "g0.0's waiting element on c0");
  step.site = Site::kSendDirect;
  EXPECT_EQ(object_of(step, names, picture), "into g0.0's stack");
  picture.apply(event::CopyBegin{.goroutine = 2});
  step.site = Site::kCopyStackHigh;
  EXPECT_EQ(object_of(step, names, picture), "g0.0's stack");
}

TEST_F(Words, OperationsAsTheProgramAskedForThem) {
  const Names names(program_, sample_.trace());
  EXPECT_EQ(say_operation({}, names), "nothing");
  EXPECT_EQ(say_operation({OpenKind::kSend, true, {{1, true}}}, names), "try to send on c0");
  EXPECT_EQ(say_operation({OpenKind::kSelect, true, {{1, true}, {0, false}}}, names),
            "select { send on c0; receive from the nil channel; default }");
}

TEST(OperationKinds, EachHasAWord) {
  for (std::uint8_t kind = 0; kind <= static_cast<std::uint8_t>(11); ++kind) {
    EXPECT_NE(operation_kind_name(static_cast<OperationKind>(kind)), "unknown");
  }
  EXPECT_EQ(operation_kind_name(static_cast<OperationKind>(200)), "unknown");
}

TEST(Lists, ReadLikeEnglish) {
  EXPECT_EQ(list_of({"a"}), "a");
  EXPECT_EQ(list_of({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(plural(1, "byte"), "1 byte");
  EXPECT_EQ(plural(2, "byte"), "2 bytes");
}

}  // namespace
}  // namespace concertina::fuzzers
