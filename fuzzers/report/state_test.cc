#include "report/state.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

class State : public ::testing::Test {
 protected:
  State() {
    program_.channels = {{0, 4}, {2, 4}};
    Operation spawn;
    spawn.code = Code::kSpawn;
    spawn.function = 1;
    Operation receive;
    receive.code = Code::kReceive;
    Operation send;
    send.code = Code::kSend;
    send.channel = 1;
    program_.functions.resize(2);
    program_.functions[0].body = {spawn, receive};
    program_.functions[1].body = {send};
    sample_.event(event::ChannelMade{.channel = 1, .element_bytes = 8});
    sample_.event(event::ChannelMade{.channel = 2, .capacity = 2, .element_bytes = 8});
    sample_.two_goroutines();
    sample_.event(event::OpReceive{.goroutine = 1, .channel = 1});
    sample_.event(event::ReceivePark{.goroutine = 1, .channel = 1});
    sample_.event(event::Parked{.goroutine = 1});
    sample_.event(event::OpSend{.goroutine = 2, .channel = 2, .token = 34});
  }
  Program program_;
  Sample sample_;
};

TEST_F(State, Channels) {
  sample_.event(event::SendToBuffer{.goroutine = 2, .channel = 2});
  const Trace trace = sample_.trace();
  EXPECT_EQ(
      channels_at_end(Picture::at_end(trace), Names(program_, trace)),
      "  c0: unbuffered, elements of 8 bytes, open; waiting senders: none; waiting receivers: "
      "g0\n"
      "  c1: 1 of 2 buffered, elements of 8 bytes, open; waiting senders: none; waiting "
      "receivers: none\n");
}

TEST_F(State, Goroutines) {
  const Trace trace = sample_.trace();
  EXPECT_EQ(goroutines_at_end(Picture::at_end(trace), Names(program_, trace), Listing(program_),
                              whereabouts(program_, trace)),
            "  g0: asleep, waits to receive from c0; line 6: v0 = <-c0\n"
            "  g0.0: runnable, is about to send on c1; line 10: c1 <- v1\n");
}

TEST_F(State, WhoIsAsleepAndUntilWhen) {
  sample_.event(event::SendPark{.goroutine = 2, .channel = 2});
  sample_.event(event::Parked{.goroutine = 2});
  const Trace trace = sample_.trace();
  EXPECT_EQ(
      why_asleep(Picture::at_end(trace), Names(program_, trace)),
      "  g0 waits to receive from c0: until somebody sends on c0 or closes it; left are g0.0, "
      "asleep too\n"
      "  g0.0 waits to send on c1: until somebody receives from c1; left are "
      "g0, asleep too\n");
}

TEST_F(State, AWaiterOnAClosedChannelIsTheRuntimesFault) {
  sample_.event(event::Closed{.goroutine = 2, .channel = 1});
  const Trace trace = sample_.trace();
  EXPECT_TRUE(contains(why_asleep(Picture::at_end(trace), Names(program_, trace)),
                       "c0 is closed and should have released it"));
}

TEST_F(State, ASelectWaitsForAnyOfItsCases) {
  sample_.event(event::OpSelect{.goroutine = 1, .case_count = 4});
  sample_.event(event::OpSelectCase{.goroutine = 1, .channel = 1});
  sample_.event(event::OpSelectCase{.goroutine = 1, .channel = 2, .case_index = 1});
  sample_.event(event::OpSelectCase{
      .goroutine = 1, .channel = 2, .case_index = 2, .token = 33, .is_send = true});
  sample_.event(event::OpSelectCase{.goroutine = 1, .channel = 1, .case_index = 3});
  const Trace trace = sample_.trace();
  EXPECT_TRUE(contains(why_asleep(Picture::at_end(trace), Names(program_, trace)),
                       "until somebody sends on c0 or c1 or closes one of them, or receives from "
                       "c1; left are g0.0"));
}

TEST_F(State, ANilChannelNeverWakes) {
  sample_.event(event::OpReceive{.goroutine = 1});
  const Trace trace = sample_.trace();
  EXPECT_TRUE(contains(why_asleep(Picture::at_end(trace), Names(program_, trace)),
                       "receive from the nil channel: nobody can ever end that"));
}

}  // namespace
}  // namespace concertina::fuzzers
