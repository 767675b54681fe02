// History: hand-made event lists for the oracles' tests, one line an event.
//
// Each event is one step after the last, on the virtual thread whose number is its goroutine's,
// unless `thread` says otherwise.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/lock_rank.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

struct EventFields {
  std::uint16_t i = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

class History {
 public:
  History& add(EventKind kind, GoroutineId g, ChannelId c = kNilChannel, EventFields fields = {}) {
    const auto thread = thread_ >= 0 ? static_cast<ThreadId>(thread_) : static_cast<ThreadId>(g);
    events_.push_back({kind, thread, g, c, fields.i, fields.a, fields.b, ++step_});
    return *this;
  }

  /// The thread of the events that follow; negative: the goroutine's number again.
  History& thread(int thread) {
    thread_ = thread;
    return *this;
  }

  // Shorthands for what most histories consist of.
  History& channel(ChannelId c, std::uint16_t capacity = 0, std::uint32_t bytes = 8) {
    return add(EventKind::kChannelMade, 1, c, {capacity, bytes});
  }
  History& send(GoroutineId g, ChannelId c, std::uint32_t token) {
    return add(EventKind::kOpSend, g, c, {0, token});
  }
  History& try_send(GoroutineId g, ChannelId c, std::uint32_t token) {
    return add(EventKind::kOpSend, g, c, {1, token});
  }
  History& receive(GoroutineId g, ChannelId c) { return add(EventKind::kOpReceive, g, c); }
  History& try_receive(GoroutineId g, ChannelId c) { return add(EventKind::kOpReceive, g, c, {1}); }
  History& sent(GoroutineId g, ChannelId c) { return add(EventKind::kDoneSend, g, c, {1}); }
  History& received(GoroutineId g, ChannelId c, std::uint32_t token) {
    return add(EventKind::kDoneReceive, g, c, {3, token});
  }
  History& select(GoroutineId g, std::uint16_t cases, bool has_default = false) {
    return add(EventKind::kOpSelect, g, kNilChannel, {cases, has_default ? 1u : 0u});
  }
  History& receive_case(GoroutineId g, std::uint16_t index, ChannelId c) {
    return add(EventKind::kOpSelectCase, g, c, {index, 0, 0});
  }
  History& send_case(GoroutineId g, std::uint16_t index, ChannelId c, std::uint32_t token) {
    return add(EventKind::kOpSelectCase, g, c, {index, token, 1});
  }
  History& selected(GoroutineId g, std::uint16_t index, std::uint32_t token = 0, bool ok = false) {
    return add(EventKind::kDoneSelect, g, kNilChannel, {index, token, ok ? 1u : 0u});
  }
  History& close(GoroutineId g, ChannelId c) {
    return add(EventKind::kOpClose, g, c).add(EventKind::kClosed, g, c);
  }
  History& lock(GoroutineId g, std::uint32_t object, LockRank rank, std::uint32_t order = 0) {
    return add(EventKind::kLockAcquired, g, kNilChannel,
               {static_cast<std::uint16_t>(rank), object, order});
  }
  History& unlock(GoroutineId g, std::uint32_t object, LockRank rank) {
    return add(EventKind::kLockReleased, g, kNilChannel,
               {static_cast<std::uint16_t>(rank), object});
  }

  std::uint32_t step() const { return step_; }
  std::vector<Event>& events() { return events_; }

  History& machines_max(unsigned machines) {
    machines_max_ = machines;
    return *this;
  }

  /// Valid as long as the history lives and is not added to.
  Trace trace(Outcome outcome = Outcome::kBudget, std::string message = "") const {
    Trace made;
    made.machines_max = machines_max_;
    made.outcome = outcome;
    made.message = std::move(message);
    made.events = events_;
    return made;
  }

 private:
  std::vector<Event> events_;
  std::uint32_t step_ = 0;
  int thread_ = -1;
  unsigned machines_max_ = kMachinesMax;
};

}  // namespace concertina::fuzzers
