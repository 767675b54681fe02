#include "report/listing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "oracle/testing.h"
#include "pipeline.h"

namespace concertina::fuzzers {
namespace {

/// The shipped seeds, each under several schedules.
std::vector<Input> inputs() {
  std::vector<Input> result;
  const std::string folder = std::string(CONCERTINA_SOURCE_DIR) + "/corpus/seeds";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CaseFile parsed;
    if (!parse(text, parsed).reason.empty()) continue;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      parsed.input.schedule.seed = seed;
      result.push_back(parsed.input);
    }
  }
  return result;
}

TEST(Listing, EveryOperationIsOnItsLine) {
  ASSERT_GT(inputs().size(), 100u);
  for (const Input& input : inputs()) {
    const Program& program = input.program;
    const Listing listing(program);
    for (std::uint8_t f = 0; f < program.functions.size(); ++f) {
      const auto& body = program.functions[f].body;
      for (std::uint8_t i = 0; i < body.size(); ++i) {
        const std::string text = listing.text_of({f, i});
        EXPECT_EQ(text.starts_with("select {") && !text.ends_with("}"),
                  body[i].code == Code::kSelect)
            << text;
        EXPECT_EQ(text == "}", body[i].code == Code::kEnd) << text;
        EXPECT_EQ(text.starts_with("go "), body[i].code == Code::kSpawn) << text;
        EXPECT_EQ(text.starts_with("close("), body[i].code == Code::kClose) << text;
      }
    }
  }
}

// main: for range c0 { <-c1 }; <-c1. The range ends when its receive says so.
TEST(Listing, ARangeIsLeftWhenItsChannelIsDrained) {
  Program program;
  program.channels.resize(2);
  program.functions.resize(1);
  const auto operation = [](Code code, std::uint8_t channel) {
    Operation made;
    made.code = code;
    made.channel = channel;
    return made;
  };
  program.functions[0].body = {operation(Code::kRange, 0), operation(Code::kReceive, 1),
                               operation(Code::kEnd, 0), operation(Code::kReceive, 1)};
  History history;
  history.receive(1, 1).received(1, 1, 33).receive(1, 2);
  EXPECT_EQ(whereabouts(program, history.trace()).at(1), (Place{0, 1}));
  history.received(1, 2, 33).receive(1, 1);
  EXPECT_EQ(whereabouts(program, history.trace()).at(1), (Place{0, 0}));
  history.add(event::DoneReceive{.goroutine = 1, .channel = 1, .selected = true}).receive(1, 2);
  EXPECT_EQ(whereabouts(program, history.trace()).at(1), (Place{0, 3}));
}

// What a goroutine has open must be what stands on the line where it is said to be.
TEST(Listing, WhereaboutsFollowRealRuns) {
  unsigned open = 0;
  unsigned found = 0;
  for (const Input& input : inputs()) {
    const Trace trace = run(input);
    const std::map<GoroutineId, Place> places = whereabouts(input.program, trace);
    std::map<GoroutineId, Event> opened;
    for (const Event& event : trace.events) {
      switch (event.kind) {
        case EventKind::kOpSend:
        case EventKind::kOpReceive:
        case EventKind::kOpSelect:
          opened[event.goroutine] = event;
          break;
        case EventKind::kDoneSend:
        case EventKind::kDoneReceive:
        case EventKind::kDoneSelect:
          opened.erase(event.goroutine);
          break;
        default:
          break;
      }
    }
    for (const auto& [g, event] : opened) {
      ++open;
      const auto place = places.find(g);
      if (place == places.end()) continue;
      ++found;
      const Operation& operation =
          input.program.functions[place->second.function].body[place->second.operation];
      if (event.kind == EventKind::kOpSelect) {
        EXPECT_EQ(operation.code, Code::kSelect);
        EXPECT_EQ(operation.cases.size(), as<event::OpSelect>(event).case_count);
      } else {
        const unsigned id = operation.channel == kNil ? 0 : operation.channel + 1u;
        EXPECT_EQ(id, channel_of(event));
      }
    }
  }
  ASSERT_GT(open, 30u);
  EXPECT_EQ(found, open);
}

}  // namespace
}  // namespace concertina::fuzzers
