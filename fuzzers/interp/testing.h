// For tests of the interpreter: a program as text is run in one fixed order, and what it announced
// comes back as lines.
//
//     g1 send c0 g1#1            goroutine 1 is about to send its first value on c0
//     g1 f2.c0 := g1#1           the local for c0 in goroutine 1's second frame holds that value now
//     g1 f2.c0 is g1#1           ... and was read so
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "input/input.h"
#include "pipeline.h"

namespace concertina::fuzzers::test {

inline std::string channel_said(ChannelId id) {
  return id == kNilChannel ? "nil" : "c" + std::to_string(id - 1);
}

/// A value by its origin: goroutine and ordinal of the send.
inline std::string value_said(std::uint32_t token) {
  if (token == 0) return "0";
  if (token == 0xffffffffu) return "torn";
  return "g" + std::to_string(token & 31) + "#" + std::to_string(token >> 5);
}

inline std::string local_said(const Event& e) {
  return "f" + std::to_string(e.a) + ".c" + std::to_string(e.index);
}

inline std::string received_said(const Event& e, std::uint32_t flags, bool is_torn) {
  if ((flags & 1) == 0) return " nothing";
  return " " + value_said(e.a) + ((flags & 2) != 0 ? "" : " closed") + (is_torn ? " torn" : "");
}

/// Empty for what the program neither asked for nor was told.
inline std::string operation_said(const Event& e) {
  const std::string c = channel_said(e.channel);
  switch (e.kind) {
    case EventKind::kOpSend:
      return (e.index == 0 ? "send " : "try_send ") + c + " " + value_said(e.a);
    case EventKind::kDoneSend:
      return (e.index == 0 ? "not sent " : "sent ") + c;
    case EventKind::kOpReceive:
      return (e.index == 0 ? "recv " : "try_recv ") + c;
    case EventKind::kDoneReceive:
      return "received " + c + received_said(e, e.index, e.b != 0);
    case EventKind::kOpClose:
      return "close " + c;
    case EventKind::kDoneClose:
      return "closed " + c;
    case EventKind::kOpSelect:
      return "select " + std::to_string(e.index) + (e.a != 0 ? " default" : "");
    case EventKind::kOpSelectCase:
      return "case " + std::to_string(e.index) + (e.b != 0 ? " send " : " recv ") + c +
             (e.b != 0 ? " " + value_said(e.a) : "");
    case EventKind::kDoneSelect:
      if (e.index == 0xffff) return "selected default";
      return "selected " + std::to_string(e.index) + " " + c +
             (e.a != 0 ? " " + value_said(e.a) : "") + ((e.b & 1) != 0 ? " ok" : "") +
             ((e.b & 2) != 0 ? " torn" : "");
    case EventKind::kLenSeen:
      return "len " + c + " = " + std::to_string(e.a);
    case EventKind::kCapSeen:
      return "cap " + c + " = " + std::to_string(e.a);
    case EventKind::kPanicked:
      return "panics " + c + " " + std::to_string(e.index);
    default:
      return {};
  }
}

inline std::string local_line(const Event& e) {
  if (e.kind == EventKind::kLocalWritten) return local_said(e) + " := " + value_said(e.b);
  if (e.kind == EventKind::kLocalRead) return local_said(e) + " is " + value_said(e.b);
  return {};
}

/// The step at which a call of len or cap began.
inline std::uint32_t began_at(const Event& e) { return e.b; }

inline std::string made_said(const Event& e) {
  return channel_said(e.channel) + " cap=" + std::to_string(e.index) +
         " size=" + std::to_string(e.a);
}

struct Ran {
  Outcome outcome{};
  std::string message;
  std::string verdict;  // "pass", or the oracle that failed
  std::vector<Event> events;

  template <typename Say>
  std::string lines(Say say) const {
    std::string text;
    for (const Event& event : events) {
      const std::string line = say(event);
      if (!line.empty()) text += "g" + std::to_string(event.goroutine) + " " + line + "\n";
    }
    return text;
  }
  std::string operations() const { return lines(operation_said); }
  std::string locals() const { return lines(local_line); }
  std::string everything() const {
    return lines([](const Event& e) { return operation_said(e) + local_line(e); });
  }

  std::size_t count(EventKind kind) const {
    std::size_t found = 0;
    for (const Event& event : events) found += event.kind == kind;
    return found;
  }
};

/// One processor, and no preemption but those asked for in `wishes` (lines of a case file).
inline Ran ran(std::string_view program, std::string_view wishes = "") {
  CaseFile file;
  const ParseError error =
      parse("version 4\n" + std::string(program) +
                "\nschedule processors=1 strategy=non-preemptive depth=3 seed=0x0\n" +
                std::string(wishes) + "\nend\n",
            file);
  EXPECT_EQ(error.reason, "") << "line " << error.line << ", column " << error.column;
  const Trace trace = run(file.input);
  const Verdict verdict = judge(file.input, trace);
  return {trace.outcome,
          trace.message,
          verdict.failed() ? verdict.oracle + ": " + verdict.detail : "pass",
          {trace.events.begin(), trace.events.end()}};
}

}  // namespace concertina::fuzzers::test
