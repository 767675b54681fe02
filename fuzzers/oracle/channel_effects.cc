// The model's channel side: effects, queues and readiness. See channel_model.h for the rules.
#include "base/check.h"
#include "oracle/channel_model.h"

namespace concertina::fuzzers {
namespace {

std::string text_of(GoroutineId g) { return "g" + std::to_string(g); }

}  // namespace

// --- Effects. ---

// The case of its goroutine's open operation that the event speaks of; it must not have had an
// effect. Only a parking select may be waiting already.
template <class Fact>
bool ChannelModel::own_case(const Fact& e, bool is_send, bool may_wait, Case*& out) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  const Operation& op = operations_[e.goroutine];
  std::string_view broken;
  if (op.kind == Kind::kNone || op.kind == Kind::kClose) {
    broken = "effect without an operation";
  } else if (op.phase == Phase::kDone) {
    broken = "operation took effect twice";
  } else if (op.phase == Phase::kWaiting && !may_wait) {
    broken = "effect while parked";
  } else if (op.phase == Phase::kGaveUp) {
    broken = "effect of an operation that gave up";
  } else if (op.phase == Phase::kPanicked) {
    broken = "effect after a panic";
  } else if (e.case_index >= op.cases_seen ||
             cases_[e.goroutine][e.case_index].channel != e.channel ||
             cases_[e.goroutine][e.case_index].is_send != is_send) {
    broken = "wrong case";
  } else if (!is_made(e.channel)) {
    broken = "effect on a nil channel";
  } else {
    out = &cases_[e.goroutine][e.case_index];
    return true;
  }
  return fail(broken, "open is " + describe_operation(e.goroutine));
}

bool ChannelModel::on(const event::SendToBuffer& e) {
  Case* own = nullptr;
  if (!own_case(e, true, false, own)) return false;
  Channel& c = channels_[e.channel];
  if (c.closed) return fail("send on closed channel took effect", "it must panic");
  if (!discard_taken(c, kReceivers, 0)) {
    return fail("passed by a waiting receiver", "the buffer took the element");
  }
  if (c.count >= c.capacity) return fail("buffer overfull", "it has no free slot");
  note_count_change(c);
  push(c, own->token);
  take_effect(e, 0, true);
  note_readiness(c);
  return true;
}

bool ChannelModel::on(const event::SendToReceiver& e) {
  Case* own = nullptr;
  Case* partner = nullptr;
  if (!own_case(e, true, false, own)) return false;
  Channel& c = channels_[e.channel];
  if (c.closed) return fail("send on closed channel took effect", "it must panic");
  if (!find_partner(e, kReceivers, true, partner)) return false;
  if (c.count != 0) return fail("not FIFO", "the element passed by what is in the buffer");
  win(e.partner, e.partner_case, own->token, true, false);
  take_effect(e, 0, true);
  note_readiness(c);
  return true;
}

bool ChannelModel::on(const event::ReceiveFromBuffer& e) {
  Case* own = nullptr;
  Case* partner = nullptr;
  if (!own_case(e, false, false, own)) return false;
  Channel& c = channels_[e.channel];
  if (c.count == 0) return fail("received from nobody", "the buffer is empty");
  if (e.partner != kNoGoroutine) {
    if (!find_partner(e, kSenders, true, partner)) return false;
  } else if (!discard_taken(c, kSenders, 0)) {
    return fail("waiting sender not admitted", "a slot became free");
  }
  if (partner == nullptr) note_count_change(c);
  const Token token = pop(c);
  if (partner != nullptr) {  // the slot is free for no instant: the length stays as it is
    push(c, partner->token);
    win(e.partner, e.partner_case, 0, true, false);
  }
  take_effect(e, token, true);
  note_readiness(c);
  return true;
}

bool ChannelModel::on(const event::ReceiveFromSender& e) {
  Case* own = nullptr;
  Case* partner = nullptr;
  if (!own_case(e, false, false, own)) return false;
  Channel& c = channels_[e.channel];
  if (c.capacity != 0) return fail("rendezvous on a buffered channel", "the buffer was passed by");
  if (!find_partner(e, kSenders, true, partner)) return false;
  const Token token = partner->token;
  win(e.partner, e.partner_case, 0, true, false);
  take_effect(e, token, true);
  note_readiness(c);
  return true;
}

