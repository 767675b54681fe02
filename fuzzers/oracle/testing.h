// History: hand-made event lists for the oracles' tests, one line an event.
//
//   History().channel(1).send(2, 1, 34).add(event::SendPark{.goroutine = 2, .channel = 1})
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

/// Slots of an event, for those that no runtime in order would announce.
struct EventFields {
  std::uint16_t i = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

class History {
 public:
  History& add(Event fact) {
    fact.thread = static_cast<ThreadId>(thread_ >= 0 ? thread_ : fact.goroutine);
    fact.step = ++step_;
    events_.push_back(fact);
    return *this;
  }
  History& add(EventKind kind, GoroutineId g, ChannelId c = kNilChannel, EventFields fields = {}) {
    return add({kind, 0, g, c, fields.i, fields.a, fields.b, 0});
  }

  /// g does this on c, in case `own` of its select.
  template <class Fact>
  History& does(GoroutineId g, ChannelId c, CaseIndex own = 0) {
    Fact fact{.goroutine = g, .channel = c};
    if constexpr (requires { fact.case_index; }) fact.case_index = own;
    return add(fact);
  }
  /// g does this on c, to its waiter `partner`.
  template <class Fact>
  History& serves(GoroutineId g, ChannelId c, GoroutineId partner, CaseIndex partner_case = 0) {
    return add(
        Fact{.goroutine = g, .channel = c, .partner = partner, .partner_case = partner_case});
  }

  /// The thread of the events that follow; negative: the goroutine's number again.
  History& thread(int thread) {
    thread_ = thread;
    return *this;
  }

  // Shorthands for what most histories consist of.
  History& channel(ChannelId c, std::uint16_t capacity = 0, std::uint32_t bytes = 8) {
    return add(event::ChannelMade{.channel = c, .capacity = capacity, .element_bytes = bytes});
  }
  History& send(GoroutineId g, ChannelId c, std::uint32_t token) {
    return add(event::OpSend{.goroutine = g, .channel = c, .token = token});
  }
  History& try_send(GoroutineId g, ChannelId c, std::uint32_t token) {
    return add(event::OpSend{.goroutine = g, .channel = c, .non_blocking = true, .token = token});
  }
  History& receive(GoroutineId g, ChannelId c) {
    return add(event::OpReceive{.goroutine = g, .channel = c});
  }
  History& try_receive(GoroutineId g, ChannelId c) {
    return add(event::OpReceive{.goroutine = g, .channel = c, .non_blocking = true});
  }
  History& sent(GoroutineId g, ChannelId c) {
    return add(event::DoneSend{.goroutine = g, .channel = c, .selected = true});
  }
  History& received(GoroutineId g, ChannelId c, std::uint32_t token) {
    return add(event::DoneReceive{
        .goroutine = g, .channel = c, .selected = true, .ok = true, .token = token});
  }
  History& select(GoroutineId g, std::uint16_t cases, bool has_default = false) {
    return add(event::OpSelect{.goroutine = g, .case_count = cases, .has_default = has_default});
  }
  History& receive_case(GoroutineId g, std::uint16_t index, ChannelId c) {
    return add(event::OpSelectCase{.goroutine = g, .channel = c, .case_index = index});
  }
  History& send_case(GoroutineId g, std::uint16_t index, ChannelId c, std::uint32_t token) {
    return add(event::OpSelectCase{
        .goroutine = g, .channel = c, .case_index = index, .token = token, .is_send = true});
  }
  History& selected(GoroutineId g, std::uint16_t index, std::uint32_t token = 0, bool ok = false) {
    return add(event::DoneSelect{.goroutine = g, .chosen = index, .token = token, .ok = ok});
  }
  History& close(GoroutineId g, ChannelId c) {
    return add(event::OpClose{.goroutine = g, .channel = c})
        .add(event::Closed{.goroutine = g, .channel = c});
  }
  History& lock(GoroutineId g, std::uint32_t object, LockRank rank, std::uint32_t order = 0) {
    return add(event::LockAcquired{.goroutine = g, .rank = rank, .lock = object, .order = order});
  }
  History& unlock(GoroutineId g, std::uint32_t object, LockRank rank) {
    return add(event::LockReleased{.goroutine = g, .rank = rank, .lock = object});
  }

  std::uint32_t step() const { return step_; }
  std::vector<Event>& events() { return events_; }

  History& machines_max(unsigned machines) {
    machines_max_ = machines;
    return *this;
  }

  History& slice(unsigned safe_points) {
    slice_ = safe_points;
    return *this;
  }

  /// Valid as long as the history lives and is not added to.
  Trace trace(Outcome outcome = Outcome::kBudget, std::string message = "") const {
    Trace made;
    made.machines_max = machines_max_;
    made.slice = slice_;
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
  unsigned slice_ = 64;
};

}  // namespace concertina::fuzzers
