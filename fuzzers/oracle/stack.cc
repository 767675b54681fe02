#include "oracle/stack.h"

#include <array>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kGoroutines = kGoroutinesLimit + 1;  // ids begin with 1
constexpr unsigned kChannels = kChannelsLimit + 1;
constexpr std::uint32_t kSerialsMax = 1 << 16;  // stacks in one run
constexpr int kNobody = -1;

constexpr Kinds kKinds{
    EventKind::kChannelMade,    EventKind::kStackAllocated, EventKind::kStackFreed,
    EventKind::kReadied,        EventKind::kSendPark,       EventKind::kReceivePark,
    EventKind::kSyscallEntered, EventKind::kSyscallLeft,    EventKind::kCopyBegin,
    EventKind::kCopyEnd,        EventKind::kSudogSeen,      EventKind::kCensusBegin,
    EventKind::kFrameSeen,      EventKind::kPointerSeen,    EventKind::kScanEnd,
    EventKind::kAssistBegin,    EventKind::kAssistEnd,
};

/// Facts of a census: events [begin, end).
struct Walk {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_whole = false;  // announced, and not cut off by the end of the run
};

struct Subject {
  bool in_syscall = false;
  bool is_copying = false;
  int enqueued_by = kNobody;  // thread that enqueued it on a channel, until it is readied
  bool is_shrinking = false;
  std::uint32_t old_bytes = 0;  // of the copy
  std::uint32_t new_bytes = 0;
  BelowHi element_distance = 0;  // the farthest waiting element of the copy
  Walk before;                   // of the copy
  int assists_on = kNobody;      // the thread on which it suspends others
  std::uint32_t scanned = 0;     // by it, so far
};

class Stacks {
 public:
  Verdict judge(const Trace& trace) {
    events_ = trace.events;
    subjects_.fill({});
    element_bytes_.fill(0);
    for (const std::uint32_t serial : serials_) {
      CHECK(serial < is_live_.size(), "a stack's serial has its place");
      is_live_[serial] = 0;
    }
    serials_.clear();
    for (index_ = 0; index_ < events_.size(); ++index_) {
      if (!kKinds.has(events_[index_].kind)) continue;
      if (!apply(events_[index_])) return verdict_;
    }
    return {};
  }

 private:
  bool fail(std::string_view kind, const std::string& why) {
    CHECK(index_ < events_.size(), "a violation is seen at an event");
    CHECK(!kind.empty(), "a violation has a kind, or it has no signature");
    verdict_ = {"stack", std::string(kind),
                why + "; at event " + std::to_string(index_) + ": " + describe(events_[index_])};
    return false;
  }

  /// Null for an id that cannot be.
  Subject* subject(GoroutineId g) { return g != 0 && g < kGoroutines ? &subjects_[g] : nullptr; }

  bool apply(const Event& e) {
    switch (e.kind) {
      case EventKind::kChannelMade:
        return made(as<event::ChannelMade>(e));
      case EventKind::kStackAllocated:
        return allocated(as<event::StackAllocated>(e));
      case EventKind::kStackFreed:
        return freed(as<event::StackFreed>(e));
      case EventKind::kReadied:
        if (Subject* const s = subject(as<event::Readied>(e).target)) s->enqueued_by = kNobody;
        return true;
      case EventKind::kSendPark:
      case EventKind::kReceivePark:
      case EventKind::kSyscallEntered:
      case EventKind::kSyscallLeft:
      case EventKind::kCopyBegin:
      case EventKind::kCopyEnd:
      case EventKind::kSudogSeen:
      case EventKind::kCensusBegin:
      case EventKind::kAssistBegin:
      case EventKind::kAssistEnd:
        if (Subject* const s = subject(e.goroutine)) return apply_to(*s, e);
        return fail("malformed event", "no such goroutine");
      case EventKind::kScanEnd:
        for (Subject& s : subjects_) s.scanned += s.assists_on == e.thread ? 1 : 0;
        return true;
      case EventKind::kFrameSeen:
      case EventKind::kPointerSeen:
        return fail("malformed event", "it belongs to no census");
      default:
        return true;
    }
  }