bool ChannelModel::on(const event::ReceiveClosed& e) {
  Case* own = nullptr;
  if (!own_case(e, false, false, own)) return false;
  const Channel& c = channels_[e.channel];
  if (!c.closed) return fail("closed before its time", "the channel is open");
  if (c.count != 0) {
    return fail("closed before drained", std::to_string(c.count) + " elements are in the buffer");
  }
  take_effect(e, 0, false);
  return true;
}

bool ChannelModel::on(const event::SendPark& e) { return park(e, true); }
bool ChannelModel::on(const event::ReceivePark& e) { return park(e, false); }

template <class Fact>
bool ChannelModel::park(const Fact& e, bool is_send) {
  Case* own = nullptr;
  if (!own_case(e, is_send, true, own)) return false;
  if (own->state != CaseState::kIdle)
    return fail("enqueued twice", describe_operation(e.goroutine));
  if (operations_[e.goroutine].non_blocking) {
    return fail("non-blocking operation parked", describe_operation(e.goroutine));
  }
  if (is_ready(channels_[e.channel], is_send, e.goroutine)) {
    return fail("parked though ready", describe_operation(e.goroutine));
  }
  discard_taken(channels_[e.channel], is_send ? kReceivers : kSenders, 0);
  operations_[e.goroutine].phase = Phase::kWaiting;
  enqueue(e.goroutine, e.case_index);
  return true;
}

bool ChannelModel::on(const event::Closed& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  Operation& op = operations_[e.goroutine];
  if (op.kind != Kind::kClose || cases_[e.goroutine][0].channel != e.channel) {
    return fail("effect without an operation", "open is " + describe_operation(e.goroutine));
  }
  if (op.phase != Phase::kOpen) return fail("operation took effect twice", "close");
  if (!is_made(e.channel)) return fail("effect on a nil channel", "close");
  Channel& c = channels_[e.channel];
  if (c.closed) return fail("closed twice", "the channel is closed already");
  c.closed = true;
  op.phase = Phase::kDone;
  note_readiness(c);
  return true;
}

bool ChannelModel::on(const event::CloseWakesReceiver& e) { return close_wakes(e, kReceivers); }
bool ChannelModel::on(const event::CloseWakesSender& e) { return close_wakes(e, kSenders); }

template <class Fact>
bool ChannelModel::close_wakes(const Fact& e, Side side) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  const Operation& op = operations_[e.goroutine];
  if (op.kind != Kind::kClose || op.phase != Phase::kDone ||
      cases_[e.goroutine][0].channel != e.channel) {
    return fail("effect without an operation", "open is " + describe_operation(e.goroutine));
  }
  Case* partner = nullptr;
  if (!find_partner(e, side, false, partner)) return false;
  win(e.partner, e.partner_case, 0, false, true);
  return true;
}

bool ChannelModel::on(const event::NotReady& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  Operation& op = operations_[e.goroutine];
  if (op.kind == Kind::kNone || op.phase != Phase::kOpen || op.cases_seen != 1 ||
      !op.non_blocking) {
    return fail("effect without an operation",
                "open is " + describe_operation(e.goroutine) + ", which cannot give up");
  }
  const Case& own = cases_[e.goroutine][0];
  if (own.channel != e.channel || own.is_send != e.is_send) {
    return fail("wrong case", describe_operation(e.goroutine));
  }
  if (e.channel != kNilChannel &&
      !was_unready_since(channels_[e.channel], own.is_send, op.opened_at, e.begin_step)) {
    return fail("gave up though ready", describe_operation(e.goroutine));
  }
  op.phase = Phase::kGaveUp;
  return true;
}

bool ChannelModel::on(const event::SelectDefault& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  Operation& op = operations_[e.goroutine];
  if (op.kind == Kind::kNone || op.phase != Phase::kOpen || !op.non_blocking) {
    return fail("effect without an operation",
                "open is " + describe_operation(e.goroutine) + ", which has no default");
  }
  const ChannelId ready = ready_channel(e.goroutine);
  if (ready != kNilChannel) {
    return fail("default though ready", "a case on c" + std::to_string(ready) + " is");
  }
  op.phase = Phase::kGaveUp;
  return true;
}

