#include "oracle/preemption.h"

#include <map>

#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

// kPreemptStop of stack/goroutine.h.
constexpr std::uint32_t kStop = 1;
// kPreemptAssist: no suspender does it for the goroutine.
constexpr std::uint32_t kAssist = 16;

constexpr Kinds kRead{EventKind::kAsked,   EventKind::kAnswered,  EventKind::kOverlooked,
                      EventKind::kSettled, EventKind::kParked,    EventKind::kSyscallEntered,
                      EventKind::kExited,  EventKind::kPreempted, EventKind::kScanBegin};

struct Requests {
  std::uint32_t asked = 0;  // and not answered
  bool is_to_stop = false;  // it has said that it will
};

std::string_view broken_rule(const Event& e, Requests& g) {
  switch (e.kind) {
    case EventKind::kAsked:
      g.asked |= as<event::Asked>(e).bits;
      break;
    case EventKind::kAnswered:
      g.asked &= ~std::uint32_t{as<event::Answered>(e).bits};
      if ((as<event::Answered>(e).bits & kStop) != 0) g.is_to_stop = true;
      break;
    case EventKind::kPreempted:
      g.is_to_stop = false;
      break;
    case EventKind::kScanBegin:
      g = Requests{.asked = g.asked & kAssist};
      break;
    case EventKind::kOverlooked:
      if ((as<event::Overlooked>(e).bits & g.asked) != 0) return "request overlooked";
      break;
    default:
      if (g.is_to_stop) return "request forgotten";
      if (e.kind == EventKind::kExited) g = Requests{};
      break;
  }
  return {};
}

}  // namespace

Verdict judge_preemption(const Program&, const Trace& trace) {
  std::map<GoroutineId, Requests> goroutines;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& e = trace.events[i];
    if (!kRead.has(e.kind)) continue;
    const std::string_view rule = broken_rule(e, goroutines[e.goroutine]);
    if (rule.empty()) continue;
    return {"preemption", std::string(rule),
            "g" + std::to_string(e.goroutine) +
                " goes on though it was asked to stop or to copy its stack; at event " +
                std::to_string(i) + ": " + describe(e)};
  }
  return {};
}

}  // namespace concertina::fuzzers