  bool apply_to(Subject& s, const Event& e) {
    switch (e.kind) {
      case EventKind::kSyscallEntered:
        s.in_syscall = true;
        return true;
      case EventKind::kSyscallLeft:
        s.in_syscall = false;
        return true;
      case EventKind::kCopyBegin:
        return copy_begins(s, as<event::CopyBegin>(e), e.thread);
      case EventKind::kCopyEnd:
        return copy_ends(s, as<event::CopyEnd>(e));
      case EventKind::kSudogSeen:
        return sudog_seen(s, as<event::SudogSeen>(e));
      case EventKind::kCensusBegin:
        return census(s, as<event::CensusBegin>(e), e.thread);
      case EventKind::kAssistBegin:
        s.assists_on = e.thread;
        s.scanned = 0;
        return true;
      case EventKind::kAssistEnd:
        return assisted(s, as<event::AssistEnd>(e));
      default:
        CHECK(e.kind == EventKind::kSendPark || e.kind == EventKind::kReceivePark,
              "only parking enqueues a goroutine");
        s.enqueued_by = e.thread;
        return true;
    }
  }

  // --- Whole stacks. ---

  bool made(const event::ChannelMade& e) {
    if (e.channel < kChannels) element_bytes_[e.channel] = e.element_bytes;
    return true;
  }

  bool allocated(const event::StackAllocated& e) {
    if (e.serial >= kSerialsMax) return fail("malformed event", "the serial is out of range");
    if (is_live_.empty()) is_live_.assign(kSerialsMax, 0);
    if (is_live_[e.serial] != 0) return fail("stack allocated twice", "it is in use");
    is_live_[e.serial] = 1;
    CHECK(e.serial < is_live_.size(), "a stack's serial has its place");
    serials_.push_back(e.serial);
    return true;
  }

  bool freed(const event::StackFreed& e) {
    if (e.overwritten) {
      return fail("freed stack written", "stack " + std::to_string(e.serial) + " lost its poison");
    }
    if (e.serial >= kSerialsMax) return fail("malformed event", "the serial is out of range");
    if (is_live_.empty() || is_live_[e.serial] == 0)
      return fail("stack freed twice", "it is not in use");
    is_live_[e.serial] = 0;
    return true;
  }

  // It has counted in its frame, which nobody may have copied meanwhile.
  bool assisted(Subject& s, const event::AssistEnd& e) {
    if (s.assists_on == kNobody) return fail("malformed event", "it has not begun");
    s.assists_on = kNobody;
    if (e.scanned == s.scanned) return true;
    return fail("lost write to a stack", "it has scanned " + std::to_string(s.scanned));
  }

  // --- Copies. ---

  bool copy_begins(Subject& s, const event::CopyBegin& e, ThreadId thread) {
    if (s.is_copying) return fail("two copies at once", "the stack is being copied already");
    if (s.in_syscall) return fail("copied in a system call", "the kernel may use the stack");
    if (s.assists_on != kNobody) {
      return fail("copied while it suspends others", "its machine runs on, and uses the stack");
    }
    const bool is_protected =
        e.locks == CopyLocks::kTaken || (e.locks == CopyLocks::kHeld && s.enqueued_by == thread);
    if (s.enqueued_by != kNobody && !is_protected) {
      return fail("copied without channel locks",
                  "it is enqueued on channels, and whoever wakes it writes to the stack");
    }
    s.is_copying = true;
    s.is_shrinking = e.reason == CopyReason::kShrink;
    s.old_bytes = e.old_bytes;
    s.new_bytes = e.new_bytes;
    s.element_distance = 0;
    s.before = Walk{};
    return true;
  }

  bool copy_ends(Subject& s, const event::CopyEnd& e) {
    if (!s.is_copying) return fail("malformed event", "no copy has begun");
    s.is_copying = false;
    if (e.used_bytes > s.new_bytes) {
      return fail("copy does not fit", "more is used than the new stack has");
    }
    if (e.status != kCopyStack && (e.status & kScan) == 0) {
      return fail("copied in the wrong status", "neither copy-stack nor suspended");
    }
    if (s.is_shrinking && e.used_bytes + kStackGuard >= s.old_bytes / 4) {
      return fail("shrunk too far",
                  "a quarter of " + std::to_string(s.old_bytes) + " bytes and more was in use");
    }
    if (s.element_distance > e.used_bytes) {
      return fail("sudog outside the stack", "an element is below the stack pointer");
    }
    return true;
  }