bool ChannelModel::on(const event::Dequeued& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  const Operation& op = operations_[e.goroutine];
  if (op.kind != Kind::kSelect || e.case_index >= op.cases_seen) {
    return fail("effect without an operation", "open is " + describe_operation(e.goroutine));
  }
  Case& c = cases_[e.goroutine][e.case_index];
  if (c.channel != e.channel) return fail("wrong case", "case is on c" + std::to_string(c.channel));
  switch (c.state) {
    case CaseState::kLost:
    case CaseState::kDiscarded:
      c.state = CaseState::kDequeued;
      return true;
    case CaseState::kWaiting:
      return fail("spurious wake-up", "no partner had taken the select");
    case CaseState::kWon:
      return fail("winner dequeued as a loser", describe_operation(e.goroutine));
    case CaseState::kIdle:
    case CaseState::kDequeued:
      break;
  }
  return fail("dequeued twice", describe_operation(e.goroutine));
}

bool ChannelModel::on(const event::Parked& e) {
  const Operation& op = operation(e.goroutine);
  if (op.kind == Kind::kNone || (op.phase != Phase::kOpen && op.phase != Phase::kWaiting))
    return true;
  if (is_enqueued(e.goroutine)) return true;
  return fail("parked without enqueuing", describe_operation(e.goroutine));
}

bool ChannelModel::on(const event::Readied& e) {
  if (e.target >= kGoroutines) return fail("malformed event", "no such goroutine");
  const GoroutineId g = e.target;
  const Operation& op = operation(g);
  if (op.kind == Kind::kNone || op.phase != Phase::kWaiting) return true;
  return fail("spurious wake-up",
              text_of(g) + " waits in " + describe_operation(g) + " and no partner has taken it");
}

bool ChannelModel::on(const event::Panicked& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  Operation& op = operations_[e.goroutine];
  const Channel& c = channel(e.channel);
  bool justified = false;
  if (e.panic == PanicKind::kSendOnClosed && op.kind != Kind::kClose && op.kind != Kind::kNone) {
    if (op.phase == Phase::kDone) {
      const Case& chosen = cases_[e.goroutine][op.chosen];
      justified = op.released_by_close && chosen.is_send && chosen.channel == e.channel;
    } else if (op.phase == Phase::kOpen && c.closed) {
      for (unsigned i = 0; i < op.cases_seen && !justified; ++i) {
        const Case& one = cases_[e.goroutine][i];
        justified = one.is_send && one.channel == e.channel;
      }
    }
  } else if (op.kind == Kind::kClose && op.phase == Phase::kOpen) {
    const ChannelId mine = cases_[e.goroutine][0].channel;
    if (e.panic == PanicKind::kCloseOfClosed) justified = mine == e.channel && c.closed;
    if (e.panic == PanicKind::kCloseOfNil) justified = mine == kNilChannel;
  }
  if (!justified) return fail("panic not justified", describe_operation(e.goroutine));
  op.phase = Phase::kPanicked;
  panic_seen_ = true;
  return true;
}

bool ChannelModel::on(const event::EndChannel& e) {
  if (!is_made(e.channel)) return fail("malformed event", "no such channel");
  const unsigned count = channels_[e.channel].count;
  return e.buffered == count ||
         fail("wrong count at the end", "it must hold " + std::to_string(count));
}

// --- Effects' parts. ---

