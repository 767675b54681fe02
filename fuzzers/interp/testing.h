// For tests of the interpreter: a program as text is run in one fixed order, and what it announced
// comes back as lines.
//
//     g1 send c0 g1#1            goroutine 1 is about to send its first value on c0
//     g1 f2.c0 := g1#1           the local for c0 in goroutine 1's second frame now holds that
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
inline std::string value_said(Token token) {
  if (token == kZeroToken) return "0";
  if (token == kTornToken) return "torn";
  return "g" + std::to_string(maker_of(token)) + "#" + std::to_string(ordinal_of(token));
}

/// What a fact says of the program's operations; empty for what is neither a question nor a result.
struct Operations {
  static std::string say(const event::OpSend& e) {
    return (e.non_blocking ? "try_send " : "send ") + c(e) + " " + value_said(e.token);
  }
  static std::string say(const event::DoneSend& e) {
    return (e.selected ? "sent " : "not sent ") + c(e);
  }
  static std::string say(const event::OpReceive& e) {
    return (e.non_blocking ? "try_recv " : "recv ") + c(e);
  }
  static std::string say(const event::DoneReceive& e) {
    if (!e.selected) return "received " + c(e) + " nothing";
    return "received " + c(e) + " " + value_said(e.token) + (e.ok ? "" : " closed") +
           (e.torn ? " torn" : "");
  }
  static std::string say(const event::OpClose& e) { return "close " + c(e); }
  static std::string say(const event::DoneClose& e) { return "closed " + c(e); }
  static std::string say(const event::OpSelect& e) {
    return "select " + std::to_string(e.case_count) + (e.has_default ? " default" : "");
  }
  static std::string say(const event::OpSelectCase& e) {
    return "case " + std::to_string(e.case_index) + (e.is_send ? " send " : " recv ") + c(e) +
           (e.is_send ? " " + value_said(e.token) : "");
  }
  static std::string say(const event::DoneSelect& e) {
    if (e.chosen == kSelectedDefault) return "selected default";
    return "selected " + std::to_string(e.chosen) + " " + c(e) +
           (e.token != kZeroToken ? " " + value_said(e.token) : "") + (e.ok ? " ok" : "") +
           (e.torn ? " torn" : "");
  }
  static std::string say(const event::LenSeen& e) {
    return "len " + c(e) + " = " + std::to_string(e.length);
  }
  static std::string say(const event::CapSeen& e) {
    return "cap " + c(e) + " = " + std::to_string(e.capacity);
  }
  static std::string say(const event::Panicked& e) {
    return "panics " + c(e) + " " + std::to_string(static_cast<unsigned>(e.panic));
  }
  template <class Fact>
  static std::string say(const Fact&) {
    return {};
  }

 private:
  template <class Fact>
  static std::string c(const Fact& e) {
    return channel_said(e.channel);
  }
};

inline std::string operation_said(const Event& e) {
  return visit(e, [](const auto& fact) { return Operations::say(fact); });
}

template <class Fact>
std::string local_said(const Fact& e, std::string_view verb) {
  return "f" + std::to_string(e.frame_serial) + ".c" + std::to_string(e.slot) + std::string(verb) +
         value_said(e.token);
}

inline std::string local_line(const Event& e) {
  if (e.kind == EventKind::kLocalWritten) return local_said(as<event::LocalWritten>(e), " := ");
  if (e.kind == EventKind::kLocalRead) return local_said(as<event::LocalRead>(e), " is ");
  return {};
}

inline std::string made_said(const event::ChannelMade& e) {
  return channel_said(e.channel) + " cap=" + std::to_string(e.capacity) +
         " size=" + std::to_string(e.element_bytes);
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