  bool sudog_seen(Subject& s, const event::SudogSeen& e) {
    if (!s.is_copying) return fail("malformed event", "no copy has begun");
    if (e.element == kNilPlace) return true;
    const std::uint32_t bytes = e.channel < kChannels ? element_bytes_[e.channel] : 0;
    if (e.element == kOutsideStack || e.element > s.new_bytes || e.element < bytes) {
      return fail("sudog outside the stack", "its element has " + std::to_string(bytes) + " bytes");
    }
    if (e.element > s.element_distance) s.element_distance = e.element;
    return true;
  }

  // --- Walks. ---

  bool census(Subject& s, const event::CensusBegin& e, ThreadId thread) {
    Walk walk;
    walk.begin = index_ + 1;
    walk.end = walk.begin;
    while (walk.end < events_.size() && is_fact_of(e.goroutine, thread, events_[walk.end]))
      ++walk.end;
    walk.is_whole = walk.end < events_.size();
    CHECK(walk.begin <= walk.end && walk.end <= events_.size(), "a walk is a part of the trace");
    if (e.used_bytes > e.stack_bytes) {
      return fail("stack overflow", "more is used than the stack has");
    }
    if (!check_walk(walk, e.used_bytes)) return false;
    if (s.is_copying && e.moment == CensusMoment::kBeforeCopy) s.before = walk;
    if (s.is_copying && e.moment == CensusMoment::kAfterCopy && s.before.is_whole &&
        walk.is_whole) {
      if (!check_equal(s.before, walk)) return false;
    }
    index_ = walk.end - 1;
    return true;
  }

  static bool is_fact_of(GoroutineId g, ThreadId thread, const Event& e) {
    return (e.kind == EventKind::kFrameSeen || e.kind == EventKind::kPointerSeen) &&
           e.goroutine == g && e.thread == thread;
  }

  bool check_walk(const Walk& walk, BelowHi used) {
    BelowHi expected = used;  // where the next frame must be; nil when there is none
    for (index_ = walk.begin; index_ < walk.end; ++index_) {
      const Event& e = events_[index_];
      const bool holds = e.kind == EventKind::kPointerSeen
                             ? check_pointer(as<event::PointerSeen>(e), used)
                             : check_frame(as<event::FrameSeen>(e), expected);
      if (!holds) return false;
    }
    CHECK(walk.begin > 0, "a walk comes after the event that begins it");
    index_ = walk.begin - 1;
    if (expected == kNilPlace || !walk.is_whole) return true;
    return fail("frame chain broken", "no frame at distance " + std::to_string(expected));
  }

  bool check_pointer(const event::PointerSeen& e, BelowHi used) {
    if (e.target == kOutsideStack || e.target > used)
      return fail("pointer outside the stack", "a slot's target");
    if (e.place == 0 || e.place > used)
      return fail("malformed event", "the slot is outside the stack");
    return true;
  }

  bool check_frame(const event::FrameSeen& e, BelowHi& expected) {
    if (e.function == FunctionId::kOverwritten)
      return fail("frame header overwritten", "it has lost its mark");
    if (e.caller == kOutsideStack)
      return fail("frame pointer outside the stack", "a saved frame pointer");
    if (e.place != expected) {
      return fail("frame chain broken",
                  "a frame was expected at distance " + std::to_string(expected));
    }
    if (e.caller >= e.place)
      return fail("frame chain broken", "the older frame is not above this one");
    expected = e.caller;
    return true;
  }

  bool check_equal(const Walk& before, const Walk& after) {
    const std::size_t size = after.end - after.begin;
    CHECK(before.end <= after.begin, "of two walks the one before the copy ends first");
    for (std::size_t i = 0; i < size && i < before.end - before.begin; ++i) {
      const Event& was = events_[before.begin + i];
      if (is_same_fact(was, events_[after.begin + i])) continue;
      index_ = after.begin + i;
      return fail("copy changed the stack", "before it: " + describe(was));
    }
    if (size == before.end - before.begin) return true;
    return fail("copy changed the stack", "the walk before it saw another number of frames");
  }

  std::span<const Event> events_;
  std::size_t index_ = 0;
  Verdict verdict_;
  std::array<Subject, kGoroutines> subjects_;
  std::array<std::uint32_t, kChannels> element_bytes_;
  std::vector<std::uint8_t> is_live_;   // by serial
  std::vector<std::uint32_t> serials_;  // to forget at the next run
};

}  // namespace

Verdict judge_stack(const Program&, const Trace& trace) {
  thread_local Stacks stacks;
  return stacks.judge(trace);
}

}  // namespace concertina::fuzzers