// The waiter that e names, on its channel and side. `in_order`: no live waiter may be before it.
template <class Fact>
bool ChannelModel::find_partner(const Fact& e, Side side, bool in_order, Case*& out) {
  const GoroutineId g = e.partner;
  if (!in_range(g) || e.partner_case >= kCases) return fail("malformed event", "no such waiter");
  const Operation& op = operations_[g];
  Case& c = cases_[g][e.partner_case];
  const bool exists = op.kind != Kind::kNone && e.partner_case < op.cases_seen &&
                      c.channel == e.channel && c.is_send == (side == kSenders);
  if (exists && op.phase == Phase::kDone) {
    return fail("woken twice", text_of(g) + " has been taken by a partner already");
  }
  if (!exists || c.state != CaseState::kWaiting) {
    return fail(side == kSenders ? "received from nobody" : "sent to nobody",
                text_of(g) + " does not wait there; open is its " + describe_operation(g));
  }
  if (in_order && !discard_taken(channels_[e.channel], side, waiter_id(g, e.partner_case))) {
    return fail("not FIFO", text_of(goroutine_of(channels_[e.channel].queues[side].first)) +
                                " waited longer than " + text_of(g));
  }
  out = &c;
  return true;
}

template <class Fact>
void ChannelModel::take_effect(const Fact& e, Token token, bool ok) {
  CHECK(operations_[e.goroutine].phase == Phase::kOpen, "an operation takes effect once");
  CHECK(e.case_index < operations_[e.goroutine].cases_seen, "an effect is of one of the cases");
  Operation& op = operations_[e.goroutine];
  op.phase = Phase::kDone;
  op.chosen = e.case_index;
  op.token = token;
  op.ok = ok;
}

// A partner takes g's case `index`: its other cases lose, and are off every queue for the model
// though their sudogs are there until g takes them away.
void ChannelModel::win(GoroutineId g, unsigned index, Token token, bool ok, bool by_close) {
  CHECK(in_range(g) && index < operations_[g].cases_seen, "a partner has the case that is taken");
  CHECK(cases_[g][index].state == CaseState::kWaiting, "a case that is taken was waiting");
  Operation& op = operations_[g];
  for (unsigned i = 0; i < op.cases_seen; ++i) {
    Case& c = cases_[g][i];
    if (c.state == CaseState::kWaiting) {
      unlink(waiter_id(g, i));
      c.state = CaseState::kLost;
    }
  }
  cases_[g][index].state = CaseState::kWon;
  op.phase = Phase::kDone;
  op.chosen = static_cast<std::uint16_t>(index);
  op.token = token;
  op.ok = ok;
  op.released_by_close = by_close;
  op.won_at = index_;
}

// Called before the change.
void ChannelModel::note_count_change(Channel& c) {
  CHECK(c.last_change < static_cast<std::int32_t>(changes_.size()),
        "changes of a count are in order");
  changes_.push_back({index_, events_[index_].step, c.count, c.last_change});
  c.last_change = static_cast<std::int32_t>(changes_.size()) - 1;
}

void ChannelModel::push(Channel& c, Token token) {
  CHECK(c.count < c.capacity, "the model puts an element where a slot is free");
  c.buffer[(c.head + c.count) % c.capacity] = token;
  ++c.count;
}

Token ChannelModel::pop(Channel& c) {
  CHECK(c.count > 0 && c.head < c.capacity, "the model takes an element that is there");
  const Token token = c.buffer[c.head];
  c.head = static_cast<std::uint16_t>((c.head + 1) % c.capacity);
  --c.count;
  return token;
}

// --- Queues. ---

void ChannelModel::enqueue(GoroutineId g, unsigned index) {
  const WaiterId id = waiter_id(g, index);
  Case& c = cases_[g][index];
  Channel& where = channels_[c.channel];
  Queue& queue = where.queues[c.is_send ? kSenders : kReceivers];
  CHECK(is_made(c.channel), "waiters wait on channels that were made");
  CHECK(c.state == CaseState::kIdle, "a case waits once");
  CHECK((queue.first == 0) == (queue.last == 0), "a queue with a first waiter has a last one");
  c.state = CaseState::kWaiting;
  c.next = 0;
  c.previous = queue.last;
  if (queue.last != 0) {
    waiter(queue.last).next = id;
  } else {
    queue.first = id;
  }
  queue.last = id;
  ++queue.size;
  note_readiness(where);
}

