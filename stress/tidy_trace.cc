#include "stress/tidy_trace.h"

#include <algorithm>
#include <array>

#include "oracle/judge.h"
#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::stress {
namespace {

using fuzzers::Kinds;

constexpr std::size_t kNone = ~std::size_t{0};

constexpr Kinds kNeedExactOrder =
    fuzzers::kAboutWork | Kinds{EventKind::kNotReady, EventKind::kLenSeen};
constexpr Kinds kOfAWalk{EventKind::kFrameSeen, EventKind::kPointerSeen};

bool opens_without_blocking(const Event& e) {
  if (e.kind == EventKind::kOpSend) return as<event::OpSend>(e).non_blocking;
  return e.kind == EventKind::kOpReceive && as<event::OpReceive>(e).non_blocking;
}

// The answer to a non-blocking operation that may have been found without the lock.
bool may_be_lockless(const Event& e) {
  if (e.kind == EventKind::kDoneSend) return !as<event::DoneSend>(e).selected;
  return e.kind == EventKind::kDoneReceive && !as<event::DoneReceive>(e).ok;
}

// Marks the non-blocking operations whose answer may have been found without the lock, from their
// beginning to their end: the goroutine does nothing else in between.
std::vector<bool> mark_lockless(std::span<const Event> events) {
  std::vector<bool> out(events.size());
  std::vector<std::size_t> opened(kGoroutineIds, kNone);
  std::vector<std::size_t> closed_seen(kGoroutineIds, kNone);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& e = events[i];
    std::size_t& begin = opened[e.goroutine];
    std::size_t& seen = closed_seen[e.goroutine];
    if (opens_without_blocking(e)) {
      begin = i;
      seen = kNone;
    } else if (begin != kNone && e.kind == EventKind::kReceiveClosed) {
      seen = i;
    } else if (e.kind == EventKind::kDoneSend || e.kind == EventKind::kDoneReceive) {
      if (begin != kNone && may_be_lockless(e)) {
        out[begin] = out[i] = true;
        if (seen != kNone) out[seen] = true;
      }
      begin = kNone;
    }
  }
  // Runs end anywhere: an operation that is still open has no effect, or it has announced it.
  return out;
}

}  // namespace

std::vector<Event> tidy(std::span<const Event> events) {
  const std::vector<bool> lockless = mark_lockless(events);
  // Where each walk's events begin and end in the list of walk events, thread by thread.
  std::array<std::vector<std::size_t>, kThreadIds> walks;
  std::array<std::size_t, kThreadIds> taken{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (kOfAWalk.has(events[i].kind)) walks[events[i].thread].push_back(i);
  }
  std::vector<Event> result;
  result.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& e = events[i];
    if (lockless[i] || kNeedExactOrder.has(e.kind) || kOfAWalk.has(e.kind)) continue;
    result.push_back(e);
    if (e.kind != EventKind::kCensusBegin) continue;
    // The thread's own next event that is no part of a walk ends this one.
    std::size_t end = i + 1;
    while (end < events.size() &&
           (events[end].thread != e.thread || kOfAWalk.has(events[end].kind))) {
      ++end;
    }
    const auto& own = walks[e.thread];
    std::size_t& next = taken[e.thread];
    for (; next < own.size() && own[next] < end; ++next) result.push_back(events[own[next]]);
  }
  return result;
}

fuzzers::Verdict judge_history(const fuzzers::Program& program, Outcome outcome,
                               const std::string& message, std::span<const Event> events) {
  const std::vector<Event> tidied = tidy(events);
  fuzzers::Trace trace;
  trace.outcome = outcome;
  trace.message = message;
  trace.events = tidied;
  return fuzzers::judge_history(program, trace);
}

std::string describe_events(std::span<const Event> events, std::size_t count) {
  std::string text;
  for (const Event& e : events.last(std::min(count, events.size()))) {
    text += "  " + fuzzers::describe(e) + "\n";
  }
  return text;
}

}  // namespace concertina::stress
