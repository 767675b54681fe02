#include "oracle/heap.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/limits.h"
#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr Kinds kRead{EventKind::kSpanTaken,   EventKind::kSpanFreed,      EventKind::kObjectMade,
                      EventKind::kObjectFreed, EventKind::kStackAllocated, EventKind::kStackFreed,
                      EventKind::kCycleBegin,  EventKind::kCycleEnd,       EventKind::kCacheFlushed,
                      EventKind::kSettled};

// Rules broken; empty for none.
constexpr std::string_view kTwice = "memory handed out twice";
constexpr std::string_view kNotInUse = "memory given back that is not in use";
constexpr std::string_view kInUse = "memory given back that is in use";
constexpr std::string_view kNoSpan = "memory handed out of no span";
constexpr std::string_view kUnderScan = "stack's span given back under a scan";
constexpr std::string_view kFlushedTwice = "stack cache flushed twice for a scan";
constexpr std::string_view kNotFlushed = "stack cache not flushed";
constexpr std::string_view kWritten = "free memory written";

struct LiveSpan {
  SpanUse use{};
  std::uint32_t page = 0;
  std::uint32_t pages = 0;
  std::uint32_t stacks = 0;   // in use
  std::uint64_t objects = 0;  // in use, by index
};

struct LiveStack {
  std::uint32_t serial = 0;
  std::uint32_t page = 0;
};

class HeapModel {
 public:
  void reset() {
    spans_.clear();
    stacks_.clear();
    scans_ = 0;
    begun_ = 0;
    caches_ = {};
    has_spans_ = false;
  }

  std::string_view see(const Event& e) {
    switch (e.kind) {
      case EventKind::kSpanTaken:
        return taken(as<event::SpanTaken>(e));
      case EventKind::kSpanFreed:
        return freed(as<event::SpanFreed>(e));
      case EventKind::kObjectMade:
        return made(as<event::ObjectMade>(e));
      case EventKind::kObjectFreed:
        return freed(as<event::ObjectFreed>(e));
      case EventKind::kStackAllocated:
        return allocated(as<event::StackAllocated>(e));
      case EventKind::kStackFreed:
        return freed(as<event::StackFreed>(e));
      case EventKind::kCycleBegin:
        ++scans_;
        ++begun_;
        return {};
      case EventKind::kCacheFlushed:
        return flushed(as<event::CacheFlushed>(e));
      case EventKind::kSettled:
        return settled(as<event::Settled>(e).server);
      default:
        if (scans_ != 0) --scans_;
        return {};
    }
  }

 private:
  LiveSpan* find(std::uint32_t page) {
    const auto found = std::ranges::find(spans_, page, &LiveSpan::page);
    return found != spans_.end() ? &*found : nullptr;
  }

  std::string_view taken(const event::SpanTaken& e) {
    has_spans_ = true;
    for (const LiveSpan& span : spans_) {
      const bool is_apart = e.page >= std::uint64_t{span.page} + span.pages ||
                            span.page >= std::uint64_t{e.page} + e.pages;
      if (!is_apart) return kTwice;
    }
    spans_.push_back({.use = e.use, .page = e.page, .pages = e.pages});
    return {};
  }

  std::string_view freed(const event::SpanFreed& e) {
    if (e.overwritten) return kWritten;
    LiveSpan* const span = find(e.page);
    if (span == nullptr || span->pages != e.pages || span->use != e.use) return kNotInUse;
    if (span->use == SpanUse::kStacks && scans_ != 0) return kUnderScan;
    if (span->stacks != 0 || span->objects != 0) return kInUse;
    *span = spans_.back();
    spans_.pop_back();
    return {};
  }

  std::string_view made(const event::ObjectMade& e) {
    LiveSpan* const span = find(e.page);
    if (span == nullptr || span->use != SpanUse::kObjects || e.index >= 64) return kNoSpan;
    const std::uint64_t bit = std::uint64_t{1} << e.index;
    if ((span->objects & bit) != 0) return kTwice;
    span->objects |= bit;
    return {};
  }

  std::string_view freed(const event::ObjectFreed& e) {
    LiveSpan* const span = find(e.page);
    if (span == nullptr || e.index >= 64) return kNotInUse;
    const std::uint64_t bit = std::uint64_t{1} << e.index;
    if ((span->objects & bit) == 0) return kNotInUse;
    span->objects &= ~bit;
    return {};
  }

  std::string_view allocated(const event::StackAllocated& e) {
    if (!has_spans_) return {};
    LiveSpan* const span = find(e.page);
    if (span == nullptr || span->use != SpanUse::kStacks) return kNoSpan;
    ++span->stacks;
    stacks_.push_back({.serial = e.serial, .page = e.page});
    return {};
  }

  std::string_view freed(const event::StackFreed& e) {
    if (!has_spans_ || e.overwritten) return {};
    const auto stack = std::ranges::find(stacks_, e.serial, &LiveStack::serial);
    if (stack == stacks_.end()) return kNotInUse;
    LiveSpan* const span = find(stack->page);
    *stack = stacks_.back();
    stacks_.pop_back();
    if (span == nullptr || span->stacks == 0) return kNoSpan;
    --span->stacks;
    return {};
  }

  std::string_view flushed(const event::CacheFlushed& e) {
    if (e.processor >= caches_.size()) return {};
    Cache& cache = caches_[e.processor];
    if (e.cycle <= cache.flushed_for) return kFlushedTwice;
    cache.flushed_for = e.cycle;
    return {};
  }

  // Server: the processor's number, plus 1.
  std::string_view settled(unsigned server) {
    if (server == 0 || server > caches_.size()) return {};
    Cache& cache = caches_[server - 1];
    if (cache.flushed_for < cache.must_be_flushed_for) return kNotFlushed;
    cache.must_be_flushed_for = begun_;
    return {};
  }

  struct Cache {
    std::uint32_t flushed_for = 0;
    std::uint32_t must_be_flushed_for = 0;  // when its processor takes up the next goroutine
  };

  std::array<Cache, kProcessorsLimit> caches_{};
  std::uint32_t begun_ = 0;  // scans
  std::vector<LiveSpan> spans_;
  std::vector<LiveStack> stacks_;
  unsigned scans_ = 0;  // at work
  bool has_spans_ = false;
};

}  // namespace

Verdict judge_heap(const Program&, const Trace& trace) {
  static thread_local HeapModel model;  // keeps its memory: every input is judged
  model.reset();
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& e = trace.events[i];
    if (!kRead.has(e.kind)) continue;
    const std::string_view rule = model.see(e);
    if (rule.empty()) continue;
    return {"heap", std::string(rule),
            "two holders of memory, or none; at event " + std::to_string(i) + ": " + describe(e)};
  }
  return {};
}

}  // namespace concertina::fuzzers
