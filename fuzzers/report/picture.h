// Picture: the state of a run at a moment, put together from its events alone: who holds which
// lock, what each goroutine does and waits for, what each channel holds and who queues on it.
//
// A report may be about a run that broke every rule, or that died half-way. So nothing here judges;
// an event that does not fit is applied as far as it makes sense.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "base/lock_rank.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

struct HeldLock {
  ObjectId object = 0;
  LockRank rank = LockRank::kNone;
  std::uint32_t step = 0;  // at which it was taken
};

struct OpenCase {
  ChannelId channel = kNilChannel;
  bool is_send = false;
};

enum class OpenKind : std::uint8_t { kNone, kSend, kReceive, kClose, kSelect };

/// The channel operation that a goroutine has begun and not finished.
struct OpenOperation {
  OpenKind kind = OpenKind::kNone;
  bool is_non_blocking = false;
  std::vector<OpenCase> cases;  // one, except for a select
};

enum class Standing : std::uint8_t {
  kRunnable,
  kRunning,
  kWaiting,
  kInSyscall,
  kPreempted,
  kReturned,
  kPanicked,
  kSuspending,
};

struct GoroutinePicture {
  Standing standing = Standing::kRunnable;
  int thread = -1;        // of its last word; meaningful while it runs
  int copied_by = -1;     // thread that is copying its stack
  int suspended_by = -1;  // thread that holds its scan bit
  OpenOperation operation;
  std::uint32_t stack_bytes = 0;
};

struct Waiter {
  GoroutineId goroutine = kNoGoroutine;
  std::uint16_t index = 0;  // select case
};

struct ChannelPicture {
  std::uint32_t capacity = 0;
  std::uint32_t element_bytes = 0;
  std::uint32_t buffered = 0;
  bool is_closed = false;
  std::vector<Waiter> senders;    // in order
  std::vector<Waiter> receivers;  // in order
};

struct ThreadPicture {
  std::vector<HeldLock> held;
  GoroutineId copies = kNoGoroutine;    // whose stack it is copying
  GoroutineId suspends = kNoGoroutine;  // whose scan bit it holds
  GoroutineId partner = kNoGoroutine;   // whose element its last transfer, or close, is about
  ChannelId partner_channel = kNilChannel;
  GoroutineId target = kNoGoroutine;  // whom it last made runnable
};

class Picture {
 public:
  void apply(const Event& event);
  /// A step of a goroutine: it runs.
  void apply(const Step& step);

  /// Everything that the trace holds.
  static Picture at_end(const Trace& trace);

  std::map<ThreadId, ThreadPicture> threads;
  std::map<GoroutineId, GoroutinePicture> goroutines;
  std::map<ChannelId, ChannelPicture> channels;

 private:
  void apply_channel(const Event& event);
  void apply_operation(const Event& event);
  void apply_goroutine(const Event& event);
  void apply_stack(const Event& event);
  void apply_lock(const Event& event);
};

/// The number of a step among all: the trace keeps the last ones. First number of last_steps[0].
inline std::uint32_t first_step_number(const Trace& trace) {
  const std::size_t kept = trace.last_steps.size();
  return static_cast<std::uint32_t>(trace.steps > kept ? trace.steps - kept : 0) + 1;
}

/// Calls on_event(event) and on_step(step, number) in the order of the run. What was announced in a
/// step comes after it.
template <class OnStep, class OnEvent>
void walk(const Trace& trace, const OnStep& on_step, const OnEvent& on_event) {
  std::size_t next = 0;
  std::uint32_t number = first_step_number(trace);
  for (const Step& step : trace.last_steps) {
    for (; next < trace.events.size() && trace.events[next].step < number; ++next) {
      on_event(trace.events[next]);
    }
    on_step(step, number++);
  }
  for (; next < trace.events.size(); ++next) on_event(trace.events[next]);
}

}  // namespace concertina::fuzzers