void ChannelModel::unlink(WaiterId id) {
  Case& c = waiter(id);
  Channel& where = channels_[c.channel];
  Queue& queue = where.queues[c.is_send ? kSenders : kReceivers];
  CHECK(c.state == CaseState::kWaiting && queue.size > 0, "only a waiter leaves a queue");
  CHECK((c.previous != 0 ? waiter(c.previous).next : queue.first) == id,
        "the one before a waiter names it as the next");
  CHECK((c.next != 0 ? waiter(c.next).previous : queue.last) == id,
        "the one after a waiter names it as the one before");
  (c.previous != 0 ? waiter(c.previous).next : queue.first) = c.next;
  (c.next != 0 ? waiter(c.next).previous : queue.last) = c.previous;
  --queue.size;
  note_readiness(where);
}

// A goroutine has walked the queue up to `until` (0: all of it) and found no waiter to serve. True
// if that can be: each waiter there is just being taken by another partner. They are thrown away,
// as the runtime did.
bool ChannelModel::discard_taken(Channel& c, Side side, WaiterId until) {
  while (c.queues[side].first != until) {
    const WaiterId id = c.queues[side].first;
    CHECK(id != 0, "a waiter that is looked for is in the queue");
    if (!is_being_won(goroutine_of(id))) return false;
    unlink(id);
    waiter(id).state = CaseState::kDiscarded;
  }
  return true;
}

// --- Readiness. ---

void ChannelModel::note_readiness(Channel& c) {
  const bool ready[2] = {c.closed || c.count > 0 || c.queues[kSenders].size > 0,
                         c.closed || c.count < c.capacity || c.queues[kReceivers].size > 0};
  for (unsigned i = 0; i < 2; ++i) {
    if (ready[i] && !c.was_ready[i]) {
      c.ready_index[i] = index_;
      c.ready_step[i] = events_[index_].step;
    }
    c.was_ready[i] = ready[i];
  }
}

bool ChannelModel::is_ready(const Channel& c, bool is_send, GoroutineId self) const {
  if (c.closed) return true;
  if (is_send) return c.count < c.capacity || has_partner(c, kReceivers, self);
  return c.count > 0 || has_partner(c, kSenders, self);
}

bool ChannelModel::has_partner(const Channel& c, Side side, GoroutineId self) const {
  for (WaiterId id = c.queues[side].first; id != 0; id = waiter(id).next) {
    const GoroutineId g = goroutine_of(id);
    if (g != self && !is_being_won(g)) return true;
  }
  return false;
}

// Was the channel not ready at some instant since the later of the two beginnings?
bool ChannelModel::was_unready_since(const Channel& c, bool is_send, std::uint32_t opened_at,
                                     std::uint32_t step) const {
  if (!c.was_ready[is_send]) return true;
  if (c.ready_index[is_send] > opened_at && c.ready_step[is_send] >= step) return true;
  return !is_ready(c, is_send, kNoGoroutine);
}

// Waiter g has been won if its partner's event, yet to come, is of a critical section that is open
// now. Asked only when the events contradict each other otherwise, which is rare.
bool ChannelModel::is_being_won(GoroutineId g) const {
  if (index_ >= events_.size()) return false;  // the run is over: nothing is yet to come
  const ThreadId self = events_[index_].thread;
  for (std::size_t i = index_ + 1; i < events_.size(); ++i) {
    const Event& e = events_[i];
    if (partner_of(e).goroutine != g) continue;
    return e.thread != self && holds_lock(e.thread, channel_of(e));
  }
  return false;
}

// Does the thread hold the channel's lock at the current event?
bool ChannelModel::holds_lock(ThreadId thread, ChannelId c) const {
  for (std::size_t i = index_; i-- > 0;) {
    if (events_[i].kind != EventKind::kLockAcquired || events_[i].thread != thread) continue;
    const auto taken = as<event::LockAcquired>(events_[i]);
    if (taken.rank != LockRank::kChannel || taken.order != c) continue;
    for (std::size_t j = i + 1; j < index_; ++j) {
      if (events_[j].kind != EventKind::kLockReleased || events_[j].thread != thread) continue;
      if (as<event::LockReleased>(events_[j]).lock == taken.lock) return false;
    }
    return true;
  }
  return false;
}

}  // namespace concertina::fuzzers
